"""The booking app at work, as the clients' tests need it: straight on its tables, as Rails or psql would."""

from __future__ import annotations

from tests.conftest import Town

# Alice's bookings that calendars show, by id, as (start, end) in UTC: see tests/town.py.
SHOWN = {
    1001: ("2026-11-24T15:00Z", "2026-11-24T15:45Z"),
    1002: ("2026-11-25T19:00Z", "2026-11-25T20:30Z"),
    1003: ("2026-12-01T14:00Z", "2026-12-01T15:00Z"),
}
CANCELLED = 2


def move(town: Town, booking_id: int, hours: int = 1) -> None:
    """Put a booking some hours later."""
    town.sql(
        "UPDATE public.bookings SET start_time = start_time + %s * interval '1 hour', "
        "end_time = end_time + %s * interval '1 hour' WHERE id = %s",
        hours,
        hours,
        booking_id,
    )


def cancel(town: Town, booking_id: int) -> None:
    town.sql("UPDATE public.bookings SET status = %s WHERE id = %s", CANCELLED, booking_id)


def reassign(town: Town, booking_id: int, staff_id: int) -> None:
    """Give a booking to another staff member."""
    town.sql("UPDATE public.bookings SET staff_member_id = %s WHERE id = %s", staff_id, booking_id)


def book(town: Town, booking_id: int, staff_id: int, start: str, end: str, notes: str = "") -> None:
    """A new confirmed haircut for Maria Santos."""
    town.sql(
        "INSERT INTO public.bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, "
        "start_time, end_time, status, notes, created_at, updated_at) "
        "VALUES (%s, 1, %s, 31, 61, %s, %s, 1, %s, now(), now())",
        booking_id,
        staff_id,
        start,
        end,
        notes,
    )


def busy(town: Town, source: str = "%") -> str:
    """What is taken at Harbor Hair, each stretch as MMDDTHHMM-MMDDTHHMM in UTC."""
    return _spans(town, "source LIKE %s", source)


def busy_with(town: Town, source: str, source_id: int) -> str:
    return _spans(town, "source = %s AND source_id = %s", source, source_id)


def _spans(town: Town, which: str, *values: object) -> str:
    rows = town.sql(
        "SELECT lower(during) AT TIME ZONE 'UTC', upper(during) AT TIME ZONE 'UTC' FROM daybridge.busy "
        f"WHERE business_id = 1 AND {which} ORDER BY 1, 2",
        *values,
    )
    return " ".join(f"{start:%m%dT%H%M}-{end:%m%dT%H%M}" for start, end in rows)


def questions(town: Town) -> list[object]:
    """The bookings whose staff members are asked whether to cancel them."""
    return [row[0] for row in town.sql("SELECT booking_id FROM daybridge.questions ORDER BY 1")]


def log(town: Town) -> list[tuple[object, ...]]:
    """What the timeline has of everything, in short: who, by which door, what, and what became of it."""
    return town.sql("SELECT who, via, action, outcome FROM daybridge.calendar_sync_logs ORDER BY id")
