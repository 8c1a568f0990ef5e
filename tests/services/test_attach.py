"""Hung into a booking app's database without its noticing, kept there, and out again without a trace."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from gateway.core.errors import SetupError
from gateway.db import attachment, embedded, hooks
from gateway.jobs import queue
from gateway.services import attach as attaching
from gateway.services.attach import attach, detach, ensure_attached
from gateway.services.deps import Deps
from gateway.services.project import project
from gateway.services.survey import Severity
from tests import catalog, rails
from tests.conftest import settle

OUTBOX = "SELECT business_id, scope, subject_id FROM daybridge.outbox ORDER BY 1"


@dataclass(frozen=True)
class App:
    """The booking app's database, and us beside it."""

    url: str
    deps: Deps

    @property
    def database(self):
        return self.deps.database

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with rails.connect(self.url) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def missing(self) -> list[str]:
        with self.database.owner() as session:
            return [str(hook) for hook in attachment.missing(session)]


@pytest.fixture(scope="module")
def rails_template(databases) -> Iterator[str]:
    url = databases.create()
    rails.build(url)
    yield url.partition("?")[0].rpartition("/")[2]
    databases.drop(url)


@pytest.fixture
def app(databases, rails_template: str) -> Iterator[App]:
    """The app's database as it was before we came."""
    url = databases.create(rails_template)
    with rails.deps(url) as deps:
        yield App(url, deps)
    databases.drop(url)


@pytest.fixture
def attached(app: App) -> App:
    """Attached, and all projected."""
    attach(app.database)
    settle(app.deps)
    return app


# Attach


def test_exactly_what_can_be_shown_is_shown(attached: App) -> None:
    assert rails.shown(attached.url) == rails.SHOWN
    assert not attached.missing()


def test_attaching_again_does_nothing(attached: App) -> None:
    before = catalog.of(attached.url)
    report = attach(attached.database)
    assert report.statements == report.put_back == ()
    assert attached.sql(OUTBOX) == []
    assert catalog.of(attached.url) == before


def test_a_dry_run_changes_nothing(app: App) -> None:
    before = catalog.of(app.url), catalog.dump(app.url)
    said: list[str] = []
    report = attach(app.database, dry_run=True, say=said.append)
    assert (catalog.of(app.url), catalog.dump(app.url)) == before
    assert [f"{statement.strip()};" for statement in report.statements] == said[1:]
    assert not report.blocked


def test_a_dry_run_says_exactly_what_attach_does(app: App) -> None:
    """Someone who may not let us do it can carry out the statements by hand."""
    said = attach(app.database, dry_run=True).statements
    assert attach(app.database).statements == said
    by_us = catalog.of(app.url)
    detach(app.database)
    with rails.connect(app.url) as connection:
        for statement in said:
            connection.execute(statement.encode())
    by_hand = catalog.of(app.url)
    assert {name: by_us[name] ^ by_hand[name] for name in by_us if by_us[name] != by_hand[name]} == {}
    assert attach(app.database).statements == ()


def test_several_at_once_take_turns(app: App) -> None:
    def run(_: int) -> list[str]:
        with rails.deps(app.url) as deps:
            return ensure_attached(deps.database)

    with ThreadPoolExecutor(4) as threads:
        assert any("applied migration 0001_calendars" in done for done in threads.map(run, range(4)))
    assert not app.missing()


BLOCKERS = {
    "no table": ("DROP TABLE service_variants CASCADE", "There is no table public.service_variants."),
    "a view instead": (
        "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people",
        "public.users is a view or a foreign table.",
    ),
    "no column": (
        "ALTER TABLE bookings RENAME COLUMN start_time TO begins",
        "There is no column public.bookings.start_time.",
    ),
    "times with a zone": (
        "ALTER TABLE bookings ALTER COLUMN end_time TYPE timestamptz",
        "public.bookings.end_time is timestamp with time zone, not timestamp without time zone.",
    ),
    "a status in words": (
        "ALTER TABLE bookings ALTER COLUMN status DROP DEFAULT, ALTER COLUMN status TYPE text",
        "public.bookings.status is text, not bigint or integer.",
    ),
    "ids that are no numbers": (
        "ALTER TABLE bookings ALTER COLUMN service_variant_id TYPE text USING NULL",
        "public.bookings.service_variant_id is text, not bigint or integer.",
    ),
}


