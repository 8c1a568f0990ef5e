"""WSGI applications under gunicorn, each a process of its own and gone with the bench."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
WORKERS, THREADS = 1, 4
# Longer than the slowest server makes the others wait, or their connections would be closed between two turns.
_KEEP_ALIVE = 120
_START_PATIENCE, _STOP_PATIENCE = 60.0, 15.0
_PAUSE = 0.05


class NoServer(Exception):
    """A server did not start; its log is in the message."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, and the process that answers (None where /proc doesn't tell)."""

    port: int
    master: int

    @property
    def worker(self) -> int | None:
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        found = children.read_text().split() if children.exists() else []
        return int(found[0]) if found else None


@contextmanager
def serve(application: str, folder: Path, environ: Mapping[str, str]) -> Iterator[Server]:
    """Serve `module:name` from a folder. Raises NoServer."""
    folder.mkdir(parents=True, exist_ok=True)
    # The socket is bound here and handed on, so that no one can take the port in between.
    with socket.create_server(("127.0.0.1", 0)) as listening, (folder / "server.log").open("wb") as log:
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            _command(application, listening.fileno()),
            cwd=folder,
            env=_environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listening.fileno(),),
        )
    try:
        _wait_until_ready(process, port, folder / "server.log")
        yield Server(port, process.pid)
    finally:
        _stop(process)


def _command(application: str, listening: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", application),
        *("--bind", f"fd://{listening}", "--worker-class", "gthread"),
        *("--workers", str(WORKERS), "--threads", str(THREADS)),
        *("--keep-alive", str(_KEEP_ALIVE), "--timeout", "300", "--graceful-timeout", "2"),
        *("--log-level", "warning", "--no-control-socket"),
    ]


def _environ(more: Mapping[str, str]) -> dict[str, str]:
    """Ours, without what would make a server read somebody's settings."""
    left_out = ("DAYBRIDGE_CONFIG", "DATABASE_URL", "RADICALE_CONFIG", "GUNICORN_CMD_ARGS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **more}


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers something, whatever that is."""
    deadline = time.monotonic() + _START_PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_START_PATIENCE) as knock:
                knock.sendall(b"OPTIONS /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if knock.recv(1):
                    return
        except OSError:
            pass
        time.sleep(_PAUSE)
    raise NoServer(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
