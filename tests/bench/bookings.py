"""What it costs the booking app that nobody is booked twice: its own writes with our triggers and without, in turns."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from gateway.db import embedded
from gateway.services.attach import attach
from gateway.services.project import project_everything
from tests import rails
from tests.bench.section import Figures, Goal, Options, Say, Section

# So many bookings are there already, and so many writes make one median.
_ROWS = 10_000
_WRITES = 100
_STAFF = 50
_SECONDS = 5.0

_INSERT = """
    INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, status,
                          notes, created_at, updated_at)
    VALUES (1, {staff}, 101, 501, timestamp '2035-01-01' + {hour} * interval '1 hour',
            timestamp '2035-01-01 00:45' + {hour} * interval '1 hour', 1, 'Note', now(), now())
"""
_MOVE = """
    UPDATE bookings SET start_time = start_time + interval '5 min', end_time = end_time + interval '5 min'
    WHERE id = {id}
"""
_CONFIRM = "UPDATE bookings SET status = 1 - status WHERE id = {id}"
_WORKERS = """
    INSERT INTO staff_members (id, business_id, name, created_at, updated_at)
    SELECT 1000 + n, 1, 'Worker ' || n, now(), now() FROM generate_series(1, %s) n
"""
_TITLES = {
    "insert": "a booking is made",
    "move": "a booking is moved",
    "confirm": "a booking is confirmed",
}


def measure(options: Options, say: Say) -> Figures:
    """On a server that writes to the disk at each commit: twin databases with the app's whole schema, one attached."""
    turns, writes = max(2, options.rounds // 4), min(_WRITES, options.rounds * 10)
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder) / "pg") as server:
        with _twins(server.url, min(_ROWS, options.rounds * 250)) as (plain, held):
            say("The app books, moves and confirms, beside a twin without triggers")
            single = {key: _compared(plain, held, write, turns, writes) for key, write in _writes().items()}
            say("The app asks for times that are taken")
            refused = statistics.median(_refused(held, row) for row in range(writes))
        say("Eight connections book for fifty staff members")
        rate = _rate(_named(server.url, "held"), options.clients, min(_SECONDS, options.load_seconds))
    return {"single": single, "refused": refused, "rate": rate, "clients": options.clients}


def report(figures: Figures) -> str:
    lines = ["| the app's own write | without, ms | with triggers, ms | ratio |", "|---|---|---|---|"]
    for key, title in _TITLES.items():
        plain, held = figures["single"][key]
        lines.append(f"| {title}, median | {plain * 1e3:.2f} | {held * 1e3:.2f} | {held / plain:.2f} |")
    lines.append(f"| a time that is taken is refused, median | | {figures['refused'] * 1e3:.2f} | |")
    told = f"{figures['clients']} connections book for {_STAFF} staff members: {figures['rate']:.0f} bookings a second."
    return "\n".join(["## What it costs that nobody is booked twice", "", *lines, "", told, ""])


def goals(figures: Figures) -> list[Goal]:
    plain, held = figures["single"]["insert"]
    rate = figures["rate"]
    return [
        Goal(
            "making a booking takes at most 3 times as long", f"{held / plain:.2f} times", held / plain <= 3
        ),
        Goal(f"500 bookings a second over {_STAFF} staff members", f"{rate:.0f}", rate >= 500),
    ]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("bookings", measure, report, goals, charts)


@contextmanager
def _twins(url: str, rows: int) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two databases with the same rows; in the second one we are attached, and the business enforces."""
    with rails.connect(url) as connection:
        for name in ("plain", "held"):
            connection.execute(f"CREATE DATABASE {name}".encode())
    for name in ("plain", "held"):
        rails.build(_named(url, name))
        with rails.connect(_named(url, name)) as connection:
            rails.many_bookings(connection, rows)
            connection.execute(_WORKERS.replace("%s", str(_STAFF)).encode())
    with rails.deps(_named(url, "held")) as deps:
        attach(deps.database)
        project_everything(deps.database, deps.now)
    with rails.connect(_named(url, "plain")) as plain, rails.connect(_named(url, "held")) as held:
        held.execute("UPDATE daybridge.installation SET enforcement = 'enforce'")
        for connection in (plain, held):
            connection.execute("VACUUM ANALYZE")
        yield plain, held


def _named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


def _writes() -> dict[str, Callable[[int], str]]:
    return {
        "insert": lambda number: _INSERT.format(staff=11 + number % 3, hour=number),
        "move": lambda number: _MOVE.format(id=1_000_001 + number % _WRITES),
        "confirm": lambda number: _CONFIRM.format(id=1_000_001 + number % _WRITES),
    }


def _compared(
    plain: psycopg.Connection, held: psycopg.Connection, write: Callable[[int], str], turns: int, writes: int
) -> list[float]:
    """The median of each twin's medians; they take turns, and each statement is its own transaction, as in Rails."""
    taken: list[list[float]] = [[], []]
    for turn in range(turns):
        for times, connection in zip(taken, (plain, held), strict=True):
            numbers = range(turn * writes, (turn + 1) * writes)
            times.append(statistics.median(_timed(connection, write(number)) for number in numbers))
    return [statistics.median(times) for times in taken]


def _timed(connection: psycopg.Connection, statement: str) -> float:
    began = time.perf_counter()
    connection.execute(statement.encode())
    return time.perf_counter() - began


def _refused(connection: psycopg.Connection, row: int) -> float:
    """How long it takes to learn that a time is taken."""
    began = time.perf_counter()
    with suppress(psycopg.errors.ExclusionViolation):
        connection.execute(_INSERT.format(staff=11 + row % 3, hour=row).encode())
        raise AssertionError("it was booked twice")
    return time.perf_counter() - began


def _rate(url: str, clients: int, seconds: float) -> float:
    """Bookings a second, by so many connections at once."""
    begin = threading.Barrier(clients)

    def book(client: int) -> int:
        number = client
        with rails.connect(url) as connection:
            begin.wait(30)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                statement = _INSERT.format(staff=1001 + number % _STAFF, hour=number // _STAFF)
                connection.execute(statement.encode())
                number += clients
        return (number - client) // clients

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(book, range(clients))) / seconds