@pytest.mark.parametrize("what", BLOCKERS)
def test_what_is_no_booking_database_is_left_alone(app: App, what: str) -> None:
    statement, words = BLOCKERS[what]
    drop_key_of_variants(app)
    app.sql(statement)
    before = catalog.of(app.url)
    report = attach(app.database)
    assert report.blocked
    assert [finding.words for finding in report.findings if finding.severity is Severity.BLOCKER] == [words]
    assert catalog.of(app.url) == before
    with pytest.raises(SetupError, match=words.rstrip(".").replace(".", r"\.")):
        ensure_attached(app.database)
    assert catalog.of(app.url) == before


def drop_key_of_variants(app: App) -> None:
    """Or the column's type couldn't be changed."""
    [(name,)] = app.sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'bookings'::regclass"
        " AND confrelid = 'service_variants'::regclass"
    )
    app.sql(f'ALTER TABLE bookings DROP CONSTRAINT "{name}"')


# The app goes on


def test_nobody_queues_behind_us(app: App) -> None:
    """Someone holds bookings for three seconds; all others go on writing meanwhile, and we get there after that."""
    attach_done = threading.Event()
    held, waits = threading.Event(), []

    def hold() -> None:
        with rails.connect(app.url) as connection, connection.transaction():
            connection.execute("UPDATE bookings SET amount = 1 WHERE id = 10001")
            held.set()
            time.sleep(3)

    def write() -> None:
        with rails.connect(app.url) as connection:
            while not attach_done.is_set():
                began = time.perf_counter()
                connection.execute("UPDATE bookings SET amount = 2 WHERE id = 20001")
                waits.append(time.perf_counter() - began)
                time.sleep(0.01)

    threads = [threading.Thread(target=hold), threading.Thread(target=write)]
    threads[0].start()
    held.wait()
    threads[1].start()
    said: list[str] = []
    began = time.perf_counter()
    try:
        attach(app.database, say=said.append)
    finally:
        took = time.perf_counter() - began
        attach_done.set()
        for thread in threads:
            thread.join()
    assert any("in use" in line for line in said)
    assert 2 < took < 10
    assert max(waits) < 1.2
    assert len(waits) > 50
    assert not app.missing()


def test_who_holds_a_table_for_ever_is_named(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "PATIENCE", 1.0)
    with psycopg.connect(app.url, application_name="rails console") as holder:
        holder.execute("UPDATE public.bookings SET amount = 1 WHERE id = 10001")
        with pytest.raises(
            SetupError, match=r"bookings is held by rails console \(process \d+\) since \d+ s"
        ) as found:
            attach(app.database)
    assert found.value.remedy
    report = attach(app.database)
    assert all(not name.startswith("view") for name in report.put_back), "what was done stayed done"
    assert not app.missing()


def test_two_hundred_thousand_bookings(app: App) -> None:
    """Attaching only notes the businesses; projecting goes on afterwards, a batch at a time, while readers read."""
    with rails.connect(app.url) as connection:
        rails.many_bookings(connection, 200_000)
    began = time.perf_counter()
    report = attach(app.database)
    took = time.perf_counter() - began
    assert took < 10
    words = "200049 bookings of 6 businesses, 200042 to be shown: about 601 MB, and 3 min for the worker."
    assert words in [finding.words for finding in report.findings]
    assert app.sql("SELECT count(*) FROM daybridge.outbox") == [(6,)]
    batches = [timed(lambda: project(app.database, 1, app.deps.now())) for _ in range(3)]
    assert [count for _, count in batches] == [500, 500, 500]
    [(shown,)] = app.sql("SELECT count(*) FROM daybridge.event_revisions")
    assert 1400 < shown <= 1500, "less the few that can't be shown"
    sys.stdout.write(f"attached in {took:.2f} s; batches {[round(seconds, 2) for seconds, _ in batches]} s\n")


