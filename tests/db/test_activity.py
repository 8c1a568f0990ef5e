"""The lines of the activity page: the statements find what a reader of all lines would find, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.core.booking import LogEntry, Outcome
from gateway.db import activity
from gateway.db.activity import Sought
from gateway.db.engine import Database
from tests.conftest import Databases

# Whose they are: 1001 to 1003 are Alice's (11), 1005 is Bob's (12), 4711 is gone. Accounts by their owners.
OWNERS = {1001: 11, 1002: 11, 1003: 11, 1005: 12}
ACCOUNTS = {71: 11, 72: 12, 73: None}
LINES = 400
YEAR = timedelta(days=365)
DAY = (datetime(2026, 11, 23, 5, tzinfo=UTC), datetime(2026, 11, 24, 5, tzinfo=UTC))


_ACCOUNT = (
    "INSERT INTO daybridge.calendar_connections (id, business_id, staff_member_id, provider, account, account_key,"
    " connected_at) OVERRIDING SYSTEM VALUE VALUES (%s, 1, %s, 'google', 'a', %s, now())"
)
_LINE = (
    "INSERT INTO daybridge.calendar_sync_logs (business_id, via, who, action, outcome, booking_id, staff_member_id,"
    " after, happened_at) VALUES (%s, %s, %s, 'add', %s, %s, %s, %s, %s)"
)


@pytest.fixture(scope="module")
def filled(databases: Databases, template: str) -> Iterator[Database]:
    """A few hundred lines of all kinds, the same ones in each run. Nobody here changes them."""
    url = databases.create(template)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(_ACCOUNT, [(id_, owner, str(id_)) for id_, owner in ACCOUNTS.items()])
        cursor.executemany(_LINE, list(some_lines(random.Random(1))))
        cursor.execute("ANALYZE daybridge.calendar_sync_logs")
    database = Database(url)
    yield database
    database.close()
    databases.drop(url)


def some_lines(chance: random.Random) -> Iterator[tuple[object, ...]]:
    for _ in range(LINES):
        account = chance.choice([None, None, *ACCOUNTS])
        yield (
            chance.choice([1, 1, 1, 2]),
            *chance.choice(
                [("provider", "Ana in Google"), ("provider", "Somebody in Google"), ("provider", "Ana in Outlook"),
                 ("page", "Ana in Google"), ("system", "Daybridge to Google")]
            ),
            chance.choice(["accepted", "accepted", "refused"]),
            chance.choice([None, 1001, 1005, 1005, 4711]),
            chance.choice([None, 11, 11, 11, 12, 21]),
            None if account is None else json.dumps({"connection_id": account}),
            DAY[0] + chance.choice([-1, 0, 1, 23, 24, 30]) * timedelta(hours=1),
        )  # fmt: skip


def everything(filled: Database) -> list[LogEntry]:
    with filled.tenant(1, read_only=True) as session:
        return activity.lines(session, 1, Sought(None, None, None, LINES))


def questions(lines: list[LogEntry]) -> Iterator[Sought]:
    middle = lines[len(lines) // 2].id
    for most in (1, 7, 50, LINES):
        for before in (None, middle, lines[-1].id):
            for outcome in (None, Outcome.REFUSED, Outcome.ASKED):
                for booking_ids in (None, (1005,), (1001, 4711), ()):
                    yield Sought(booking_ids, outcome, before, most)
        for during in (DAY, (DAY[1], DAY[1] + timedelta(days=1)), (DAY[1], DAY[1])):
            yield Sought(None, None, None, most, during)


def fits(entry: LogEntry, sought: Sought) -> bool:
    return (
        (sought.booking_ids is None or entry.booking_id in sought.booking_ids)
        and (sought.during is None or sought.during[0] <= entry.happened_at < sought.during[1])
        and (sought.outcome in (None, entry.outcome))
        and (sought.before is None or entry.id < sought.before)
    )


def account(entry: LogEntry) -> object:
    return (entry.after or {}).get("connection_id")


def about(entry: LogEntry, staff_id: int) -> bool:
    return (
        entry.staff_id == staff_id
        or OWNERS.get(entry.booking_id or 0) == staff_id
        or ACCOUNTS.get(account(entry) or 0, 0) == staff_id  # type: ignore[call-overload]
    )


def test_all_of_a_business_and_nothing_of_another(filled: Database) -> None:
    lines = everything(filled)
    assert 200 < len(lines) < LINES
    assert [one.id for one in lines] == sorted((one.id for one in lines), reverse=True)
    with filled.tenant(1, read_only=True) as session:
        for sought in questions(lines):
            wanted = [one for one in lines if fits(one, sought)][: sought.most]
            assert activity.lines(session, 1, sought) == wanted, sought


@pytest.mark.parametrize("staff_id", [11, 12, 21, 99])
def test_about_a_person(filled: Database, staff_id: int) -> None:
    lines = everything(filled)
    with filled.tenant(1, read_only=True) as session:
        for sought in questions(lines):
            wanted = [one for one in lines if fits(one, sought) and about(one, staff_id)][: sought.most]
            assert activity.lines_of_person(session, 1, staff_id, sought) == wanted, sought


@pytest.mark.parametrize("connection_id", [*ACCOUNTS, 99])
@pytest.mark.parametrize("seen_by", [None, 11, 12])
def test_of_an_account(filled: Database, connection_id: int, seen_by: int | None) -> None:
    """What we did there, and what its owner did in it; of the business's account, what somebody did."""
    lines = everything(filled)
    owner = ACCOUNTS.get(connection_id)

    def there(entry: LogEntry) -> bool:
        by_owner = owner is not None and entry.staff_id == owner and entry.who == "Ana in Google"
        by_anybody = owner is None and entry.who == "Somebody in Google"
        by_people = entry.via == "provider" and (by_owner or by_anybody) and connection_id in ACCOUNTS
        seen = seen_by is None or about(entry, seen_by)
        # Of what people did, one sees what is about oneself: it doesn't say for certain in which account it was.
        seen_of_people = seen_by is None or entry.staff_id == seen_by
        return (account(entry) == connection_id and seen) or (by_people and seen_of_people)

    with filled.tenant(1, read_only=True) as session:
        for sought in questions(lines):
            wanted = [one for one in lines if fits(one, sought) and there(one)][: sought.most]
            found = activity.lines_of_connection(session, 1, connection_id, "Google", seen_by, sought)
            assert found == wanted, sought


