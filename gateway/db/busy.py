"""Who is taken when. Bookings get here by the triggers on the booking app's tables; everything else by `take`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("busy.sql")

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A booking whose time something else takes too; both are there, and a person has to choose."""

    booking_id: int
    staff_id: int
    starts_at: datetime
    ends_at: datetime
    source: str
    source_id: int


def lock_staff(session: Session, business_id: int, staff_ids: Sequence[int]) -> None:
    """Nobody else changes these staff members' time until the transaction ends. Lock bookings' rows before, not after:
    the app's own statements do it in that order too."""
    session.later(_SQL["lock_staff"], business_id=business_id, staff_ids=list(staff_ids))


def rehold(session: Session, booking_ids: Sequence[int]) -> int:
    """Have these bookings of the tenant hold the time that they should; how many did not."""
    return int(session.value(_SQL["rehold"], ids=list(booking_ids)))


def misheld(session: Session, booking_ids: Sequence[int]) -> list[int]:
    """Those of these bookings of the tenant that don't hold the time that they should."""
    return [booking_id for (booking_id,) in session.all(_SQL["misheld"], ids=list(booking_ids))]


def take(
    session: Session, business_id: int, staff_id: int, source: str, source_id: int, spans: Sequence[Span]
) -> None:
    """A block's or another calendar's event takes these stretches and no others. Lock the staff member before."""
    release(session, business_id, source, source_id)
    session.run(
        _SQL["take"],
        business_id=business_id,
        staff_id=staff_id,
        source=source,
        source_id=source_id,
        starts=[starts_at for starts_at, _ in spans],
        ends=[ends_at for _, ends_at in spans],
    )


def release(session: Session, business_id: int, source: str, source_id: int) -> None:
    session.run(_SQL["release"], business_id=business_id, source=source, source_id=source_id)


def enforces(session: Session, business_id: int) -> bool:
    """Whether an overlap is refused by whatever way it comes, or only by our own doors."""
    return bool(session.value(_SQL["enforces"], business_id=business_id))


def set_default_enforcement(session: Session, enforcement: str) -> None:
    """What holds for businesses that have chosen neither `observe` nor `enforce`."""
    session.run(_SQL["set_default_enforcement"], enforcement=enforcement)


def conflicts(session: Session, business_id: int, since: datetime, most: int = 200) -> list[Conflict]:
    """Bookings from a moment on that overlap something else, the earliest first."""
    rows = session.all(_SQL["conflicts"], business_id=business_id, since=since, most=most)
    return [Conflict(*row) for row in rows]