def timed(do: Callable[[], int]) -> tuple[float, int]:
    began = time.perf_counter()
    done = do()
    return time.perf_counter() - began, done


# It stays attached


def test_the_apps_schema_loaded_anew_is_attached_anew(attached: App) -> None:
    """Rails' db:schema:load drops every table, CASCADE, and our views and triggers with them."""
    tables = attached.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    attached.sql(f"DROP TABLE {', '.join(f'public.{table}' for (table,) in tables)} CASCADE")
    with rails.connect(attached.url) as connection:
        # The extension is ours too by now; Rails asks for it with IF NOT EXISTS.
        connection.execute(
            rails.SCHEMA.read_bytes().replace(b"CREATE EXTENSION ", b"CREATE EXTENSION IF NOT EXISTS ")
        )
    assert set(attached.missing()) >= {"view bookings", "trigger daybridge_bookings_update on bookings"}
    put_back = ensure_attached(attached.database)
    assert "put back view bookings" in put_back
    assert not attached.missing()
    settle(attached.deps)
    assert rails.shown(attached.url) == {}, "the loaded schema has no rows"
    with rails.connect(attached.url) as connection:
        connection.execute(rails.ROWS.read_bytes())
    settle(attached.deps)
    assert rails.shown(attached.url) == rails.SHOWN


VANISHINGS = {
    "a trigger dropped": "DROP TRIGGER daybridge_bookings_update ON bookings",
    "a trigger off": "ALTER TABLE bookings DISABLE TRIGGER daybridge_bookings_update",
    "all triggers off": "ALTER TABLE bookings DISABLE TRIGGER USER",
    "a trigger for replicas": "ALTER TABLE bookings ENABLE REPLICA TRIGGER daybridge_bookings_update",
    "another trigger of its name": (
        "CREATE OR REPLACE TRIGGER daybridge_bookings_update AFTER UPDATE ON bookings"
        " FOR EACH STATEMENT EXECUTE FUNCTION daybridge.capture_bookings_truncate()"
    ),
    "a function dropped": "DROP FUNCTION daybridge.capture_bookings_update() CASCADE",
    "a function of an older version": (
        "COMMENT ON FUNCTION daybridge.capture_bookings_update() IS 'Hung up by Daybridge, hooks 0 (0)'"
    ),
    "a view dropped": "DROP VIEW daybridge.bookings",
    "a view of an older version": "COMMENT ON VIEW daybridge.bookings IS 'Hung up by Daybridge, hooks 0 (0)'",
}


@pytest.mark.parametrize("how", VANISHINGS)
def test_what_vanished_is_put_back_and_projected_anew(attached: App, how: str) -> None:
    before = catalog.of(attached.url)
    attached.sql(VANISHINGS[how])
    attached.sql("UPDATE bookings SET status = 2 WHERE id = 10001")
    assert attached.missing()
    assert ensure_attached(attached.database)
    assert catalog.of(attached.url) == before
    settle(attached.deps)
    assert rails.shown(attached.url)[1] == rails.SHOWN[1] - {10001}
    assert ensure_attached(attached.database) == []


def test_a_business_that_vanished_meanwhile_is_forgotten(attached: App) -> None:
    attached.sql("ALTER TABLE bookings DISABLE TRIGGER USER; ALTER TABLE businesses DISABLE TRIGGER USER")
    attached.sql("DELETE FROM bookings WHERE business_id = 2")
    ensure_attached(attached.database)
    settle(attached.deps)
    assert 2 not in rails.shown(attached.url)


UNKNOWN_TRIGGER = (
    "CREATE TRIGGER daybridge_users_update AFTER UPDATE ON users"
    " FOR EACH STATEMENT EXECUTE FUNCTION daybridge.capture_bookings_truncate()"
)


def test_what_a_newer_version_hung_up_is_left_alone(attached: App) -> None:
    newer = f"Hung up by Daybridge, hooks {hooks.VERSION + 1} (0)"
    attached.sql(f"COMMENT ON VIEW daybridge.bookings IS '{newer}'")
    attached.sql(UNKNOWN_TRIGGER)
    assert ensure_attached(attached.database) == []
    assert attach(attached.database).statements == ()