def test_a_line_is_found_by_the_account_that_it_keeps(filled: Database) -> None:
    with filled.owner() as session:
        assert not session.all(
            "SELECT id FROM daybridge.calendar_sync_logs"
            " WHERE connection_id IS DISTINCT FROM (after ->> 'connection_id')::bigint"
        )


@pytest.mark.parametrize(
    ("statement", "index", "named"),
    [
        ("lines", "calendar_sync_logs_pkey", {}),
        ("lines", "calendar_sync_logs_by_booking", {"booking_ids": [998, 999]}),
        ("lines", "calendar_sync_logs_by_time", {"since": DAY[0] - YEAR, "until": DAY[1] - YEAR}),
        ("lines_of_person", "calendar_sync_logs_by_staff", {"staff_id": 12}),
        ("lines_of_connection", "calendar_sync_logs_by_connection",
         {"connection_id": 71, "title": "Google", "staff_id": None}),
        ("lines_of_connection", "calendar_sync_logs_of_accounts",
         {"connection_id": 71, "title": "Google", "staff_id": None}),
    ],
)  # fmt: skip
def test_an_index_answers_though_rows_are_kept_apart_by_security(
    filled: Database, statement: str, index: str, named: dict[str, object]
) -> None:
    """An index over an expression would not: what isn't leakproof has to wait for the policy."""
    nothing = dict.fromkeys(("before", "booking_ids", "outcome", "since", "until"))
    asked = {"business_id": 1, "most": 51} | nothing | named
    # Some bring their lines in order; of others there are few, and those are sorted.
    sorts = "off" if nothing == nothing | named or "business" in named or "staff_id" in named else "on"
    with filled.tenant(1, read_only=True) as session:
        session.run(
            f"SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = {sorts}"
        )
        plan = session.all(f"EXPLAIN {activity._SQL[statement]}", **asked)
    assert index in str(plan)
