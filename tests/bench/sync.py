"""Connected accounts: from a booking's COMMIT to its event at the provider, backfill, import, and what a webhook takes.

Google and Microsoft are the strict stand-ins of the tests, in a thread of the bench; the CalDAV server is Radicale. The
worker is the real one, in a process of its own, and so is the web server.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from gateway import wiring
from gateway.db import embedded
from gateway.db.schema import create_booking_app
from gateway.services import attach, project
from gateway.services.accounts import Owner
from gateway.services.deps import Deps
from gateway.settings import Settings, written
from tests.bench.markdown import paragraph, table
from tests.bench.section import Figures, Goal, Options, Say, Section
from tests.bench.servers import REPOSITORY, serve
from tests.bench.stands import FASTER, STANDS, Stand

# Those who are booked. Two more have accounts that are only read: stock Radicale takes over a second to store an event
# beside ten thousand others, and that would be all that a backfill measures.
STAFF = 10
# Changes a second, over all accounts, whose calendars hold a fortnight's bookings by then: the more a calendar holds,
# the longer stock Radicale takes for each PUT, and of five hundred it takes no twenty in a second.
RATE, FORTNIGHT = 20, 600
BACKFILL, MANY, FEW = 5_000, 10_000, 100
_PATIENCE = 900.0

# {staff} people of one business, with a service and a customer; of the pages' bench too.
BUSINESS = """
INSERT INTO businesses (id, name, time_zone, created_at, updated_at) VALUES (1, 'Bench', 'Europe/Berlin', now(), now());
INSERT INTO services (id, business_id, name, duration, price, created_at, updated_at)
VALUES (1, 1, 'Haircut', 45, 60, now(), now());
INSERT INTO tenant_customers (id, business_id, first_name, last_name, email, created_at, updated_at)
VALUES (1, 1, 'Maria', 'Santos', 'maria@example.com', now(), now());
INSERT INTO staff_members (id, business_id, name, email, active, created_at, updated_at)
SELECT n, 1, 'Worker ' || n, 'worker' || n || '@bench.example', true, now(), now() FROM generate_series(1, {staff}) n;
"""
_BOOKINGS = """
INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, status,
                      created_at, updated_at)
SELECT 1, 1 + n %% %(staff)s, 1, 1, at, at + interval '45 minutes', 1, now(), now()
FROM (SELECT n, date_trunc('hour', now() AT TIME ZONE 'UTC') + interval '3 days'
                  + n / %(staff)s * interval '1 hour' AS at
      FROM generate_series(%(first)s::int, %(first)s::int + %(count)s::int - 1) n) t
