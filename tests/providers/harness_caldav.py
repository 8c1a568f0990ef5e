"""Accounts on real CalDAV servers, with their owner, for the suite over all providers.

The owner's own programs are played by plain requests that read an object, change it and write it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import requests
from icalendar import Calendar, Component, vRecur
from icalendar import Event as Vevent

from gateway.core import keys
from gateway.core.model import Event
from gateway.core.remote import Grant, Login, Reply, Showing
from gateway.core.zones import vtimezone
from gateway.providers import caldav
from gateway.providers.caldav import CaldavConfig
from gateway.providers.port import Account, CalendarProvider, Door, Provider
from tests.providers.harness import HOUR

BERLIN = ZoneInfo("Europe/Berlin")
PASSWORD = "a password"
KEY = keys.event_key("contract", 7, 0)
_BUSY = {Showing.OUT_OF_OFFICE: "OOF", Showing.WORKING_ELSEWHERE: "WORKINGELSEWHERE"}
_ANSWERS = {
    Reply.ACCEPTED: "ACCEPTED",
    Reply.TENTATIVE: "TENTATIVE",
    Reply.UNANSWERED: "NEEDS-ACTION",
    Reply.DECLINED: "DECLINED",
}
_PASSING = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:passing\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20260101T000000Z\r\nDTEND:20260101T010000Z\r\nSUMMARY:Passing\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def naming(root: str, name: str, zone: str) -> str:
    """The body of a MKCALENDAR (C:mkcalendar), or of a PROPPATCH (D:propertyupdate) that says the same."""
    definition = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{vtimezone(zone)}END:VCALENDAR\r\n"
    return (
        f'<{root} xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
        f"<D:displayname>{name}</D:displayname><C:calendar-timezone>{definition}</C:calendar-timezone>"
        f"</D:prop></D:set></{root}>"
    )


def _local(when: datetime) -> datetime:
    """By the clocks of Berlin, in UTC where those can't tell (RFC 5545 3.3.5)."""
    local = when.astimezone(BERLIN)
    told = local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset()
    return local if told else when.astimezone(UTC)


class Unending(Exception):
    """Nothing that this server has told expires."""


# Radicale 3.9 breaks off where something is deleted while it makes a list, and programs ask once more.
_TRIES = 3


@dataclass
class Person:
    """An owner's own calendar program. `url` is the server, `name` who they are there."""

    url: str
    name: str

    def ask(self, method: str, path: str, **told: Any) -> requests.Response:
        for _ in range(_TRIES if method == "PROPFIND" else 1):
            answer = requests.request(method, self.url + path, auth=(self.name, PASSWORD), timeout=30, **told)
            if answer.status_code != 500:
                break
        assert answer.status_code < 400, (method, path, answer.status_code, answer.text[:500])
        return answer

    def make_calendar(self, path: str, name: str, zone: str, *, twice: bool = False) -> None:
        """`twice`: its server takes a zone only for a calendar that is there."""
        for method, root in (("MKCALENDAR", "C:mkcalendar"), ("PROPPATCH", "D:propertyupdate"))[: 1 + twice]:
            self.ask(method, path, data=naming(root, name, zone), headers={"Content-Type": "application/xml"})

    def get(self, path: str) -> Calendar:
        read = Calendar.from_ical(self.ask("GET", path).content)
        assert isinstance(read, Calendar)
        return read

    def put(self, path: str, calendar: Component) -> None:
        self.ask("PUT", path, data=calendar.to_ical(), headers={"Content-Type": "text/calendar"})

    def change(self, path: str, change: Callable[[Component], None]) -> None:
        """Of an object, the event that recurs, or the only one."""
        calendar = self.get(path)
        change(next(one for one in calendar.walk("VEVENT") if "RECURRENCE-ID" not in one))
        self.put(path, calendar)


@dataclass
class CaldavWorld:
    """A running server; `home` is where a person's calendars are. A calendar called `main` is what it takes for their
    main one; without that, it is the first one. `zones_apart`: it takes and tells the zone of a calendar
    only where it is asked about that one alone."""

    url: str
    home: str
    clock: Any
    forget_tokens: Callable[[], None] | None = None
    main: str = ""
    zones_apart: bool = False
    numbers: Any = field(default_factory=lambda: count(1))


