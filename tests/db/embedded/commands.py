"""Commands that start an embedded PostgreSQL, to be ended or killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from gateway.db.embedded import EmbeddedServer, start
from gateway.db.embedded.cluster import Cluster

REPO = Path(__file__).parents[3]
PATIENCE = 60
# Says who started the server and where it is, and goes on until its standard input ends.
HOLD = """
import os, sys
from pathlib import Path
from gateway.db.embedded import server as embedded
embedded.PARENT_DEATH_SIGNAL = embedded.PARENT_DEATH_SIGNAL and "watchdog-only" not in sys.argv
with embedded.start(Path(sys.argv[1]), durable=False) as server:
    if "fork" in sys.argv and not (child := os.fork()):
        import signal
        signal.alarm(60)
        signal.pause()
    print(server.started_here, server.url, child if "fork" in sys.argv else 0, flush=True)
    sys.stdin.readline()
"""
COUNT = "SELECT count(*) FROM kept"


def quick(data: Path, **settings: str) -> EmbeddedServer:
    return start(data, durable=False, settings=settings)


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def commit_a_row(url: str) -> None:
    ask(url, "CREATE TABLE IF NOT EXISTS kept (id int)")
    ask(url, "INSERT INTO kept VALUES (1)")


class Command:
    """Another process that starts or attaches."""

    def __init__(self, data: Path, *words: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data), *words],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(REPO), *sys.path])} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> tuple[bool, str, int]:
        assert self.process.stdout is not None
        started, url, child = self.process.stdout.readline().split()
        return started == "True", url, int(child)

    def end(self) -> None:
        self.process.communicate("\n", timeout=PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)


def until_gone(data: Path) -> None:
    """The lock is free only when no process of the server is left."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        lock = Cluster(data).lock()
        if lock is not None:
            os.close(lock)
            return
        time.sleep(0.05)
    raise AssertionError("the server is still there")


def postmaster(data: Path) -> int:
    return int((data / "cluster" / "postmaster.pid").read_text().split()[0])


def log(data: Path) -> str:
    return (data / "postgres.log").read_text()
