"""What lies ahead of a staff member: for showing what a new connection would change."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("ahead.sql")
_MOST = 20_000


def bookings(
    session: Session, business_id: int, staff_id: int | None, now: datetime
) -> list[tuple[datetime, datetime]]:
    """When the bookings are that a calendar would be given, in order."""
    rows = session.all(_SQL["bookings"], business_id=business_id, staff_id=staff_id, now=now, most=_MOST)
    return [(since.astimezone(UTC), until.astimezone(UTC)) for since, until in rows]


def service(session: Session, business_id: int, staff_id: int) -> int | None:
    """A service that is booked with this staff member; None for somebody who can't be booked."""
    row = session.one(_SQL["service"], business_id=business_id, staff_id=staff_id)
    return int(row[0]) if row else None
