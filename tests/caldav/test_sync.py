"""Sync tokens (RFC 6578): a client that follows them ends with exactly what is there, whatever happens meanwhile."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wsgi
from gateway.core import sync
from gateway.core.errors import InvalidSyncToken
from gateway.core.model import Calendar, CalendarKind
from gateway.db import calendars
from tests.caldav.client import CS, C, D, InProcess
from tests.conftest import Town

BOOKINGS = "/dav/s11/bookings/"
BOBS = "/dav/s11/staff-12/"
TEAM = "/dav/s11/team/"


@dataclass
class Phone:
    """What a synchronising app holds of one calendar."""

    dav: InProcess
    path: str = BOOKINGS
    token: str = ""
    held: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def page(self, limit: int | None = None) -> bool:
        """Fetch what is new; whether more waits behind it."""
        answer = self.dav.sync(self.path, self.token, limit)
        if answer.status == 403:
            assert answer.preconditions == {f"{D}valid-sync-token"}
            self.token, self.held = "", {}
            return True
        members = answer.members
        more = members.pop(self.path, None)
        assert more is None or more.status == 507
        assert limit is None or len(members) <= limit
        for href, member in members.items():
            self._take(href.removeprefix(self.path), member.status, member.found)
        assert answer.token != self.token or not members
        self.token = answer.token
        return more is not None

    def _take(self, name: str, status: int, found: dict[str, object]) -> None:
        if status == 404:
            self.held.pop(name, None)
            self.gone.append(name)
        else:
            self.held[name] = found[f"{D}getetag"].text  # type: ignore[attr-defined]

    def all(self) -> None:
        while self.page():
            pass


def listing(dav: InProcess, path: str) -> dict[str, str]:
    members = dav.propfind(path, "D:getetag", depth="1").members
    del members[path]
    return {href.removeprefix(path): one.found[f"{D}getetag"].text or "" for href, one in members.items()}


def ctag(dav: InProcess, path: str = BOOKINGS) -> str | None:
    return dav.propfind(path, "CS:getctag").prop(f"{CS}getctag").text


def news(dav: InProcess, path: str, token: str) -> dict[str, int]:
    return {href.removeprefix(path): one.status for href, one in dav.sync(path, token).members.items()}


# --- What a token brings ------------------------------------------------------------------------------------------


def test_nothing_happened_and_nothing_is_told(alice: InProcess) -> None:
    first = alice.sync(BOOKINGS)
    again = alice.sync(BOOKINGS, first.token)
    assert (again.members, again.token) == ({}, first.token)


def test_the_token_is_the_property_of_the_same_name(alice: InProcess) -> None:
    assert alice.sync(BOOKINGS).token == alice.propfind(BOOKINGS, "D:sync-token").prop(f"{D}sync-token").text


def test_changes_deletions_and_returns(alice: InProcess, the_town: Town) -> None:
    token = alice.sync(BOOKINGS).token
    the_town.sql("UPDATE bookings SET notes = 'Bring tea' WHERE id = 1001")
    the_town.sql("DELETE FROM bookings WHERE id = 1002")
    the_town.sql("UPDATE bookings SET status = 2 WHERE id = 1003")
    assert news(alice, BOOKINGS, token) == {
        "booking-1001.ics": 0,
        "booking-1002.ics": 404,
        "booking-1003.ics": 404,
    }
    token = alice.sync(BOOKINGS, token).token
    the_town.sql("UPDATE bookings SET status = 1 WHERE id = 1003")
    assert news(alice, BOOKINGS, token) == {"booking-1003.ics": 0}


def test_a_changed_event_comes_with_its_data(alice: InProcess, the_town: Town) -> None:
    token = alice.sync(BOOKINGS).token
    the_town.sql("UPDATE bookings SET notes = 'Bring tea' WHERE id = 1001")
    answer = alice.sync(BOOKINGS, token, props="<D:getetag/><C:calendar-data/>")
    data = answer.members[f"{BOOKINGS}booking-1001.ics"].found[f"{C}calendar-data"].text or ""
    assert "Bring tea" in data
    assert data.replace("\n", "\r\n") == alice("GET", f"{BOOKINGS}booking-1001.ics").text


def test_what_is_not_shown_is_no_change(alice: InProcess, the_town: Town) -> None:
    before = ctag(alice)
    the_town.sql("UPDATE bookings SET updated_at = now(), notes = notes WHERE id = 1001")
    assert ctag(alice) == before


def test_a_booking_given_to_a_colleague_goes_here_and_comes_there(alice: InProcess, the_town: Town) -> None:
    tokens = {path: alice.sync(path).token for path in (BOOKINGS, BOBS, TEAM)}
    the_town.sql("UPDATE bookings SET staff_member_id = 12 WHERE id = 1001")
    assert news(alice, BOOKINGS, tokens[BOOKINGS]) == {"booking-1001.ics": 404}
    assert news(alice, BOBS, tokens[BOBS]) == {"booking-1001.ics": 0}
    assert news(alice, TEAM, tokens[TEAM]) == {"booking-1001.ics": 0}  # it says who: Bob


def test_a_change_of_the_customer_changes_each_of_their_events(alice: InProcess, the_town: Town) -> None:
    token = alice.sync(BOOKINGS).token
    the_town.sql("UPDATE tenant_customers SET last_name = 'Sanchez' WHERE id = 61")
    assert news(alice, BOOKINGS, token) == {"booking-1001.ics": 0}


# --- Tokens that can't be answered --------------------------------------------------------------------------------


def test_a_token_holds_for_its_own_calendar_only(alice: InProcess) -> None:
    for path in (BOBS, TEAM, "/dav/s11/busy/"):
        assert alice.sync(path, alice.sync(BOOKINGS).token).preconditions == {f"{D}valid-sync-token"}


def test_a_token_from_the_future_or_another_epoch(alice: InProcess, the_town: Town) -> None:
    token = alice.sync(BOOKINGS).token
    head, _, revision = token.rpartition(":")
    assert alice.sync(BOOKINGS, f"{head}:{int(revision) + 1}").status == 403
    the_town.sql(
        "UPDATE daybridge.calendars SET epoch = 'abc' WHERE kind = 'bookings' AND staff_member_id = 11"
    )
    assert alice.sync(BOOKINGS, token).status == 403
    assert alice.sync(BOOKINGS).status == 207


def test_a_token_from_before_the_oldest_kept_deletion(alice: InProcess, the_town: Town) -> None:
    old = alice.sync(BOOKINGS).token
    the_town.sql("DELETE FROM bookings WHERE id = 1002")
    middle = alice.sync(BOOKINGS).token
    the_town.sql("UPDATE bookings SET notes = 'x' WHERE id = 1001")
    prune(the_town)
    assert alice.sync(BOOKINGS, old).status == 403
    assert news(alice, BOOKINGS, middle) == {"booking-1001.ics": 0}


def prune(the_town: Town) -> None:
    with the_town.deps.database.tenant(1) as session:
        calendars.prune_tombstones(session, 1, datetime.now(UTC) + timedelta(days=1))


A_CALENDAR = Calendar(1, CalendarKind.BOOKINGS, 11, "Alice", "ab", 9, 5, datetime(2026, 11, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("token", "holds"),
    [
        ("urn:daybridge:sync:ab:9", True),
        ("urn:daybridge:sync:ab:5", True),
        ("urn:daybridge:sync:ab:4", False),
        # In the middle of revision 5, whose deletions are no longer kept.
        ("urn:daybridge:sync:ab:5:0:b.ics", False),
        ("urn:daybridge:sync:ab:6:0:b.ics", True),
        # A first listing under way needs those since it began, and no others.
        ("urn:daybridge:sync:ab:2:7:b.ics", True),
        ("urn:daybridge:sync:ab:2:4:b.ics", False),
        ("urn:daybridge:sync:ab:2:10:b.ics", False),
        ("urn:daybridge:sync:ab:9:0:%00", False),
        ("urn:daybridge:sync:ab:\u0669", False),
        ("urn:daybridge:sync:ab:9:0:" + "%C3%A9" * 680 + ".ics", True),
    ],
)
def test_which_tokens_hold(token: str, holds: bool) -> None:
    if holds:
        parsed = sync.parse(token, A_CALENDAR)
        assert str(parsed) == token
    else:
        with pytest.raises(InvalidSyncToken):
            sync.parse(token, A_CALENDAR)


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000, 10**12])
def test_pages_of_any_size_bring_everything_once(alice: InProcess, limit: int) -> None:
    phone = Phone(alice, TEAM)
    pages = 1
    while phone.page(limit):
        pages += 1
    assert phone.held == listing(alice, TEAM)
    assert pages == max(1, -(-5 // limit))


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5", "\u0663"])
def test_a_limit_that_is_no_number_is_refused(alice: InProcess, limit: str) -> None:
    body = (
        '<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level>'
        f"<limit><nresults>{limit}</nresults></limit><prop><getetag/></prop></sync-collection>"
    )
    assert alice.report(BOOKINGS, body).status == 400


@pytest.fixture(scope="module")
def moving(still_town: Town) -> Iterator[InProcess]:
    """Alice's app, in a town where things happen."""
    return InProcess(wsgi.mount(still_town.deps), still_town.alice)


