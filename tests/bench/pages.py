"""How long the pages take that a manager of a large business opens, and what a browser loads for them."""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask.testing import FlaskClient

from bridge.app import create_app
from gateway import wiring
from gateway.db import embedded
from gateway.db.schema import create_booking_app
from gateway.services import attach, grant, project
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.bench.markdown import paragraph, table
from tests.bench.rounds import series
from tests.bench.section import Figures, Goal, Options, Say, Section
from tests.bench.sync import BUSINESS

STAFF, CONNECTIONS = 50, 150
FIRST = "The business"
PAGES = {
    FIRST: "/business",
    "Its health": "/business/health",
    "My calendars": "",
    "The week of one": "/week",
    "The week of the team": "/week?team=1",
    "What happened": "/activity",
}
_HERE = "/manage/settings/calendars"
_MOST_MS, _MOST_KB = 100, 150

_BOOKED = """
INSERT INTO users (id, business_id, email, role, created_at, updated_at)
VALUES (1, 1, 'manager@bench.example', 1, now(), now());
UPDATE staff_members SET user_id = 1 WHERE id = 1;
INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, status,
                      created_at, updated_at)
SELECT 1, s.id, 1, 1, at, at + interval '45 minutes', 1, now(), now()
FROM staff_members s, generate_series(0, 39) d,
     LATERAL (SELECT date_trunc('week', now() AT TIME ZONE 'UTC') + d / 4 * interval '1 day'
                     + (8 + 2 * (d % 4)) * interval '1 hour' AS at) t;
"""
# In all states, and with a phone or two beside them.
_ACCOUNTS = """
INSERT INTO daybridge.app_passwords (business_id, staff_member_id, label, selector, secret_hash, last_used_at)
SELECT 1, id, 'phone', 's' || id || ' ' || n, 'h', now() FROM staff_members, generate_series(1, 2) n;
INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key, sealed,
                                            connected_at, refused_at, stopped_at, failing_since)
SELECT 1, s.id, p, p || s.id || '@bench.example', p || s.id, 'x', now(), CASE WHEN s.id % 7 = 0 THEN now() END,
       CASE WHEN s.id % 11 = 0 THEN now() END, CASE WHEN s.id % 5 = 0 THEN now() END
FROM staff_members s CROSS JOIN unnest(ARRAY['google', 'microsoft', 'caldav']) p;
INSERT INTO daybridge.connection_calendars (business_id, connection_id, remote_id, name, writable, main, receives,
                                            blocks, read_at)
SELECT 1, k.id, 'c' || n, 'Calendar ' || n, true, n = 1, n = 1, true, now()
FROM daybridge.calendar_connections k, generate_series(1, 2) n;
INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id, calendar_id, remote_id, etag,
                                               pushed, wanted)
SELECT 1, b.id, k.id, c.id, 'e' || b.id, '1', 1, 1 + (b.id % 10 = 0)::int
FROM bookings b
JOIN daybridge.calendar_connections k ON k.staff_member_id = b.staff_member_id
JOIN daybridge.connection_calendars c ON c.connection_id = k.id AND c.receives;
ANALYZE;
"""


def measure(options: Options, say: Say) -> Figures:
    with _business() as deps:
        say(f"{len(PAGES)} pages of a business with {STAFF} staff members and {CONNECTIONS} accounts")
        client = _signed_in(deps)
        return {"pages": {title: _opened(client, path, options.rounds) for title, path in PAGES.items()}}


def report(figures: Figures) -> str:
    told = (
        f"A business with {STAFF} staff members, three connected accounts each and forty bookings in two weeks, as its"
        " manager sees it: the server's own time, PostgreSQL's and a redirect included, and what a browser loads in"
        " all, compressed. Medians, p95 in brackets."
    )
    rows = [
        [title, f"{one['median']:.1f} ({one['p95']:.1f})", f"{one['weight'] / 1024:.0f}"]
        for title, one in figures["pages"].items()
    ]
    return f"## Pages\n\n{paragraph(told)}\n{table(('page', 'server, ms', 'weight, KiB'), rows)}"


def goals(figures: Figures) -> list[Goal]:
    pages = figures["pages"]
    first, heaviest = pages[FIRST]["p95"], max(one["weight"] for one in pages.values()) / 1024
    with_all = f"{STAFF} staff members and {CONNECTIONS} accounts"
    return [
        Goal(f"First page with {with_all}: p95 at most {_MOST_MS} ms", f"{first:.1f} ms", first <= _MOST_MS),
        Goal(
            f"No page weighs more than {_MOST_KB} kB compressed",
            f"{heaviest:.0f} kB",
            heaviest <= _MOST_KB,
        ),
    ]


def charts(_: Figures) -> Mapping[str, str]:
    return {}


SECTION = Section("pages", measure, report, goals, charts)


@contextmanager
def _business() -> Iterator[Deps]:
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder) / "pg") as server:
        deps = wiring.build(Settings(database_url=server.url))
        with deps.database.owner() as session:
            create_booking_app(session)
        with psycopg.connect(server.url, autocommit=True) as app:
            app.execute((BUSINESS.format(staff=STAFF) + _BOOKED).encode())
            attach.attach(deps.database)
            project.project_everything(deps.database, deps.now)
            app.execute(_ACCOUNTS.encode())
        yield deps
        deps.database.close()


def _signed_in(deps: Deps) -> FlaskClient:
    """A browser that has followed a link of a manager's, and pressed its one button."""
    client = create_app(deps).test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    path = "/" + grant.sign_in_link(deps, 1, 1).secret.split("/", 3)[3]
    [token] = re.findall('name="csrf_token" value="([^"]+)"', client.get(path).text)[:1]
    client.post(path, data={"csrf_token": token})
    return client


def _opened(client: FlaskClient, path: str, rounds: int) -> Figures:
    taken, body = [], b""
    for _ in range(rounds + 1):
        began = time.perf_counter()
        answer = client.get(_HERE + path, follow_redirects=True)
        taken.append(time.perf_counter() - began)
        body = answer.data
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.text[:300]}")
    return {**series(taken[1:]).figures(), "weight": _weight(client, body)}


def _weight(client: FlaskClient, page: bytes) -> int:
    """Octets of a page and of all that it loads, compressed."""
    loaded = set(re.findall(r'(?:src|href)="(/[^"]+\.(?:css|js|svg|png)[^"]*)"', page.decode()))
    return sum(len(gzip.compress(one)) for one in (page, *(_body(client, path) for path in sorted(loaded))))


def _body(client: FlaskClient, path: str) -> bytes:
    with client.get(path) as answer:  # a file that is sent stays open until its answer is closed
        return answer.data
