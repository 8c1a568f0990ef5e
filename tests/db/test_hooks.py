"""Whatever writes to the app's tables is noted, and no write ever fails or waits because of us."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from gateway.db import hooks
from gateway.services.attach import attach
from tests import rails

Notes = set[tuple[int, str, int]]

BOOKING = """
    INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,
                          status, created_at, updated_at)
    VALUES ({id}, {business}, {staff}, 101, 501, {start}, {end}, {status}, now(), now())
"""
NOON, ONE = "'2032-01-05 12:00'", "'2032-01-05 13:00'"


def booking(
    id_: int, *, business: str = "1", staff: str = "11", start: str = NOON, end: str = ONE, status: str = "1"
) -> str:
    return BOOKING.format(id=id_, business=business, staff=staff, start=start, end=end, status=status)


@pytest.fixture(scope="module")
def attached(databases) -> Iterator[str]:
    """The app's database, attached; every test rolls back what it did."""
    url = databases.create()
    rails.build(url)
    with rails.deps(url) as deps:
        attach(deps.database)
        with deps.database.owner() as session:
            session.run("INSERT INTO daybridge.tenants (business_id) VALUES (1), (2)")
    yield url
    databases.drop(url)


class App:
    """The booking app in one open transaction, and what the database told it on the side."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.warnings: list[str] = []
        connection.add_notice_handler(self._hear)

    def _hear(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self.warnings.append(diagnostic.message_primary or "")

    def run(self, statement: str) -> int:
        return self.connection.execute(statement.encode()).rowcount

    def notes(self) -> Notes:
        return set(self.listed())

    def listed(self) -> list[tuple[int, str, int]]:
        return self.connection.execute(
            "SELECT business_id, scope, subject_id FROM daybridge.outbox"
        ).fetchall()


@contextmanager
def transaction(url: str) -> Iterator[App]:
    with rails.connect(url) as connection, connection.transaction(force_rollback=True):
        connection.execute("DELETE FROM daybridge.outbox")
        yield App(connection)


@pytest.fixture
def app(attached: str) -> Iterator[App]:
    with transaction(attached) as opened:
        yield opened


def bookings(business_id: int, *ids: int) -> Notes:
    return {(business_id, "booking", id_) for id_ in ids}


STATEMENTS: dict[str, tuple[str, Notes]] = {
    "insert": (booking(1), bookings(1, 1)),
    "insert several": (
        booking(1) + ", (2, 2, 21, 201, 601, now(), now(), 1, now(), now())", bookings(1, 1) | bookings(2, 2)
    ),
    "insert of a copy": (
        "INSERT INTO bookings (business_id, start_time, end_time, created_at, updated_at)"
        " SELECT business_id, start_time, end_time, now(), now() FROM bookings WHERE false",
        set(),
    ),
    "upsert that inserts": (booking(1) + " ON CONFLICT (id) DO UPDATE SET notes = 'x'", bookings(1, 1)),
    "upsert that updates": (booking(10001) + " ON CONFLICT (id) DO UPDATE SET notes = 'x'", bookings(1, 10001)),
    "upsert that does nothing": (booking(10001) + " ON CONFLICT DO NOTHING", set()),
    "update": ("UPDATE bookings SET notes = 'x' WHERE id = 10001", bookings(1, 10001)),
    "update to the same": ("UPDATE bookings SET notes = notes, status = status", set()),
    "update of what isn't shown": (
        "UPDATE bookings SET amount = 1, updated_at = now(), calendar_event_status = 1", set()
    ),
    "update of nothing": ("UPDATE bookings SET notes = 'x' WHERE false", set()),
    "update of some": ("UPDATE bookings SET status = 1 WHERE id BETWEEN 10001 AND 10003", bookings(1, 10002, 10003)),
    "another staff member": ("UPDATE bookings SET staff_member_id = 12 WHERE id = 10001", bookings(1, 10001)),
    "another business": (
        "UPDATE bookings SET business_id = 2 WHERE id = 10001", bookings(1, 10001) | bookings(2, 10001)
    ),
    "no business any more": ("UPDATE bookings SET business_id = NULL WHERE id = 10001", bookings(1, 10001)),
    "a business at last": ("UPDATE bookings SET business_id = 1 WHERE id = 10041", bookings(1, 10041)),
    "another id": ("UPDATE bookings SET id = 7 WHERE id = 10003", bookings(1, 7, 10003)),
    "ids passed on": (
        "UPDATE bookings SET id = id - 1 WHERE id IN (20001, 20002, 20003)", bookings(2, 20000, 20001, 20002, 20003)
    ),
    "the business's deletion, as the app does it": (
        "UPDATE bookings SET status = 5, business_id = NULL, service_id = NULL, staff_member_id = NULL"
        " WHERE business_id = 2",
        bookings(2, 20001, 20002, 20003),
    ),
    "delete": ("DELETE FROM bookings WHERE id IN (10003, 10041)", bookings(1, 10003)),
    "delete of nothing": ("DELETE FROM bookings WHERE false", set()),
    "truncate": ("TRUNCATE bookings CASCADE", {(1, "business", 1), (2, "business", 2)}),
    "truncate of what bookings point at": (
        "TRUNCATE tenant_customers CASCADE", {(1, "business", 1), (2, "business", 2)}
    ),
    "merge": (
        "MERGE INTO bookings b USING (VALUES (10001, 'x'), (10003, 'delete')) v (id, notes) ON b.id = v.id"
        " WHEN MATCHED AND v.notes = 'delete' THEN DELETE WHEN MATCHED THEN UPDATE SET notes = v.notes",
        bookings(1, 10001, 10003),
    ),
    "several in one": (
        "WITH one AS (UPDATE bookings SET notes = 'x' WHERE id = 10001),"
        " two AS (UPDATE bookings SET notes = 'y' WHERE id = 20001),"
        " three AS (DELETE FROM bookings WHERE id = 10003) SELECT 1",
        bookings(1, 10001, 10003) | bookings(2, 20001),
    ),
    "a staff member's deletion": (
        "DELETE FROM staff_members WHERE id = 13",
        {(1, "staff", 13)} | bookings(1, *range(10018, 10023)),
    ),
    "a service's deletion": ("DELETE FROM services WHERE id = 105", bookings(1, 10017)),
    "a customer's deletion": ("DELETE FROM tenant_customers WHERE id = 505", bookings(1, 10037)),
    "a business's deletion": (
        "UPDATE users SET business_id = NULL, staff_member_id = NULL; DELETE FROM calendar_sync_logs;"
        " DELETE FROM calendar_event_mappings; DELETE FROM external_calendar_events;"
        " UPDATE staff_members SET default_calendar_connection_id = NULL; DELETE FROM calendar_connections;"
        " UPDATE bookings SET staff_member_id = 11 WHERE id = 10039; DELETE FROM daybridge.outbox;"
        " DELETE FROM businesses WHERE id = 2",
        {(2, "staff", id_) for id_ in (21, 22, 23)} | bookings(2, 20001, 20002, 20003) | bookings(1, 10040),
    ),
    "a customer's name": ("UPDATE tenant_customers SET last_name = 'Y' WHERE id = 501", {(1, "customer", 501)}),
    "a customer's cache": ("UPDATE tenant_customers SET cached_total_revenue = 5", set()),
    "a service's name": ("UPDATE services SET name = 'Y' WHERE id = 101", {(1, "service", 101)}),
    "a service's price": ("UPDATE services SET price = 5", set()),
    "a variant's name": ("UPDATE service_variants SET name = 'Y' WHERE id = 1001", {(1, "variant", 1001)}),
    "a variant of another business": (
        "UPDATE service_variants SET service_id = 202 WHERE id = 1001",
        {(1, "variant", 1001), (2, "variant", 1001)},
    ),
    "a staff member's name": ("UPDATE staff_members SET name = 'Y' WHERE id = 21", {(2, "staff", 21)}),
    "a staff member's visit": ("UPDATE staff_members SET updated_at = now()", set()),
    "a new staff member": (
        "INSERT INTO staff_members (id, business_id, name, created_at, updated_at) VALUES (1, 2, 'N', now(), now())",
        {(2, "staff", 1)},
    ),
    "a business's zone": ("UPDATE businesses SET time_zone = 'Asia/Tokyo' WHERE id = 2", {(2, "business", 2)}),
    "a new business": (
        "INSERT INTO businesses (id, name, created_at, updated_at) VALUES (9, 'N', now(), now())",
        {(9, "business", 9)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", STATEMENTS)
def test_what_happens_is_noted(app: App, what: str) -> None:
    statement, expected = STATEMENTS[what]
    app.run(statement)
    assert app.notes() == expected
    assert not app.warnings


@pytest.mark.parametrize("column", hooks.WATCHED[0].columns)
def test_each_column_that_shows_is_watched(app: App, column: str) -> None:
    numbers = {"business_id": 2, "staff_member_id": 12, "service_id": 102, "service_variant_id": 1001}
    value = numbers.get(column, 502 if column == "tenant_customer_id" else 0)
    shifted = f"{column} - interval '1 minute'" if column.endswith("_time") else str(value)
    text = "'other'" if column in ("notes", "video_meeting_url") else shifted
    app.run(f"UPDATE bookings SET {column} = {text} WHERE id = 10001")
    assert (1, "booking", 10001) in app.notes()


@pytest.mark.parametrize(
    "row",
    [
        booking(1, status="NULL"),
        booking(1, status="99"),
        booking(1, status="-2147483648"),
        booking(1, start=ONE, end=NOON),
        booking(1, end=NOON),
        booking(1, end="'infinity'"),
        booking(1, start="'-infinity'"),
        booking(1, start="'4713-01-01 BC'", end="'294276-12-31'"),
        booking(1, staff="NULL"),
        booking(1, staff="21"),
    ],
)
def test_rows_that_make_no_sense_are_noted_like_others(app: App, row: str) -> None:
    app.run(row)
    app.run("UPDATE bookings SET notes = chr(1) || repeat('x', 100000) WHERE id = 1")
    app.run("DELETE FROM bookings WHERE id = 1")
    assert app.listed() == [(1, "booking", 1)] * 3
    assert not app.warnings


def test_rows_of_no_business_are_nobodys(app: App) -> None:
    app.run(booking(1, business="NULL"))
    app.run("UPDATE bookings SET notes = 'x' WHERE id = 1")
    app.run("DELETE FROM bookings WHERE id = 1")
    assert not app.notes()
    assert not app.warnings


def test_copied_rows_are_noted(app: App) -> None:
    columns = "id, business_id, start_time, end_time, status, created_at, updated_at"
    with app.connection.cursor().copy(f"COPY bookings ({columns}) FROM STDIN".encode()) as copy:
        for id_ in range(1, 501):
            copy.write_row((id_, 1 + id_ % 2, "2032-01-05", "infinity", None, "2032-01-01", "2032-01-01"))
    assert len(app.listed()) == 500
    assert app.notes() == bookings(1, *range(2, 501, 2)) | bookings(2, *range(1, 501, 2))


def test_a_row_at_a_cursor_is_noted(app: App) -> None:
    app.run("DECLARE here CURSOR FOR SELECT * FROM bookings WHERE id = 10001 FOR UPDATE")
    app.run("FETCH NEXT FROM here")
    app.run("UPDATE bookings SET notes = 'x' WHERE CURRENT OF here")
    assert app.notes() == bookings(1, 10001)


def test_what_is_rolled_back_is_not_noted(app: App) -> None:
    with app.connection.transaction(force_rollback=True):
        app.run("UPDATE bookings SET notes = 'x' WHERE id = 10001")
    app.run("UPDATE bookings SET notes = 'x' WHERE id = 20001")
    assert app.notes() == bookings(2, 20001)


def test_each_row_is_noted_once(app: App) -> None:
    app.run(
        "UPDATE bookings SET notes = 'x', end_time = end_time - interval '1 minute' WHERE business_id = 1"
    )
    assert len(app.listed()) == len(app.notes()) > 40


def test_who_may_write_bookings_need_know_nothing_of_us(app: App) -> None:
    role = f"app_{os.getpid()}"
    app.run(f"CREATE ROLE {role}; GRANT {role} TO CURRENT_USER; GRANT SELECT, UPDATE ON bookings TO {role}")
    app.run(f"SET LOCAL ROLE {role}; SET LOCAL search_path = ''")
    app.run("UPDATE public.bookings SET notes = 'x' WHERE id = 10001")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), app.connection.transaction():
        app.notes()
    app.run("RESET ROLE")
    assert app.notes() == bookings(1, 10001)
    assert not app.warnings


def test_an_apps_own_functions_can_not_come_between(app: App) -> None:
    """The trigger runs as our schema's owner; it must not call whatever the app's search path finds first."""
    app.run(
        "CREATE FUNCTION public.array_remove(bigint[], bigint) RETURNS bigint[] LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$; SET LOCAL search_path = public, pg_catalog"
    )
    app.run("UPDATE bookings SET notes = 'x' WHERE id = 10001")
    assert app.notes() == bookings(1, 10001)
    assert not app.warnings


BREAKAGES = {
    "renamed": "ALTER TABLE daybridge.outbox RENAME TO lost",
    "dropped": "DROP TABLE daybridge.outbox CASCADE",
    "without a column": "ALTER TABLE daybridge.outbox DROP COLUMN scope CASCADE",
    "closed by row-level security": "ALTER TABLE daybridge.outbox FORCE ROW LEVEL SECURITY",
    "full": "ALTER TABLE daybridge.outbox ADD CHECK (false) NOT VALID",
    "without numbers": "ALTER TABLE daybridge.outbox ALTER COLUMN id DROP IDENTITY",
}


@pytest.mark.parametrize("how", BREAKAGES)
def test_an_outbox_that_is_no_use_costs_a_warning_only(app: App, how: str) -> None:
    app.run(BREAKAGES[how])
    app.run(booking(1))
    app.run("UPDATE bookings SET notes = 'x' WHERE id = 1")
    app.run("DELETE FROM bookings WHERE id = 1")
    assert len(app.warnings) == 3
    assert all("could not note a change of bookings" in warning for warning in app.warnings)


def test_a_column_that_the_app_renamed_costs_a_warning_only(app: App) -> None:
    app.run("ALTER TABLE service_variants RENAME COLUMN name TO title")
    app.run("UPDATE service_variants SET title = 'x'")
    assert len(app.warnings) == 1


def test_a_locked_outbox_keeps_no_one_for_long(attached: str) -> None:
    """Half a second, once for each statement; then the note is lost, and `verify` will find what it was about."""
    with (
        transaction(attached) as app,
        rails.connect(attached) as other,
        other.transaction(force_rollback=True),
    ):
        app.connection.execute("COMMIT; BEGIN")  # let go of what clearing the outbox locked
        other.execute("LOCK TABLE daybridge.outbox IN ACCESS EXCLUSIVE MODE")
        began = time.perf_counter()
        app.run("UPDATE bookings SET notes = 'x' WHERE id = 10001")
        waited = time.perf_counter() - began
        [warning] = app.warnings
        assert warning.endswith(
            "could not note a change of bookings: canceling statement due to lock timeout"
        )
        assert app.connection.execute("SHOW lock_timeout").fetchone() == ("0",), (
            "the app's own stays what it was"
        )
        app.connection.execute("ROLLBACK; BEGIN")
    assert hooks.LONGEST_WAIT_MS / 1000 <= waited < hooks.LONGEST_WAIT_MS / 1000 + 0.7
