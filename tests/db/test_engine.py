"""One transaction, one tenant; a broken connection is a broken connection, and not something else."""

from __future__ import annotations

import threading
from dataclasses import replace

import psycopg
import pytest

from gateway.core.errors import DatabaseUnavailable, SetupError
from gateway.db.engine import Database, Session, sqlalchemy_url


@pytest.fixture
def database(the_town):
    return the_town.deps.database


def test_a_transaction_sees_one_business(database) -> None:
    with database.tenant(1) as session:
        assert session.value("SELECT count(*) FROM daybridge.bookings") == 6
    with database.tenant(2) as session:
        assert session.value("SELECT count(*) FROM daybridge.bookings") == 1


def test_what_one_transaction_set_is_gone_in_the_next(database) -> None:
    """The same connection comes back from the pool, without its tenant, its role and its limits."""
    with database.tenant(1) as session:
        first = session.value("SELECT pg_backend_pid()")
    with database.owner() as session:
        assert session.value("SELECT pg_backend_pid()") == first
        assert session.value("SELECT daybridge.tenant()") is None
        assert session.value("SELECT current_user") == "daybridge"
    with database.nobody() as session:
        assert session.value("SELECT count(*) FROM daybridge.calendar_objects") == 0


def test_an_error_undoes_the_transaction(database) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), database.tenant(1) as session:
        session.run("DELETE FROM daybridge.calendar_objects")
        raise RuntimeError("on purpose")
    with database.tenant(1) as session:
        assert session.value("SELECT count(*) FROM daybridge.calendar_objects") > 0


def test_a_reader_sees_one_moment(the_town, database) -> None:
    with database.tenant(1, read_only=True) as session:
        before = session.value("SELECT count(*) FROM daybridge.bookings")
        the_town.sql("DELETE FROM public.bookings WHERE id = 1001")
        assert session.value("SELECT count(*) FROM daybridge.bookings") == before


def test_a_reader_can_not_write(database) -> None:
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        database.tenant(1, read_only=True) as session,
    ):
        session.run("DELETE FROM daybridge.calendar_objects")


def test_connections_that_died_while_idle_are_replaced(the_town, database) -> None:
    with database.tenant(1):
        pass
    the_town.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with database.tenant(1) as session:
        assert session.value("SELECT 1") == 1


def test_a_connection_that_dies_under_way_is_said(the_town, database) -> None:
    with pytest.raises(DatabaseUnavailable), database.tenant(1) as session:
        pid = session.value("SELECT pg_backend_pid()")
        the_town.sql(f"SELECT pg_terminate_backend({pid})")
        session.value("SELECT 1")
    with database.tenant(1) as session:
        assert session.value("SELECT 1") == 1


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    database = Database("postgresql://someone:hunter2@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable) as caught, database.tenant(1):
        pass
    assert "hunter2" not in str(caught.value)
    assert "doctor" in caught.value.remedy


def test_a_database_without_our_schema_is_said(database_url) -> None:
    database = Database(database_url)
    with pytest.raises(SetupError, match="no Daybridge schema"), database.tenant(1) as session:
        session.value("SELECT 1 FROM daybridge.calendars")
    database.close()


def test_a_transaction_that_can_not_begin_leaves_its_connection_clean(the_town) -> None:
    database = Database(the_town.url, size=1)
    the_town.sql("REVOKE daybridge_app FROM daybridge")
    try:
        for _ in range(3):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(1) as session:
                session.value("SELECT 1")
    finally:
        the_town.sql("GRANT daybridge_app TO daybridge")
    with database.tenant(1) as session:
        assert session.value("SELECT count(*) FROM daybridge.bookings") == 6
    database.close()


def prepared(session: Session) -> int:
    return int(session.value("SELECT count(*) FROM pg_prepared_statements"))


def test_what_comes_often_is_prepared_only_where_nobody_stands_in_between(the_town) -> None:
    for keeps_plans in (True, False):
        database = Database(the_town.url, size=1, keeps_plans=keeps_plans)
        for _ in range(10):
            with database.tenant(1) as session:
                assert session.value("SELECT count(*) FROM daybridge.bookings") == 6
        with database.tenant(2) as session:
            assert session.value("SELECT count(*) FROM daybridge.bookings") == 1, "a plan is of no tenant"
            assert (prepared(session) > 0) is keeps_plans
        database.close()


def test_what_was_prepared_before_a_table_changed_fails_once_at_most(the_town) -> None:
    database = Database(the_town.url, size=1, keeps_plans=True)
    for _ in range(10):
        with database.owner() as session:
            session.all("SELECT * FROM services")
    the_town.sql("ALTER TABLE services ADD COLUMN colour text")
    with pytest.raises(psycopg.errors.FeatureNotSupported), database.owner() as session:
        session.all("SELECT * FROM services")
    with database.owner() as session:
        assert session.all("SELECT colour FROM services LIMIT 1") == [(None,)]
        assert session.all("SELECT * FROM services")
    database.close()


def test_more_threads_than_connections_take_turns(the_town) -> None:
    database = Database(the_town.url, size=1)
    seen: list[int] = []

    def ask() -> None:
        with database.tenant(1) as session:
            session.run("SELECT pg_sleep(0.02)")
            seen.append(session.value("SELECT 1"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == [1] * 12
    database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite:///x.db"])
def test_only_postgresql_will_do(url: str) -> None:
    with pytest.raises(SetupError) as caught:
        sqlalchemy_url(url)
    assert caught.value.remedy


def test_the_apps_tables_keep_their_names_for_whoever_connects(the_town) -> None:
    """The role is called like our schema; `bookings` must be the app's table all the same."""
    assert the_town.sql("SELECT 'bookings'::regclass = 'public.bookings'::regclass") == [(True,)]
    assert replace(the_town, url=the_town.url).sql("SELECT count(*) FROM bookings") == [(7,)]
