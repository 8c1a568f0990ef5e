"""A server that gives a calendar at an address, and says what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from gateway.core.remote import Grant, Login, Window
from gateway.providers import ics
from gateway.providers.ics import IcsConfig
from gateway.providers.port import Account, CalendarProvider, Door
from tests.providers.outside import Outside, Request, reply, starting

WINDOW = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def vevent(uid: str, start: str = "DTSTART:20261201T090000Z", *more: str) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261101T000000Z",
        start,
        *(more or ("DURATION:PT1H",)),
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


def feed(*events: str, head: str = "X-WR-CALNAME:Theatre") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", head, *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


@dataclass
class Address:
    """What lies at the address by now; `play` instead, for a server that misbehaves."""

    text: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    play: Callable[[Request], bytes] | None = None
    outside: Outside | None = None

    def __call__(self, request: Request) -> bytes:
        if self.play is not None:
            return self.play(request)
        if self.headers.get("ETag") and request.headers.get("if-none-match") == self.headers["ETag"]:
            return reply(304)
        return reply(200, self.text, Content_Type="text/calendar", **self.headers)

    @property
    def url(self) -> str:
        assert self.outside is not None
        return f"{self.outside.url}/a-secret/basic.ics"

    @property
    def asked(self) -> int:
        assert self.outside is not None
        return len(self.outside.requests)


def door() -> Door:
    authority = ics.provider(IcsConfig(allow_private=True, timeout=10), lambda: datetime.now(UTC)).authority
    assert isinstance(authority, Door)
    return authority


def entered(address: str) -> Grant:
    return door().enter(Login(address))


def opened(grant: Grant, *, titles: bool = False) -> CalendarProvider:
    kind = ics.provider(IcsConfig(allow_private=True, timeout=10), lambda: datetime.now(UTC))
    return kind.open(Account(1, 1, "", grant, titles))


@pytest.fixture
def address() -> Iterator[Address]:
    with starting() as start:
        made = Address()
        made.outside = start(made)
        yield made
