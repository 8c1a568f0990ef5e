"""Radicale on loopback, and in front of it a server that may spoil what it says: all that is known of other servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from gateway.core import keys
from gateway.core.model import Event
from gateway.core.remote import Grant, Login, RemoteEvent, Window
from gateway.providers import caldav
from gateway.providers.caldav import CaldavConfig
from gateway.providers.port import Account, CalendarProvider, Door
from tests.providers.front import Front
from tests.providers.harness_caldav import PASSWORD, Person
from tests.providers.outside import Request, reply, starting
from tests.servers import radicale
from tests.servers.radicale import Radicale

ANN = "ann@example.com"
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
WINDOW = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
EVENT = Event(
    "booking-7@here",
    TEN,
    TEN + timedelta(hours=1),
    "Europe/Berlin",
    False,
    "Haircut – Ana",
    "Tea",
    "Kiel",
    ("Bookings",),
    "",
)
KEY = keys.event_key("here/1", 7, 0)


@dataclass
class World:
    """Ann's account, seen by us through the front, and by her directly."""

    front: Front
    ann: Person
    server: Radicale
    main: str

    def door(self, lookup: dict[str, tuple[str, ...]] | None = None) -> Door:
        authority = caldav.provider(self.config(lookup=lookup), lambda: NOW).authority
        assert isinstance(authority, Door)
        return authority

    def config(self, *, page: int = 50, lookup: dict[str, tuple[str, ...]] | None = None) -> CaldavConfig:
        told = lookup or {}
        return CaldavConfig(
            allow_private=True,
            timeout=20,
            page=page,
            lookup=lambda name, kind: told.get(f"{kind} {name}", ()),
        )

    def grant(self) -> Grant:
        return self.door().enter(Login(self.front.url, ANN, PASSWORD))

    def open(self, *, page: int = 50, titles: bool = False) -> CalendarProvider:
        kind = caldav.provider(self.config(page=page), lambda: NOW)
        return kind.open(Account(1, 1, "", self.grant(), titles))

    def put(self, name: str, *lines: str, zone: str = "") -> None:
        body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *([zone] if zone else [])]
        body += [
            "BEGIN:VEVENT",
            f"UID:{name}",
            "DTSTAMP:20261101T000000Z",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        headers = {"Content-Type": "text/calendar"}
        self.ann.ask("PUT", f"{self.main}{name}.ics", data="\r\n".join(body).encode(), headers=headers)

    def delete(self, name: str) -> None:
        self.ann.ask("DELETE", f"{self.main}{name}.ics")


def told(there: CalendarProvider, calendar: str, cursor: str = "") -> tuple[dict[str, RemoteEvent], str]:
    """A round of reading: what it told last of each event, and where the next one goes on."""
    events: dict[str, RemoteEvent] = {}
    for _ in range(50):
        page = there.changes(calendar, cursor, WINDOW)
        events.update((one.id, one) for one in page.events)
        cursor = page.cursor
        if page.last:
            return events, cursor
    raise AssertionError("a round without an end")


@pytest.fixture(scope="session")
def dav_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with radicale.start(tmp_path_factory.mktemp("radicale"), {ANN: PASSWORD}) as started:
        yield started


_numbers = count(1)


@pytest.fixture
def world(dav_server: Radicale) -> Iterator[World]:
    ann = Person(dav_server.url, ANN)
    main = f"/{ANN}/calendar-{next(_numbers)}/"
    ann.make_calendar(main, "Mine", "Europe/Berlin")
    with starting() as start:
        front = Front(dav_server.url)
        front.outside = start(front)
        yield World(front, ann, dav_server, main)
    ann.ask("DELETE", main)


__all__ = [
    "ANN",
    "EVENT",
    "KEY",
    "NOW",
    "PASSWORD",
    "TEN",
    "WINDOW",
    "Front",
    "Request",
    "World",
    "reply",
    "told",
]
