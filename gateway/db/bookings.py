"""The booking app's rows, as values of `core`."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.model import Booking, BookingStatus, Business, Customer
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("projection.sql")


def business(session: Session, business_id: int) -> Business | None:
    """The tenant itself; None when the app has deleted it."""
    row = session.one(_SQL["business"], business_id=business_id)
    if row is None:
        return None
    return Business(id=row[0], name=row[1] or "", time_zone=row[2] or "UTC", location=row[3])


def staff_ids(session: Session, business_id: int) -> list[int]:
    return [staff_id for (staff_id,) in session.all(_SQL["staff_ids"], business_id=business_id)]


def showable(session: Session, business_id: int, booking_ids: Sequence[int]) -> dict[int, Booking]:
    """The bookings that have what a calendar needs: a status, a staff member, times that are times."""
    rows = session.all(_SQL["bookings"], business_id=business_id, ids=list(booking_ids))
    return {row[0]: _booking(row) for row in rows}


def unreadable(session: Session, business_id: int, most: int = 100) -> list[int]:
    """Bookings that should be shown and can't be, because the app's row makes no sense."""
    rows = session.all(_SQL["unreadable_bookings"], business_id=business_id, most=most)
    return [booking_id for (booking_id,) in rows]


def ids_after(session: Session, business_id: int, after: int, most: int) -> list[int]:
    """Bookings by id: those that exist, and those that a calendar shows or has shown."""
    rows = session.all(_SQL["ids_after"], business_id=business_id, after=after, most=most)
    return [booking_id for (booking_id,) in rows]


def _booking(row: Row) -> Booking:
    return Booking(
        id=row[0],
        staff_id=row[1],
        staff_name=row[2] or "",
        status=BookingStatus(row[3]),
        starts_at=row[4],
        ends_at=row[5],
        service=row[6] or "",
        variant=row[7] or "",
        customer=_customer(row[8:13]),
        notes=row[13] or "",
        video_url=row[14] or "",
    )


def _customer(row: Row) -> Customer | None:
    customer_id, first_name, last_name, email, phone = row
    if customer_id is None:
        return None
    return Customer(first_name or "", last_name or "", email or "", _clear_text(phone))


def _clear_text(phone: str | None) -> str:
    """Rails' encrypted attributes are JSON envelopes in the same column; what we can't read is left out."""
    return "" if phone is None or phone.startswith("{") else phone
