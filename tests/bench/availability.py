"""How long it takes to say who is free: the service's own time, the JSON included, and the same over HTTP."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bridge.api import telling
from gateway import wiring
from gateway.db import embedded
from gateway.services import attach, availability, grant
from gateway.services.availability import Question
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.bench.caldav import seed
from tests.bench.connection import Connection, Request
from tests.bench.markdown import paragraph, table
from tests.bench.rounds import series, take_turns
from tests.bench.section import Figures, Goal, Options, Say, Section
from tests.bench.servers import serve

STAFF = 50
# A quick question is asked so often in each round, so that its p95 means something.
_OFTEN = 5
_GROWN = 5
_MOST_GROWTH = 1.3

_BUSINESS = """
INSERT INTO businesses (id, name, time_zone, created_at, updated_at)
    VALUES (1, 'Bench', 'Eastern Time (US & Canada)', now(), now());
INSERT INTO booking_policies (business_id, buffer_time_mins, max_daily_bookings, use_fixed_intervals, interval_mins,
                              max_advance_days, created_at, updated_at)
    VALUES (1, 10, 20, true, 30, 90, now(), now());
INSERT INTO services (id, business_id, name, duration, price, created_at, updated_at)
    VALUES (1, 1, 'Haircut', 45, 60, now(), now());
INSERT INTO tenant_customers (id, business_id, first_name, last_name, email, created_at, updated_at)
    VALUES (1, 1, 'Maria', 'Santos', 'maria@example.com', now(), now());
"""
# Everyone has hours and days off of their own, so that nothing that one is told serves another.
_PEOPLE = """
INSERT INTO staff_members (id, business_id, name, active, availability, created_at, updated_at)
SELECT n, 1, 'Worker ' || n, true,
       (SELECT jsonb_object_agg(day, jsonb_build_array(
                   jsonb_build_object('start', '08:00', 'end', '12:00'),
                   jsonb_build_object('start', '12:45', 'end', lpad((16 + n % 4)::text, 2, '0') || ':00')))
        FROM unnest('{monday,tuesday,wednesday,thursday,friday}'::text[]) day)
       || jsonb_build_object('exceptions', jsonb_build_object((current_date + n)::text, '[]'::jsonb)),
       now(), now()
FROM generate_series(1, %s) n;
INSERT INTO services_staff_members (service_id, staff_member_id, created_at, updated_at)
SELECT 1, id, now(), now() FROM staff_members;
INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, connected_at, pulled_at)
SELECT 1, id, 'google', 'Private', now(), now() FROM staff_members ORDER BY id;
INSERT INTO daybridge.connection_calendars
    (business_id, connection_id, remote_id, name, writable, main, blocks, read_at)
SELECT 1, id, 'private', 'Private', true, true, true, now() FROM daybridge.calendar_connections ORDER BY id;
"""
# Four a day for each staff member: in the next fifty days, then in ever earlier ones.
_SPAN = """
    SELECT n, 1 + n %% 50 AS staff, midnight + interval '{from_hour}' + (k / 50 %% 4) * interval '2 hours'
               + (n %% 4) * interval '15 minutes' + (k %% 50 - k / 200 * 50) * interval '1 day' AS since
    FROM (SELECT n, n / 50 AS k, date_trunc('day', now() AT TIME ZONE 'UTC') AS midnight
          FROM generate_series(%(first)s::int, %(last)s::int) n) t
"""
_BOOKINGS = f"""
INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, status,
                      created_at, updated_at)
SELECT 1, staff, 1, 1, since, since + interval '45 minutes', 1, now(), now()
FROM ({_SPAN.format(from_hour="13 hours")}) s
"""
_EXTERNAL = f"""
WITH e AS (INSERT INTO daybridge.external_calendar_events (business_id, connection_id, calendar_id, staff_member_id,
                                                           event_key, series_key, starts_at, ends_at)
           SELECT 1, c.id, a.id, s.staff, 'event ' || s.n, 'event ' || s.n, s.since AT TIME ZONE 'UTC',
                  s.since AT TIME ZONE 'UTC' + interval '40 minutes'
           FROM ({_SPAN.format(from_hour="14 hours")}) s
           JOIN daybridge.calendar_connections c ON c.staff_member_id = s.staff
           JOIN daybridge.connection_calendars a ON a.connection_id = c.id RETURNING *)
INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)
SELECT 1, staff_member_id, 'external', id, tstzrange(starts_at, ends_at), 'external ' || id FROM e
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: in the process itself, and as it goes over HTTP. `often` is how many times in each round."""

    title: str
    often: int
    ask: Callable[[Deps], str]
    path: str


def questions(today: date) -> Mapping[str, Asked]:
    start = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
    return {
        "one": _free("1 staff member, 31 days", 1, start, 31, _OFTEN),
        "team": _free(f"{STAFF} staff members, 60 days", STAFF, start, 60, 1),
        "explain": _why("Why a time can't be booked", start + timedelta(hours=14, minutes=15)),
    }


def measure(options: Options, say: Say) -> Figures:
    today, rows = datetime.now(UTC).date(), max(options.sizes)
    asked = questions(today)
    with _business() as (few, folder), _business() as (many, _):
        for deps, last in ((few, rows), (many, _GROWN * rows)):
            say(f"{last:,} bookings and {last:,} events of other calendars, of {STAFF} staff members")
            _fill(deps, 0, last)
        taken = _timed({str(rows): few, str(_GROWN * rows): many}, asked, options.rounds)
        say("The same over HTTP")
        over_http = _over_http(asked, few, folder, options.rounds)
        length = {key: len(one.ask(many)) for key, one in asked.items()}
    return {"rows": taken, "staff": STAFF, "http": over_http, "length": length}


def report(figures: Figures) -> str:
    least, most = sorted(figures["rows"], key=int)
    rows = [_row(figures, key, one.title, least, most) for key, one in questions(date(2026, 1, 1)).items()]
    heads = ("question", "service and JSON, ms", "over HTTP, ms")
    heads += (f"with {int(most):,} of each, ms", "answer, KiB")
    told = (
        f"One business with {STAFF} staff members, {int(least):,} bookings and {int(least):,} events of other"
        " calendars, all of them within the sixty days that are asked about; then with more of each in the time before"
        " today. Everyone has hours of their own. Medians, p95 in brackets; the time of the service itself includes"
        " PostgreSQL's and that of writing the JSON."
    )
    return f"## Availability\n\n{paragraph(told)}\n{table(heads, rows)}"


def _row(figures: Figures, key: str, title: str, least: str, most: str) -> list[str]:
    measured = (figures["rows"][least][key], figures["http"][key], figures["rows"][most][key])
    return [title, *(_told(one) for one in measured), f"{figures['length'][key] / 1024:,.0f}"]


def goals(figures: Figures) -> list[Goal]:
    least, most = sorted(figures["rows"], key=int)
    before, after = figures["rows"][least], figures["rows"][most]
    one, team = before["one"]["p95"], before["team"]["median"]
    with_rows = f"with {int(least):,} bookings and {int(least):,} external events"
    return [
        Goal(f"1 staff member, 31 days, {with_rows}: p95 at most 5 ms", f"{one:.2f} ms", one <= 5),
        Goal(f"{STAFF} staff members, 60 days, {with_rows}: at most 60 ms", f"{team:.1f} ms", team <= 60),
        *(
            _growth(questions(date(2026, 1, 1))[key].title, after[key]["median"] / before[key]["median"])
            for key in before
        ),
    ]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("availability", measure, report, goals, charts)


def _growth(title: str, times: float) -> Goal:
    promise = f"{title}: at most {_MOST_GROWTH} times slower with {_GROWN} times as much, all of it past"
    return Goal(promise, f"{times:.2f} times", times <= _MOST_GROWTH)


def _told(figures: Mapping[str, float]) -> str:
    return f"{figures['median']:.2f} ({figures['p95']:.2f})"


def _free(title: str, staff: int, start: datetime, days: int, often: int) -> Asked:
    question = Question(tuple(range(1, staff + 1)), 1, start, start + timedelta(days=days))
    query = [("staff_member_id", one) for one in question.staff_ids]
    query += [("service_id", 1), ("from", start.isoformat()), ("to", question.until.isoformat())]
    return Asked(
        title,
        often,
        lambda deps: telling.availability(availability.slots(deps, 1, question)),
        f"/api/v1/availability?{urlencode(query)}",
    )


def _why(title: str, start: datetime) -> Asked:
    query = {"staff_member_id": 1, "service_id": 1, "start": start.isoformat()}
    return Asked(
        title,
        _OFTEN,
        lambda deps: telling.explanation(availability.explain(deps, 1, 1, 1, start)),
        f"/api/v1/explain?{urlencode(query)}",
    )


@contextmanager
def _business() -> Iterator[tuple[Deps, Path]]:
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder) / "pg") as server:
        seed.make_tables(server.url)
        deps = wiring.build(Settings(database_url=server.url))
        attach.attach(deps.database)
        with psycopg.connect(server.url) as connection:
            connection.execute(_BUSINESS)
            for statement in _PEOPLE.replace("%s", str(STAFF)).split(";\n"):
                connection.execute(statement.encode())
        yield deps, Path(folder)
        deps.database.close()


def _fill(deps: Deps, first: int, last: int) -> None:
    """So many bookings, by the app's own INSERT with all triggers, and so many events."""
    with psycopg.connect(deps.settings.database_url, autocommit=True) as connection:
        for statement in (_BOOKINGS, _EXTERNAL):
            connection.execute(statement.encode(), {"first": first, "last": last - 1})
        connection.execute("TRUNCATE daybridge.outbox")  # calendars are another section's
        connection.execute("VACUUM (ANALYZE)")


