"""Who a staff member is to the booking app."""

from __future__ import annotations

from gateway.core.errors import NotYours
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("standing.sql")


def manages(session: Session, business_id: int, staff_id: int) -> bool:
    """Whether they manage the business at this moment. Raises NotYours for someone who has left, or never was there."""
    row = session.one(_SQL["manages"], business_id=business_id, staff_id=staff_id)
    if row is None:
        raise NotYours(what=f"no active staff member {staff_id}")
    return bool(row[0])
