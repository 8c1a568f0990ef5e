"""Connected accounts: from a booking's COMMIT to its event at Google, backfill, import, and what a webhook takes.

Google is the strict stand-in of the tests, in a thread of the bench; the worker is the real one, in a
process of its own, and so is the web server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psycopg
import requests

from gateway import wiring
from gateway.db import embedded
from gateway.db.schema import create_booking_app
from gateway.services import attach, connect, project
from gateway.services.accounts import Owner
from gateway.services.connect import Return
from gateway.services.deps import Deps
from tests.bench.markdown import paragraph, table
from tests.bench.section import Figures, Goal, Options, Say, Section
from tests.bench.servers import REPOSITORY, serve
from tests.linked import SESSION, credentials, settings
from tests.servers.google import GoogleServer
from tests.servers.google import start as start_google

STAFF = 10
# Changes a second, over all accounts.
RATE = 20
BACKFILL, MANY, FEW = 5_000, 10_000, 100
# What a provider allows, and how many times as fast as that it runs here: a bench that kept to Google's 600 requests a
# minute would take a quarter of an hour for what is measured in one. The stand-in enforces the same.
PER_MINUTE, FASTER = 600, 10
_PATIENCE = 900.0

_BUSINESS = """
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
      FROM generate_series(0, %(count)s - 1) n) t
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
    google: GoogleServer
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

    def connect(self, number: int) -> int:
        """A staff member connects an account; the connection."""
        email = f"worker{number}@bench.example"
        owner = Owner(1, number, f"Worker {number}", manages=False)
        self.google.at_consent(email)
        url = connect.begin(self.deps, owner, "google", SESSION, staff_id=number)
        back = requests.get(url, allow_redirects=False, timeout=30).headers["Location"]
        query = dict(parse_qsl(urlsplit(back).query))
        return connect.finish(
            self.deps, owner, "google", SESSION, Return(query["state"], query.get("code", ""))
        )


def measure(options: Options, say: Say) -> Figures:
    real = options.sizes == Options().sizes
    backfill, many, seconds = (BACKFILL, MANY, 30) if real else (100, 200, 2)
    with _bench() as bench:
        say("An account with events of its own is connected, and read")
        figures: Figures = {"import": {str(n): _import(bench, n, at) for n, at in ((FEW, 1), (many, 2))}}
        say(f"{backfill:,} bookings go out to {STAFF} accounts")
        figures["backfill"] = _backfill(bench, backfill)
        say(f"{RATE} changes a second, for {seconds} s")
        figures["latency"] = _latency(bench, seconds)
        say("Webhooks")
        figures["webhook"] = _webhooks(bench, 200 if real else 10)
        figures["settled"] = _settled(bench)
        return figures


def _import(bench: Bench, count: int, number: int) -> Figures:
    person = bench.google.account(f"worker{number}@bench.example", "Europe/Berlin")
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    for n in range(count):
        start = begin + timedelta(minutes=30 * n)
        times = {
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": (start + timedelta(minutes=20)).isoformat()},
        }
        person.create({"summary": f"Private {n}", **times})
    made = bench.connect(number)
    question = (
        "SELECT count(*) FROM daybridge.connection_calendars WHERE read_at IS NOT NULL"
        f" AND connection_id = {made}"
    )
    seconds = bench.wait("an import", lambda: bench.count(question) == 1)
    held = bench.count(
        f"SELECT count(*) FROM daybridge.busy WHERE source = 'external' AND staff_member_id = {number}"
    )
    return {"events": count, "seconds": seconds, "held": held}


