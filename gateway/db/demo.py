"""Puts a demo business into the booking app's tables, as the app itself would have written it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from gateway.core.demo_business import DEMO_NAME
from gateway.core.demo_rows import DemoBooking, DemoBusiness, DemoService, DemoStaff, DemoVariant
from gateway.core.model import require_aware

# The app's enums: services.video_provider and bookings.video_meeting_provider; bookings.video_meeting_status.
_NO_VIDEO, _ZOOM = 0, 1
_NOT_CREATED, _CREATED = 0, 2

Cursor = psycopg.Cursor[TupleRow]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Ids:
    """What the database called the rows that bookings point at, each in the order of its tuple."""

    business: int
    staff: list[int]
    services: list[int]
    variants: list[list[int]]
    customers: list[int]


def find(cursor: Cursor) -> int | None:
    """The demo business of an earlier run, so that `demo` goes on with it."""
    query = "SELECT id FROM public.businesses WHERE name = %s ORDER BY id LIMIT 1"
    found = cursor.execute(query, (DEMO_NAME,)).fetchone()
    return None if found is None else int(found[0])


def seed(cursor: Cursor, business: DemoBusiness, now: datetime) -> int:
    """Insert all of it in the caller's transaction, written at `now`; returns the id of the business."""
    require_aware(now)
    # The app's timestamps are UTC without a zone; an aware value would be turned into the session's zone.
    stamp = now.astimezone(UTC).replace(tzinfo=None)
    stamps: Row = {"created_at": stamp, "updated_at": stamp}
    ids = _insert_all_but_bookings(cursor, business, stamps)
    _copy(cursor, "bookings", [_booking(booking, ids) | stamps for booking in business.bookings])
    return ids.business


def _insert_all_but_bookings(cursor: Cursor, business: DemoBusiness, stamps: Row) -> _Ids:
    insert = partial(_insert, cursor, stamps)
    [business_id] = insert("businesses", [_business(business)])
    owned: Row = {"business_id": business_id}
    insert("booking_policies", [owned | asdict(business.policy) | {"use_fixed_intervals": True}])
    users = insert("users", [owned | _user(member) for member in business.staff])
    people = zip(users, business.staff, strict=True)
    staff = insert("staff_members", [owned | _staff_member(user, member) for user, member in people])
    cursor.executemany(
        "UPDATE public.users SET staff_member_id = %s WHERE id = %s", list(zip(staff, users, strict=True))
    )
    services = insert(
        "services", [owned | _service(n, service) for n, service in enumerate(business.services)]
    )
    offers = zip(services, business.services, strict=True)
    variants = [insert("service_variants", _variants(id_, service.variants)) for id_, service in offers]
    insert("services_staff_members", _assignments(business, staff, services))
    customers = insert("tenant_customers", [owned | asdict(customer) for customer in business.customers])
    return _Ids(business_id, staff, services, variants, customers)


def _business(business: DemoBusiness) -> Row:
    shown = ("name", "time_zone", "address", "city", "state", "zip", "phone", "email")
    return {name: getattr(business, name) for name in shown}


def _user(member: DemoStaff) -> Row:
    return {
        "email": member.email,
        "role": member.role,
        "first_name": member.first_name,
        "last_name": member.last_name,
    }


def _staff_member(user: int, member: DemoStaff) -> Row:
    return {
        "user_id": user,
        "name": member.name,
        "email": member.email,
        "position": member.position,
        "availability": Jsonb(member.availability),
    }


def _service(position: int, service: DemoService) -> Row:
    return {
        "name": service.name,
        "description": service.description,
        "duration": service.duration,
        "price": service.price,
        "position": position,
        "service_type": 0,
        "video_enabled": service.online,
        "video_provider": _ZOOM if service.online else _NO_VIDEO,
    }


def _variants(service: int, variants: Iterable[DemoVariant]) -> list[Row]:
    return [{"service_id": service, "position": n, **asdict(variant)} for n, variant in enumerate(variants)]


def _assignments(business: DemoBusiness, staff: list[int], services: list[int]) -> list[Row]:
    return [
        {"service_id": services[service], "staff_member_id": staff_id}
        for staff_id, member in zip(staff, business.staff, strict=True)
        for service in member.services
    ]


def _booking(booking: DemoBooking, ids: _Ids) -> Row:
    url = booking.video_meeting_url
    return {
        "business_id": ids.business,
        "staff_member_id": ids.staff[booking.staff],
        "service_id": ids.services[booking.service],
        "service_variant_id": None
        if booking.variant is None
        else ids.variants[booking.service][booking.variant],
        "tenant_customer_id": ids.customers[booking.customer],
        "start_time": booking.starts_at.astimezone(UTC).replace(tzinfo=None),
        "end_time": booking.ends_at.astimezone(UTC).replace(tzinfo=None),
        "status": int(booking.status),
        "amount": booking.price,
        "original_amount": booking.price,
        "notes": booking.notes,
        "cancellation_reason": booking.cancellation_reason,
        "video_meeting_url": url,
        "video_meeting_provider": _ZOOM if url else _NO_VIDEO,
        "video_meeting_status": _CREATED if url else _NOT_CREATED,
    }


def _insert(cursor: Cursor, stamps: Row, table: str, rows: list[Row]) -> list[int]:
    """Insert rows that have the same columns, and return their ids in the same order."""
    if not rows:
        return []
    stamped = [row | stamps for row in rows]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier("public", table),
        _columns(stamped[0]),
        sql.SQL(", ").join(sql.Placeholder() * len(stamped[0])),
    )
    cursor.executemany(statement, [list(row.values()) for row in stamped], returning=True)
    return [int(row[0]) for result in cursor.results() for row in result]


def _copy(cursor: Cursor, table: str, rows: list[Row]) -> None:
    """Ten thousand rows in one breath; the database gives the ids."""
    if not rows:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("public", table), _columns(rows[0]))
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(list(row.values()))


def _columns(row: Row) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, row))