def _timed(businesses: Mapping[str, Deps], asked: Mapping[str, Asked], rounds: int) -> Figures:
    """Each question to each business, in turns."""

    def seconds(one: Asked, deps: Deps) -> list[float]:
        found = []
        for _ in range(one.often):
            began = time.perf_counter()
            one.ask(deps)
            found.append(time.perf_counter() - began)
        return found

    players = {
        (size, key): partial(seconds, one, deps)
        for key, one in asked.items()
        for size, deps in businesses.items()
    }
    for _, player in sorted(players.items()):
        player()  # plans and caches are warm
    taken = take_turns(players, dict.fromkeys(players, rounds), rounds)
    return {
        size: {key: series([one for turn in taken[size, key] for one in turn]).figures() for key in asked}
        for size in businesses
    }


def _over_http(asked: Mapping[str, Asked], deps: Deps, folder: Path, rounds: int) -> Figures:
    key = grant.api_key(deps, 1, "read", "bench").secret
    config = folder / "daybridge.toml"
    config.write_text("[api]\nrequests_per_minute = 100000\n", encoding="utf-8")
    environ = {"DATABASE_URL": deps.settings.database_url, "DAYBRIDGE_CONFIG": str(config)}
    with (
        serve("wsgi:application()", folder / "http", environ) as server,
        Connection(server.port) as connection,
    ):
        return {name: _exchanged(connection, one, key, rounds) for name, one in asked.items()}


def _exchanged(connection: Connection, one: Asked, key: str, rounds: int) -> Figures:
    wire = Request("GET", one.path, {"Authorization": f"Bearer {key}"}).wire()
    answers = [connection.ask(wire) for _ in range(_OFTEN + rounds * one.often)]
    if wrong := next((answer for answer in answers if answer.status != 200), None):
        raise RuntimeError(f"{one.title}: {wrong.status} {wrong.body[:300]!r}")
    return series([answer.seconds for answer in answers[_OFTEN:]]).figures()
