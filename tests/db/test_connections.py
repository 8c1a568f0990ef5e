"""Connected accounts in the database: whose turn it is, who may write, and how many requests may be sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.connected import LeaseLost
from gateway.core.errors import NotYours, Unavailable
from gateway.core.retry import pause
from gateway.db import connections
from gateway.db.connections import Budgets
from gateway.db.engine import Database
from tests.conftest import Town

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
POLL, PATIENCE = timedelta(minutes=5), timedelta(seconds=60)


def link(town: Town, business_id: int, count: int = 1) -> list[int]:
    """Accounts that were never read, so there is something to do for each."""
    with psycopg.connect(town.url, autocommit=True) as app:
        rows = app.execute(
            "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account_key, sealed,"
            " connected_at) SELECT %s, n, 'google', 'a' || n || '@x', 'x', now() FROM generate_series(1, %s) n"
            " RETURNING id",
            (business_id, count),
        ).fetchall()
    return [id_ for (id_,) in rows]


def queue(town: Town, at: datetime = NOW, most: int = 10) -> list[tuple[int, int]]:
    return connections.queue(town.deps.database, at, POLL, PATIENCE, most)


def serve(town: Town, business_id: int, id_: int, at: datetime) -> int | None:
    with town.deps.database.tenant(business_id) as session:
        return connections.take_lease(session, business_id, id_, at, at + timedelta(seconds=90))


class TestQueue:
    def test_a_business_with_many_accounts_lets_the_others_have_their_turn(self, the_town: Town) -> None:
        link(the_town, 1, 30)
        [lonely] = link(the_town, 2)
        first = queue(the_town, most=4)
        assert (2, lonely) in first
        assert len(first) == 4

    def test_who_was_served_longest_ago_comes_first(self, the_town: Town) -> None:
        early, late, never = link(the_town, 1, 3)
        at = "UPDATE daybridge.calendar_connections SET served_at = %s WHERE id = %s"
        the_town.sql(at, NOW - timedelta(minutes=1), late)
        the_town.sql(at, NOW - timedelta(minutes=9), early)
        assert [queue(the_town, most=1)[0][1] for _ in range(3)] == [never, early, late]

    def test_each_is_told_once_until_it_is_served_or_its_worker_must_be_dead(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        assert queue(the_town) == [(1, one)]
        assert queue(the_town, NOW + timedelta(seconds=59)) == []
        assert queue(the_town, NOW + timedelta(seconds=61)) == [(1, one)]

    @pytest.mark.parametrize(
        "change",
        [
            "closed_at = now()",
            "refused_at = now()",
            "stopped_at = now()",
            "sealed = NULL",
            "not_before = '2026-11-27 12:00:01Z'",
            "lease_until = '2026-11-27 12:00:01Z'",
            "pulled_at = '2026-11-27 11:59:00Z'",
            "pulled_at = '2026-11-27 11:59:00Z', pull_asked_at = '2026-11-27 12:00:01Z'",
        ],
    )
    def test_nobody_is_told_whom_nothing_can_be_done_for(self, the_town: Town, change: str) -> None:
        link(the_town, 1)
        the_town.sql(f"UPDATE daybridge.calendar_connections SET {change}")
        assert queue(the_town) == []

    @pytest.mark.parametrize(
        "change",
        [
            "pulled_at = '2026-11-27 11:54:00Z'",
            "pulled_at = '2026-11-27 11:59:00Z', pull_asked_at = '2026-11-27 11:59:30Z'",
        ],
    )
    def test_it_is_due_when_asked_for_or_after_the_timed_round(self, the_town: Town, change: str) -> None:
        [one] = link(the_town, 1)
        the_town.sql(f"UPDATE daybridge.calendar_connections SET {change}")
        assert queue(the_town) == [(1, one)]


class TestLease:
    def test_one_at_a_time_and_the_later_one_has_a_greater_number(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        first = serve(the_town, 1, one, NOW)
        assert serve(the_town, 1, one, NOW + timedelta(seconds=89)) is None
        second = serve(the_town, 1, one, NOW + timedelta(seconds=91))
        assert first is not None
        assert second is not None
        assert second > first

    def test_who_has_lost_it_writes_nothing_any_more(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        first = serve(the_town, 1, one, NOW)
        serve(the_town, 1, one, NOW + timedelta(seconds=91))
        with pytest.raises(LeaseLost), the_town.deps.database.tenant(1) as session:
            connections.keep_lease(session, 1, one, first or 0, NOW + timedelta(seconds=200))
        with the_town.deps.database.tenant(1) as session:
            broken = pause(1, Unavailable(host="google", reason="gone"), NOW, 0.0)
            connections.failed(session, 1, one, first or 0, now=NOW, words="late", pause=broken, refused=True)
            assert connections.get(session, 1, one).facts.refused_at is None

    def test_a_stranger_has_no_turn_and_sees_nothing(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        with pytest.raises(NotYours), the_town.deps.database.tenant(2, read_only=True) as session:
            connections.get(session, 2, one)
        assert serve(the_town, 2, one, NOW) is None


def spend(database: Database, at: datetime, account: str = "a", of: int = 60, all_: int = 10_000) -> float:
    return connections.spend(database, Budgets(account, of, "all", all_), at)


class TestBudget:
    def test_what_is_spent_comes_back_with_time(self, the_town: Town) -> None:
        database = the_town.deps.database
        taken = sum(spend(database, NOW) == 0 for _ in range(100))
        assert taken == 30
        wait = spend(database, NOW)
        assert wait > 0
        assert spend(database, NOW + timedelta(seconds=wait + 0.001)) == 0

    def test_one_account_s_haste_is_not_another_s_but_all_share_the_provider_s(self, the_town: Town) -> None:
        database = the_town.deps.database
        while spend(database, NOW, "busy", of=10, all_=40) == 0:
            pass
        assert spend(database, NOW, "calm", of=10, all_=40) == 0
        while any(spend(database, NOW, f"account {n}", of=10, all_=40) == 0 for n in range(20)):
            pass
        assert spend(database, NOW, "late", of=10, all_=40) > 0

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.lists(st.floats(0, 5), min_size=1, max_size=150), st.integers(4, 40))
    def test_no_minute_ever_has_more_than_the_provider_allows(
        self, the_town: Town, pauses: list[float], of: int
    ) -> None:
        the_town.sql("DELETE FROM daybridge.request_budgets")
        at, sent = NOW, list[datetime]()
        for seconds in pauses:
            at += timedelta(seconds=seconds)
            if spend(the_town.deps.database, at, of=of) == 0:
                sent.append(at)
        for one in sent:
            within = [other for other in sent if one <= other < one + timedelta(seconds=60)]
            assert len(within) <= of


class TestCalls:
    def test_whoever_was_served_a_moment_ago_is_read_a_moment_later_and_once(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        database, moment = the_town.deps.database, timedelta(seconds=2)
        the_town.sql("UPDATE daybridge.calendar_connections SET pulled_at = %s, served_at = %s", NOW, NOW)
        for after in (0.1, 0.5, 1.9):
            with database.tenant(1) as session:
                connections.called(session, 1, one, NOW + timedelta(seconds=after), moment)
        assert queue(the_town, NOW + timedelta(seconds=1.95)) == []
        assert queue(the_town, NOW + timedelta(seconds=2)) == [(1, one)]

    def test_a_call_during_a_reading_is_not_lost(self, the_town: Town) -> None:
        [one] = link(the_town, 1)
        began = NOW + timedelta(seconds=10)
        lease = serve(the_town, 1, one, began) or 0
        with the_town.deps.database.tenant(1) as session:
            connections.called(session, 1, one, began + timedelta(seconds=1), timedelta(seconds=2))
            connections.pulled(session, 1, one, lease, began)
            connections.release(session, 1, one, lease)
        assert queue(the_town, began + timedelta(seconds=3)) == [(1, one)]