_numbers = itertools.count(20_001)
changes = st.sampled_from(
    ["new", "cancel", "confirm", "delete", "move", "reassign", "rename", "prune", "refused"]
)
steps = st.lists(
    st.one_of(st.integers(1, 5), st.tuples(changes, st.integers(0, 30))),
    min_size=2,
    max_size=25,
)


def happen(the_town: Town, dav: InProcess, change: str, which: int) -> None:
    known = [
        number for (number,) in the_town.sql("SELECT id FROM bookings WHERE business_id = 1 ORDER BY id")
    ]
    number = known[which % len(known)]
    if change == "new":
        the_town.sql(
            "INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, "
            "end_time, status, created_at, updated_at) VALUES (%s, 1, 11, 31, 61, now(), now() + interval '1 h', 1, "
            "now(), now())",
            next(_numbers),
        )
    elif change == "delete" and len(known) > 4:
        the_town.sql("DELETE FROM bookings WHERE id = %s", number)
    elif change == "prune":
        prune(the_town)
    elif change == "refused":
        assert dav("DELETE", f"{BOOKINGS}booking-{number}.ics").status in (403, 404)
    else:
        sets = {
            "cancel": "status = 2",
            "confirm": "status = 1",
            "move": "start_time = start_time + interval '1 h', end_time = end_time + interval '1 h'",
            "reassign": "staff_member_id = 23 - staff_member_id",
            "rename": "notes = coalesce(notes, '') || 'x'",
            "delete": "status = status",
        }
        the_town.sql(f"UPDATE bookings SET {sets[change]} WHERE id = %s", number)