"""
_LIVES = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle' AND query ILIKE 'LISTEN %'
"""
_LEFT = "SELECT count(*) FROM daybridge.calendar_event_mappings WHERE wanted > pushed OR look"


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs."""

    deps: Deps
    stand: Stand
    folder: Path
    app: psycopg.Connection

    def count(self, question: str) -> int:
        [(found,)] = self.app.execute(question.encode()).fetchall()
        return int(found)

    def wait(self, what: str, done: Callable[[], bool]) -> float:
        """Seconds until it is done. Raises RuntimeError."""
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > _PATIENCE:
                raise RuntimeError(f"{what}: not done after {_PATIENCE} s")
            time.sleep(0.02)
        return time.monotonic() - began

    def connect(self, number: int, events: int = 0) -> int:
        """A staff member connects an account that has so many events of their own; the connection."""
        email = f"worker{number}@bench.example"
        self.stand.open_account(email, events)
        return self.stand.connect(self.deps, Owner(1, number, f"Worker {number}", manages=False), email)


def measure(options: Options, say: Say) -> Figures:
    return {name: _measured(name, options, say) for name in STANDS}


def _measured(name: str, options: Options, say: Say) -> Figures:
    real = options.sizes == Options().sizes
    backfill, many, seconds = (BACKFILL, MANY, 30) if real else (100, 200, 2)
    with _bench(name) as bench:
        title = bench.stand.title
        say(f"{title}: an account with events of its own is connected, and read")
        figures: Figures = {"title": title, "per_minute": bench.stand.per_minute * FASTER}
        figures["import"] = {str(n): _import(bench, n, STAFF + at) for n, at in ((FEW, 1), (many, 2))}
        for number in range(1, STAFF + 1):
            bench.connect(number)
        say(f"{title}: {RATE} changes a second, for {seconds} s")
        _backfill(bench, 0, FORTNIGHT if real else 60)
        figures["latency"] = _latency(bench, seconds)
        say(f"{title}: {backfill:,} bookings go out to {STAFF} accounts")
        figures["backfill"] = _backfill(bench, FORTNIGHT, backfill)
        if bench.stand.calls:
            say(f"{title}: webhooks")
            figures["webhook"] = _webhooks(bench, 200 if real else 10)
        figures["settled"] = _settled(bench)
        return figures


def _import(bench: Bench, count: int, number: int) -> Figures:
    made = bench.connect(number, count)
    question = (
        "SELECT count(*) FROM daybridge.connection_calendars WHERE read_at IS NOT NULL"
        f" AND connection_id = {made}"
    )
    seconds = bench.wait("an import", lambda: bench.count(question) == 1)
    held = bench.count(
        f"SELECT count(*) FROM daybridge.busy WHERE source = 'external' AND staff_member_id = {number}"
    )
    return {"events": count, "seconds": seconds, "held": held}


def _backfill(bench: Bench, first: int, count: int) -> Figures:
    """Bookings that are all there at once."""
    began = time.monotonic()
    bench.app.execute(_BOOKINGS.encode(), {"staff": STAFF, "first": first, "count": count})
    project.project_everything(bench.deps.database, bench.deps.now)
    steps: list[int] = []

    def done() -> bool:
        left = bench.count(_LEFT)
        if not steps or left < steps[-1]:
            steps.append(left)
        return left == 0

    bench.wait("a backfill", done)
    return {
        "bookings": count,
        "seconds": time.monotonic() - began,
        "steps": len(steps),
        "exceeded": bench.stand.exceeded,
    }


def _latency(bench: Bench, seconds: int) -> Figures:
    ids = [
        id_ for (id_,) in bench.app.execute("SELECT id FROM bookings ORDER BY id DESC LIMIT 2000").fetchall()
    ]
    committed: dict[int, datetime] = {}
    began = time.monotonic()
    for number, id_ in enumerate(ids[: RATE * seconds]):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        bench.app.execute(
            "UPDATE bookings SET end_time = end_time + interval '5 minutes' WHERE id = %s", (id_,)
        )
        committed[id_] = datetime.now(UTC)
    bench.wait("the last changes", lambda: bench.count(_LEFT) == 0)
    rows = bench.app.execute(
        "SELECT booking_id, put_at FROM daybridge.calendar_event_mappings WHERE booking_id = ANY (%s)",
        (list(committed),),
    ).fetchall()
    took = sorted((put_at - committed[id_]).total_seconds() for id_, put_at in rows)
    return {
        "changes": len(took),
        "p50": took[len(took) // 2],
        "p95": took[int(len(took) * 0.95)],
        "p99": took[int(len(took) * 0.99)],
        "most": took[-1],
    }


def _webhooks(bench: Bench, count: int) -> Figures:
    """The address as its provider calls it, about a watch that is ours."""
    [(id_,)] = bench.app.execute(
        "SELECT id FROM daybridge.calendar_watches WHERE resource <> '' AND heard_at IS NOT NULL LIMIT 1"
    ).fetchall()
    took = []
    for _ in range(count):
        began = time.perf_counter()
        answer = bench.stand.call(bench.deps, id_)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 204:
            raise RuntimeError(f"a webhook was answered {answer.status_code}")
    took.sort()
    return {"calls": count, "median": took[count // 2], "p99": took[int(count * 0.99)]}


def _settled(bench: Bench) -> Figures:
    """Nothing goes back and forth: what is written while nobody changes anything."""
    bench.wait("the rest", lambda: bench.count(_LEFT) == 0)
    writes = bench.stand.writes
    bench.app.execute("UPDATE daybridge.calendar_connections SET pull_asked_at = now()")
    time.sleep(3)
    return {"writes": int(bench.stand.writes != writes)}


def report(figures: Figures) -> str:
    heads = ("what", *(one["title"] for one in _each(figures)))
    each = [dict(_lines(one)) for one in _each(figures)]
    rows = [[what, *(one.get(what, "–") for one in each)] for what in each[0]]
    first = _each(figures)[0]
    told = (
        f"{STAFF} staff members with an account each: at strict stand-ins for Google and Microsoft, and for CalDAV on"
        " stock Radicale; all of it beside PostgreSQL, the worker and the web server on this one machine."
        f" {first['latency']['changes']:,} bookings are changed by SQL, {RATE} a second, while each calendar holds"
        f" {FORTNIGHT // STAFF} (of five hundred, stock Radicale takes no {RATE} PUTs in a second). A backfill keeps to"
        f" {FASTER} times what the provider allows an account in a minute (or it would take {FASTER} times as long),"
        " which the stand-ins enforce. CalDAV servers call nobody. Radicale has listed the events that are imported"
        " once before, as for any phone; of files that it has never seen, each is parsed first, which takes it minutes."
    )
    return f"## Connected accounts\n\n{paragraph(told)}\n{table(heads, rows)}"


def _each(figures: Figures) -> list[Figures]:
    """Those of the providers; beside them stands where it was measured."""
    return [figures[name] for name in STANDS if name in figures]


def _lines(figures: Figures) -> Iterator[tuple[str, str]]:
    latency, backfill = figures["latency"], figures["backfill"]
    for key, name in (("p50", "median"), ("p95", "p95"), ("p99", "p99")):
        yield f"COMMIT to event, {name}", f"{latency[key] * 1000:,.0f} ms"
    yield f"{backfill['bookings']:,} bookings go out", f"{backfill['seconds']:,.1f} s"
    for one in figures["import"].values():
        yield f"{one['events']:,} events are imported", f"{one['seconds']:,.2f} s"
    if "webhook" in figures:
        yield "a webhook is answered, median", f"{figures['webhook']['median']:,.1f} ms"
        yield "a webhook is answered, p99", f"{figures['webhook']['p99']:,.1f} ms"
    yield "limits of the provider exceeded", str(backfill["exceeded"])
    yield "anything written after all has settled", "yes" if figures["settled"]["writes"] else "no"


def goals(figures: Figures) -> list[Goal]:
    return [goal for one in _each(figures) for goal in _goals(one)]


def _goals(figures: Figures) -> Iterator[Goal]:
    title, latency = figures["title"], figures["latency"]
    imports = sorted(figures["import"].values(), key=lambda one: int(one["events"]))
    few, many = imports[0], imports[-1]
    yield _most(f"{title}: COMMIT to event, 20 changes a second, median", latency["p50"], 0.3)
    yield _most(f"{title}: COMMIT to event, 20 changes a second, p99", latency["p99"], 2)
    whole = many["held"] >= many["events"] * 0.7
    yield _most(f"{title}: {many['events']:,} events imported", many["seconds"], 30, also=whole)
    yield _most(f"{title}: {few['events']} events imported", few["seconds"], 1)
    exceeded = figures["backfill"]["exceeded"]
    yield Goal(
        f"{title}: {figures['backfill']['bookings']:,} bookings go out without breaking the provider's limits",
        f"{exceeded} times broken",
        exceeded == 0,
    )
    if "webhook" in figures:
        p99 = figures["webhook"]["p99"]
        yield Goal(f"{title}: a webhook is answered in at most 50 ms (p99)", f"{p99:.1f} ms", p99 <= 50)
    settled = not figures["settled"]["writes"]
    yield Goal(f"{title}: writes settle to 0", "yes" if settled else "no", settled)


def _most(what: str, seconds: float, most: float, *, also: bool = True) -> Goal:
    return Goal(f"{what}: at most {most} s", f"{seconds:.2f} s", seconds <= most and also)


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("sync", measure, report, goals, charts)


@contextmanager
def _bench(name: str) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="daybridge-bench-") as made,
        embedded.start(Path(made) / "postgres") as running,
        STANDS[name](Path(made)) as stand,
    ):
        folder = Path(made)
        chosen = _settings(running.url, folder, stand)
        deps = wiring.build(chosen)
        with deps.database.owner() as session:
            create_booking_app(session)
        attach.attach(deps.database)
        with psycopg.connect(running.url, autocommit=True) as app:
            app.execute(BUSINESS.format(staff=STAFF + 2).encode())
            config = _configured(folder, chosen)
            with serve("wsgi:application()", folder / "web", {"DAYBRIDGE_CONFIG": str(config)}) as web:
                address = f"http://127.0.0.1:{web.port}"
                here = replace(deps, settings=replace(chosen, public_url=address))
                config = _configured(folder, here.settings)
                stand.expects(address)
                with _worker(config, folder):
                    bench = Bench(here, stand, folder, app)
                    # It reads its queue's version first, and then says that it lives.
                    bench.wait("the worker", lambda: bench.count(_LIVES) > 0)
                    yield bench
        deps.database.close()


def _settings(url: str, folder: Path, stand: Stand) -> Settings:
    secrets = folder / "credentials.toml"
    secrets.touch(0o600)
    key = base64.b64encode(bytes([1]) * 32).decode()
    secrets.write_text(f'[keys]\nencryption = ["{key}"]\n{stand.credentials()}', encoding="utf-8")
    return Settings(
        database_url=url,
        credentials_file=str(secrets),
        providers_allow_private_addresses=True,
        **stand.settings(),
    )


def _configured(folder: Path, chosen: Settings) -> Path:
    """The settings as a file, for the processes."""
    file = folder / "daybridge.toml"
    file.write_text(written(chosen), encoding="utf-8")
    return file


@contextmanager
def _worker(config: Path, folder: Path) -> Iterator[None]:
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "--config", str(config), "worker"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