def _backfill(bench: Bench, count: int) -> Figures:
    for number in range(3, STAFF + 1):
        bench.google.account(f"worker{number}@bench.example", "Europe/Berlin")
        bench.connect(number)
    began = time.monotonic()
    bench.app.execute(_BOOKINGS.encode(), {"staff": STAFF, "count": count})
    project.project_everything(bench.deps.database, bench.deps.now)
    steps: list[int] = []

    def done() -> bool:
        left = bench.count(_LEFT)
        if not steps or left < steps[-1]:
            steps.append(left)
        return left == 0

    bench.wait("a backfill", done)
    limits = bench.google.limits
    return {
        "bookings": count,
        "seconds": time.monotonic() - began,
        "steps": len(steps),
        "exceeded": limits.exceeded,
        "peak": limits.peak,
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
    """The address as Google calls it, with a channel that is ours."""
    [(id_,)] = bench.app.execute(
        "SELECT id FROM daybridge.calendar_watches WHERE resource <> '' LIMIT 1"
    ).fetchall()
    heard = [one for one in bench.google.notifications if one.headers.get("X-Goog-Channel-ID") == id_]
    took = []
    for _ in range(count):
        began = time.perf_counter()
        answer = requests.post(
            f"{bench.deps.settings.address}/api/calendar/webhooks/google",
            headers=dict(heard[0].headers),
            timeout=10,
        )
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 204:
            raise RuntimeError(f"a webhook was answered {answer.status_code}")
    took.sort()
    return {"calls": count, "median": took[count // 2], "p99": took[int(count * 0.99)]}


def _settled(bench: Bench) -> Figures:
    """Nothing goes back and forth: what is written while nobody changes anything."""
    bench.wait("the rest", lambda: bench.count(_LEFT) == 0)
    writes = bench.google.writes
    bench.app.execute("UPDATE daybridge.calendar_connections SET pull_asked_at = now()")
    time.sleep(3)
    return {"writes": bench.google.writes - writes}


def report(figures: Figures) -> str:
    latency, backfill, webhook = figures["latency"], figures["backfill"], figures["webhook"]
    rows = [
        ["COMMIT to event, median", f"{latency['p50'] * 1000:,.0f} ms"],
        ["COMMIT to event, p95", f"{latency['p95'] * 1000:,.0f} ms"],
        ["COMMIT to event, p99", f"{latency['p99'] * 1000:,.0f} ms"],
        [f"{backfill['bookings']:,} bookings go out", f"{backfill['seconds']:,.1f} s"],
        *(
            [f"{one['events']:,} events are imported", f"{one['seconds']:,.2f} s"]
            for one in figures["import"].values()
        ),
        ["a webhook is answered, median", f"{webhook['median']:,.1f} ms"],
        ["a webhook is answered, p99", f"{webhook['p99']:,.1f} ms"],
        ["limits of the provider exceeded", str(backfill["exceeded"])],
        ["writes after everything has settled", str(figures["settled"]["writes"])],
    ]
    told = (
        f"{STAFF} staff members with an account each at a strict stand-in for Google, which runs beside everything"
        f" else on this machine, as do PostgreSQL, the worker and the web server. {latency['changes']:,} bookings are"
        f" changed by SQL, {RATE} a second. Backfill keeps to {PER_MINUTE * FASTER:,} requests a minute for each"
        f" account ({FASTER} times what Google allows, or it would take {FASTER} times as long); the stand-in refuses"
        f" more. Its progress was seen in {backfill['steps']:,} steps."
    )
    return f"## Connected accounts\n\n{paragraph(told)}\n{table(('what', 'measured'), rows)}"


def goals(figures: Figures) -> list[Goal]:
    latency, webhook = figures["latency"], figures["webhook"]
    imports = sorted(figures["import"].values(), key=lambda one: int(one["events"]))
    few, many = imports[0], imports[-1]
    return [
        Goal(
            "COMMIT to event, 20 changes a second: median at most 0.3 s",
            f"{latency['p50']:.2f} s",
            latency["p50"] <= 0.3,
        ),
        Goal(
            "COMMIT to event, 20 changes a second: p99 at most 2 s",
            f"{latency['p99']:.2f} s",
            latency["p99"] <= 2,
        ),
        Goal(
            f"{many['events']:,} events of a calendar imported in at most 30 s",
            f"{many['seconds']:.1f} s",
            many["seconds"] <= 30 and many["held"] >= many["events"] * 0.7,
        ),
        Goal(
            f"{few['events']} events imported in at most 1 s", f"{few['seconds']:.2f} s", few["seconds"] <= 1
        ),
        Goal(
            f"{figures['backfill']['bookings']:,} bookings go out without breaking the provider's limits",
            f"{figures['backfill']['exceeded']} times broken",
            figures["backfill"]["exceeded"] == 0,
        ),
        Goal(
            "a webhook is answered in at most 50 ms (p99)", f"{webhook['p99']:.1f} ms", webhook["p99"] <= 50
        ),
        Goal("writes settle to 0", str(figures["settled"]["writes"]), figures["settled"]["writes"] == 0),
    ]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("sync", measure, report, goals, charts)


@contextmanager
def _bench() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="daybridge-bench-") as name,
        embedded.start(Path(name) / "postgres") as running,
        start_google(allow_http=True) as google,
    ):
        folder = Path(name)
        google.limits.per_user = PER_MINUTE * FASTER
        file = credentials(folder, google)
        chosen = replace(
            settings(running.url, file, google),
            google_requests_per_minute=PER_MINUTE * FASTER,
            google_requests_per_minute_in_all=PER_MINUTE * FASTER * STAFF,
        )
        deps = wiring.build(chosen)
        with deps.database.owner() as session:
            create_booking_app(session)
        attach.attach(deps.database)
        with psycopg.connect(running.url, autocommit=True) as app:
            app.execute(_BUSINESS.format(staff=STAFF).encode())
            config = _configured(folder, chosen, google)
            with serve("wsgi:application()", folder / "web", {"DAYBRIDGE_CONFIG": str(config)}) as web:
                address = f"http://127.0.0.1:{web.port}"
                chosen = replace(chosen, public_url=address)
                config = _configured(folder, chosen, google)
                here = replace(deps, settings=chosen)
                google.register(connect.redirect(here, "google"))
                with _worker(config, folder):
                    bench = Bench(here, google, folder, app)
                    # It reads its queue's version first, and then says that it lives.
                    bench.wait("the worker", lambda: bench.count(_LIVES) > 0)
                    yield bench
        deps.database.close()


def _configured(folder: Path, chosen: object, google: GoogleServer) -> Path:
    """The settings as a file, for the processes."""
    file = folder / "daybridge.toml"
    named = {
        name: getattr(chosen, name)
        for name in ("database_url", "credentials_file", "public_url", "worker_poll_ms")
    }
    there = {
        **{name: str(address) for name, address in google.settings().items()},
        "requests_per_minute": getattr(chosen, "google_requests_per_minute"),  # noqa: B009
        "requests_per_minute_in_all": getattr(chosen, "google_requests_per_minute_in_all"),  # noqa: B009
    }
    lines = [
        *(f"{name} = {json.dumps(value)}" for name, value in named.items()),
        "[providers]",
        "allow_private_addresses = true",
        "[providers.google]",
        *(f"{name} = {json.dumps(value)}" for name, value in there.items()),
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
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
