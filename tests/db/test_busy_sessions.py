"""Several at once: whoever comes second waits, and is then told; nobody is booked over what they could not see."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest

from gateway.db import busy, holding, hooks
from tests import rails
from tests.conftest import Town
from tests.diary import BATH, Diary, claimed, insert, overlaps, reasons, troubles

READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE = (
    psycopg.IsolationLevel.READ_COMMITTED,
    psycopg.IsolationLevel.REPEATABLE_READ,
    psycopg.IsolationLevel.SERIALIZABLE,
)
CLEAR = """
    DELETE FROM bookings; DELETE FROM booking_policies; DELETE FROM daybridge.business_settings;
    DELETE FROM daybridge.calendar_sync_logs; DELETE FROM daybridge.busy; DELETE FROM daybridge.outbox
"""


@pytest.fixture
def url(diary_url: str) -> Iterator[str]:
    """Of a database where each connection commits; the business enforces."""
    with rails.connect(diary_url) as connection:
        Diary(connection).enforce()
    yield diary_url
    with rails.connect(diary_url) as connection:
        connection.execute(CLEAR.encode())


@contextmanager
def diary(url: str) -> Iterator[Diary]:
    with rails.connect(url) as connection:
        yield Diary(connection)


@contextmanager
def transaction(url: str, level: psycopg.IsolationLevel = READ_COMMITTED) -> Iterator[Diary]:
    """One that ends with the block."""
    with rails.connect(url) as connection:
        connection.isolation_level = level
        with connection.transaction():
            yield Diary(connection)


def meanwhile() -> ThreadPoolExecutor:
    """For what another thread does at the same time."""
    return ThreadPoolExecutor(1)


def wait_until_blocked(app: Diary) -> None:
    """Until somebody else in this database waits for a lock."""
    question = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
    pause = threading.Event()
    for _ in range(500):
        if app.rows(question) != [(0,)]:
            return
        pause.wait(0.01)
    raise AssertionError("nobody waits")


def book(url: str, start: str, end: str, **what: int) -> int:
    with diary(url) as app:
        return app.book(start, end, **what)


def catch_up(url: str, app: Diary) -> None:
    """As the projector does, sooner or later, with whatever the triggers could not hold."""
    with rails.deps(url) as deps, deps.database.tenant(1) as session:
        busy.rehold(session, [*{one.id for one in claimed(app.connection)} | app.held().keys()])


# The second one waits


def test_the_second_one_waits_and_is_refused(url: str) -> None:
    with meanwhile() as pool, diary(url) as watcher:
        with transaction(url) as first:
            booking = first.book("10:00", "11:00")
            second = pool.submit(book, url, "10:30", "11:30")
            wait_until_blocked(watcher)
            assert not second.done()
        with pytest.raises(psycopg.errors.ExclusionViolation) as raised:
            second.result(10)
        assert reasons(raised.value) == [("OVERLAP", f"booking {booking}")]
        assert troubles(watcher.connection) == []


def test_the_second_one_gets_the_time_if_the_first_gives_up(url: str) -> None:
    with meanwhile() as pool, diary(url) as watcher:
        with suppress(psycopg.Rollback), transaction(url) as first:
            first.book("10:00", "11:00")
            second = pool.submit(book, url, "10:30", "11:30")
            wait_until_blocked(watcher)
            raise psycopg.Rollback
        assert second.result(10) in watcher.held()


def test_a_time_that_becomes_free_is_given_to_who_waits(url: str) -> None:
    old = book(url, "10:00", "11:00")
    with meanwhile() as pool, diary(url) as watcher:
        with transaction(url) as first:
            first.set(old, "staff_member_id = 12")
            second = pool.submit(book, url, "10:30", "11:30")
            wait_until_blocked(watcher)
        assert second.result(10) in watcher.held()
        assert troubles(watcher.connection) == []


def test_nobody_waits_for_another_staff_member(url: str) -> None:
    with transaction(url) as first:
        first.book("10:00", "11:00")
        book(url, "10:00", "11:00", staff=12)
        book(url, "10:00", "11:00", staff=21, business=2)


def test_who_enforces_gives_up_when_the_wait_is_long(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error that changes nothing; the app's own lock_timeout stays what it was."""
    with diary(url) as second:
        # As the trigger is written, with less patience.
        monkeypatch.setattr(holding, "LONGEST_WAIT_MS", 100)
        second.run(holding.function("insert"))
        with transaction(url) as first:
            first.book("10:00", "11:00")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                second.book("12:00", "13:00")
        assert second.rows("SHOW lock_timeout") == [("0",)]
        assert len(second.held()) == 1
        monkeypatch.undo()
        second.run(holding.function("insert"))


