"""The people of the two towns, each with a calendar app: in process where a socket adds nothing, or over one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import wsgi
from gateway import wiring
from gateway.settings import Settings
from tests import town
from tests.caldav.client import InProcess, OverSocket
from tests.conftest import Databases, LiveServer, Town, _person


@pytest.fixture
def alice(the_town: Town) -> InProcess:
    return InProcess(wsgi.mount(the_town.deps), the_town.alice)


@pytest.fixture
def bob(the_town: Town) -> InProcess:
    return InProcess(wsgi.mount(the_town.deps), the_town.bob)


@pytest.fixture
def mallory(the_town: Town) -> InProcess:
    return InProcess(wsgi.mount(the_town.deps), the_town.mallory)


@pytest.fixture
def nobody(the_town: Town) -> InProcess:
    return InProcess(wsgi.mount(the_town.deps))


@pytest.fixture
def phone(live: LiveServer) -> OverSocket:
    """Alice's phone, over a real socket."""
    return OverSocket(live.address, live.town.alice)


@pytest.fixture(scope="module")
def still_town(databases: Databases, template: str) -> Iterator[Town]:
    """A town for tests that only look, shared by those of one file."""
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    yield Town(deps, url, *(_person(deps, *who) for who in town.PEOPLE))
    deps.database.close()
    databases.drop(url)
