"""The tables that we make are the booking app's, column for column, and the demo business fits into both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import TupleRow

import gateway.db
from gateway.core.demo_business import demo_business
from gateway.core.demo_rows import DemoBusiness
from gateway.db import demo

SAMPLES = Path(__file__).parents[1] / "samples"
OURS = [Path(gateway.db.__file__).with_name("booking_app.sql")]
RAILS = [SAMPLES / "rails_schema.sql"]
RAILS_IN_USE = [*RAILS, SAMPLES / "rails_rows.sql"]

# What a database says about itself: one line for each column, index and key.
COLUMNS = """
    SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default,
           character_maximum_length, numeric_precision, numeric_scale, datetime_precision
    FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
KEYS = """
    SELECT conrelid::regclass::text, confrelid::regclass::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
# Of these we have some columns only.
PARTIAL = {"businesses", "users"}
WHOLE = {"staff_members", "services", "service_variants", "services_staff_members", "tenant_customers"}
TABLES = PARTIAL | WHOLE | {"bookings", "booking_policies"}

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)

Cursor = psycopg.Cursor[TupleRow]


@contextmanager
def loaded(database_url: str, files: list[Path]) -> Iterator[Cursor]:
    """The files in the empty database, which is empty again afterwards."""
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        for file in files:
            cursor.execute(file.read_bytes())
        yield cursor
        connection.rollback()


def told(database_url: str, files: list[Path], question: str) -> set[tuple[object, ...]]:
    with loaded(database_url, files) as cursor:
        return set(cursor.execute(question.encode()).fetchall())


def test_it_may_be_run_again(database_url: str) -> None:
    with loaded(database_url, OURS * 2) as cursor:
        tables = cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert {table for (table,) in tables} == TABLES


def test_running_it_again_changes_nothing(database_url: str) -> None:
    for question in (COLUMNS, INDEXES, KEYS):
        assert told(database_url, OURS, question) == told(database_url, OURS * 2, question)


def test_every_column_is_the_apps(database_url: str) -> None:
    ours, apps = told(database_url, OURS, COLUMNS), told(database_url, RAILS, COLUMNS)
    assert ours <= apps
    lacking = {row[:2] for row in apps - ours if row[0] in TABLES - PARTIAL}
    assert lacking == set()


def test_what_we_left_out_may_stay_empty(database_url: str) -> None:
    ours, apps = told(database_url, OURS, COLUMNS), told(database_url, RAILS, COLUMNS)
    for table, column, _, _, nullable, default, *_ in {row for row in apps - ours if row[0] in PARTIAL}:
        assert nullable == "YES" or default is not None, (table, column)


def test_every_index_is_the_apps(database_url: str) -> None:
    ours, apps = told(database_url, OURS, INDEXES), told(database_url, RAILS, INDEXES)
    assert ours <= apps
    assert {row[:2] for row in apps - ours if row[0] in TABLES - PARTIAL} == set()


def test_every_foreign_key_is_the_apps(database_url: str) -> None:
    ours, apps = told(database_url, OURS, KEYS), told(database_url, RAILS, KEYS)
    assert ours <= apps
    assert {row[1] for row in apps - ours if row[0] in TABLES and row[1] in TABLES} == set()


@pytest.mark.parametrize(
    "table", ["bookings", "staff_members", "services", "tenant_customers", "rental_bookings"]
)
def test_the_app_can_go_on_counting(database_url: str, table: str) -> None:
    with loaded(database_url, RAILS_IN_USE) as cursor:
        query = f"SELECT max(id), nextval(pg_get_serial_sequence('public.{table}', 'id')) FROM public.{table}"
        [(highest, following)] = cursor.execute(query.encode()).fetchall()
        assert following == highest + 1


def test_the_sample_rows_are_as_odd_as_promised(database_url: str) -> None:
    bookings = {
        "every status": "count(DISTINCT coalesce(status, -1)) = 8",
        "end before start": "bool_or(end_time < start_time)",
        "no length": "bool_or(end_time = start_time)",
        "endless": "bool_or(end_time = 'infinity') AND bool_or(start_time = '-infinity')",
        "orphans": "count(*) FILTER (WHERE status = 5 AND coalesce(business_id, service_id) IS NULL) = 2",
        "parties": "count(*) FILTER (WHERE service_id = 103 AND start_time = '2031-06-05 22:00') = 3",
        "controls": "bool_or(notes ~ '[\\x01-\\x08]') AND bool_or(notes LIKE E'%\\r\\n%')",
    }
    odd = {
        **{name: f"SELECT {test} FROM bookings" for name, test in bookings.items()},
        "nameless": "SELECT bool_or(num_nulls(first_name, last_name) = 2) FROM tenant_customers",
        "envelopes": "SELECT phone::jsonb -> 'h' ? 'iv' FROM tenant_customers WHERE phone LIKE '{%'",
        "Rails zone": "SELECT time_zone = 'Eastern Time (US & Canada)' FROM businesses WHERE id = 1",
        "no zone": "SELECT time_zone = 'UTC' FROM businesses WHERE id = 2",
        "no staff": "SELECT count(*) = 0 FROM staff_members WHERE business_id = 3",
        "no user": "SELECT bool_or(user_id IS NULL) AND bool_or(NOT active) FROM staff_members",
        "overlaps": """
            SELECT count(*) >= 4 FROM bookings a JOIN bookings b USING (staff_member_id)
            WHERE a.id < b.id AND a.start_time < b.end_time AND a.end_time > b.start_time
        """,
    }
    with loaded(database_url, RAILS_IN_USE) as cursor:
        answers = {oddity: cursor.execute(query.encode()).fetchone() for oddity, query in odd.items()}
    assert answers == dict.fromkeys(odd, (True,))


@pytest.mark.parametrize("files", [OURS, RAILS_IN_USE], ids=["ours", "the app's"])
def test_the_demo_business_fits_in(database_url: str, files: list[Path]) -> None:
    business = generated(300)
    with loaded(database_url, files) as cursor:
        assert demo.find(cursor) is None
        business_id = demo.seed(cursor, business, NOW)
        assert demo.find(cursor) == business_id
        assert kept(cursor, business_id) == expected(business)
        assert counted(cursor, business_id) == [3, 3, 6, 60, 1, 4, 8]


def test_ten_thousand_bookings_are_in_without_an_overlap(database_url: str) -> None:
    business = generated(10_000)
    with loaded(database_url, OURS) as cursor:
        business_id = demo.seed(cursor, business, NOW)
        assert overlaps(cursor) == 0
        assert cursor.execute("SELECT count(*) FROM public.bookings").fetchone() == (10_000,)
        assert len(kept(cursor, business_id)) == 10_000


def test_the_zone_of_the_session_does_not_matter(database_url: str) -> None:
    with loaded(database_url, OURS) as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
        business_id = demo.seed(cursor, generated(40), NOW.astimezone(ZoneInfo("America/New_York")))
        assert kept(cursor, business_id) == expected(generated(40))
        stamps = "SELECT DISTINCT created_at, updated_at FROM public.bookings"
        assert cursor.execute(stamps).fetchall() == [(NOW.replace(tzinfo=None),) * 2]


def test_users_and_staff_know_each_other(database_url: str) -> None:
    with loaded(database_url, OURS) as cursor:
        demo.seed(cursor, generated(0), NOW)
        rows = cursor.execute(
            "SELECT staff.email, role, staff.email = users.email, users.staff_member_id = staff.id,"
            " users.business_id = staff.business_id, availability ? 'monday', availability ? 'exceptions'"
            " FROM public.staff_members staff JOIN public.users ON users.id = staff.user_id ORDER BY staff.id"
        ).fetchall()
    assert [row[:2] for row in rows] == [
        ("mia@example.com", 1),
        ("daniel@example.com", 2),
        ("priya@example.com", 2),
    ]
    assert all(all(row[2:]) for row in rows)


def test_a_naive_now_is_refused(database_url: str) -> None:
    with loaded(database_url, OURS) as cursor, pytest.raises(TypeError):
        demo.seed(cursor, generated(0), NOW.replace(tzinfo=None))


def generated(bookings: int) -> DemoBusiness:
    return demo_business(TODAY, bookings, Random(7))  # a demo, not a secret


def counted(cursor: Cursor, business_id: int) -> list[int]:
    owned = ["users", "staff_members", "services", "tenant_customers", "booking_policies"]
    linked = ["service_variants", "services_staff_members"]
    queries = [f"SELECT count(*) FROM public.{table} WHERE business_id = %s" for table in owned]
    through = "JOIN public.services ON services.id = service_id WHERE business_id = %s"
    queries += [f"SELECT count(*) FROM public.{table} {through}" for table in linked]
    rows = [cursor.execute(query.encode(), (business_id,)).fetchone() for query in queries]
    return [row[0] for row in rows if row is not None]


def overlaps(cursor: Cursor) -> int:
    """Counted by PostgreSQL, with the policy's buffer after each booking."""
    row = cursor.execute("""
        SELECT count(*) FROM (
            SELECT start_time, lag(end_time + buffer_time_mins * interval '1 minute')
                       OVER (PARTITION BY staff_member_id ORDER BY start_time) AS free_from
            FROM public.bookings JOIN public.booking_policies USING (business_id)
        ) AS row WHERE start_time < free_from
    """).fetchone()
    assert row is not None
    return int(row[0])


