"""Whoever is one business's, or nobody's, sees nothing of another's: in any table, view or function that there is.

What is tried comes from the catalog, so that new tables and views are tried too: a new one fails the test of what is
worth trying until `seed` gives it rows of both businesses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
import pytest

from gateway import wiring
from gateway.core.model import CalendarKind, Detail
from gateway.db import busy
from gateway.db.engine import Database, Session
from gateway.services import grant
from gateway.services.deps import Deps
from gateway.settings import Settings

OURS, THEIRS = 1, 2


@dataclass(frozen=True)
class Place:
    """A database with two businesses, each with rows in every table."""

    deps: Deps
    feed_token: bytes

    @property
    def database(self) -> Database:
        return self.deps.database


@pytest.fixture(scope="module")
def place(databases, template: str) -> Iterator[Place]:
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    yield seed(deps)
    deps.database.close()
    databases.drop(url)


_BOTH = "FROM (VALUES (1, 11), (2, 21)) AS one (business, staff)"
_KEPT = (
    f"INSERT INTO daybridge.business_settings (business_id) SELECT business {_BOTH}",
    f"INSERT INTO daybridge.calendar_sync_logs (business_id, via, who, action, outcome)"
    f" SELECT business, 'api', 'a key', 'book', 'accepted' {_BOTH}",
    f"INSERT INTO daybridge.questions (business_id, booking_id, via, who)"
    f" SELECT business, 1, 'caldav', 'somebody' {_BOTH}",
    f"INSERT INTO daybridge.idempotency_keys (business_id, holder, key, request_hash)"
    f" SELECT business, 'a key', 'once', '' {_BOTH}",
    "INSERT INTO daybridge.calendar_connections"
    " (business_id, staff_member_id, provider, account, account_key, sealed, connected_at)"
    f" SELECT business, staff, 'google', 'a@example.com', 'a@example.com', 'sealed', now() {_BOTH}",
    "INSERT INTO daybridge.connection_calendars (business_id, connection_id, remote_id, name, writable, main, receives)"
    " SELECT business_id, id, 'a@example.com', 'Private', true, true, true FROM daybridge.calendar_connections",
    "INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id, calendar_id, remote_id)"
    " SELECT c.business_id, b.id, c.connection_id, c.id, 'event' || b.id FROM daybridge.connection_calendars c"
    " JOIN public.bookings b ON b.business_id = c.business_id AND b.id IN (1001, 2001)",
    "INSERT INTO daybridge.calendar_watches (business_id, id, calendar_id, secret_hash, made_at, expires_at)"
    " SELECT business_id, 'watch-of-' || business_id, id, 'hash', now(), now() + interval '1 day'"
    " FROM daybridge.connection_calendars",
    "INSERT INTO daybridge.connection_attempts"
    " (business_id, token_hash, session_hash, provider, asked_by, verifier, consent, expires_at)"
    f" SELECT business, 'hash', 'hash', 'google', staff, 'sealed', true, now() {_BOTH}",
    "INSERT INTO daybridge.external_calendar_events (business_id, connection_id, calendar_id, staff_member_id,"
    " event_key, series_key, starts_at, ends_at) SELECT business_id, connection_id, id, 11, 'event', 'event', now(),"
    " now() + interval '1 h' FROM daybridge.connection_calendars",
    "INSERT INTO daybridge.calendar_tallies (business_id, hour, provider)"
    f" SELECT business, date_trunc('hour', now()), 'google' {_BOTH}",
    "INSERT INTO daybridge.browsers"
    " (business_id, staff_member_id, name, key_hash, opened_at, turned_at, seen_at)"
    f" SELECT business, staff, 'Safari', 'hash', now(), now(), now() {_BOTH}",
    "INSERT INTO daybridge.practice_calendars (business_id, account, id, name, zone)"
    f" SELECT business, 'practice', 'practice', 'Practice', 'UTC' {_BOTH}",
    "INSERT INTO daybridge.practice_events (business_id, account, calendar_id, id, series, revision)"
    " SELECT business_id, account, id, 'event', 'event', 1 FROM daybridge.practice_calendars",
    "INSERT INTO daybridge.practice_grants (business_id, token_hash, account)"
    f" SELECT business, 'hash', 'practice' {_BOTH}",
    "INSERT INTO daybridge.blocks (business_id, staff_member_id, calendar_id, href, time_zone)"
    " SELECT business_id, staff_member_id, id, 'block.ics', 'UTC' FROM daybridge.calendars"
    " WHERE kind = 'bookings' AND detail = 'full'",
    "INSERT INTO daybridge.personal_objects (business_id, calendar_id, staff_member_id, href, etag, body)"
    " SELECT business_id, calendar_id, 11, href, 'mine', '' FROM daybridge.calendar_objects",
)


def seed(deps: Deps) -> Place:
    """What the town doesn't bring along."""
    for business_id, staff_id in ((OURS, 11), (THEIRS, 21)):
        grant.app_password(deps, business_id, staff_id, "phone")
        grant.feed(deps, business_id, CalendarKind.BOOKINGS, staff_id, Detail.BUSY, "web")
        grant.api_key(deps, business_id, "read", "app")
        grant.sign_in_link(deps, business_id, staff_id)
    with deps.database.owner() as session:
        session.run(
            "INSERT INTO daybridge.calendar_properties SELECT business_id, id, 11, 'colour', 'red'"
            " FROM daybridge.calendars;"
            "INSERT INTO daybridge.outbox (business_id, scope, subject_id)"
            " VALUES (1, 'booking', 1001), (2, 'booking', 1);"
            "INSERT INTO public.booking_policies (business_id, created_at, updated_at)"
            " VALUES (1, now(), now()), (2, now(), now());"
            "INSERT INTO public.service_variants (service_id, name, duration, price, created_at, updated_at)"
            " VALUES (41, 'Synthetic oil', 60, 90, now(), now());"
            "CREATE FUNCTION public.leak(told text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE '%', told; RETURN true; END $$"
        )
        for kept in _KEPT:
            session.run(kept)
        token = session.value("SELECT token_hash FROM daybridge.feeds WHERE business_id = 2")
    return Place(deps, bytes(token))


