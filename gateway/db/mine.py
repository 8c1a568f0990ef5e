"""What only a staff member's own page asks."""

from __future__ import annotations

from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("mine.sql")


def ahead(session: Session, business_id: int, staff_id: int, since: datetime, until: datetime) -> int:
    """How many bookings of theirs begin between two moments."""
    values = {"business_id": business_id, "staff_id": staff_id}
    count: int = session.value(_SQL["ahead"], since=since, until=until, **values)
    return count
