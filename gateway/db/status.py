"""The whole installation in numbers, for those who run it; as the owner of the schema, since it is nobody's in
particular."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gateway.core.connection import Facts
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("status.sql")


def hurry(session: Session) -> None:
    """Rather no answer than one that takes long."""
    session.run(_SQL["hurry"])


def connections(session: Session) -> Iterator[tuple[str, Facts]]:
    """The provider of each connection that there is or was, and what is known of it."""
    for (
        provider,
        granted,
        closed,
        refused,
        stopped,
        until,
        theirs,
        failing,
        read_at,
        importing,
        waiting,
    ) in session.all(_SQL["connections"]):
        yield (
            provider,
            Facts(
                granted=granted,
                closed_at=closed,
                refused_at=refused,
                stopped_at=stopped,
                paused_until=until,
                paused_by_them=theirs,
                failing_since=failing,
                read_at=read_at,
                importing=importing,
                waiting=waiting,
            ),
        )


def notes(session: Session) -> tuple[int, float]:
    """How many changes nobody has taken up yet, and for how many seconds the oldest of them has waited."""
    [(count, oldest)] = session.all(_SQL["notes"])
    return count, oldest


def watches(session: Session, now: datetime, share: float) -> tuple[int, int]:
    """How many promises to call us last, and of how many less than this share of their life is left."""
    [(lasting, ending)] = session.all(_SQL["watches"], now=now, share=share)
    return lasting, ending


def conflicts(session: Session, now: datetime) -> int:
    return int(session.value(_SQL["conflicts"], now=now))


def external_events(session: Session) -> int:
    return int(session.value(_SQL["external_events"]))
