"""The embedded PostgreSQL in an ordered life: first start, attach, stop."""

import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from gateway.core.errors import SetupError
from gateway.db.embedded import server as embedded
from gateway.db.embedded import start
from tests.db.embedded.commands import COUNT, PATIENCE, Command, ask, commit_a_row, quick, until_gone


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
