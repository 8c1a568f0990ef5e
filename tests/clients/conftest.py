"""What the clients' tests share: people who are signed in with a client, and a server for those who only look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from caldav import DAVClient
from caldav.collection import Calendar
from waitress.server import create_server

import wsgi
from gateway import wiring
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from gateway.settings import Settings
from tests import town
from tests.caldav.editing import SUNDAY, at
from tests.clients.desk import Desk
from tests.clients.library import Copy, sign_in
from tests.clients.web import Reader, TestApp
from tests.conftest import Databases, LiveServer, Town, _person

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@pytest.fixture
def the_town(the_town: Town) -> Town:
    """What may still be changed depends on the hour; here it is always the same one."""
    return at(the_town, SUNDAY)


@pytest.fixture
def alice(live: LiveServer) -> Iterator[DAVClient]:
    with sign_in(live, live.town.alice) as client:
        yield client


@pytest.fixture
def bob(live: LiveServer) -> Iterator[DAVClient]:
    with sign_in(live, live.town.bob) as client:
        yield client


@pytest.fixture
def bookings(alice: DAVClient) -> Calendar:
    return alice.principal().calendar(name="Bookings")


@pytest.fixture
def copy(bookings: Calendar, live: LiveServer) -> Copy:
    return Copy(bookings, live)


@pytest.fixture
def desk(the_town: Town, tmp_path: Path) -> Iterator[Desk]:
    """Alice's computer, with nothing copied yet."""
    with desk_of(the_town, tmp_path) as made:
        yield made


@contextmanager
def desk_of(the_town: Town, folder: Path) -> Iterator[Desk]:
    application = wsgi.mount(the_town.deps)

    def noted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        made.is_asked(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        return application(environ, start_response)

    with serving(noted) as address:
        made = Desk(folder, address, the_town, the_town.alice)
        yield made


@pytest.fixture
def copied(desk: Desk) -> Desk:
    """Alice's computer after the first sync of her own calendar."""
    desk.discover(collections=["bookings"])
    desk.sync()
    return desk


@pytest.fixture(scope="module")
def looked_at(databases: Databases, template: str) -> Iterator[LiveServer]:
    """A server for all tests of a module that only read."""
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    with serving(wsgi.mount(deps)) as address:
        yield LiveServer(address, Town(deps, url, *(_person(deps, *who) for who in town.PEOPLE)))
    deps.database.close()
    databases.drop(url)


@contextmanager
def serving(application: WSGIApplication, **options: object) -> Iterator[str]:
    """An application under waitress; its address. Options are waitress's own."""
    listening = create_server(application, host="127.0.0.1", port=0, threads=8, **options)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.effective_port}"
    # Closed by its own loop, which would otherwise notice only a second later; one that is just awake is faster still.
    with suppress(OSError):
        listening.trigger.pull_trigger(listening.close)
    thread.join(5)
    listening.task_dispatcher.shutdown()


Hand = Callable[..., Reader]


@pytest.fixture
def app(the_town: Town) -> TestApp:
    """The whole application; WebTest's lint watches that it keeps to WSGI."""
    return TestApp(wsgi.mount(the_town.deps))


@pytest.fixture
def hand(app: TestApp, the_town: Town) -> Hand:
    """Gives out a feed's address."""

    def give(
        kind=CalendarKind.BOOKINGS, staff_id: int | None = 11, detail=Detail.FULL, business_id: int = 1
    ) -> Reader:
        granted = grant.feed(the_town.deps, business_id, kind, staff_id, detail, "phone")
        return Reader(app, "/feeds/" + granted.secret.rpartition("/")[2], granted)

    return give


@pytest.fixture
def feed(hand: Hand) -> Reader:
    """Alice's bookings with everything in them."""
    return hand()
