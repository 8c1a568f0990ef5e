"""Xandikos: a real CalDAV server of another make, which keeps its calendars in git. It asks for no password."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.peer import free_port, running


@dataclass(frozen=True)
class Xandikos:
    url: str
    folder: Path


@contextmanager
def start(folder: Path, principal: str) -> Iterator[Xandikos]:
    port = free_port()
    kept = folder / "kept"
    command = [sys.executable, "-m", "xandikos", "serve", "-d", str(kept), "--autocreate"]
    command += ["--current-user-principal", f"/{principal}/", "-l", "127.0.0.1", "-p", str(port)]
    command += ["--state-dir", str(folder / "state"), "--no-detect-systemd"]
    with running(command, port, folder):
        yield Xandikos(f"http://127.0.0.1:{port}", kept)
