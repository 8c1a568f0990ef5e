"""Commands that go on until they are told to stop: demo, up, serve, worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.panel import Panel
from rich.progress import TaskID
from rich.table import Table
from waitress.server import create_server

from gateway import settings as settings_file
from gateway import telemetry
from gateway.cli.house import Entrance, pass_entrance, progress, with_secrets
from gateway.core.errors import SetupError
from gateway.db.schema import create_booking_app
from gateway.services import demo as demo_service
from gateway.services.attach import ensure_attached
from gateway.services.demo import Demo
from gateway.services.deps import Deps
from gateway.services.rules import enforce_by_default

_MAX_BODY = 2 * 1024 * 1024
_MAX_HEADERS = 64 * 1024
# A client that says nothing for this long has gone.
_SILENCE = 60
# Phones keep connections open and silent; waitress's own limit of 100 would keep the next one waiting.
_MOST_CONNECTIONS = 1000
_PATIENCE = 10


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port on this machine; 8080 unless the settings say else."
)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Where the demo's database is kept."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the addresses here."
)
@click.option(
    "--bookings", type=click.IntRange(0, 200_000), default=300, show_default=True, help="How many to invent."
)
@pass_entrance
def demo(
    entrance: Entrance, port: int | None, data: Path | None, json_file: Path | None, bookings: int
) -> None:
    """Show everything with an invented business, until Ctrl-C."""
    telemetry.log_to(level=30)
    settings = entrance.settings()
    if port is not None:
        settings = replace(settings, listen=f"127.0.0.1:{port}")
    if data is not None:
        settings = replace(settings, data_dir=str(data))
    # An account to play with, since nobody has credentials of a real provider at hand.
    settings = replace(with_secrets(settings), providers_practice=True)
    with entrance.house(settings) as deps, _listening(deps) as server:
        made = _prepare(deps, bookings, own_database=not settings.database_url)
        if json_file is not None:
            _write_json(json_file, made)
        with _worker_beside(deps):
            _show(made)
            _run(server)


@click.command()
@pass_entrance
def up(entrance: Entrance) -> None:
    """Serve and work in one go: what a single machine needs."""
    telemetry.log_to()
    settings = entrance.settings()
    if not settings.database_url:
        settings = with_secrets(settings)
    with entrance.house(settings) as deps, _listening(deps) as server:
        _make_ready(entrance, deps)
        with _worker_beside(deps):
            click.echo(f"Daybridge serves {deps.settings.address}/ (calendars: {deps.settings.address}/dav/)")
            _run(server)


@click.command()
@pass_entrance
def serve(entrance: Entrance) -> None:
    """Serve calendars and pages; a `daybridge worker` has to run beside it."""
    telemetry.log_to()
    with entrance.house() as deps, _listening(deps) as server:
        _make_ready(entrance, deps)
        click.echo(f"Daybridge serves {deps.settings.address}/")
        _run(server)


@click.command()
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
@pass_entrance
def worker(entrance: Entrance, until_stdin_closes: bool) -> None:
    """Carry changes of bookings into the calendars as they happen, and keep connected accounts in step."""
    from gateway import jobs  # the queue takes a while to load: only whoever works needs it

    telemetry.log_to()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until_stdin_closes:
        threading.Thread(target=_stop_with_parent, args=[stop], daemon=True).start()
    with entrance.house(direct=True) as deps:
        _make_ready(entrance, deps)
        jobs.work(deps, stop)


COMMANDS = (demo, up, serve, worker)


def _stop_with_parent(stop: threading.Event) -> None:
    """Our parent holds the other end of this pipe; when it is gone, however it went, so are we."""
    sys.stdin.read()
    stop.set()


def _make_ready(entrance: Entrance, deps: Deps) -> None:
    """Our schema current and our triggers in place. Only a database of our own gets the booking tables made, and
    refuses double bookings from the start."""
    own_database = not entrance.settings().database_url
    if own_database:
        with deps.database.owner() as session:
            create_booking_app(session)
    for what in ensure_attached(deps.database):
        click.echo(f"Attached: {what}", err=True)
    if own_database:
        enforce_by_default(deps.database)


def _prepare(deps: Deps, bookings: int, *, own_database: bool) -> Demo:
    with progress() as display:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = display.add_task(what)
            display.update(tasks[what], completed=done, total=of)

        keep_in = Path(deps.settings.data_dir)
        return demo_service.prepare(deps, keep_in, bookings, show, own_database=own_database)


@contextmanager
def _listening(deps: Deps) -> Iterator[object]:
    """A web server that has its port already, so that a taken one is said before anything else is done."""
    from wsgi import mount  # the doors are above this floor: only whoever serves opens them

    try:
        server = create_server(
            mount(deps),
            host=deps.settings.host,
            port=deps.settings.port,
            threads=deps.settings.threads,
            channel_timeout=_SILENCE,
            max_request_body_size=_MAX_BODY,
            max_request_header_size=_MAX_HEADERS,
            connection_limit=_MOST_CONNECTIONS,
            # Whom to believe is decided in one place, for every server alike (wsgi.py).
            clear_untrusted_proxy_headers=False,
            ident="Daybridge",
            asyncore_use_poll=True,
        )
    except OSError as error:
        raise SetupError(
            f"{deps.settings.listen} can't be used: {error.strerror or error}.",
            "Is Daybridge running already? Choose another port with --port or `listen`.",
        ) from error
    try:
        yield server
    finally:
        server.close()


def _run(server: object) -> None:
    """Serve until Ctrl-C or SIGTERM; requests under way are finished."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a script may have started us with SIGINT ignored
        signal.signal(number, _leave)
    server.run()  # type: ignore[attr-defined]  # waitress has no types


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def _worker_beside(deps: Deps) -> Iterator[None]:
    """A worker process of the same group, with our settings as they are. It ends when we do, however we end: it watches
    a pipe that we hold."""
    with tempfile.NamedTemporaryFile("w", prefix="daybridge-", suffix=".toml") as file:  # for our eyes only
        file.write(settings_file.written(deps.settings))
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "--config", file.name, "worker", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            env={**os.environ, "DATABASE_URL": deps.settings.database_url},
        )
        try:
            yield
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _write_json(file: Path, made: Demo) -> None:
    """The addresses and passwords, complete or not at all, readable by the owner only."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(asdict(made), opened, indent=2)
    unfinished.replace(file)


def _show(made: Demo) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("Calendar address", made.caldav_url)
    table.add_row("User name", made.username)
    table.add_row("App password", made.password)
    table.add_row("Secret feed", made.feed_url)
    table.add_row("Sign in (once)", made.sign_in_url)
    table.add_row("Database", made.database_url)
    console = Console(soft_wrap=True)
    console.print(
        Panel(table, title="Daybridge demo: Lakeside Salon & Spa", subtitle="Ctrl-C stops everything")
    )
    for one in made.staff[1:]:
        console.print(f"  also: {one.username}  {one.password}", highlight=False)