def test_who_only_observes_is_not_kept_waiting_and_made_up_for_later(url: str) -> None:
    assert holding.WAIT_MS <= hooks.LONGEST_WAIT_MS, "no longer than for a note"
    with diary(url) as second:
        second.enforce(how="observe")
        with transaction(url) as first:
            booking = first.book("10:00", "11:00")
            late = second.book("10:30", "11:30")
            assert second.warnings == [
                "daybridge could not hold the time of a booking: canceling statement due to lock timeout"
            ]
        assert set(second.held()) == {booking}
        with rails.deps(url) as deps, deps.database.tenant(1) as session:
            assert busy.misheld(session, [booking, late]) == [late]
            assert busy.rehold(session, [booking, late]) == 1
        assert second.flagged() == {late}
        assert troubles(second.connection) == []


# Several staff members in one statement


@pytest.mark.parametrize("how", ["observe", "enforce"])
def test_statements_that_take_staff_in_opposite_orders_do_not_deadlock(url: str, how: str) -> None:
    with diary(url) as app:
        app.enforce(how=how)

    def fill(number: int) -> list[str]:
        with diary(url) as app:
            for turn in range(25):
                staff = [11, 12] if (number + turn) % 2 else [12, 11]
                hour = f"{turn % 20:02}"
                values = ", ".join(
                    f"(1, {one}, 31, '2032-02-{1 + number:02} {hour}:00', '2032-02-{1 + number:02} {hour}:45', 1,"
                    " now(), now())" for one in staff
                )  # fmt: skip
                with suppress(psycopg.errors.ExclusionViolation):
                    app.run(insert("00:00", "00:01").partition(" VALUES ")[0] + f" VALUES {values}")
            return app.warnings

    with ThreadPoolExecutor(6) as pool:
        warnings = [warning for told in pool.map(fill, range(6)) for warning in told]
    assert [warning for warning in warnings if "deadlock" in warning] == []
    assert how == "observe" or not warnings
    with diary(url) as app:
        catch_up(url, app)
        assert troubles(app.connection) == []


def test_a_deadlock_of_the_apps_own_costs_who_observes_a_warning_only(url: str) -> None:
    """Two transactions that take two staff members' time one after the other, in opposite orders."""
    with diary(url) as watcher:
        watcher.enforce(how="observe")
        with transaction(url) as first, transaction(url) as second, meanwhile() as pool:
            first.book("10:00", "11:00")
            second.book("10:00", "11:00", staff=12)
            waits = pool.submit(first.book, "12:00", "13:00", staff=12)
            second.book("12:00", "13:00")
            waits.result(10)
        assert len(watcher.rows("SELECT FROM bookings")) == 4


# Transactions that see the past only


@pytest.mark.parametrize("level", [REPEATABLE_READ, SERIALIZABLE])
@pytest.mark.parametrize(("start", "end"), [("10:30", "11:30"), ("11:05", "12:00"), ("09:00", "09:55")])
def test_who_can_not_see_a_booking_is_not_put_over_it_nor_into_its_buffer(
    url: str, level: psycopg.IsolationLevel, start: str, end: str
) -> None:
    with diary(url) as other:
        other.buffer(15)
        with pytest.raises(psycopg.errors.SerializationFailure), transaction(url, level) as app:
            assert app.held() == {}, "the past begins here"
            other.book("10:00", "11:00")
            app.book(start, end)
        assert len(other.held()) == 1


@pytest.mark.parametrize("level", [REPEATABLE_READ, SERIALIZABLE])
def test_in_an_isolated_transaction_all_else_is_as_ever(url: str, level: psycopg.IsolationLevel) -> None:
    with diary(url) as other:
        other.buffer(15)
        old = other.book("10:00", "11:00")
        with transaction(url, level) as app:
            one, two = (app.book("13:00", "14:00", service=BATH) for _ in range(2))
            app.move(old, "10:30", "11:00")
            app.move(old, "11:00", "12:00")
            app.cancel(one)
        assert other.held() == {old: (11, "11:00", "12:00"), two: (11, "13:00", "14:00")}
        with pytest.raises(psycopg.errors.ExclusionViolation) as raised, transaction(url, level) as app:
            app.book("12:10", "12:30")
        assert reasons(raised.value) == [("BUFFER", f"booking {old}")]
        assert troubles(other.connection) == []


