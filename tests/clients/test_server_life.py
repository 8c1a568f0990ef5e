"""How the servers end, are renewed and put up with bad company; and that the examples in config/ agree with us."""

from __future__ import annotations

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
import requests

import wsgi
from radicale_plugin.guard import MOST_BODY
from tests.clients.conftest import serving
from tests.clients.processes import GUNICORN, KINDS, ROOT, Running, running, until
from tests.clients.web import TestApp
from tests.clients.wire import Wire, head
from tests.conftest import Town

pytestmark = pytest.mark.client

PROPPATCH = (
    b'<propertyupdate xmlns="DAV:"><set><prop><displayname>Work</displayname></prop></set></propertyupdate>'
)


@contextmanager
def held_up(town: Town):
    """Whoever sets a property waits until this is over."""
    with psycopg.connect(town.url) as connection:
        connection.execute("LOCK TABLE daybridge.calendar_properties IN EXCLUSIVE MODE")
        yield


def waits(town: Town) -> bool:
    waiting = (
        "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'daybridge.calendar_properties'::regclass"
    )
    return bool(town.sql(waiting))


def silent(server: Running) -> bool:
    """Whether it takes nobody in any more; its socket may be open until the end."""
    try:
        requests.get(f"{server.address}/healthz", timeout=0.5)
    except requests.RequestException:
        return True
    return False


class TestStopping:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_request_under_way_is_finished(self, the_town, tmp_path, kind):
        """It waits for a lock in the database while the server is told to stop, and is answered all the same."""
        alice = the_town.alice
        with running(kind, the_town.url, tmp_path) as server, ThreadPoolExecutor() as beside:
            address, who = server.address + alice.bookings, (alice.email, alice.password)
            with held_up(the_town):
                asked = beside.submit(
                    requests.request, "PROPPATCH", address, data=PROPPATCH, auth=who, timeout=30
                )
                until(lambda: waits(the_town), "the request waits for the lock")
                server.process.send_signal(signal.SIGTERM)
                until(lambda: silent(server), "the server takes nobody in any more")
                assert server.process.poll() is None
            assert asked.result().status_code == 207
            assert server.process.wait(30) == 0
        assert the_town.sql("SELECT count(*) FROM daybridge.calendar_properties") == [(1,)]

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_stops_soon_although_phones_are_connected(self, the_town, tmp_path, kind):
        with running(kind, the_town.url, tmp_path) as server, Wire(server.address) as phone:
            phone.send(head("GET", "/healthz"))
            assert phone.answer().status == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(15) == 0

    def test_workers_are_renewed_and_nobody_notices(self, the_town, tmp_path):
        options = ("--workers", "1", "--max-requests", "5", "--max-requests-jitter", "0")
        with running("gunicorn", the_town.url, tmp_path, *options) as server:
            for _ in range(20):
                assert requests.get(f"{server.address}/readyz", timeout=15).status_code == 200
            until(lambda: server.logged().count("Booting worker") >= 4, "the fourth worker")


class TestBadCompany:
    def test_gunicorn_hangs_up_on_who_stops_in_the_middle(self, the_town, tmp_path):
        """More of them than threads, each silent within a request; who comes after them is served all the same."""
        impatient = tmp_path / "gunicorn.conf.py"
        text = re.sub(
            r"^_SILENCE = .*$", "_SILENCE = 1", GUNICORN.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        impatient.write_text(text, encoding="utf-8")
        options = ("--workers", "1", "--threads", "2")
        with (
            running("gunicorn", the_town.url, tmp_path, *options, gunicorn=impatient) as server,
            ExitStack() as stack,
        ):
            stalled = [stack.enter_context(Wire(server.address)) for _ in range(4)]
            for number, wire in enumerate(stalled):
                wire.send(b"GET /healthz HTTP/1.1\r\nHost: " if number % 2 else half_a_put(the_town))
            assert requests.get(f"{server.address}/healthz", timeout=15).status_code == 200
            for wire in stalled:
                assert b" 2" not in wire.rest()[:15]

    def test_waitress_hangs_up_on_who_stops_in_the_middle(self, the_town):
        """`daybridge serve` has more patience; the mechanism is the same."""
        with (
            serving(wsgi.mount(the_town.deps), channel_timeout=1, cleanup_interval=1) as address,
            ExitStack() as stack,
        ):
            stalled = [stack.enter_context(Wire(address)) for _ in range(4)]
            for number, wire in enumerate(stalled):
                wire.send(b"GET /healthz HTTP/1.1\r\nHost: " if number % 2 else half_a_put(the_town))
            assert requests.get(f"{address}/healthz", timeout=15).status_code == 200
            assert [wire.rest() for wire in stalled] == [b""] * 4

    def test_whoever_hangs_up_early_does_no_harm(self, the_town):
        with serving(wsgi.mount(the_town.deps)) as address:
            for _ in range(20):
                with Wire(address) as wire:
                    wire.send(head("GET", the_town.alice.bookings, who=the_town.alice))
            assert requests.get(f"{address}/readyz", timeout=15).status_code == 200


def half_a_put(town: Town) -> bytes:
    alice = town.alice
    return (
        head("PUT", f"{alice.bookings}lunch.ics", "Content-Length: 1000", who=alice) + b"BEGIN:VCALENDAR\r\n"
    )


class TestWithoutADatabase:
    @pytest.fixture
    def app(self, databases, the_town):
        """The application after its database has gone; it had a connection open."""
        app = TestApp(wsgi.mount(the_town.deps))
        assert app.get("/readyz").status_int == 200
        databases.drop(the_town.url)
        return app

    def test_it_lives_and_says_that_it_is_not_ready(self, app):
        assert app.get("/healthz").status_int == 200
        answer = app.get("/readyz", status=503)
        assert b"database" in answer.body

    def test_everything_else_says_try_again(self, app, the_town):
        """503 and never 404 or 401, at which calendar apps would throw away what they have."""
        app.authorization = ("Basic", (the_town.alice.email, the_town.alice.password))
        for path in (
            the_town.alice.bookings,
            f"{the_town.alice.bookings}booking-1001.ics",
            f"/feeds/{'a' * 32}.ics",
        ):
            answer = app.get(path, status=503)
            assert int(answer.headers["Retry-After"]) > 0
            assert the_town.url not in answer.text


class TestExamples:
    """What stands in config/ for others to copy."""

    def read(self, name: str) -> str:
        return (ROOT / "config" / name).read_text(encoding="utf-8")

    def test_nginx_takes_as_much_as_we_do_and_logs_no_token(self):
        text = self.read("nginx.conf")
        assert int(re.search(r"client_max_body_size (\d+)m;", text)[1]) * 1024 * 1024 == MOST_BODY
        assert "$request_uri" not in text.partition("log_format")[2].partition(";")[0]
        assert '"$request"' not in text
        assert text.count("{") == text.count("}")

    def test_gunicorn_writes_no_addresses_and_stops_before_systemd_kills(self):
        gunicorn, unit = self.read("gunicorn.conf.py"), self.read("daybridge.service")
        assert "accesslog = None" in gunicorn
        graceful = int(re.search(r"^graceful_timeout = (\d+)", gunicorn, re.MULTILINE)[1])
        assert graceful < int(re.search(r"^TimeoutStopSec=(\d+)", unit, re.MULTILINE)[1])
