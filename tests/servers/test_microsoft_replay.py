"""Whatever people do to a calendar: a delta's rounds, one after the other, tell what a fresh one tells at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.microsoft.client import LASTING, WINDOW, Client, Json, hour, signed_in, weekly
from tests.servers.microsoft.refusal import Refusal

WEEK = timedelta(days=7)


@pytest.fixture
def client() -> Iterator[Client]:
    with signed_in() as made:
        yield made


class Life:
    """What people do to a calendar at random, around a window that is smaller than what they do."""

    def __init__(self, client: Client, dice: random.Random) -> None:
        self.ann, self.dice = client.ann, dice
        self.elsewhere = client.ann.add_calendar("Elsewhere")

    def step(self) -> None:
        events = self.ann.events()
        ways = [self.add, self.add_series]
        ways += [self.move, self.rename, self.remove, self.take_away] if events else []
        ways += [self.move_one, self.cancel_one] * 3 if self.series() else []
        self.dice.choice(ways)()

    def series(self) -> list[Json]:
        return [one for one in self.ann.events() if one["type"] == "seriesMaster"]

    def any(self) -> str:
        return str(self.dice.choice(self.ann.events())["id"])

    def some(self) -> timedelta:
        return timedelta(hours=self.dice.choice((-30, -1, 2, 50, 700)))

    def add(self) -> None:
        self.ann.move(self.ann.create(hour())["id"], timedelta(hours=self.dice.randrange(-1500, 1500)))

    def add_series(self) -> None:
        self.ann.create(weekly(self.dice.randrange(2, 12)))

    def move(self) -> None:
        self.ann.move(self.any(), self.some())

    def rename(self) -> None:
        self.ann.retitle(self.any(), str(self.dice.random()))

    def remove(self) -> None:
        self.ann.delete(self.any())

    def take_away(self) -> None:
        self.ann.move_to(self.any(), self.elsewhere)

    def occurrence(self) -> tuple[str, datetime]:
        one = self.dice.choice(self.series())
        first = datetime.fromisoformat(one["start"]["dateTime"][:19]).replace(tzinfo=UTC)
        return one["id"], first + self.dice.randrange(4) * WEEK

    def move_one(self) -> None:
        with suppress(Refusal, ValueError):  # cancelled, or never there
            self.ann.move_one(*self.occurrence(), self.some())

    def cancel_one(self) -> None:
        with suppress(Refusal, ValueError):
            self.ann.cancel_one(*self.occurrence())


@pytest.mark.parametrize("touch", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_what_was_told_bit_by_bit_is_what_is_told_at_once(client: Client, seed: int, touch: bool) -> None:
    dice = random.Random(seed)
    client.server.behaviour.change({"exceptions_touch_series": touch, "repeats": bool(seed % 2)})
    life, known, link = Life(client, dice), dict[str, Json](), ""
    for _ in range(12):
        for _ in range(dice.randrange(5)):
            life.step()
        events, link = client.round(link, size=dice.choice((1, 3, 50)))
        for one in events:
            known.pop(one["id"], None)
            known |= {} if "@removed" in one else {one["id"]: one}
    now = {one["id"]: one for one in client.round()[0]}
    assert known == now
    shown = client.says(
        "GET", f"{client.main}/calendarView", prefer=f"{LASTING}, odata.maxpagesize=1000", params=WINDOW
    )
    assert {one["id"] for one in shown["value"]} == {
        id_ for id_, one in now.items() if one["type"] != "seriesMaster"
    }
