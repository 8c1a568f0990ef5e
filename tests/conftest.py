"""What every test stands on: a PostgreSQL of its own, two businesses next door to each other, and a server to call.

Each worker of the test run starts one server; each test that writes gets its own database, copied from a template.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from waitress.server import create_server

from gateway import wiring
from gateway.db import embedded
from gateway.services import attach, grant, project
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests import town

# What suites over all providers take turns with.
pytest_plugins = ("tests.providers.harnesses",)

# The same examples in each run, so that none fails by luck. DAYBRIDGE_SEEK=1 looks for new ones; what it finds becomes
# a test of its own.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
if not os.environ.get("DAYBRIDGE_SEEK"):
    hypothesis.settings.load_profile("steady")

_numbers = itertools.count(1)

_ENOUGH_MEMORY = 4 * 2**30

# An autovacuum worker belongs to the superuser, and would keep us from dropping the database that it is in.
_CALM = {"autovacuum": "off"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """A PostgreSQL that forgets everything when the tests are over; in memory if there is enough, because making a
    database is copying a thousand files."""
    with _room(tmp_path_factory) as folder, embedded.start(folder, durable=False, settings=_CALM) as running:
        yield running


@contextmanager
def _room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108
    if not memory.is_dir() or shutil.disk_usage(memory).free < _ENOUGH_MEMORY:
        yield tmp_path_factory.mktemp("postgres")
        return
    with tempfile.TemporaryDirectory(prefix="daybridge-", dir=memory) as name:
        yield Path(name) / "postgres"


@dataclass(frozen=True)
class Databases:
    """Makes databases on the test server."""

    url: str

    def create(self, template: str | None = None) -> str:
        """A new database, empty or as a copy; its URL."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        copy = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {copy}".encode())
        return self._named(name)

    def drop(self, url: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)".encode())

    def _named(self, name: str) -> str:
        head, _, query = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def databases(server: embedded.EmbeddedServer) -> Databases:
    return Databases(server.url)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """An empty database, with all rights in it."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def template(databases: Databases) -> Iterator[str]:
    """The name of a database in which two businesses stand, attached and projected."""
    url = databases.create()
    town.build(url)
    deps = wiring.build(Settings(database_url=url))
    attach.attach(deps.database)
    settle(deps)
    deps.database.close()
    yield name_of(url)
    databases.drop(url)


def settle(deps: Deps) -> int:
    """Project until nothing waits; how many bookings that took."""
    return project.project_everything(deps.database, deps.now)


@dataclass(frozen=True)
class Person:
    """Someone with a calendar app: who they are, and what they sign in with."""

    business_id: int
    staff_id: int
    email: str
    password: str

    @property
    def home(self) -> str:
        return f"/dav/s{self.staff_id}/"

    @property
    def bookings(self) -> str:
        return f"{self.home}bookings/"


@dataclass(frozen=True)
class Town:
    """A database of one's own with the two businesses: Alice the manager and Bob her colleague; Mallory next door."""

    deps: Deps
    url: str
    alice: Person
    bob: Person
    mallory: Person

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Act as the booking app does: straight on its tables."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def settle(self) -> int:
        return settle(self.deps)

    def until_somebody_waits(self) -> None:
        """For a lock that a test holds."""
        deadline = time.monotonic() + 10
        while not self.sql(
            "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database()"
        ):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)


@pytest.fixture(scope="session")
def peopled(databases: Databases, template: str) -> Iterator[tuple[str, list[Person]]]:
    """The name of a copy in which everyone has a password, and who they are: each test has a copy of that, because
    hashing passwords takes longer than copying databases."""
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    people = [_person(deps, *who) for who in town.PEOPLE]
    deps.database.close()
    yield name_of(url), people
    databases.drop(url)


@pytest.fixture
def the_town(databases: Databases, peopled: tuple[str, list[Person]]) -> Iterator[Town]:
    name, people = peopled
    url = databases.create(name)
    deps = wiring.build(Settings(database_url=url))
    yield Town(deps, url, *people)
    deps.database.close()
    databases.drop(url)


def _person(deps: Deps, business_id: int, staff_id: int, email: str) -> Person:
    granted = grant.app_password(deps, business_id, staff_id, "test")
    return Person(business_id, staff_id, email, granted.secret)


@dataclass(frozen=True)
class LiveServer:
    """The whole application, served by waitress on a socket of its own."""

    address: str
    town: Town


@pytest.fixture
def serve() -> Iterator[Callable[[Deps], str]]:
    """Serves an application until the test is over; gives its address."""
    running: list[tuple[object, threading.Thread]] = []

    def start(deps: Deps) -> str:
        import wsgi  # only who serves opens the doors

        listening = create_server(
            wsgi.mount(deps), host="127.0.0.1", port=0, threads=8, clear_untrusted_proxy_headers=True
        )
        thread = threading.Thread(target=listening.run, daemon=True)
        thread.start()
        running.append((listening, thread))
        return f"http://127.0.0.1:{listening.effective_port}"

    yield start
    for listening, thread in running:
        # Closed from within its own loop, which would otherwise notice a second later.
        with suppress(OSError):
            listening.trigger.pull_trigger(listening.close)  # type: ignore[attr-defined]
        thread.join(5)
        listening.task_dispatcher.shutdown()  # type: ignore[attr-defined]


@pytest.fixture
def live(the_town: Town, serve: Callable[[Deps], str]) -> LiveServer:
    return LiveServer(serve(the_town.deps), the_town)


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parent / "samples"


NOW = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)
