"""How what is asked of providers goes, counted by the hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.core import health
from gateway.core.health import Hour
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("tallies.sql")


def went_well(
    session: Session, business_id: int, provider: str, now: datetime, wait: timedelta | None = None
) -> None:
    """Something went through; `wait` is how long a booking's change took to get there, if it was one."""
    waits = [] if wait is None else health.counted(wait)
    session.run(
        _SQL["note"], business_id=business_id, provider=provider, now=now, well=1, failed=0, waits=waits
    )


def failed(session: Session, business_id: int, provider: str, now: datetime) -> None:
    """Something did not go through."""
    session.run(_SQL["note"], business_id=business_id, provider=provider, now=now, well=0, failed=1, waits=[])


def since(session: Session, business_id: int, moment: datetime) -> list[Hour]:
    """The hours that began then or later and in which something was asked, by provider and in order."""
    rows = session.all(_SQL["since"], business_id=business_id, since=moment)
    return [Hour(provider, hour, well, failed, tuple(waits)) for provider, hour, well, failed, waits in rows]


def prune(session: Session, business_id: int, before: datetime) -> int:
    """Forget what is older; how many hours that was."""
    return session.run(_SQL["prune"], business_id=business_id, before=before)
