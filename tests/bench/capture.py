"""What noting changes costs the booking app: its own statements with our triggers, and without, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from gateway.db import embedded
from gateway.services.attach import attach
from tests import rails
from tests.bench.section import Figures, Goal, Options, Say, Section

_ROWS = 10_000
_HOW = ("DISABLE", "ENABLE")


def measure(options: Options, say: Say) -> Figures:
    """On a server that writes to the disk at each commit, with the app's whole schema. Seconds, plain and captured."""
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder) / "pg") as server:
        rails.build(server.url)
        with rails.connect(server.url) as connection:
            rails.many_bookings(connection, min(_ROWS, options.rounds * 250))
        with rails.deps(server.url) as deps:
            attach(deps.database)
        say("The app updates all its bookings in one statement")
        many = [_many(server.url, round_) for round_ in range(max(2, options.rounds // 8))]
        say("The app updates one booking after the other")
        with rails.connect(server.url) as app:
            single = [_single(app, round_) for round_ in range(max(2, options.rounds // 4))]
    return {"many": _best(many), "single": _middle(single)}


def report(figures: Figures) -> str:
    rows = (
        ("all bookings (10,000) in one statement, best", "many"),
        ("one booking, BEGIN/UPDATE/COMMIT, median", "single"),
    )
    lines = ["| the app's own write | without, ms | with triggers, ms | ratio |", "|---|---|---|---|"]
    for words, key in rows:
        plain, captured = figures[key]
        lines.append(f"| {words} | {plain * 1e3:.2f} | {captured * 1e3:.2f} | {captured / plain:.2f} |")
    return "\n".join(["## What noting changes costs the booking app", "", *lines, ""])


def goals(figures: Figures) -> list[Goal]:
    many, single = (figures[key][1] / figures[key][0] for key in ("many", "single"))
    return [
        Goal("an UPDATE of 10,000 bookings takes at most 2 times as long", f"{many:.2f} times", many <= 2),
        Goal(
            "a single-row write is not measurably slower (at most 1.25 times)",
            f"{single:.2f} times",
            single <= 1.25,
        ),
    ]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("capture", measure, report, goals, charts)


def _many(url: str, round_: int) -> list[float]:
    """In a session whose first statement changed one row, for which another plan would have been best."""
    taken = []
    for how in _HOW:
        with rails.connect(url) as app:
            app.execute(f"ALTER TABLE bookings {how} TRIGGER USER".encode())
            app.execute("UPDATE bookings SET notes = 'first' WHERE id = 1000001")
            began = time.perf_counter()
            app.execute(f"UPDATE bookings SET notes = '{round_} {how}' WHERE id > 1000000".encode())
            taken.append(time.perf_counter() - began)
            app.execute("DELETE FROM daybridge.outbox")
    return taken


def _single(app: psycopg.Connection, round_: int) -> list[float]:
    """The median of a hundred, each statement sent for itself, as Rails does."""
    taken = []
    for how in _HOW:
        app.execute(f"ALTER TABLE bookings {how} TRIGGER USER".encode())
        taken.append(statistics.median(_one(app, 1_000_001 + row, f"{round_} {how}") for row in range(100)))
    return taken


def _one(app: psycopg.Connection, id_: int, notes: str) -> float:
    began = time.perf_counter()
    with app.transaction():
        app.execute(f"UPDATE bookings SET notes = '{notes}' WHERE id = {id_}".encode())
    return time.perf_counter() - began


def _best(rounds: list[list[float]]) -> list[float]:
    return [min(column) for column in zip(*rounds, strict=True)]


def _middle(rounds: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rounds, strict=True)]
