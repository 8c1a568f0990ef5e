"""Microsoft on loopback, with Ann, who lets us into her mailbox as people do: on Microsoft's page, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.core.remote import Grant, RemoteEvent, Window
from gateway.providers import http
from gateway.providers import microsoft as product
from gateway.providers.microsoft import MicrosoftConfig
from gateway.providers.microsoft.oauth import MicrosoftAuthority
from gateway.providers.port import Account, CalendarProvider, Provider
from tests.providers.harness_microsoft import config_of
from tests.servers.microsoft import Human, MicrosoftServer, start

REDIRECT = "http://127.0.0.1:8080/oauth/calendar/microsoft/callback"
VERIFIER = "a-verifier-that-nobody-guesses-0123456789-0123456789"
ANN = "ann@harborhair.example"
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=2), NOW + timedelta(days=400))


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """Microsoft, our side of it, and Ann's."""

    server: MicrosoftServer
    ann: Human
    clock: Clock
    config: MicrosoftConfig
    provider: Provider = field(init=False)

    def __post_init__(self) -> None:
        self.provider = product.provider(self.config, self.clock)

    @property
    def authority(self) -> MicrosoftAuthority:
        found = self.provider.authority
        assert isinstance(found, MicrosoftAuthority)
        return found

    @property
    def main(self) -> str:
        return self.ann.calendar_id()

    def visit(self, url: str) -> dict[str, str]:
        answer = http.send("GET", url, headers={}, body=None, timeout=20, allow_private=True)
        assert answer.status == 302, answer.body
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def code(self) -> str:
        url = self.authority.authorize_url("s", VERIFIER, REDIRECT, consent=False, hint="")
        return self.visit(url)["code"]

    def grant(self) -> Grant:
        return self.authority.exchange(self.code(), VERIFIER, REDIRECT)

    def open(self, *, titles: bool = False) -> CalendarProvider:
        return self.provider.open(Account(1, 1, ANN, self.grant(), titles))


@pytest.fixture
def world() -> Iterator[World]:
    clock = Clock()
    with start(now=clock, allow_http=True, handshake=False) as server:
        server.register(REDIRECT)
        ann = server.account(ANN, "Europe/Berlin")
        server.at_consent(ANN)
        yield World(server, ann, clock, config_of(server))
        assert server.broken == []


@pytest.fixture
def there(world: World) -> CalendarProvider:
    """Ann's account, opened."""
    return world.open()


def told(there: CalendarProvider, calendar: str, cursor: str = "") -> tuple[dict[str, RemoteEvent], str]:
    """A round of reading: what it told last of each event, and where the next one goes on."""
    found: dict[str, RemoteEvent] = {}
    for _ in range(200):
        page = there.changes(calendar, cursor, WINDOW)
        found |= {one.id: one for one in page.events}
        cursor = page.cursor
        if page.last:
            return found, cursor
    raise AssertionError("a round without an end")
