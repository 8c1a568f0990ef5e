"""Real calendars that no one here wrote, moved here by a person's app: stored and followed, or refused with a reason.

They are all that the packages icalendar and recurring-ical-events carry as test data: as they are, and each series as
an object of its own with the zones that it needs, which is how calendar apps store them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import psycopg
import pytest
import requests
import vobject

import wsgi
from gateway import wiring
from gateway.core.moments import YEARS
from gateway.core.wire import unfold
from gateway.settings import Settings
from tests import town
from tests.caldav.client import DB, Answer, C, Client, between, query
from tests.caldav.editing import SUNDAY, at
from tests.clients.conftest import serving
from tests.clients.judge import faults, listed, read
from tests.conftest import Databases, Person, Town, _person
from tests.core.ical_oracle import expected, samples, single

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("sample calendars")]

HARBOR = "America/New_York"
BOBS, SEEN_BY_ALICE = "/dav/s12/bookings/", "/dav/s11/staff-12/"
# So far from now the time of what recurs for ever is held.
REACH = timedelta(days=400)

# What is not read as recurring-ical-events does, and why: see tests/core/test_expand.py.
OTHERWISE = {"event_with_recurrence.ics", "issue_201_test_matrix.ics"}
# All that a colleague's view may say of an event.
TELLING_WHEN = {
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "RDATE",
    "EXDATE",
    "RRULE",
} | {"TRANSP", "STATUS", "SEQUENCE", "SUMMARY"}


@dataclass(frozen=True)
class Moved:
    """What became of a file, or of one series in it (`number`, from 1)."""

    file: str
    number: int
    body: bytes
    put: Answer
    read_back: Answer
    seen_by_colleague: Answer
    busy: tuple[tuple[datetime, datetime], ...]

    @property
    def name(self) -> str:
        return f"{self.file} #{self.number}"

    @property
    def stored(self) -> bool:
        return self.put.status == 201

    @property
    def precondition(self) -> str:
        return next(iter(self.put.preconditions)).removeprefix(C)


class App(Client):
    """A calendar app that keeps its connection, and waits ten seconds for an answer at most."""

    def __init__(self, address: str, person: Person) -> None:
        super().__init__(person)
        self.address, self.session = address, requests.Session()

    def send(self, method, path, headers, body) -> Answer:
        sent = {"Content-Type": "text/xml; charset=utf-8", **headers}
        got = self.session.request(method, self.address + path, headers=sent, data=body, timeout=10)
        return Answer(got.status_code, got.headers, got.content)


@dataclass(frozen=True)
class Move:
    """Bob moves his calendars to Daybridge; Alice, who manages, looks at them."""

    look: psycopg.Connection[Any]
    bob: App
    alice: App
    results: list[Moved]

    def put(self, file: str, number: int, body: bytes) -> None:
        name = f"{len(self.results)}.ics"
        before = self.state()
        put = self._put(name, body)
        if put.status == 403 and put.preconditions == {f"{C}no-uid-conflict"}:
            # Many files have the same UIDs. Bob lets go of the older one.
            older = put.root.findtext(f"{C}no-uid-conflict/{{DAV:}}href")
            assert self.bob("DELETE", older).status == 204
            before = self.state()
            put = self._put(name, body)
        assert put.status == 201 or self.state() == before, file
        read_back, seen = self.bob("GET", BOBS + name), self.alice("GET", SEEN_BY_ALICE + name)
        self.results.append(Moved(file, number, body, put, read_back, seen, self.busy(name)))

    def _put(self, name: str, body: bytes) -> Answer:
        return self.bob("PUT", BOBS + name, body, Content_Type="text/calendar", If_None_Match="*")

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.look.execute(statement.encode(), values or None).fetchall()

    def state(self) -> list[tuple[object, ...]]:
        """What a refusal must leave as it is."""
        return self.sql(
            "SELECT (SELECT count(*) FROM daybridge.blocks), (SELECT count(*) FROM daybridge.busy), "
            "(SELECT count(*) FROM daybridge.personal_objects), "
            "(SELECT sum(revision) FROM daybridge.calendars)"
        )

    def busy(self, name: str) -> tuple[tuple[datetime, datetime], ...]:
        rows = self.sql(
            "SELECT lower(during), upper(during) FROM daybridge.busy JOIN daybridge.blocks AS block "
            "ON source = 'block' AND source_id = block.id WHERE href = %s ORDER BY 1, 2",
            name,
        )
        return tuple((start.astimezone(UTC), end.astimezone(UTC)) for start, end in rows)


@pytest.fixture(scope="module")
def move(databases: Databases, template: str) -> Iterator[Move]:
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    there = at(Town(deps, url, *(_person(deps, *who) for who in town.PEOPLE)), SUNDAY)
    with serving(wsgi.mount(there.deps)) as address, psycopg.connect(url, autocommit=True) as look:
        moving = Move(look, App(address, there.bob), App(address, there.alice), [])
        for sample in samples():
            for number, body in enumerate(single(sample)):
                moving.put(sample.name, number, body)
        yield moving
        moving.bob.session.close()
        moving.alice.session.close()
    deps.database.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def stored(move: Move) -> list[Moved]:
    return [one for one in move.results if one.stored]


def test_there_are_enough_of_them(move, stored):
    assert len({(one.file, one.body) for one in move.results if one.number == 0}) > 240
    assert len(move.results) > 1_300
    assert len([one for one in stored if one.number == 0]) >= 74
    assert len([one for one in stored if one.number > 0]) > 1_000


def test_each_is_stored_or_refused_and_never_an_error(move):
    assert {one.put.status for one in move.results} == {201, 403}


def test_what_is_refused_deserves_it_and_the_reason_is_right(move):
    """By the independent look of judge.py: stored if and only if nothing stands against it."""
    wrong = {}
    for one in move.results:
        against, said = faults(one.body), set() if one.stored else {one.precondition}
        if not (said <= against if said else not against):
            wrong[one.name] = (said, against)
    assert wrong == {}


def test_a_refusal_tells_a_person_why(move):
    for one in move.results:
        if not one.stored:
            assert one.put.root.findtext(f"{DB}reason", "").endswith("."), one.name
            assert (one.read_back.status, one.seen_by_colleague.status, one.busy) == (404, 404, ()), one.name


def test_what_is_stored_comes_back_byte_for_byte(stored):
    for one in stored:
        assert one.read_back.body == one.body, one.name
        assert one.put.headers["ETag"] == one.read_back.headers["ETag"], one.name


def test_what_is_stored_takes_the_times_that_recurring_ical_events_computes(stored):
    differing = {one.file for one in stored if one.busy != expected(one.body, HARBOR, *held(one.body))}
    assert differing == OTHERWISE
    assert sum(len(one.busy) for one in stored) > 10_000


def test_a_colleague_sees_when_and_nothing_else(stored):
    for one in stored:
        assert one.seen_by_colleague.status == 200, one.name
        [calendar] = read(one.seen_by_colleague.body)
        events = calendar.walk("VEVENT")
        assert len(events) == len(read(one.body)[0].walk("VEVENT")), one.name
        assert {str(event["SUMMARY"]) for event in events} == {"Busy"}, one.name
        assert {name for event in events for name in event} <= TELLING_WHEN, one.name
        parts = {part.name for part in calendar.walk()}
        assert parts <= {"VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"}, one.name


def test_a_colleague_s_program_can_read_it_whatever_it_reads_with(stored):
    for one in stored:
        read_by_vobject = vobject.readOne(one.seen_by_colleague.text)
        assert {event.summary.value for event in read_by_vobject.vevent_list} == {"Busy"}, one.name


@pytest.mark.parametrize("folder", [BOBS, SEEN_BY_ALICE])
class TestTheWholeCalendar:
    """With all that is there in the end: of several with the same UID, the last."""

    @pytest.fixture
    def app(self, move, folder):
        return move.bob if folder == BOBS else move.alice

    def test_it_can_be_searched_by_time(self, move, app, folder):
        first, last = SUNDAY - timedelta(days=10), SUNDAY + timedelta(days=10)
        asked = between(f"{first:%Y%m%dT%H%M%SZ}", f"{last:%Y%m%dT%H%M%SZ}")
        found = app.report(folder, query(asked, "<D:getetag/><C:calendar-data/>"), Depth="1")
        assert found.status == 207
        busy = move.sql(
            "SELECT DISTINCT href FROM daybridge.busy JOIN daybridge.blocks AS block "
            "ON source = 'block' AND source_id = block.id WHERE during && tstzrange(%s, %s)",
            first,
            last,
        )
        assert {path.removeprefix(folder) for path in found.members} >= {href for (href,) in busy}
        assert busy

    def test_its_free_busy_is_what_is_taken(self, move, app, folder):
        span = 'start="20240101T000000Z" end="20250101T000000Z"'
        asked = f'<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range {span}/></C:free-busy-query>'
        found = app.report(folder, asked, Depth="1")
        assert found.status == 200
        [(busy,)] = move.sql(
            "SELECT extract(epoch FROM sum(upper(part) - lower(part))) FROM (SELECT unnest(range_agg(during) * "
            "'{[2024-01-01 00:00Z, 2025-01-01 00:00Z)}') FROM daybridge.busy "
            "WHERE staff_member_id = 12) AS taken (part)"
        )
        assert seconds(found.text) == busy > 0

    def test_it_can_be_synchronised(self, move, app, folder):
        found = app.sync(folder, props="<D:getetag/><C:calendar-data/>")
        blocks = move.sql("SELECT href FROM daybridge.blocks")
        assert found.status == 207
        assert {path.removeprefix(folder) for path in found.members} >= {href for (href,) in blocks}
        assert app.sync(folder, found.token).members == {}


def held(body: bytes) -> tuple[datetime, datetime]:
    """From when to when an object's time is held: all of it if it ends, else what is within reach."""
    events = read(body)[0].walk("VEVENT")
    rules = [
        rule for event in events if "RECURRENCE-ID" not in event for rule in listed(event, "RRULE") if rule
    ]
    if any(recurs_for_ever(rule) for rule in rules):
        return SUNDAY - REACH, SUNDAY + REACH
    names = ("DTSTART", "DTEND", "RDATE", "RECURRENCE-ID", "RRULE")
    told = [one.to_ical().decode() for event in events for name in names for one in listed(event, name)]
    years = [int(year) for text in told for year in re.findall(r"\b(\d{4})\d{4}", text)]
    # A rule that counts comes to its end within twelve years of the last date that is told.
    first, last = min(years) - 1, min(max(years) + 12, YEARS.stop - 1)
    return datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, tzinfo=UTC)


def recurs_for_ever(rule: icalendar.vRecur) -> bool:
    """Also if it ends in a year that no calendar reaches."""
    return "COUNT" not in rule and ("UNTIL" not in rule or rule["UNTIL"][0].year >= YEARS.stop)


def seconds(body: str) -> float:
    """How long someone is busy by the answer to a free-busy query."""
    told = re.findall(r"^FREEBUSY[^:]*:(.*)$", unfold(body), flags=re.MULTILINE)
    periods = [period.strip().split("/") for line in told for period in line.split(",")]
    return sum((instant(end) - instant(start)).total_seconds() for start, end in periods)


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
