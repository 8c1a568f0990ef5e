"""What calendar apps write, by PUT: a new event, a changed one, a booking that is moved; beside stock Radicale."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.bench.caldav import meaning, world
from tests.bench.caldav.latency import LONG, WrongAnswer
from tests.bench.caldav.operations import FIRST_WITH_DATA, OURS, STOCK, Calendar
from tests.bench.connection import Answer, Connection, Request
from tests.bench.markdown import paragraph, table
from tests.bench.rounds import series, take_turns, turns
from tests.bench.section import Figures, Goal, Options, Say, Section
from tests.oracle import DAYS

_TITLES = {
    "new": "a new event",
    "update": "an event is changed",
    "move": "a booking is moved",
}
# How many times faster than stock Radicale, at the largest size.
_TIMES = {"new": 100, "update": 10}
# Moved there and back, within the quarter of an hour between two bookings.
_A_LITTLE = timedelta(minutes=5)
_WALL = re.compile(rb"(DTSTART|DTEND)(;TZID=[^:]+:)(\d{8}T\d{6})")


@dataclass(slots=True)
class Pen:
    """Someone who writes into one calendar: what they have written, and what they write next."""

    calendar: Calendar
    bookings: Mapping[str, bytes]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(self) -> float:
        return self._put(*_event(next(self.numbers)), 201, {"If-None-Match": "*"})

    def update(self) -> float:
        """Always the same event, with other words."""
        name, body = _event(0)
        known = self._ask("GET", name)
        if known.status == 404:
            return self._put(name, body, 201, {"If-None-Match": "*"})
        changed = body.replace(b"SUMMARY:", f"SUMMARY:{next(self.numbers)} ".encode())
        return self._put(name, changed, 204, {"If-Match": known.headers["etag"]})

    def move(self) -> float:
        name, later = self._next_move()
        known = self._ask("GET", name)
        moved = _moved(known.body, _A_LITTLE if later else -_A_LITTLE)
        return self._put(name, moved, 204, {"If-Match": known.headers["etag"]})

    def _next_move(self) -> tuple[str, bool]:
        round_, which = divmod(next(self.numbers), len(self.bookings))
        return sorted(self.bookings)[which], round_ % 2 == 0

    def _put(self, name: str, body: bytes, status: int, headers: Mapping[str, str]) -> float:
        answer = self._ask("PUT", name, body, **headers)
        # Stock Radicale answers 201 to every PUT.
        if answer.status not in {status, 201 if self.calendar.server == STOCK else status}:
            raise WrongAnswer(f"{self.calendar.server} answered {answer.status}: {answer.body[:500]!r}")
        return answer.seconds

    def _ask(self, method: str, name: str, body: bytes = b"", **headers: str) -> Answer:
        request = Request(method, self.calendar.path + name, self.calendar.headers(**headers), body)
        return self.calendar.connection.ask(request.wire())


def measure(options: Options, say: Say) -> Figures:
    size = max(options.sizes)
    with (
        tempfile.TemporaryDirectory(prefix="daybridge-bench-") as folder,
        world.build(Path(folder), replace(options, sizes=(size,)), say) as built,
        ExitStack() as running,
    ):
        calendars = {server: built.calendars[size, server] for server in (OURS, STOCK)}
        for (
            server,
            calendar,
        ) in calendars.items():  # the old ones may be closed: it takes minutes to fill the others
            calendar.connection = running.enter_context(Connection(built.servers[server].port))
        _work_always(built.deps.settings.database_url, built.owners[size].staff_id)
        say("Writing events")
        latency = {key: _compared(calendars, key, options) for key in _TITLES}
        return {"size": size, "postgres": built.postgres, "latency": latency}


def report(figures: Figures) -> str:
    rows = []
    for key, title in _TITLES.items():
        ours, stock = (figures["latency"][key][server] for server in (OURS, STOCK))
        words = (f"{one['median']:.2f} ({one['p95']:.2f})" for one in (ours, stock))
        counts = f"{ours['count']} / {stock['count']}"
        rows.append([title, *words, f"{stock['median'] / ours['median']:,.1f}", counts])
    heads = ("PUT", "Daybridge, ms", "stock, ms", "stock ÷ Daybridge", "turns")
    told = (
        f"Into a calendar of {figures['size']:,} events, each with the condition that apps send (If-None-Match or"
        " If-Match). Daybridge stores the bytes, takes the staff member's time, judges a booking's new time, writes"
        " the timeline, and has all of it on the disk before it answers; stock Radicale stores a file."
        " Medians, p95 in brackets."
    )
    return f"## Writing\n\n{paragraph(told)}\n{table(heads, rows)}"


def goals(figures: Figures) -> list[Goal]:
    return [_faster(figures, key, times) for key, times in _TIMES.items()]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("writes", measure, report, goals, charts)


def _faster(figures: Figures, key: str, times: int) -> Goal:
    measured = figures["latency"][key]
    ratio = measured[STOCK]["median"] / measured[OURS]["median"]
    promise = f"PUT, {_TITLES[key]}: at least {times} times faster than stock, {figures['size']:,} events"
    return Goal(promise, f"{ratio:,.0f} times", ratio >= times)


def _compared(calendars: Mapping[str, Calendar], key: str, options: Options) -> Figures:
    """By server, in turns; who is quick writes twice in each turn, and the second time counts."""
    bookings = _movable(calendars[OURS])
    pens = {server: Pen(calendar, bookings) for server, calendar in calendars.items()}
    players = {server: partial(_turn, getattr(pen, key)) for server, pen in pens.items()}
    shares = {
        server: turns(max(player(), player()), options.rounds, options.fewest, options.patience)
        for server, player in players.items()
    }
    taken = take_turns(players, shares, options.rounds)
    return {server: series(times).figures() for server, times in taken.items()}


def _work_always(url: str, staff_id: int) -> None:
    """The bookings stand where the calendar's other section wants them, not where Daniel works."""
    hours = {day: [{"start": "00:00", "end": "23:59"}] for day in DAYS}
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE staff_members SET availability = %s WHERE id = %s", (Jsonb(hours), staff_id)
        )


