"""How what is asked of providers goes, counted by the hour."""

from __future__ import annotations

from datetime import datetime

from gateway.core import health
from gateway.core.health import Hour, Tally
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("tallies.sql")


def add(session: Session, business_id: int, provider: str, now: datetime, tally: Tally) -> None:
    """Add what a turn came to, to what the hour has."""
    if tally != Tally():
        session.run(
            _SQL["add"],
            business_id=business_id,
            provider=provider,
            now=now,
            well=tally.well,
            failed=tally.failed,
            waits=health.counted(tally.waits),
        )


def since(session: Session, business_id: int, moment: datetime) -> list[Hour]:
    """The hours that began then or later and in which something was asked, by provider and in order."""
    rows = session.all(_SQL["since"], business_id=business_id, since=moment)
    return [Hour(provider, hour, well, failed, tuple(waits)) for provider, hour, well, failed, waits in rows]


def prune(session: Session, business_id: int, before: datetime) -> int:
    """Forget what is older; how many hours that was."""
    return session.run(_SQL["prune"], business_id=business_id, before=before)