def tombstones(the_town: Town) -> set[str]:
    rows = the_town.sql(
        "SELECT o.href FROM daybridge.calendar_objects o JOIN daybridge.calendars c ON c.id = o.calendar_id "
        "WHERE o.deleted AND c.kind = 'bookings' AND c.staff_member_id = 11 AND c.detail = 'full'"
    )
    return {str(href) for (href,) in rows}


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_whoever_follows_the_pages_ends_with_what_is_there(
    still_town: Town, moving: InProcess, steps: list[int | tuple[str, int]]
) -> None:
    still_town.settle()
    early, late = Phone(moving), Phone(moving)
    late.all()
    buried, returned = tombstones(still_town), set[str]()
    for step in steps:
        if isinstance(step, int):
            if early.token == "":  # it starts, or starts over
                still_town.settle()
                buried, returned, early.gone = tombstones(still_town), set(), []
            early.page(step)
        else:
            happen(still_town, moving, *step)
            still_town.settle()
            returned |= listing(moving, BOOKINGS).keys()
    while early.page(2):
        pass
    late.all()
    assert early.held == late.held == listing(moving, BOOKINGS)
    assert not (set(early.gone) & buried) - returned, "a deletion from before the first sync"


def test_pages_are_complete_while_others_write(alice: InProcess, the_town: Town) -> None:
    """Nothing is lost between two pages, however the writes fall."""
    stop = time.monotonic() + 4
    phone = Phone(alice)

    def write(number: int) -> int:
        done = 0
        while time.monotonic() < stop:
            the_town.sql(
                "UPDATE bookings SET notes = %s WHERE id = %s", f"{number} {done}", 1001 + number % 3
            )
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, number) for number in range(3)]
        while time.monotonic() < stop:
            phone.page(1)
        assert all(writer.result() for writer in writers)
    phone.all()
    assert phone.held == listing(alice, BOOKINGS)