# What there is to try

TABLES = (
    "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'business_id'"
    " WHERE c.relnamespace = 'daybridge'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1"
)
VIEWS = "SELECT relname::text FROM pg_class WHERE relnamespace = 'daybridge'::regnamespace AND relkind = 'v' ORDER BY 1"
COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = %(view)s::regclass AND attnum > 0 ORDER BY attnum"
STORED = (
    "SELECT attname::text FROM pg_attribute"
    " WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)
THE_APPS = (
    "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
)


def listed(place: Place, question: str) -> list[str]:
    with place.database.owner() as session:
        return [name for (name,) in session.all(question)]


def belonging(place: Place, view: str, business_id: int) -> set[str]:
    """The app's rows of a business, as the view would show them."""
    mine = {
        "businesses": "x.id = %(id)s",
        "service_variants": "x.service_id IN (SELECT id FROM public.services WHERE business_id = %(id)s)",
        "services_staff_members": "x.service_id IN (SELECT id FROM public.services WHERE business_id = %(id)s)",
    }
    with place.database.owner() as session:
        columns = [name for (name,) in session.all(COLUMNS, view=f"daybridge.{view}")]
        row = ", ".join(f"x.{column}" for column in columns)
        where = mine.get(view, "x.business_id = %(id)s")
        rows = session.all(f"SELECT ROW({row})::text FROM public.{view} x WHERE {where}", id=business_id)
    return {text for (text,) in rows}


def kept(place: Place, table: str, business_id: int) -> set[str]:
    with place.database.owner() as session:
        rows = session.all(
            f"SELECT x::text FROM daybridge.{table} x WHERE business_id = %(id)s", id=business_id
        )
    return {text for (text,) in rows}


def everything(place: Place, business_id: int) -> dict[str, set[str]]:
    """All rows of a business, as text, by table and view."""
    tables = {table: kept(place, table, business_id) for table in listed(place, TABLES)}
    return tables | {view: belonging(place, view, business_id) for view in listed(place, VIEWS)}


def seen(session: Session, relations: list[str]) -> dict[str, set[str]]:
    return {
        name: {text for (text,) in session.all(f"SELECT x::text FROM daybridge.{name} x")}
        for name in relations
    }


@contextmanager
def refused(session: Session) -> Iterator[None]:
    """What happens in here must be refused for lack of rights; the transaction goes on."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege), session.cursor.connection.transaction():
        yield


@contextmanager
def beyond_the_window(session: Session) -> Iterator[None]:
    """What happens in here must be refused, because the row that would be there could not be seen."""
    with (
        pytest.raises(psycopg.errors.WithCheckOptionViolation, match="check option for view"),
        session.cursor.connection.transaction(),
    ):
        yield


# Reading


def test_there_is_something_in_everything_worth_trying(place: Place) -> None:
    ours, theirs = everything(place, OURS), everything(place, THEIRS)
    assert [name for name in ours if not (ours[name] and theirs[name])] == []
    assert len(ours) >= 35


@pytest.mark.parametrize("business_id", [OURS, THEIRS])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_tenant_sees_all_of_its_own_and_nothing_else(
    place: Place, business_id: int, read_only: bool
) -> None:
    expected = everything(place, business_id)
    with place.database.tenant(business_id, read_only=read_only) as session:
        assert seen(session, list(expected)) == expected


def test_a_tenant_that_does_not_exist_sees_nothing(place: Place) -> None:
    with place.database.tenant(999) as session:
        assert not any(seen(session, [*listed(place, TABLES), *listed(place, VIEWS)]).values())


@pytest.mark.parametrize("setting", ["", "SET LOCAL daybridge.business_id = ''"])
def test_nobody_sees_nothing(place: Place, setting: str) -> None:
    relations = [*listed(place, TABLES), *listed(place, VIEWS)]
    with place.database.nobody() as session:
        session.run(setting or "SELECT 1")
        assert not any(seen(session, relations).values())


def test_a_tenant_that_is_no_number_is_an_error(place: Place) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation), place.database.nobody() as session:
        session.run("SET LOCAL daybridge.business_id = '1 OR true'")
        session.run("SELECT * FROM daybridge.calendars")


def test_the_tenant_ends_with_its_transaction(place: Place) -> None:
    """The same connection serves another business next, also when the transaction failed."""
    single = Database(place.deps.settings.database_url, size=1)
    with pytest.raises(psycopg.errors.DivisionByZero), single.tenant(OURS) as session:
        session.run("SELECT 1/0")
    with single.tenant(THEIRS) as session:
        assert seen(session, ["calendars"])["calendars"] == kept(place, "calendars", THEIRS)
    with single.nobody() as session:
        assert not seen(session, ["calendars"])["calendars"]
    single.close()


def test_a_condition_is_not_asked_about_strangers_rows(place: Place) -> None:
    """A function that tells what it is given, and that the planner would like to ask first."""
    expected = everything(place, OURS)
    for name, rows in expected.items():
        told: set[str] = set()
        with place.database.tenant(OURS) as session:
            connection = session.cursor.connection
            hear = partial(_hear, told)
            connection.add_notice_handler(hear)
            session.run(f"SELECT count(*) FROM daybridge.{name} x WHERE public.leak(x::text)")
            connection.remove_notice_handler(hear)
        assert told == rows, name


def _hear(told: set[str], notice: psycopg.errors.Diagnostic) -> None:
    told.add(notice.message_primary or "")


def test_the_apps_tables_are_closed(place: Place) -> None:
    tables = listed(place, THE_APPS)
    assert {"bookings", "businesses", "users"} <= set(tables)
    with place.database.tenant(OURS) as session:
        for table in tables:
            for statement in (
                f"SELECT FROM public.{table}",
                f"UPDATE public.{table} SET id = id",
                f"DELETE FROM public.{table}",
                f"TRUNCATE public.{table} CASCADE",
                f"LOCK TABLE public.{table} IN ACCESS EXCLUSIVE MODE",
            ):
                with refused(session):
                    session.run(statement)


# What the application may write of the app's rows, and through which window; nothing else.
WRITTEN: dict[str, dict[str, set[str]]] = {
    "bookings": {
        "INSERT": {
            "id", "business_id", "staff_member_id", "service_id", "service_variant_id", "tenant_customer_id",
            "start_time", "end_time", "status", "notes", "video_meeting_url", "video_meeting_provider",
            "manager_override", "cancellation_reason", "cancelled_by", "created_at", "updated_at",
        },
        "UPDATE": {
            "staff_member_id", "start_time", "end_time", "status", "notes", "manager_override",
            "cancellation_reason", "cancelled_by", "updated_at",
        },
    },
    "staff_members": {"UPDATE": {"availability", "updated_at"}},
    "tenant_customers": {
        "INSERT": {
            "id", "business_id", "first_name", "last_name", "email", "phone", "created_at", "updated_at"
        },
    },
}  # fmt: skip
RIGHTS = """
    SELECT c.relname::text, asked.right, a.attname::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS asked ("right")
    WHERE c.relnamespace = 'daybridge'::regnamespace AND c.relkind = 'v'
      AND has_column_privilege('daybridge_app', c.oid, a.attnum, asked.right)
"""


def test_what_may_be_written_through_which_window(place: Place) -> None:
    found: dict[str, dict[str, set[str]]] = {}
    with place.database.owner() as session:
        for view, right, column in session.all(RIGHTS):
            found.setdefault(view, {}).setdefault(right, set()).add(column)
    assert found == WRITTEN


def test_through_the_other_windows_nothing_is_written(place: Place) -> None:
    with place.database.tenant(OURS) as session:
        for view in listed(place, VIEWS):
            written = WRITTEN.get(view, {})
            with refused(session):
                session.run(f"DELETE FROM daybridge.{view}")
            with refused(session):
                session.run(f"UPDATE daybridge.{view} SET id = id")
            if "INSERT" not in written:
                with refused(session):
                    session.run(f"INSERT INTO daybridge.{view} (id) VALUES (1)")


# Writing


def test_no_row_can_be_made_for_another_business(place: Place) -> None:
    with place.database.owner() as session:
        strangers = {
            table: (
                ", ".join(name for (name,) in session.all(STORED, table=f"daybridge.{table}")),
                session.value(f"SELECT to_jsonb(x) FROM daybridge.{table} x WHERE business_id = 2 LIMIT 1"),
            )
            for table in listed(place, TABLES)
        }
    with place.database.tenant(OURS) as session:
        for table, (columns, row) in strangers.items():
            with refused(session):
                session.run(
                    f"INSERT INTO daybridge.{table} ({columns}) OVERRIDING SYSTEM VALUE"
                    f" SELECT {columns} FROM jsonb_populate_record(NULL::daybridge.{table}, %(row)s::jsonb)",
                    row=json.dumps(row),
                )


def test_no_row_can_be_given_to_another_business(place: Place) -> None:
    with place.database.tenant(OURS) as session:
        for table in listed(place, TABLES):
            with refused(session):
                session.run(f"UPDATE daybridge.{table} SET business_id = 2")


def test_no_row_of_the_app_can_be_made_for_another_business(place: Place) -> None:
    """Nor for none: what is written through a window stays in it (check_option)."""
    booking = (
        "INSERT INTO daybridge.bookings (id, business_id, start_time, end_time, created_at, updated_at)"
        " VALUES (777, {business}, now(), now(), now(), now())"
    )
    customer = (
        "INSERT INTO daybridge.tenant_customers (id, business_id, email, created_at, updated_at)"
        " VALUES (777, {business}, 'new@example.com', now(), now())"
    )
    before = everything(place, THEIRS)
    with place.database.tenant(OURS) as session:
        for statement in (booking, customer):
            with beyond_the_window(session):
                session.run(statement.format(business=THEIRS))
        with beyond_the_window(session):
            session.run(booking.format(business="NULL"))
    assert everything(place, THEIRS) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE daybridge.bookings SET notes = 'x', status = 2, start_time = now(), updated_at = now()",
        "UPDATE daybridge.staff_members SET availability = '{}', updated_at = now()",
        "UPDATE daybridge.bookings SET notes = 'x' WHERE id = 2001",
        "UPDATE daybridge.staff_members SET availability = NULL WHERE id = 21",
    ],
)
def test_a_row_of_the_app_is_written_by_its_own_business_only(place: Place, statement: str) -> None:
    before = everything(place, THEIRS)
    ours = len(belonging(place, statement.split()[1].removeprefix("daybridge."), OURS))
    with place.database.tenant(OURS) as session:
        assert session.run(statement) == (0 if "WHERE" in statement else ours)
        session.run("ROLLBACK; BEGIN")
    assert everything(place, THEIRS) == before


def test_no_row_of_another_business_can_be_touched(place: Place) -> None:
    before = everything(place, THEIRS)
    with place.database.tenant(OURS) as session:
        for table in listed(place, TABLES):
            assert session.run(f"UPDATE daybridge.{table} SET business_id = 1 WHERE business_id = 2") == 0
            assert session.run(f"DELETE FROM daybridge.{table} WHERE business_id = 2") == 0
            assert session.all(f"SELECT FROM daybridge.{table} WHERE business_id = 2 FOR UPDATE") == []
            with refused(session):
                session.run(f"TRUNCATE daybridge.{table} CASCADE")
    assert everything(place, THEIRS) == before


def test_nobody_can_write_nothing(place: Place) -> None:
    with place.database.nobody() as session:
        session.run("SET TRANSACTION READ WRITE")
        for table in listed(place, TABLES):
            assert session.run(f"DELETE FROM daybridge.{table}") == 0


def test_the_walls_can_not_be_taken_down_from_inside(place: Place) -> None:
    with place.database.tenant(OURS) as session:
        for statement in (
            "ALTER TABLE daybridge.feeds DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON daybridge.feeds",
            "CREATE POLICY mine ON daybridge.feeds USING (true)",
            "CREATE TABLE daybridge.mine (id int)",
            "CREATE FUNCTION daybridge.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION daybridge.tenant() RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint'",
            "ALTER ROLE daybridge_app BYPASSRLS",
            "CREATE ROLE mine",
            "SELECT FROM daybridge.migrations",
            "SELECT FROM daybridge.request_budgets",
            "DELETE FROM daybridge.request_budgets",
            "UPDATE daybridge.installation SET id = gen_random_uuid()",
        ):
            with refused(session):
                session.run(statement)


# Functions


FUNCTIONS = """
    SELECT p.proname::text, prosecdef, array_to_string(proconfig, '; '),
           has_function_privilege('daybridge_app', oid, 'EXECUTE'),
           proowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'daybridge')
    FROM pg_proc p WHERE pronamespace = 'daybridge'::regnamespace ORDER BY 1
