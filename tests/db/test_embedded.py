"""The embedded PostgreSQL under everything that can happen to it; real servers and real kills."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from gateway.core.errors import SetupError
from gateway.db import embedded
from gateway.db.cluster import Cluster
from gateway.db.embedded import EmbeddedServer, start

REPO = Path(__file__).parents[2]
PATIENCE = 60
# Says who started the server and where it is, and goes on until its standard input ends.
HOLD = """
import os, sys
from pathlib import Path
from gateway.db import embedded
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


@pytest.fixture
def place() -> Iterator[Path]:
    """pytest's own directories have names that are nearly too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="daybridge-test-") as name:
        yield Path(name)


@pytest.fixture
def data(place: Path) -> Path:
    return place / "data"


def test_the_first_start_makes_a_database_without_tcp(data: Path) -> None:
    with quick(data) as server:
        assert server.started_here
        assert ask(server.url, "SELECT current_user || '@' || current_database()") == "daybridge@daybridge"
        assert ask(server.url, "SHOW server_encoding") == "UTF8"
        assert ask(server.url, "SHOW timezone") == "UTC"
        assert ask(server.url, "SHOW listen_addresses") == ""
        assert ask(server.url, "SELECT upper('é')") == "É"
        ask(server.url, "CREATE EXTENSION btree_gist")
        sqlalchemy_url = make_url(server.url.replace("postgresql:", "postgresql+psycopg:"))
        assert sqlalchemy_url.query == {"host": str(data / "cluster"), "port": "5432"}
        url = server.url
    server.stop()
    until_gone(data)
    with pytest.raises(psycopg.OperationalError):
        ask(url, "SELECT 1")


def test_what_the_database_role_may_do(data: Path) -> None:
    """As much as on a managed database: its own roles and databases, but it's no superuser."""
    with quick(data) as server:
        assert ask(server.url, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = user") is False
        ask(server.url, "CREATE ROLE app NOLOGIN")
        ask(server.url, "GRANT app TO CURRENT_USER")
        ask(server.url, "CREATE DATABASE copy TEMPLATE daybridge")


def test_a_second_start_keeps_the_data(data: Path) -> None:
    with start(data) as server:
        assert ask(server.url, "SHOW fsync") == "on"
        commit_a_row(server.url)
    with quick(data, work_mem="5MB") as server:
        assert ask(server.url, COUNT) == 1
        assert [ask(server.url, f"SHOW {name}") for name in embedded.NOT_DURABLE] == ["off"] * 3
        assert ask(server.url, "SHOW work_mem") == "5MB"


def test_another_command_attaches(data: Path) -> None:
    with quick(data) as server:
        command = Command(data)
        assert command.ready()[:2] == (False, server.url)
        command.end()
        assert ask(server.url, "SELECT 1") == 1


def test_four_commands_at_once_share_one_server(data: Path) -> None:
    commands = [Command(data) for _ in range(4)]
    answers = [command.ready() for command in commands]
    assert sorted(started for started, *_ in answers) == [False, False, False, True]
    born = {ask(url, "SELECT pg_postmaster_start_time()") for _, url, *_ in answers}
    assert len(born) == 1
    for command in commands:
        command.end()
    until_gone(data)


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


def test_data_of_another_version_is_refused(data: Path) -> None:
    quick(data).stop()
    (data / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(SetupError, match="written by PostgreSQL 9, this is PostgreSQL") as caught:
        quick(data)
    assert "pg_dump" in caught.value.remedy


def test_a_server_that_cannot_start_is_quoted(data: Path) -> None:
    with pytest.raises(SetupError, match="no_such_setting"):
        quick(data, no_such_setting="1")
    until_gone(data)


def test_a_long_path_has_its_socket_elsewhere(place: Path) -> None:
    data = place / ("long" * 30) / "data"
    (place / "t").mkdir()
    with quick(data) as server:
        assert str(data) not in server.url
        sockets = Path(str(make_url(server.url).query["host"]))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        command = Command(data, TMPDIR=str(place / "t"))
        assert command.ready()[:2] == (False, server.url)
        command.end()
        assert ask(server.url, "SELECT 1") == 1
    assert not sockets.exists()


def test_a_path_may_hold_any_letter(place: Path) -> None:
    with quick(place / "a+b & c=ü'%41") as server:
        assert ask(server.url, "SELECT 1") == 1
        assert make_url(server.url).query["host"] == str(place / "a+b & c=ü'%41" / "cluster")


def test_the_log_does_not_grow_forever(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOG_LIMIT", 20_000)
    data.mkdir()
    (data / "postgres.log").write_text("old" * 10_000)
    with quick(data, log_statement="all") as server:
        assert (data / "postgres.log.old").stat().st_size == 30_000
        ask(server.url, f"SELECT '{'x' * 40_000}'")
        deadline = time.monotonic() + PATIENCE
        while (data / "postgres.log").stat().st_size > 20_000 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert (data / "postgres.log").stat().st_size <= 20_000


def test_windows_is_refused_in_words() -> None:
    with pytest.raises(SetupError, match="Windows") as caught:
        embedded.refuse_unknown_system("win32")
    assert "WSL" in caught.value.remedy


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="can't use"):
        quick(tmp_path / "file" / "data")
