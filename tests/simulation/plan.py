"""What a seed is like: whose accounts there are, how bad the weather is, and what the business has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.simulation.company import STYLES
from tests.simulation.stage import ALICE, BOB

# Shortly before the clocks are changed, once to either side; and in summer.
_STARTS: Final = (
    datetime(2026, 10, 29, 14, tzinfo=UTC),
    datetime(2027, 3, 11, 14, tzinfo=UTC),
    datetime(2026, 6, 2, 9, tzinfo=UTC),
)


@dataclass(frozen=True)
class Plan:
    """What a seed is like."""

    start: datetime
    steps: int
    rate: float
    deaths: float
    on_delete: str
    moves: str
    buffer: int
    enforced: bool
    short_hours: bool
    skews: tuple[float, ...]  # by how many seconds workers' clocks go wrong
    batch: int  # as many events are looked after in one turn
    budget: int  # as many requests a minute are allowed
    whole_parts: bool  # a listing tells instances that were moved into the past too
    # (mailbox, whose: None for the business)
    connections: tuple[tuple[str, int | None], ...]
    styles: tuple[str, ...]


def plan(chance: Random) -> Plan:
    connections: list[tuple[str, int | None]] = [("alice", ALICE), ("bob", BOB)]
    extra = chance.choice(["", "", "", "office", "office", "alice again", "alice too", "bob in alice"])
    more: dict[str, list[tuple[str, int | None]]] = {
        "office": [("office", None)],
        "alice again": [("alice", None)],
        "alice too": [("second", ALICE)],
        "bob in alice": [("alice", BOB)],
    }
    connections += more.get(extra, [])
    return Plan(
        start=chance.choice(_STARTS) + timedelta(minutes=chance.randrange(0, 3000, 7)),
        steps=chance.choice([chance.randint(5, 14), chance.randint(5, 14), chance.randint(14, 36)]),
        rate=chance.choice([0.0, 0.03, 0.08, 0.15]),
        deaths=chance.choice([0.0, 0.0, 0.01, 0.03]),
        on_delete=chance.choice(["ask", "cancel", "cancel", "refuse"]),
        moves=chance.choice(["accept"] * 7 + ["refuse"]),
        buffer=chance.choice([0, 0, 10]),
        enforced=chance.random() < 0.85,
        short_hours=chance.random() < 0.25,
        skews=chance.choice([(0.0,), (0.0,), (0.0, 3.0, -3.0, 40.0, -40.0)]),
        batch=chance.choice([50, 50, 2]),
        budget=chance.choice([10**6, 10**6, 10**6, 16]),
        whole_parts=chance.random() < 0.5,
        connections=tuple(connections),
        styles=tuple(chance.choice(STYLES) for _ in range(4)),
    )
