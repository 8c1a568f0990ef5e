"""Every provider with its harness, for suites over all of them: the fixture `harness` is each in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway import wiring
from gateway.providers.port import CalendarProvider, Door
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.providers.front import Front
from tests.providers.harness import (
    ADDRESS,
    Clock,
    Harness,
)
from tests.providers.harness_caldav import Caldav, CaldavWorld
from tests.providers.harness_google import Google, GoogleWorld
from tests.providers.harness_microsoft import Microsoft, MicrosoftWorld
from tests.providers.harness_practice import Practice
from tests.providers.outside import reply, starting
from tests.servers import cyrus, davical, radicale, xandikos
from tests.servers.google import start
from tests.servers.microsoft import start as start_microsoft


@pytest.fixture(scope="module")
def practice_world(databases, template: str) -> Iterator[Deps]:
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url, public_url=ADDRESS))
    yield deps
    deps.database.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def google_world() -> Iterator[GoogleWorld]:
    clock = Clock()
    with start(now=clock, allow_http=True) as server:
        server.register(Google.redirect)
        yield GoogleWorld(server, clock)


@pytest.fixture(scope="module")
def microsoft_world() -> Iterator[MicrosoftWorld]:
    clock = Clock()
    with start_microsoft(now=clock, allow_http=True, handshake=False) as server:
        server.register(Microsoft.redirect)
        yield MicrosoftWorld(server, clock)
        assert server.broken == []


@pytest.fixture(scope="module")
def radicale_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaldavWorld]:
    with radicale.start(tmp_path_factory.mktemp("radicale"), Caldav.people) as server:
        yield CaldavWorld(server.url, f"/{Caldav.name}/", Clock(), server.forget_tokens)


@pytest.fixture(scope="module")
def xandikos_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaldavWorld]:
    with xandikos.start(tmp_path_factory.mktemp("xandikos"), Caldav.name) as server:
        yield CaldavWorld(server.url, f"/{Caldav.name}/calendars/", Clock())


@pytest.fixture(scope="module")
def cyrus_world() -> Iterator[CaldavWorld]:
    if not cyrus.is_here():
        pytest.skip("install cyrus-imapd, cyrus-caldav and sasl2-bin to try it")
    with cyrus.start(Caldav.people) as server:
        yield CaldavWorld(server.url, server.home(Caldav.name), Clock(), server.forget_tokens)


@pytest.fixture(scope="module")
def davical_world() -> Iterator[CaldavWorld]:
    if not davical.is_here():
        pytest.skip("install davical and php-pgsql to try it")
    with davical.start(Caldav.people) as server:
        yield CaldavWorld(server.url, server.home(Caldav.name), Clock(), main="home", zones_apart=True)


@pytest.fixture(scope="module")
def tokenless_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaldavWorld]:
    """A server without sync-collection, so that versions are compared."""
    with (
        radicale.start(tmp_path_factory.mktemp("tokenless"), Caldav.people) as server,
        starting() as start_front,
    ):
        front = Front(server.url, lambda request: reply(501) if b"sync-collection" in request.body else None)
        front.outside = start_front(front)
        yield CaldavWorld(front.url, f"/{Caldav.name}/", Clock())


HARNESSES: dict[str, Any] = {
    "practice": Practice,
    "google": Google,
    "microsoft": Microsoft,
    "radicale": Caldav,
    "xandikos": Caldav,
    "cyrus": Caldav,
    "davical": Caldav,
    "tokenless": Caldav,
}


@pytest.fixture(params=list(HARNESSES))
def harness(request: pytest.FixtureRequest) -> Harness:
    world = request.getfixturevalue(f"{request.param}_world")
    made: Harness = HARNESSES[request.param](world)
    return made


@pytest.fixture
def asked(harness: Harness) -> Harness:
    """One whose owner is asked, on a page of its provider's."""
    if isinstance(harness.provider.authority, Door):
        pytest.skip("it is opened with a password")
    return harness


@pytest.fixture
def there(harness: Harness) -> CalendarProvider:
    return harness.open()
