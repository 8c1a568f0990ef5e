"""The embedded PostgreSQL under everything that can kill it or its command; real servers and real kills."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.errors import SetupError
from gateway.db.embedded import EmbeddedServer, start
from tests.db.embedded.commands import (
    COUNT,
    PATIENCE,
    Command,
    ask,
    commit_a_row,
    log,
    postmaster,
    quick,
    until_gone,
)


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="daybridge-test-") as name:
        yield Path(name) / "data"


@pytest.mark.parametrize("means", ["both", "watchdog-only"])
def test_a_killed_command_takes_its_server_along(data: Path, means: str) -> None:
    command = Command(data, means)
    commit_a_row(command.ready()[1])
    command.kill()
    until_gone(data)
    with quick(data) as server:
        assert ask(server.url, COUNT) == 1
    assert "not properly shut down" not in log(data)


def test_nobody_attaches_to_a_server_without_a_starter(data: Path) -> None:
    """Right after the kill it still answers."""
    for _ in range(5):
        command = Command(data)
        command.ready()
        command.kill()
        with quick(data) as server:
            assert server.started_here


def test_a_forked_child_does_not_keep_the_server_of_a_killed_command(data: Path) -> None:
    command = Command(data, "fork")
    *_, child = command.ready()
    command.process.kill()
    command.process.wait(PATIENCE)
    try:
        until_gone(data)
    finally:
        os.kill(child, signal.SIGKILL)
        command.process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_watchdog_takes_the_server_along(data: Path) -> None:
    command = Command(data)
    commit_a_row(command.ready()[1])
    watchdog = Path(f"/proc/{postmaster(data)}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(watchdog), signal.SIGKILL)
    until_gone(data)
    command.end()
    with quick(data) as server:
        assert ask(server.url, COUNT) == 1
    assert "not properly shut down" not in log(data)


def test_a_killed_server_recovers(data: Path) -> None:
    broken = start(data)
    commit_a_row(broken.url)
    os.kill(postmaster(data), signal.SIGKILL)
    with quick(data) as server:
        assert server.started_here
        assert ask(server.url, COUNT) == 1
        broken.stop()
        assert ask(server.url, COUNT) == 1
    assert "not properly shut down" in log(data)


def test_the_end_of_the_starting_thread_is_not_the_end_of_the_server(data: Path) -> None:
    servers: list[EmbeddedServer] = []
    thread = threading.Thread(target=lambda: servers.append(quick(data)))
    thread.start()
    thread.join(PATIENCE)
    with servers[0] as server:
        time.sleep(0.5)
        assert ask(server.url, "SELECT 1") == 1


def test_ctrl_c_reaches_only_the_command(data: Path) -> None:
    with quick(data):
        assert os.getpgid(postmaster(data)) != os.getpgid(0)


def test_the_rest_of_an_interrupted_first_start_is_cleared(data: Path) -> None:
    (data / "cluster.new").mkdir(parents=True)
    (data / "cluster.new" / "half").touch()
    with quick(data) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not (data / "cluster.new").exists()


def test_a_stranger_with_the_number_of_a_dead_server_is_no_server(data: Path) -> None:
    with quick(data):
        files = [data / "cluster" / name for name in ("postmaster.pid", ".s.PGSQL.5432.lock")]
        old = [path.read_text() for path in files]
    for path, text in zip(files, old, strict=True):
        path.write_text("\n".join([str(os.getpid()), *text.splitlines()[1:]]))
    with quick(data) as server:
        assert server.started_here


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_server_that_somebody_else_started_is_left_alone(data: Path) -> None:
    quick(data).stop()
    with subprocess.Popen(["sleep", "60"], cwd=data / "cluster") as other:
        (data / "cluster" / "postmaster.pid").write_text(f"{other.pid}\n")
        with pytest.raises(SetupError, match=f"process {other.pid}"):
            quick(data)
        other.kill()