def kept(cursor: Cursor, business_id: int) -> set[tuple[object, ...]]:
    """Each booking with the names that it points at."""
    query = """
        SELECT staff.email, services.name, variants.name, customers.email, start_time, end_time,
               bookings.status, amount, bookings.notes, cancellation_reason, video_meeting_url,
               video_meeting_status
        FROM public.bookings
        JOIN public.staff_members staff ON staff.id = staff_member_id
        JOIN public.services ON services.id = bookings.service_id
        LEFT JOIN public.service_variants variants ON variants.id = service_variant_id
              AND variants.service_id = services.id
        JOIN public.tenant_customers customers ON customers.id = tenant_customer_id
        WHERE bookings.business_id = %s
    """
    return set(cursor.execute(query, (business_id,)).fetchall())


def expected(business: DemoBusiness) -> set[tuple[object, ...]]:
    return {
        (
            business.staff[booking.staff].email,
            business.services[booking.service].name,
            None
            if booking.variant is None
            else business.services[booking.service].variants[booking.variant].name,
            business.customers[booking.customer].email,
            booking.starts_at.replace(tzinfo=None),
            booking.ends_at.replace(tzinfo=None),
            int(booking.status),
            booking.price,
            booking.notes,
            booking.cancellation_reason,
            booking.video_meeting_url,
            2 if booking.video_meeting_url else 0,
        )
        for booking in business.bookings
    }