"""
# All that may be asked before a tenant is known; each is tried below.
LOOK_UPS = {
    "app_passwords_by_selector", "businesses_waiting", "holder_of_token", "queue_connections", "spend", "watch_by_id"
}  # fmt: skip
# What a tenant may call that runs as the owner: it looks at, and changes, this tenant's rows alone.
OF_THE_TENANT = {
    "adopt_connection", "busy_between", "enforces", "has_invoice", "held_between", "misheld", "next_id", "rehold",
    "tell_app", "tenant_clashes",
}  # fmt: skip
# What runs as whoever calls it.
PLAIN = {
    "barred", "calendar_of", "ground", "lock_staff", "put_block", "receivers", "sight", "sources",
    "staff_key", "tenant", "visitor",
}  # fmt: skip


def test_whatever_runs_as_the_owner_has_a_fixed_search_path(place: Place) -> None:
    with place.database.owner() as session:
        functions = session.all(FUNCTIONS)
    raised = {name: config for name, definer, config, *_ in functions if definer}
    assert set(raised) > LOOK_UPS
    assert [
        name for name, config in raised.items() if "search_path=pg_catalog, pg_temp" not in (config or "")
    ] == []
    assert all(owned for *_, owned in functions)


def test_the_application_may_call_these_and_nothing_else(place: Place) -> None:
    with place.database.owner() as session:
        functions = session.all(FUNCTIONS)
    callable_ = {name: definer for name, definer, _, may_call, _ in functions if may_call}
    assert {name for name, definer in callable_.items() if definer} == LOOK_UPS | OF_THE_TENANT
    assert {name for name, definer in callable_.items() if not definer} == PLAIN


def test_what_is_held_of_another_business_is_neither_told_nor_changed(place: Place) -> None:
    """`misheld` and `rehold` run as the owner, and are asked for bookings by their ids."""
    with place.database.owner() as session:
        session.run("DELETE FROM daybridge.busy WHERE source = 'booking'")
    everybodys = [1001, 1005, 2001]
    with place.database.tenant(OURS) as session:
        assert busy.misheld(session, everybodys) == [1001, 1005]
        assert busy.rehold(session, everybodys) == 2
    assert not kept(place, "busy", THEIRS)
    with place.database.nobody() as session:
        assert busy.misheld(session, everybodys) == []
    with place.database.tenant(THEIRS) as session:
        assert busy.misheld(session, everybodys) == [2001]
        assert busy.rehold(session, everybodys) == 1


@pytest.mark.parametrize(
    "question",
    [
        "SELECT source_id FROM daybridge.tenant_clashes(%(staff)s::bigint, {day}, interval '0', '', NULL)",
        "SELECT source_id FROM daybridge.busy_between(ARRAY[%(staff)s::bigint], {day})",
    ],
)
def test_what_takes_a_strangers_time_is_not_told(place: Place, question: str) -> None:
    asked = question.format(day="tstzrange('2026-11-24', '2026-11-25')")
    with place.database.tenant(OURS) as session:
        assert session.all(asked, staff=11) == [(1001,)]
        assert session.all(asked, staff=21) == []
    with place.database.nobody() as session:
        assert session.all(asked, staff=11) == []


def test_what_holds_a_strangers_time_is_not_told(place: Place) -> None:
    asked = (
        "SELECT booked <> '' FROM daybridge.held_between(ARRAY[%(staff)s::bigint],"
        " tstzrange('2026-11-24', '2026-11-25'))"
    )
    with place.database.tenant(OURS) as session:
        assert [session.value(asked, staff=staff) for staff in (11, 21)] == [True, False]
    with place.database.nobody() as session:
        assert session.value(asked, staff=11) is False


def test_ids_are_given_for_what_may_be_made_and_for_nothing_else(place: Place) -> None:
    with place.database.tenant(OURS) as session:
        assert session.value("SELECT daybridge.next_id('bookings')") >= 10_000
        for table in ("users", "businesses", "bookings; DROP TABLE users", "", None):
            assert session.value("SELECT daybridge.next_id(%(table)s)", table=table) is None


def test_whether_a_strangers_booking_has_an_invoice_is_not_told(place: Place) -> None:
    with place.database.owner() as session:
        session.run(
            "CREATE TABLE IF NOT EXISTS public.invoices (id bigserial PRIMARY KEY, booking_id bigint);"
            "INSERT INTO public.invoices (booking_id) VALUES (1001), (2001)"
        )
    question = "SELECT daybridge.has_invoice(1001), daybridge.has_invoice(1002), daybridge.has_invoice(2001)"
    with place.database.tenant(OURS) as session:
        assert session.one(question) == (True, False, False)
    with place.database.nobody() as session:
        assert session.one(question) == (False, False, False)


def test_a_look_up_of_a_password_answers_what_was_asked(place: Place) -> None:
    with place.database.owner() as session:
        [(selector, business_id, id_)] = session.all(
            "SELECT selector, business_id, id FROM daybridge.app_passwords WHERE business_id = 2"
        )
    question = "SELECT business_id, id FROM daybridge.app_passwords_by_selector(%(selector)s)"
    with place.database.nobody() as session:
        assert session.all(question, selector=selector) == [(business_id, id_)]
        for wrong in ("", "%", "_" * len(selector), selector[:-1], selector.upper() + " ", None):
            assert session.all(question, selector=wrong) == []
    with place.database.owner() as session:
        session.run("UPDATE daybridge.app_passwords SET revoked_at = now() WHERE business_id = 2")
        session.run("SET LOCAL ROLE daybridge_app")
        assert session.all(question, selector=selector) == []
        session.run("ROLLBACK; BEGIN")


def test_a_look_up_of_a_token_answers_what_was_asked(place: Place) -> None:
    question = "SELECT business_id FROM daybridge.holder_of_token(%(kind)s, %(asked)s)"
    with place.database.nobody() as session:
        assert session.all(question, kind="feed", asked=place.feed_token) == [(THEIRS,)]
        for kind, asked in (
            ("api_key", place.feed_token),
            ("sign_in_link", place.feed_token),
            ("", place.feed_token),
            (None, place.feed_token),
            ("feed", place.feed_token[:-1]),
            ("feed", b""),
            ("feed", None),
        ):
            assert session.all(question, kind=kind, asked=asked) == []


@pytest.mark.parametrize(
    ("kind", "table", "spent"),
    [
        ("feed", "feeds", "revoked_at = now()"),
        ("api_key", "api_keys", "revoked_at = now()"),
        ("sign_in_link", "sign_in_links", "used_at = now()"),
        ("sign_in_link", "sign_in_links", "expires_at = now() - interval '1 second'"),
    ],
)
def test_what_was_revoked_used_or_is_too_old_is_found_no_more(
    place: Place, kind: str, table: str, spent: str
) -> None:
    question = "SELECT business_id FROM daybridge.holder_of_token(%(kind)s, %(asked)s)"
    with place.database.owner() as session:
        asked = session.value(f"SELECT token_hash FROM daybridge.{table} WHERE business_id = 1 LIMIT 1")
        assert session.all(question, kind=kind, asked=asked) == [(OURS,)]
        session.run(f"UPDATE daybridge.{table} SET {spent}")
        assert session.all(question, kind=kind, asked=asked) == []
        session.run("ROLLBACK; BEGIN")


def test_who_waits_is_told_by_number_and_time_only(place: Place) -> None:
    with place.database.nobody() as session:
        session.cursor.execute("SELECT * FROM daybridge.businesses_waiting(10)")
        assert [column.name for column in session.cursor.description or ()] == ["business_id", "noted_at"]
        assert {business_id for business_id, _ in session.cursor.fetchall()} == {OURS, THEIRS}
        assert len(session.all("SELECT * FROM daybridge.businesses_waiting(1)")) == 1


def test_a_watch_is_found_by_its_whole_id_and_tells_whose_it_is(place: Place) -> None:
    question = "SELECT business_id, secret_hash FROM daybridge.watch_by_id(%(asked)s)"
    with place.database.nobody() as session:
        session.cursor.execute("SELECT * FROM daybridge.watch_by_id('watch-of-2')")
        told = [column.name for column in session.cursor.description or ()]
        assert told == ["business_id", "connection_id", "calendar_id", "secret_hash"]
        assert session.all(question, asked="watch-of-2") == [(THEIRS, b"hash")]
        for wrong in ("", "%", "watch-of-", "watch-of-_", "WATCH-OF-2", None):
            assert session.all(question, asked=wrong) == []


def test_who_is_to_be_served_is_told_by_numbers_only(place: Place) -> None:
    question = (
        "SELECT * FROM daybridge.queue_connections(now(), interval '5 min', interval '1 min', %(most)s)"
    )
    with place.database.nobody(read_only=False) as session:
        session.cursor.execute(question.encode(), {"most": 10})
        assert [column.name for column in session.cursor.description or ()] == [
            "business_id",
            "connection_id",
        ]
        assert {business_id for business_id, _ in session.cursor.fetchall()} == {OURS, THEIRS}
        assert session.all(question, most=10) == []
        session.run("ROLLBACK; BEGIN")


def test_a_budget_is_spent_and_tells_how_long_to_wait(place: Place) -> None:
    question = (
        "SELECT daybridge.spend('a provider', 4, '2026-11-24T12:00:00Z'::timestamptz + %(later)s::interval)"
    )
    with place.database.nobody(read_only=False) as session:
        assert [session.value(question, later="0 s") for _ in range(3)] == [0, 0, 30]
        assert session.value(question, later="29 s") > 0
        assert session.value(question, later="30 s") == 0
        session.run("ROLLBACK; BEGIN")


def test_where_bookings_are_shown_is_told_to_their_own_business(place: Place) -> None:
    """It runs as who asks; also where that one names another business than its own."""
    question = "SELECT booking_id FROM daybridge.receivers(%(mine)s::bigint, ARRAY[1001, 2001])"
    with place.database.tenant(OURS) as session:
        assert session.all(question, mine=OURS) == [(1001,)]
        assert session.all(question, mine=THEIRS) == []
    with place.database.tenant(THEIRS) as session:
        assert session.all(question, mine=THEIRS) == [(2001,)]
    with place.database.nobody() as session:
        assert session.all(question, mine=OURS) == []


def test_the_app_is_told_of_its_own_businesss_events(place: Place) -> None:
    told = "SELECT id, calendar_event_id FROM public.bookings WHERE calendar_event_id IS NOT NULL ORDER BY id"
    with place.database.tenant(OURS) as session:
        session.run("SELECT daybridge.tell_app(ARRAY[1001, 1002, 2001])")
    with place.database.nobody(read_only=False) as session:
        session.run("SELECT daybridge.tell_app(ARRAY[1001, 2001])")
    with place.database.owner() as session:
        assert session.all(told) == [(1001, "event1001")]


def test_a_connection_is_made_the_default_of_ones_own_staff_only(place: Place) -> None:
    told = "SELECT id FROM public.staff_members WHERE default_calendar_connection_id = 77 ORDER BY id"
    with place.database.owner() as session:
        session.run(
            "ALTER TABLE public.staff_members ADD IF NOT EXISTS default_calendar_connection_id bigint"
        )
    with place.database.tenant(OURS) as session:
        session.run("SELECT daybridge.adopt_connection(11, 77), daybridge.adopt_connection(21, 77)")
    with place.database.nobody(read_only=False) as session:
        session.run("SELECT daybridge.adopt_connection(12, 77)")
    with place.database.owner() as session:
        assert session.all(told) == [(11,)]
