"""Staff members' weekly hours, in the booking app's own column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("hours.sql")


@dataclass(frozen=True, slots=True)
class StoredHours:
    """Hours as JSON text, empty where the app has none; the zone is as the app names it."""

    staff_id: int
    availability: str
    updated_at: datetime
    time_zone: str
    installation: str


def stored(session: Session, business_id: int, staff_ids: Sequence[int]) -> list[StoredHours]:
    rows = session.all(_SQL["stored"], business_id=business_id, staff_ids=list(staff_ids))
    return [StoredHours(*row) for row in rows]


def lock(session: Session, business_id: int, staff_id: int) -> StoredHours | None:
    """The hours, which nobody else changes until the transaction ends; None if the staff member is gone."""
    session.run(_SQL["lock"], business_id=business_id, staff_id=staff_id)
    return next(iter(stored(session, business_id, [staff_id])), None)


def write(session: Session, business_id: int, staff_id: int, availability: str) -> None:
    """Put other hours into the booking app. They are JSON as its own validation takes it."""
    session.run(_SQL["write"], business_id=business_id, staff_id=staff_id, availability=availability)
