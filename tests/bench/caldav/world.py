"""All that is measured, alive at once: three servers, and on each of them a calendar of every size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from gateway import wiring
from gateway.db import embedded
from gateway.services import project
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.bench.caldav import meaning, seed, stock
from tests.bench.caldav.operations import FIRST_WITH_DATA, FLOOR, LISTING, OURS, POLL, STOCK, Calendar
from tests.bench.caldav.seed import Owner
from tests.bench.connection import Answer, Connection, Request
from tests.bench.section import Options, Say
from tests.bench.servers import Server, serve

OUR_APPLICATION = "wsgi:application()"


@dataclass(frozen=True, slots=True)
class World:
    """`calendars` by (size, server); `answers` is the folder out of which the floor answers."""

    deps: Deps
    postgres: str
    servers: Mapping[str, Server]
    calendars: Mapping[tuple[int, str], Calendar]
    owners: Mapping[int, Owner]
    answers: Path


@contextmanager
def build(folder: Path, options: Options, say: Say) -> Iterator[World]:
    """Everything started and filled; everything stopped afterwards."""
    today = date.today()  # noqa: DTZ011  # a week is a week in every zone
    with ExitStack() as running:
        say("Starting the embedded PostgreSQL")
        database = running.enter_context(embedded.start(folder / "postgres"))
        deps, owners = _our_business(database.url, options, today, say)
        running.callback(deps.database.close)
        servers = _start(running, folder, database.url)
        world = World(deps, _version(database.url), servers, {}, owners, folder / "floor")
        calendars = dict(_calendars(running, world, folder, today, say))
        yield World(deps, world.postgres, servers, calendars, owners, world.answers)


def _our_business(url: str, options: Options, today: date, say: Say) -> tuple[Deps, dict[int, Owner]]:
    seed.make_tables(url)
    people = {}
    for size in options.sizes:
        say(f"Booking {size:,} appointments")
        people[size] = seed.add_business(url, size, today)
    deps = wiring.build(Settings(database_url=url))
    say("Projecting them into calendars")
    seed.project_everything(deps)
    return deps, {size: seed.own(deps, *person) for size, person in people.items()}


def _start(running: ExitStack, folder: Path, url: str) -> dict[str, Server]:
    floor_environ = {"DATABASE_URL": url, "FLOOR_FOLDER": str(folder / "floor")}
    return {
        OURS: running.enter_context(serve(OUR_APPLICATION, folder / "ours", {"DATABASE_URL": url})),
        STOCK: running.enter_context(
            serve("radicale:application", folder / "stock-run", stock.prepare(folder / "stock"))
        ),
        FLOOR: running.enter_context(
            serve("tests.bench.caldav.floor:application()", folder / "floor", floor_environ)
        ),
    }


def _calendars(
    running: ExitStack, world: World, folder: Path, today: date, say: Say
) -> Iterator[tuple[tuple[int, str], Calendar]]:
    for size in world.owners:
        ours = _ours(running, world, size, today)
        yield (size, OURS), ours
        say(f"Filling stock Radicale with the same {size:,} events, and warming its cache")
        bodies = meaning.bodies(_asked(ours, FIRST_WITH_DATA.wire(ours)))
        stock.fill(folder / "stock", size, bodies)
        theirs = _theirs(_connect(running, world, STOCK), ours, bodies)
        stock.warm(folder / "stock", size)
        theirs.token = meaning.sync_token(_asked(theirs, POLL.wire(theirs)))
        yield (size, STOCK), theirs
        yield (size, FLOOR), _copy(ours, FLOOR, _connect(running, world, FLOOR))


def _ours(running: ExitStack, world: World, size: int, today: date) -> Calendar:
    owner, connection = world.owners[size], _connect(running, world, OURS)
    signed_in = (owner.name, owner.password)
    change = _changer(running, world.deps, owner.business_id)
    calendar = Calendar(
        OURS, size, connection, owner.calendar, signed_in, (), seed.week(today), change, owner.feed
    )
    calendar.hrefs = sorted(meaning.members(_asked(calendar, LISTING.wire(calendar))))
    if len(calendar.hrefs) != size:
        raise RuntimeError(f"{len(calendar.hrefs)} of {size} bookings are in the calendar")
    calendar.token = meaning.sync_token(_asked(calendar, POLL.wire(calendar)))
    calendar.feed_etag = _asked(calendar, Request("GET", owner.feed, {}).wire()).headers["etag"]
    calendar.changes = itertools.cycle(calendar.hrefs)
    return calendar


def _theirs(connection: Connection, ours: Calendar, bodies: Mapping[str, bytes]) -> Calendar:
    calendar = _copy(ours, STOCK, connection)
    calendar.path = stock.path(ours.size)
    calendar.credentials = (stock.USER, "any")
    calendar.change = _putter(calendar, bodies)
    calendar.changes = itertools.cycle(ours.hrefs)
    return calendar


def _copy(ours: Calendar, server: str, connection: Connection) -> Calendar:
    calendar = Calendar(
        server, ours.size, connection, ours.path, ours.credentials, ours.hrefs, ours.week, lambda *_: None
    )
    calendar.token, calendar.feed, calendar.feed_etag = ours.token, ours.feed, ours.feed_etag
    calendar.changes = itertools.cycle(ours.hrefs)
    return calendar


def _changer(running: ExitStack, deps: Deps, business_id: int) -> Callable[[str, bool], None]:
    """Changes a booking as the booking app does; with `at_once` it is projected by a worker before anyone asks."""
    numbers = itertools.count(1)
    # One for all changes: a session that begins or ends would still be busy while the next question is timed.
    connection = running.enter_context(psycopg.connect(deps.settings.database_url, autocommit=True))

    def change(href: str, at_once: bool) -> None:
        booking_id = int(href.removeprefix("booking-").removesuffix(".ics"))
        connection.execute(
            "UPDATE bookings SET notes = %s, updated_at = now() WHERE id = %s",
            (f"changed {next(numbers)} times", booking_id),
        )
        if at_once:
            project.project(deps.database, business_id, deps.now())

    return change


def _putter(calendar: Calendar, bodies: Mapping[str, bytes]) -> Callable[[str, bool], None]:
    """Changes an event on stock Radicale in the only way there is: a calendar app puts it."""
    numbers = itertools.count(1)

    def change(href: str, _: bool) -> None:
        added = f"COMMENT:changed {next(numbers)} times\r\nEND:VEVENT".encode()
        body = bodies[href].replace(b"END:VEVENT", added)
        request = Request("PUT", calendar.path + href, calendar.headers(), body)
        _asked(calendar, request.wire())

    return change


def _connect(running: ExitStack, world: World, server: str) -> Connection:
    return running.enter_context(Connection(world.servers[server].port))


def _asked(calendar: Calendar, wire: bytes) -> Answer:
    answer = calendar.connection.ask(wire)
    if answer.status >= 400:
        raise RuntimeError(f"{calendar.server} answered {answer.status}: {answer.body[:300]!r}")
    return answer


def _version(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "unknown"
