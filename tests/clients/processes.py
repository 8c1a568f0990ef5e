"""Daybridge as it runs in earnest: `daybridge serve` (waitress) and gunicorn, each a process of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.clients.wire import Answer, Wire
from tests.conftest import Person

ROOT = Path(__file__).parents[2]
GUNICORN = ROOT / "config" / "gunicorn.conf.py"
KINDS = ("waitress", "gunicorn")
PATIENCE = 30


@dataclass(frozen=True)
class Running:
    """A server process, and the file that it logs to."""

    kind: str
    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something, not for ever."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)


@dataclass(frozen=True)
class Served:
    server: Running
    alice: Person
    feed: str

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def event(self) -> str:
        return f"{self.alice.bookings}booking-1001.ics"

    @property
    def new(self) -> str:
        return f"{self.alice.bookings}lunch.ics"

    def wire(self) -> Wire:
        return Wire(self.address)

    def ask(self, *pieces: bytes, method: str = "GET") -> Answer:
        """One request on a connection of its own."""
        with self.wire() as wire:
            wire.send_as_far_as_taken(b"".join(pieces))
            return wire.answer(method)


@contextmanager
def running(
    kind: str, database_url: str, folder: Path, *options: str, gunicorn: Path = GUNICORN
) -> Iterator[Running]:
    """Start a server and end it again; `options` are gunicorn's own."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "daybridge.toml").write_text(f'listen = "127.0.0.1:{port}"\n', encoding="utf-8")
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            _command(kind, options, gunicorn),
            cwd=ROOT,
            env=_env(database_url, folder),
            stdout=out,
            stderr=out,
        )
    server = Running(kind, f"http://127.0.0.1:{port}", process, log)
    try:
        until(lambda: process.poll() is not None or _answers(server), f"{kind} answers")
        assert process.poll() is None, server.logged()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(kind: str, options: tuple[str, ...], gunicorn: Path) -> list[str]:
    if kind == "waitress":
        return [sys.executable, "-m", "gateway.cli", "serve"]
    return [sys.executable, "-m", "gunicorn", "-c", str(gunicorn), *options]


def _env(database_url: str, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ours = {"DATABASE_URL": database_url, "DAYBRIDGE_CONFIG": str(folder / "daybridge.toml")}
    return {**kept, **ours, "PYTHONDONTWRITEBYTECODE": "1"}


def _answers(server: Running) -> bool:
    """Whether it is our server that answers, and not a stranger who took the port in between."""
    try:
        alive = requests.get(f"{server.address}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False
    ready = re.search(r"Booting worker|Daybridge serves", server.logged())
    return alive and ready is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