@pytest.mark.parametrize("level", [REPEATABLE_READ, SERIALIZABLE])
def test_who_only_observes_may_live_in_the_past(url: str, level: psycopg.IsolationLevel) -> None:
    with diary(url) as other:
        other.enforce(how="observe")
        with transaction(url, level) as app:
            assert app.held() == {}
            first = other.book("10:00", "11:00")
            late = app.book("10:30", "11:30")
            assert len(app.warnings) == 1
        with rails.deps(url) as deps, deps.database.tenant(1) as session:
            busy.rehold(session, [first, late])
        assert other.flagged() == {late}


def test_cancelling_is_never_refused_for_what_can_not_be_seen(url: str) -> None:
    """The flag that can't be cleared stays, until it is found."""
    with diary(url) as other:
        other.enforce(how="observe")
        first = other.book("10:00", "11:00")
        second = other.book("10:30", "12:00")
        with transaction(url, REPEATABLE_READ) as app:
            assert app.flagged() == {second}
            last = other.book("11:30", "13:00")
            app.cancel(first)
            assert not app.warnings
        assert other.flagged() == {second}
        assert troubles(other.connection) == []
        other.cancel(last)
        assert other.flagged() == set()


# Whatever happens


def live(url: str, seed: int, turns: int) -> dict[str, int]:
    """The app: random changes in transactions of a few, some of them rolled back; what became of them."""
    chance = random.Random(seed)
    told = {"done": 0, "refused": 0, "deadlock": 0}
    with diary(url) as app:
        for _ in range(turns):
            app.connection.isolation_level = chance.choice(
                [READ_COMMITTED] * 3 + [REPEATABLE_READ, SERIALIZABLE]
            )
            try:
                with app.connection.transaction(force_rollback=chance.random() < 0.1):
                    for _ in range(chance.choice([1, 1, 2])):
                        app.run(_change(chance))
                told["done"] += 1
            except (psycopg.errors.ExclusionViolation, psycopg.errors.SerializationFailure):
                told["refused"] += 1
            except psycopg.errors.DeadlockDetected:
                told["deadlock"] += 1
    return told


def _change(chance: random.Random) -> str:
    start = chance.randint(0, 60)
    span = [
        f"timestamp '2032-01-05' + {quarter} * interval '15 min'"
        for quarter in (start, start + chance.randint(1, 4))
    ]
    some = f"id % 7 = {chance.randint(0, 6)} AND id % 5 = {chance.randint(0, 4)}"
    staff = chance.choice([11, 12])
    added = (
        "INSERT INTO bookings (business_id, staff_member_id, service_id, start_time, end_time, status, created_at,"
        f" updated_at) VALUES (1, {staff}, {chance.choice([31, 31, BATH])}, {span[0]}, {span[1]}, 1, now(), now())"
    )
    return chance.choice(
        [
            added,
            added,
            added,
            f"UPDATE bookings SET start_time = {span[0]}, end_time = {span[1]} WHERE {some}",
            f"UPDATE bookings SET staff_member_id = {staff} WHERE {some}",
            f"UPDATE bookings SET status = {chance.choice([0, 1, 2, 2])} WHERE {some}",
            f"DELETE FROM bookings WHERE {some}",
        ]
    )


@pytest.mark.parametrize("how", ["observe", "enforce"])
def test_after_any_history_of_eight_at_once_all_is_well(url: str, how: str) -> None:
    with diary(url) as app:
        app.enforce(how=how)
        app.buffer(10 if how == "enforce" else None)
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda seed: live(url, seed, 60), range(8)))
        assert sum(one["done"] for one in told) > 100
        if how == "enforce":
            assert sum(one["refused"] for one in told) > 10
            assert overlaps(claimed(app.connection), timedelta(minutes=10)) == []
        else:
            catch_up(url, app)
        assert troubles(app.connection) == []


def test_a_service_that_becomes_a_group_session_lets_its_bookings_share(the_town: Town) -> None:
    """The app changes a service, no booking: the projector finds what that means for who holds which time."""
    the_town.sql(
        "INSERT INTO bookings (business_id, staff_member_id, service_id, start_time, end_time, status, created_at,"
        " updated_at) SELECT 1, 11, 31, '2026-12-07 15:00', '2026-12-07 15:45', 1, now(), now()"
        " FROM generate_series(1, 2)"
    )
    flagged = "SELECT count(*) FROM daybridge.busy WHERE conflict"
    assert the_town.sql(flagged) == [(1,)], "observed: two bookings at one time"
    the_town.sql("UPDATE services SET service_type = 1 WHERE id = 31")
    the_town.settle()
    assert the_town.sql(flagged) == [(0,)]
    the_town.sql("UPDATE services SET service_type = 0 WHERE id = 31")
    the_town.settle()
    assert the_town.sql(flagged) == [(1,)]
