"""Changing the booking app's rows as the app itself would: by its own columns, through the tenant's window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import errors

from gateway.core.booking import Actor, BookingChange, BookingRecord, NewBooking, NewCustomer, Once
from gateway.core.errors import KeyReused, NotYours, SlotTaken
from gateway.core.model import BookingStatus
from gateway.core.obstacle import Code, Obstacle
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("desk.sql")

# Judged free under the staff member's lock, and refused all the same: by somebody whom our snapshot could not see.
_JUST_TAKEN = (Obstacle(Code.OVERLAP, "This time was taken a moment ago."),)


@dataclass(frozen=True, slots=True)
class Nature:
    """What a booking is, as far as changing it goes: `service_type` 0 standard, 1 experience, 2 event."""

    service_type: int
    has_video: bool
    invoiced: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A booking whose event somebody deleted in their calendar: cancel it, or keep it?"""

    booking_id: int
    staff_id: int | None
    who: str
    asked_at: datetime
    starts_at: datetime
    service: str


def record(session: Session, business_id: int, booking_id: int) -> BookingRecord:
    """A booking. Raises NotYours."""
    row = session.one(_SQL["record"], business_id=business_id, id=booking_id)
    if row is None or row[6] not in set(BookingStatus):
        raise NotYours(what="no such booking")
    return _record(row)


def lock(session: Session, business_id: int, booking_id: int) -> BookingRecord:
    """A booking that nobody else changes until the transaction ends. Raises NotYours."""
    if session.one(_SQL["lock"], business_id=business_id, id=booking_id) is None:
        raise NotYours(what="no such booking")
    return record(session, business_id, booking_id)


def nature(session: Session, business_id: int, booking_id: int) -> Nature:
    row = session.one(_SQL["nature"], business_id=business_id, id=booking_id)
    return Nature(*row) if row else Nature(0, has_video=False, invoiced=False)


def add(session: Session, business_id: int, wish: NewBooking, ends_at: datetime, customer_id: int) -> int:
    """Make a booking; its id. Raises SlotTaken where the database itself refuses the time."""
    values = {
        "business_id": business_id,
        "staff_id": wish.staff_id,
        "service_id": wish.service_id,
        "customer_id": customer_id,
        "starts_at": wish.starts_at,
        "ends_at": ends_at,
        "notes": wish.notes,
    }
    try:
        return int(session.value(_SQL["add"], **values))
    except errors.ExclusionViolation as error:
        raise SlotTaken(_JUST_TAKEN) from error


def change(
    session: Session, business_id: int, booking_id: int, wanted: BookingChange, *, override: bool
) -> None:
    """Change what isn't None. Raises SlotTaken where the database itself refuses the time."""
    try:
        session.run(
            _SQL["change"],
            business_id=business_id,
            id=booking_id,
            staff_id=wanted.staff_id,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            status=wanted.status,
            notes=wanted.notes,
            override=override or None,
        )
    except errors.ExclusionViolation as error:
        raise SlotTaken(_JUST_TAKEN) from error


def cancel(session: Session, actor: Actor, booking_id: int, reason: str, *, override: bool) -> None:
    session.run(
        _SQL["cancel"],
        business_id=actor.business_id,
        id=booking_id,
        reason=reason,
        staff_id=actor.staff_id,
        override=override,
    )


def touch_staff(session: Session, business_id: int, staff_ids: Sequence[int]) -> None:
    """Have the app forget the free slots that it has cached for these staff members."""
    session.later(_SQL["touch_staff"], business_id=business_id, staff_ids=list(staff_ids))


def require_staff(session: Session, business_id: int, staff_id: int) -> None:
    """Raises NotYours for a staff member of another business, or of none."""
    if not session.value(_SQL["is_staff"], business_id=business_id, staff_id=staff_id):
        raise NotYours(what="no such staff member")


def customer(session: Session, business_id: int, who: NewCustomer | int) -> int:
    """The id of a customer, who is made if nobody has their e-mail address yet. Raises NotYours for an unknown id."""
    if isinstance(who, int):
        if not session.value(_SQL["is_customer"], business_id=business_id, customer_id=who):
            raise NotYours(what="no such customer")
        return who
    known = session.one(_SQL["customer_by_email"], business_id=business_id, email=who.email)
    if known is None:
        known = session.one(
            _SQL["add_customer"],
            business_id=business_id,
            first_name=who.first_name,
            last_name=who.last_name,
            email=who.email,
            phone=who.phone,
        ) or session.one(_SQL["customer_by_email"], business_id=business_id, email=who.email)
    if known is None:
        raise NotYours(what="this customer can't be added")
    return int(known[0])


def begin_once(session: Session, business_id: int, once: Once) -> int | None:
    """None when this request is the first with its key; else the id of the booking that the first one was about.

    Waits for a first one that is still under way. Raises KeyReused when that one asked for something else.
    """
    key = {"business_id": business_id, "holder": once.holder, "key": once.key}
    if session.run(_SQL["begin_once"], **key, request_hash=once.request_hash):
        return None
    known = session.one(_SQL["done_once"], **key)
    if known is None or known[0] != once.request_hash or known[1] is None:
        raise KeyReused()
    return int(known[1])


def end_once(session: Session, business_id: int, once: Once, booking_id: int) -> None:
    session.run(
        _SQL["end_once"], business_id=business_id, holder=once.holder, key=once.key, booking_id=booking_id
    )


def forget_once(session: Session, business_id: int, before: datetime) -> int:
    """Forget the keys that were used before; how many."""
    return session.run(_SQL["forget_once"], business_id=business_id, before=before)


def ask(session: Session, actor: Actor, booking_id: int, staff_id: int | None) -> None:
    """Keep the question whether a booking shall be cancelled, until somebody answers it."""
    session.run(
        _SQL["ask"],
        business_id=actor.business_id,
        booking_id=booking_id,
        staff_id=staff_id,
        via=actor.via,
        who=actor.name,
    )


def questions(session: Session, business_id: int, staff_id: int | None) -> list[Question]:
    """What waits for an answer, the longest wait first; of one staff member's bookings, or of everyone's."""
    return [
        Question(*row) for row in session.all(_SQL["questions"], business_id=business_id, staff_id=staff_id)
    ]


def forget_questions(session: Session, business_id: int, now: datetime) -> int:
    """Take away what no longer needs an answer; how many questions that were."""
    return session.run(_SQL["forget_questions"], business_id=business_id, now=now)


def answered(session: Session, business_id: int, booking_id: int) -> bool:
    """Take a question away; whether it was there."""
    return session.run(_SQL["answered"], business_id=business_id, booking_id=booking_id) > 0


def _record(row: Row) -> BookingRecord:
    id_, staff_id, service_id, customer_id, starts_at, ends_at, status, notes, override = row
    return BookingRecord(
        id_, staff_id, service_id, customer_id, starts_at, ends_at, BookingStatus(status), notes, override
    )
