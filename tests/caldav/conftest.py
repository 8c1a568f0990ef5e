"""The people of the two towns, each with a calendar app: in process where a socket adds nothing, or over one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import wsgi
from gateway import wiring
from gateway.settings import Settings
from tests import town
from tests.caldav.client import InProcess, OverSocket
from tests.caldav.editing import SUNDAY, at
from tests.conftest import Databases, LiveServer, Town, _person


@pytest.fixture
def the_town(the_town: Town) -> Town:
    """What may still be changed depends on the hour; here it is always the same one."""
    return at(the_town, SUNDAY)


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


@pytest.fixture(scope="session")
def crowd(databases: Databases, template: str) -> Iterator[Town]:
    """A town where Alice has more than ten thousand bookings. For tests that only look."""
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    made = Town(deps, url, *(_person(deps, *who) for who in town.PEOPLE))
    made.sql(
        "INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, "
        "start_time, end_time, status, created_at, updated_at) "
        "SELECT 100000 + n, 1, 11, 31, 61, timestamp '2024-01-01' + n * interval '1 h', "
        "timestamp '2024-01-01' + n * interval '1 h' + interval '45 min', 1, now(), now() "
        "FROM generate_series(1, 10000) n"
    )
    made.settle()
    made.sql("VACUUM ANALYZE")
    yield made
    deps.database.close()
    databases.drop(url)


@pytest.fixture
def crowded(crowd: Town) -> InProcess:
    return InProcess(wsgi.mount(crowd.deps), crowd.alice)
