"""What is forgotten after its time, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.services.deps import Deps
from gateway.services.prune import KEYS_ARE_KEPT, ONE_DECIDES_IN, TIMELINE_IS_KEPT, prune
from tests.conftest import Town

NOW = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)


@pytest.fixture
def deps(the_town: Town) -> Deps:
    return replace(the_town.deps, now=lambda: NOW)


def count(town: Town, table: str) -> int:
    return int(str(town.sql(f"SELECT count(*) FROM daybridge.{table}")[0][0]))


@pytest.mark.parametrize(
    ("table", "insert", "life"),
    [
        (
            "calendar_sync_logs",
            "(business_id, via, who, action, outcome, happened_at) VALUES (1, 'api', 'x', 'book', 'accepted', %s)",
            TIMELINE_IS_KEPT,
        ),
        (
            "idempotency_keys",
            "(business_id, holder, key, request_hash, created_at) VALUES (1, 'h', 'k', '', %s)",
            KEYS_ARE_KEPT,
        ),
    ],
)
def test_what_is_older_than_its_life_goes_and_nothing_younger(
    the_town: Town, deps: Deps, table: str, insert: str, life: timedelta
) -> None:
    the_town.sql(f"INSERT INTO daybridge.{table} {insert}", NOW - life + timedelta(minutes=1))
    prune(deps)
    assert count(the_town, table) == 1
    prune(replace(deps, now=lambda: NOW + timedelta(minutes=2)))
    assert count(the_town, table) == 0


def test_what_lets_us_in_is_not_kept_for_whoever_only_looked(the_town: Town, deps: Deps) -> None:
    the_town.sql(
        "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key,"
        " sealed, pull_asked_at, connected_at)"
        " VALUES (1, 11, 'google', 'a', 'a', 'x', %s, NULL), (1, 11, 'google', 'b', 'b', 'x', %s, now())",
        NOW - ONE_DECIDES_IN + timedelta(minutes=1),
        NOW - timedelta(days=9),
    )
    left = "SELECT account FROM daybridge.calendar_connections WHERE sealed IS NOT NULL ORDER BY 1"
    prune(deps)
    assert the_town.sql(left) == [("a",), ("b",)]
    prune(replace(deps, now=lambda: NOW + timedelta(minutes=2)))
    assert the_town.sql(left) == [("b",)]


def test_a_question_that_answered_itself_goes(the_town: Town, deps: Deps) -> None:
    the_town.sql(
        "INSERT INTO daybridge.questions (business_id, booking_id, via, who)"
        " SELECT 1, id, 'caldav', 'Alice' FROM bookings WHERE business_id = 1"
    )
    prune(deps)
    left = the_town.sql("SELECT booking_id FROM daybridge.questions ORDER BY 1")
    assert left == [(1002,), (1003,), (1005,)], "pending or confirmed, and still to come"