def test_what_an_older_version_hung_up_is_taken_down(attached: App) -> None:
    attached.sql(UNKNOWN_TRIGGER)
    report = attach(attached.database)
    assert report.statements == ('DROP TRIGGER IF EXISTS "daybridge_users_update" ON public.users',)
    assert attached.sql(OUTBOX) == []


# Detach


def test_out_again_without_a_trace(app: App, template: str) -> None:
    before = catalog.of(app.url), catalog.dump(app.url)
    attach(app.database)
    settle(app.deps)
    assert queue.prepare(app.database)
    report = detach(app.database)
    assert "DROP SCHEMA daybridge_queue CASCADE" in report.statements
    assert catalog.of(app.url, server=False) == {
        name: before[0][name] for name in catalog.of(app.url, server=False)
    }
    assert catalog.dump(app.url) == before[1]
    assert [finding.severity for finding in report.findings] == [Severity.INFO], f"{template} uses the role"
    assert detach(app.database).statements == (report.statements[-1],), "again is harmless"


def test_a_dry_run_of_detach_changes_nothing(attached: App) -> None:
    before = catalog.of(attached.url)
    said: list[str] = []
    report = detach(attached.database, dry_run=True, say=said.append)
    assert said == [f"{statement};" for statement in report.statements]
    assert "DROP SCHEMA daybridge CASCADE;" in said
    assert catalog.of(attached.url) == before


def test_what_others_built_on_us_is_not_dropped_with_us(attached: App) -> None:
    attached.sql("CREATE VIEW report AS SELECT count(*) FROM daybridge.calendars")
    before = catalog.of(attached.url)
    with pytest.raises(SetupError, match=r"This depends on the schema daybridge: public\.report\."):
        detach(attached.database)
    assert catalog.of(attached.url) == before


def test_the_app_can_change_its_columns_while_we_let_go(attached: App) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        attached.sql("ALTER TABLE bookings ALTER COLUMN notes TYPE varchar")
    queue.prepare(attached.database)
    detach(attached.database, keep=True)
    attached.sql("ALTER TABLE bookings ALTER COLUMN notes TYPE varchar")
    attached.sql("UPDATE bookings SET status = 2 WHERE id = 10001")
    revisions = attached.sql("SELECT id, epoch, revision FROM daybridge.calendars WHERE staff_member_id = 12")
    attach(attached.database)
    settle(attached.deps)
    assert rails.shown(attached.url)[1] == rails.SHOWN[1] - {10001}
    assert (
        attached.sql("SELECT id, epoch, revision FROM daybridge.calendars WHERE staff_member_id = 12")
        == revisions
    )


def test_a_writer_under_way_is_not_disturbed_by_detaching(attached: App) -> None:
    with rails.connect(attached.url) as writer, writer.transaction():
        writer.execute("UPDATE bookings SET notes = 'x' WHERE id = 10001")
        thread = threading.Thread(target=detach, args=[attached.database])
        thread.start()
        time.sleep(1.5)
        writer.execute("UPDATE bookings SET notes = 'y' WHERE id = 10002")
    thread.join()
    assert attached.sql("SELECT notes FROM bookings WHERE id IN (10001, 10002) ORDER BY id") == [
        ("x",),
        ("y",),
    ]
    assert attached.sql("SELECT to_regnamespace('daybridge')") == [(None,)]


# With the rights that a managed database gives


@pytest.fixture(scope="module")
def managed(tmp_path_factory) -> Iterator[str]:
    """A server of its own, because roles are shared by all databases of one."""
    with embedded.start(tmp_path_factory.mktemp("managed"), durable=False) as server:
        with psycopg.connect(server.url) as connection:
            if connection.info.server_version < 160_000:
                pytest.skip("the embedded server lets no other roles in before PostgreSQL 16")
        yield server.url