# --- What was written is read -------------------------------------------------------------------------------------


def test_what_was_just_committed_is_in_the_next_answer(alice: InProcess, the_town: Town) -> None:
    """No worker runs here: the reader does its work."""
    before = ctag(alice)
    the_town.sql("UPDATE bookings SET notes = 'at once' WHERE id = 1001")
    assert ctag(alice) != before
    the_town.sql("UPDATE bookings SET notes = 'and again' WHERE id = 1001")
    assert "and again" in alice("GET", f"{BOOKINGS}booking-1001.ics").text
    the_town.sql("DELETE FROM bookings WHERE id = 1001")
    assert alice("GET", f"{BOOKINGS}booking-1001.ics").status == 404


def test_what_was_rolled_back_is_in_none(alice: InProcess, the_town: Town) -> None:
    before = ctag(alice)
    with psycopg.connect(the_town.url) as connection:
        connection.execute("UPDATE bookings SET notes = 'no' WHERE id = 1001")
        assert ctag(alice) == before
        connection.rollback()
    assert ctag(alice) == before


def test_readers_at_once_all_see_it(alice: InProcess, the_town: Town) -> None:
    app = wsgi.mount(the_town.deps)
    phones = [InProcess(app, the_town.alice) for _ in range(6)]
    for turn in range(5):
        the_town.sql("UPDATE bookings SET notes = %s WHERE id = 1001", f"turn {turn}")
        with ThreadPoolExecutor(6) as pool:
            texts = list(pool.map(lambda phone: phone("GET", f"{BOOKINGS}booking-1001.ics").text, phones))
        assert all(f"turn {turn}" in text for text in texts)


def test_a_projector_that_takes_long_holds_nobody_up(
    alice: InProcess, mallory: InProcess, the_town: Town
) -> None:
    before = ctag(alice)
    with psycopg.connect(the_town.url) as connection:
        connection.execute("SELECT FROM daybridge.tenants WHERE business_id = 1 FOR UPDATE")
        the_town.sql("UPDATE bookings SET notes = 'later' WHERE id = 1001")
        began = time.perf_counter()
        assert ctag(alice) == before  # served as it was
        assert alice.sync(BOOKINGS).status == 207
        assert time.perf_counter() - began < 4
        began = time.perf_counter()
        assert ctag(mallory, "/dav/s21/bookings/")
        assert time.perf_counter() - began < 0.5
        connection.rollback()
    assert ctag(alice) != before


def test_an_edit_waits_for_the_projector_and_not_for_ever(alice: InProcess, the_town: Town) -> None:
    """It can't be told without what it shows being known; the client keeps it, and tries again."""
    with psycopg.connect(the_town.url) as connection:
        connection.execute("SELECT FROM daybridge.calendars FOR UPDATE")
        answer = alice("DELETE", f"{BOOKINGS}booking-1001.ics")
        assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
    assert the_town.sql("SELECT FROM daybridge.questions") == []
    assert alice("DELETE", f"{BOOKINGS}booking-1001.ics").status == 403
    assert the_town.sql("SELECT booking_id FROM daybridge.questions") == [(1001,)]


def test_what_can_not_be_read_is_refused_without_waiting(alice: InProcess, the_town: Town) -> None:
    with psycopg.connect(the_town.url) as connection:
        connection.execute("SELECT FROM daybridge.calendars FOR UPDATE")
        connection.execute("SELECT FROM daybridge.tenants FOR UPDATE")
        assert alice("PUT", f"{BOOKINGS}booking-1001.ics", "nonsense").status == 403


def test_a_last_use_that_can_not_be_noted_takes_no_answer_away(alice: InProcess, the_town: Town) -> None:
    the_town.sql("UPDATE daybridge.app_passwords SET last_used_at = NULL")
    with psycopg.connect(the_town.url) as connection:
        connection.execute("SELECT FROM daybridge.app_passwords FOR UPDATE")
        assert ctag(alice)
    assert ctag(alice)
    assert the_town.sql("SELECT id FROM daybridge.app_passwords WHERE last_used_at IS NOT NULL")