def _turn(write: Callable[[], float]) -> float:
    first = write()
    return first if first > LONG else write()


def _movable(calendar: Calendar) -> dict[str, bytes]:
    """Bookings of the next days, which may still be moved."""
    bodies = meaning.bodies(calendar.connection.ask(FIRST_WITH_DATA.wire(calendar)))
    now = datetime.now(UTC).replace(tzinfo=None)
    booked = {name: body for name, body in bodies.items() if name.startswith("booking-")}
    # Wall time in New York, which is behind: more than an hour is left of each.
    soon = [name for name in booked if timedelta(hours=6) < _start(booked[name]) - now < timedelta(days=14)]
    return {name: booked[name] for name in sorted(soon)[:20]}


def _start(body: bytes) -> datetime:
    [start, _] = _WALL.findall(body)
    return datetime.strptime(start[2].decode(), "%Y%m%dT%H%M%S")  # noqa: DTZ007  # wall time


def _moved(body: bytes, by: timedelta) -> bytes:
    def later(found: re.Match[bytes]) -> bytes:
        wall = datetime.strptime(found[3].decode(), "%Y%m%dT%H%M%S") + by  # noqa: DTZ007
        return found[1] + found[2] + wall.strftime("%Y%m%dT%H%M%S").encode()

    return _WALL.sub(later, body)


def _event(number: int) -> tuple[str, bytes]:
    """The name and text of an event like those that apps make, an hour after the one before it."""
    uid = UUID(int=number + (7 << 76) + (2 << 62))
    start = datetime(2031, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Bench//EN", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260301T090000Z", f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(minutes=30):%Y%m%dT%H%M%SZ}", f"SUMMARY:Dentist {number}", "LOCATION:Main Street 5",
        "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Dentist", "TRIGGER:-PT15M", "END:VALARM",
        "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return f"{uid}.ics", "\r\n".join(lines).encode()
