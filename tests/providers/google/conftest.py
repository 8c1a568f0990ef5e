"""Google on loopback, with Ann, who lets us into her calendars as people do: on Google's page, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.core.remote import Grant
from gateway.providers import google as product
from gateway.providers import http
from gateway.providers.google import GoogleConfig
from gateway.providers.port import Account, CalendarProvider, Provider
from tests.servers.google import GoogleServer, Human, start

REDIRECT = "http://127.0.0.1:8080/oauth/calendar/google/callback"
VERIFIER = "a-verifier-that-nobody-guesses-0123456789-0123456789"
ANN = "ann@harborhair.example"


@dataclass(frozen=True)
class Visit:
    """A browser that comes back from Google: to where, and with what."""

    address: str
    told: dict[str, str]


def visit(url: str) -> Visit:
    answer = http.send("GET", url, headers={}, body=None, timeout=20, allow_private=True)
    assert answer.status == 302, answer.body
    parts = urlsplit(answer.headers["location"])
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Visit(parts._replace(query="").geturl(), told)


@dataclass(frozen=True)
class World:
    """Google, our side of it, and Ann's."""

    server: GoogleServer
    provider: Provider
    config: GoogleConfig
    ann: Human

    def grant(self, *, consent: bool = False, hint: str = "") -> Grant:
        authority = self.provider.authority
        url = authority.authorize_url("state-1", VERIFIER, REDIRECT, consent=consent, hint=hint)
        return authority.exchange(visit(url).told["code"], VERIFIER, REDIRECT)

    def open(self, grant: Grant, *, titles: bool = False) -> CalendarProvider:
        return self.provider.open(Account(1, 1, ANN, grant, titles))


@pytest.fixture
def world() -> Iterator[World]:
    with start(allow_http=True) as server:
        server.register(REDIRECT)
        ann = server.account(ANN, "Europe/Berlin")
        config = GoogleConfig(
            client_id=server.client_id,
            client_secret=server.client_secret,
            allow_private=True,
            **server.settings(),
        )
        yield World(server, product.provider(config, lambda: datetime.now(UTC)), config, ann)


@pytest.fixture
def calendar(world: World) -> CalendarProvider:
    """Ann's account, opened."""
    return world.open(world.grant())
