"""One open transaction: what travels together is carried out in order, once, and with the very values it was given."""

from __future__ import annotations

import threading

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.booking import Actor, Outcome, Via
from gateway.db import synclog
from gateway.db.engine import Database

# What a statement's own text could be broken with.
TRICKY = st.text(st.sampled_from("'\"\\;%s$-/*\nEé💈"), max_size=12)


@pytest.fixture(params=[False, True], ids=["pooled", "plans kept"])
def database(the_town, request):
    made = Database(the_town.url, size=1, keeps_plans=request.param)
    yield made
    made.close()


def end_connections(the_town) -> None:
    the_town.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def note(session, action: str) -> None:
    synclog.note(session, Actor(1, Via.SQL, "test"), action, Outcome.ACCEPTED)


def noted(the_town) -> list[str]:
    lines = the_town.sql("SELECT action FROM daybridge.calendar_sync_logs WHERE who = 'test' ORDER BY id")
    return [str(action) for (action,) in lines]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TRICKY, number=st.integers(1 - 2**63, 2**63 - 1), data=st.binary(max_size=8))
def test_values_arrive_as_they_were_given(database, text: str, number: int, data: bytes) -> None:
    """First in a transaction, and after another."""
    asked = (
        "SELECT %(text)s::text, %(number)s::bigint, %(data)s::bytea, %(none)s::int, %(list)s::text[] -- all"
    )
    values = {"text": text, "number": number, "data": data, "none": None, "list": [text, "b"]}
    with database.tenant(1) as session:
        for _ in range(2):
            assert session.one(asked, **values) == (text, number, data, None, [text, "b"])


def test_what_is_left_is_carried_out_in_order_with_the_next(the_town, database) -> None:
    with database.tenant(1) as session:
        session.later("CREATE TEMPORARY TABLE seen (n int) ON COMMIT DROP -- no more")
        session.later("INSERT INTO seen VALUES (%(n)s::int)", n=1)
        session.later("INSERT INTO seen VALUES (%(n)s::int)", n=2)
        assert session.all("SELECT n FROM seen WHERE n < %(most)s::int ORDER BY n", most=3) == [(1,), (2,)]
        session.later("INSERT INTO seen VALUES (3)")
        assert session.cursor.execute("SELECT max(n) FROM seen").fetchone() == (3,)
        assert session.run("UPDATE seen SET n = n + 1 WHERE n > 1") == 2


def test_what_is_left_last_goes_out_with_the_commit(the_town, database) -> None:
    with database.tenant(1) as session:
        session.value("SELECT 1")
        note(session, "one")
        assert noted(the_town) == []
    with database.tenant(1) as session:
        note(session, "two")
    assert noted(the_town) == ["one", "two"]


def test_an_error_in_what_was_left_undoes_all_of_it(the_town, database) -> None:
    for later in ("SELECT 1", None):
        with pytest.raises(psycopg.errors.DivisionByZero), database.tenant(1) as session:
            note(session, "before")
            session.later("SELECT 1 / %(nought)s::int", nought=0)
            note(session, "after")
            if later:
                session.value(later)
    with database.tenant(1) as session:
        assert session.value("SELECT 1") == 1
    assert noted(the_town) == []


def test_an_exception_takes_what_was_left_with_it(the_town, database) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), database.tenant(1) as session:
        note(session, "never")
        raise RuntimeError("on purpose")
    with database.tenant(1) as session:
        session.value("SELECT 1")
    assert noted(the_town) == []


def test_a_line_is_written_once_though_the_connection_had_died(the_town, database) -> None:
    with database.tenant(1) as session:
        session.value("SELECT 1")
    end_connections(the_town)
    with database.tenant(1) as session:
        note(session, "once")
    assert noted(the_town) == ["once"]


def test_a_reader_sees_what_was_there_when_it_asked_first(the_town, database) -> None:
    """And not when it was let in: nothing has been asked yet."""
    with database.tenant(1, read_only=True) as session:
        the_town.sql("DELETE FROM public.bookings WHERE id = 1001")
        before = session.value("SELECT count(*) FROM daybridge.bookings")
        the_town.sql("DELETE FROM public.bookings WHERE id = 1002")
        assert session.value("SELECT count(*) FROM daybridge.bookings") == before == 5


@pytest.mark.parametrize("together", [False, True], ids=["two messages", "one message"])
def test_whoever_waits_for_a_lock_first_sees_what_its_holder_did(the_town, database, together: bool) -> None:
    """The lock and what is read under it are two statements, though they came in one message with the BEGIN."""
    seen: list[int] = []
    lock = "SELECT 1 FROM daybridge.tenants WHERE business_id = %(business_id)s::bigint FOR NO KEY UPDATE"
    other = Database(the_town.url, size=1)

    def wait() -> None:
        with other.tenant(1) as session:
            (session.later if together else session.value)(lock, business_id=1)
            seen.append(session.value("SELECT count(*) FROM daybridge.calendar_sync_logs WHERE who = 'test'"))

    with database.tenant(1) as session:
        session.value(lock, business_id=1)
        waiting = threading.Thread(target=wait)
        waiting.start()
        the_town.until_somebody_waits()
        note(session, "held")
    waiting.join(10)
    other.close()
    assert seen == [1]
