"""What our server does under load: processor time for a poll, memory while eight list, and polls in a second."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg

import wsgi
from tests.bench.caldav.operations import LISTING, OURS, POLL, STOCK, Calendar
from tests.bench.caldav.world import OUR_APPLICATION, World
from tests.bench.connection import Connection
from tests.bench.section import Figures, Options
from tests.bench.servers import Server, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BATCHES = 10
_IDENTICAL_ROUNDS = 3


def cpu(world: World, options: Options) -> Figures:
    """Milliseconds of processor time for one poll within our WSGI application, sign-in included: by size."""
    application = wsgi.mount(world.deps)
    return {str(size): _cpu(application, world, size, options.polls) for size in world.owners}


def memory(world: World, folder: Path, options: Options) -> Figures:
    """MiB of a new server while clients list the largest calendar, in identical rounds; empty where /proc is not."""
    calendar = world.calendars[max(world.owners), OURS]
    wire = LISTING.wire(calendar)
    with serve(
        OUR_APPLICATION, folder / "memory", {"DATABASE_URL": world.deps.settings.database_url}
    ) as server:
        if server.worker is None:
            return {}
        _client(server, wire, 1)
        before = _resident(server)
        rounds = []
        for _ in range(_IDENTICAL_ROUNDS):
            _at_once(options.clients, lambda: _client(server, wire, options.listings))
            rounds.append(_resident(server))
    return {"clients": options.clients, "listings": options.listings, "before": before, "rounds": rounds}


def throughput(world: World, options: Options) -> Figures:
    """Polls a second with several kept-alive clients, by size and server."""
    return {
        str(size): {server: _rate(world, world.calendars[size, server], options) for server in (OURS, STOCK)}
        for size in world.owners
    }


def _cpu(application: WSGIApplication, world: World, size: int, polls: int) -> Figures:
    calendar = world.calendars[size, OURS]
    backend = _Backend(world.deps.settings.database_url)
    call = _caller(application, calendar)
    for _ in range(max(20, polls // 20)):
        call()
    each = max(1, polls // _BATCHES)
    spent, before = [], backend.seconds()
    for _ in range(_BATCHES):
        began = time.process_time()
        for _ in range(each):
            call()
        spent.append(1000 * (time.process_time() - began) / each)
    asked = 1000 * (backend.seconds() - before) / (each * _BATCHES)
    return {"python": round(median(spent), 4), "least": round(min(spent), 4), "postgres": round(asked, 4)}


def _caller(application: WSGIApplication, calendar: Calendar) -> Callable[[], None]:
    """One poll as a WSGI server would pass it on."""
    request = POLL.request(calendar)
    fixed: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urlsplit(request.path).path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    fixed |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}

    def call() -> None:
        statuses: list[str] = []
        environ = {**fixed, "wsgi.input": io.BytesIO(request.body)}
        b"".join(application(environ, lambda status, *_: statuses.append(status)))  # type: ignore[arg-type]
        if statuses != ["207 Multi-Status"]:
            raise RuntimeError(f"a poll was answered with {statuses}")

    return call


class _Backend:
    """The processor time of PostgreSQL's processes for our connections; 0 where the system doesn't tell."""

    def __init__(self, url: str) -> None:
        self._url = url

    def seconds(self) -> float:
        with psycopg.connect(self._url) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            )
            files = [Path(f"/proc/{pid}/schedstat") for (pid,) in rows]
        return sum(int(file.read_text().split()[0]) for file in files if file.exists()) / 1e9


def _client(server: Server, wire: bytes, times: int) -> None:
    with Connection(server.port) as connection:
        for _ in range(times):
            if connection.ask(wire).status != 207:
                raise RuntimeError("a listing failed")


def _resident(server: Server) -> dict[str, float]:
    """What lies in memory now, and the most that ever did."""
    status = Path(f"/proc/{server.worker}/status").read_text(encoding="ascii")
    found = {name: int(kib) / 1024 for name, kib in re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.M)}
    return {"now": round(found["VmRSS"], 1), "peak": round(found["VmHWM"], 1)}


def _rate(world: World, calendar: Calendar, options: Options) -> Figures:
    """Completed polls over the time until the last of them: a slow server isn't robbed of what it has begun."""
    wire, counts = POLL.wire(calendar), []
    port = world.servers[calendar.server].port
    began = time.perf_counter()

    def client() -> None:
        done = 0
        with Connection(port) as connection:
            while time.perf_counter() - began < options.load_seconds:
                if connection.ask(wire).status != 207:
                    raise RuntimeError("a poll failed")
                done += 1
        counts.append(done)

    _at_once(options.clients, client)
    seconds = time.perf_counter() - began
    return {"polls": sum(counts), "seconds": round(seconds, 2), "rate": round(sum(counts) / seconds, 2)}


def _at_once(number: int, work: Callable[[], None]) -> None:
    """Run it in so many threads; the first failure of any of them is raised."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # handed over to the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