@dataclass(frozen=True)
class Managed:
    """A database whose administrator is somebody else: `admin` may make roles, `url` is the app's own role."""

    admin: str
    url: str

    def order(self, statement: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement.encode())

    def by_owner(self, statement: str) -> None:
        with rails.connect(self.url) as connection:
            connection.execute(statement.encode())


def as_role(url: str, role: str, database: str) -> str:
    _, _, query = url.partition("?")
    return f"postgresql://{role}@/{database}?{query}"


@pytest.fixture
def owned(managed: str) -> Iterator[Managed]:
    """The app's role owns the database and its tables, and may not make roles: as on Heroku."""
    place = Managed(managed, as_role(managed, "app_owner", "app"))
    place.order("CREATE ROLE app_owner LOGIN; CREATE ROLE reader LOGIN")
    place.order("GRANT app_owner TO CURRENT_USER")
    place.order("CREATE DATABASE app OWNER app_owner")
    rails.build(place.url)
    yield place
    place.order("DROP DATABASE app WITH (FORCE)")
    place.order("DROP ROLE app_owner, reader; DROP ROLE IF EXISTS daybridge_app")


def test_a_role_that_may_make_roles_leaves_none_behind(owned: Managed) -> None:
    owned.order("ALTER ROLE app_owner CREATEROLE")
    before = catalog.of(owned.url), catalog.dump(owned.url)
    with rails.deps(owned.url) as deps:
        assert not attach(deps.database).blocked
        settle(deps)
        assert rails.shown(owned.url) == rails.SHOWN
        assert queue.prepare(deps.database)
        with queue.Queue(deps.database) as opened:
            opened.put([(1, 1)])
            assert opened.room() == queue.ROOM - 1
        assert detach(deps.database).findings == ()
    assert (catalog.of(owned.url), catalog.dump(owned.url)) == before


def test_a_role_that_may_not_is_told_what_to_ask_for(owned: Managed) -> None:
    before = catalog.of(owned.url)
    with rails.deps(owned.url) as deps:
        [remedy] = blockers(deps)
        assert remedy == (
            "As an administrator: CREATE ROLE daybridge_app NOLOGIN; GRANT daybridge_app TO app_owner;"
        )
        assert catalog.of(owned.url) == before
        owned.order("CREATE ROLE daybridge_app NOLOGIN")
        assert blockers(deps) == ["As an administrator: GRANT daybridge_app TO app_owner;"]
        owned.order("GRANT daybridge_app TO app_owner")
        assert not attach(deps.database).blocked
        settle(deps)
        assert rails.shown(owned.url) == rails.SHOWN
        [finding] = detach(deps.database).findings
        assert "isn't ours to drop" in finding.words


def test_a_database_without_the_right_to_create(owned: Managed) -> None:
    owned.order("CREATE ROLE daybridge_app NOLOGIN; GRANT daybridge_app TO app_owner")
    owned.by_owner("REVOKE CREATE ON DATABASE app FROM app_owner")
    with rails.deps(owned.url) as deps:
        assert blockers(deps) == ["As an administrator: GRANT CREATE ON DATABASE app TO app_owner;"]


def test_a_role_that_may_only_read(owned: Managed) -> None:
    owned.order("CREATE ROLE daybridge_app NOLOGIN; GRANT daybridge_app TO reader")
    owned.by_owner(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; GRANT CREATE ON DATABASE app TO reader"
    )
    with rails.deps(as_role(owned.url, "reader", "app")) as deps:
        assert "Sign in as its owner, or: GRANT SELECT, TRIGGER ON public.bookings TO reader;" in blockers(
            deps
        )
        owned.by_owner("GRANT TRIGGER ON ALL TABLES IN SCHEMA public TO reader")
        report = attach(deps.database)
        assert any("belongs to another role than reader" in finding.words for finding in report.findings)
        settle(deps)
        assert rails.shown(deps.settings.database_url) == rails.SHOWN
    with rails.deps(owned.url) as deps:
        assert blockers(deps)[0] == "Sign in as its owner, or as a member of that role."


def blockers(deps: Deps) -> list[str]:
    return [f.remedy for f in attach(deps.database).findings if f.severity is Severity.BLOCKER]