class Caldav:
    """`test_contract.Harness`."""

    name = "ann@example.com"
    people: ClassVar = {name: PASSWORD}
    uses_up_keys = False
    # No property of iCalendar's says that somebody concentrates.
    showings = (Showing.BUSY, Showing.FREE, Showing.OUT_OF_OFFICE)

    def __init__(self, world: CaldavWorld) -> None:
        self.world, self.clock, self.tells_zones = world, world.clock, not world.zones_apart
        self.person = Person(world.url, self.name)
        for id_ in self._calendars():
            self.person.ask("DELETE", id_)
        self.main = f"{world.home}{world.main or f'calendar-{next(world.numbers)}'}/"
        self._make(self.main, "Mine", "Europe/Berlin")
        self.pages_of(50)

    def open(self, *, titles: bool = False) -> CalendarProvider:
        return self.provider.open(Account(1, 1, "", self.grant, titles))

    def put_unheard(self, event: Event) -> None:
        self.open().put(self.main, KEY, event, None)

    def add(self, theirs: Any) -> str:
        name = f"theirs {next(self.world.numbers)}.ics"
        event = Vevent()
        event.add("UID", name)
        event.add("DTSTAMP", datetime(2026, 11, 1, tzinfo=UTC))
        event.add("SUMMARY", theirs.title)
        for end, when in (("DTSTART", theirs.starts), ("DTEND", theirs.ends)):
            event.add(end, _local(when) if isinstance(when, datetime) else when)
        if theirs.rule:
            event.add("RRULE", vRecur.from_ical(theirs.rule))
        if theirs.showing is Showing.FREE:
            event.add("TRANSP", "TRANSPARENT")
        elif theirs.showing in _BUSY:
            event.add("X-MICROSOFT-CDO-BUSYSTATUS", _BUSY[theirs.showing])
        if theirs.reply is not Reply.NONE:
            event.add("ORGANIZER", "mailto:host@example.org")
            event.add("ATTENDEE", f"mailto:{self.person.name}", {"PARTSTAT": _ANSWERS[theirs.reply]})
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//test//EN")
        calendar.add_component(event)
        self.person.put(self._path(name), calendar)
        return name.replace(" ", "%20")

    def move(self, id_: str, by: timedelta) -> None:
        def change(event: Component) -> None:
            for end in ("DTSTART", "DTEND"):
                moved = (event.decoded(end).astimezone(UTC) + by).astimezone(BERLIN)
                del event[end]
                event.add(end, moved)

        self.person.change(self._path(id_), change)

    def rename(self, id_: str, title: str) -> None:
        def change(event: Component) -> None:
            del event["SUMMARY"]
            event.add("SUMMARY", title)

        self.person.change(self._path(id_), change)

    def make_all_day(self, id_: str, day: date) -> None:
        def change(event: Component) -> None:
            for end, when in (("DTSTART", day), ("DTEND", day + timedelta(days=1))):
                del event[end]
                event.add(end, when)

        self.person.change(self._path(id_), change)

    def remove(self, id_: str) -> None:
        self.person.ask("DELETE", self._path(id_))

    def move_one(self, id_: str, starts: datetime, by: timedelta, lasting: timedelta = HOUR) -> None:
        calendar = self.person.get(self._path(id_))
        master = calendar.walk("VEVENT")[0]
        override = Vevent()
        for name in ("UID", "DTSTAMP", "SUMMARY"):
            override[name] = master[name]
        override.add("RECURRENCE-ID", starts.astimezone(BERLIN))
        override.add("DTSTART", (starts + by).astimezone(BERLIN))
        override.add("DTEND", (starts + by + lasting).astimezone(BERLIN))
        calendar.add_component(override)
        self.person.put(self._path(id_), calendar)

    def cancel_one(self, id_: str, starts: datetime) -> None:
        self.person.change(self._path(id_), lambda event: event.add("EXDATE", starts.astimezone(BERLIN)))

    def add_calendar(self, name: str) -> str:
        path = f"{self.world.home}second-{next(self.world.numbers)}/"
        self._make(path, name, "America/New_York")
        return path

    def _make(self, path: str, name: str, zone: str) -> None:
        self.person.make_calendar(path, name, zone, twice=self.world.zones_apart)

    def drop_calendar(self, id_: str) -> None:
        self.person.ask("DELETE", id_)

    def expire_cursors(self) -> None:
        if self.world.forget_tokens is None:
            raise Unending("its tokens never end")
        # A token of the present is always taken, so the present has to be another one.
        path = self.main + "passing.ics"
        self.person.ask("PUT", path, data=_PASSING, headers={"Content-Type": "text/calendar"})
        self.person.ask("DELETE", path)
        self.world.forget_tokens()

    def pages_of(self, size: int) -> None:
        config = CaldavConfig(allow_private=True, lookup=lambda name, kind: (), page=size)
        self.provider: Provider = caldav.provider(config, self.clock)
        assert isinstance(self.provider.authority, Door)
        self.grant: Grant = self.provider.authority.enter(self.login)

    @property
    def login(self) -> Login:
        return Login(self.world.url, self.person.name, PASSWORD)

    def _calendars(self) -> list[str]:
        """Of tests before."""
        opened = caldav.provider(CaldavConfig(allow_private=True, lookup=lambda name, kind: ()), self.clock)
        assert isinstance(opened.authority, Door)
        grant = opened.authority.enter(self.login)
        return [one.id for one in opened.open(Account(1, 1, "", grant)).calendars()]

    def _path(self, id_: str) -> str:
        plain = id_.replace(" ", "%20")
        return self.main + (plain if plain.endswith(".ics") else f"{plain}.ics")


def wrong(login: Login) -> Login:
    return replace(login, password="not the password")
