"""DAViCal, as Debian has it: a CalDAV server in PHP over PostgreSQL, with people and their passwords.

Everything that it has is in a folder of its own, which goes when it ends; what the machine has of it is left alone, and
its settings are not read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from gateway.db import embedded
from tests.servers.peer import free_port, running

_APACHE = Path("/usr/sbin/apache2")
_MODULES = Path("/usr/lib/apache2/modules")
_PROGRAM = Path("/usr/share/davical")
_LIBRARY = Path("/usr/share/awl")
_DATABASE = "davical"
# What its own script has psql carry out, in that order; the script itself wants PostgreSQL's programs on the PATH.
_SCHEMA = (
    _LIBRARY / "dba/awl-tables.sql",
    _LIBRARY / "dba/schema-management.sql",
    _PROGRAM / "dba/davical.sql",
    _PROGRAM / "dba/supported_locales.sql",
    _PROGRAM / "dba/views/dav_principal.sql",
    _PROGRAM / "dba/caldav_functions.sql",
    _PROGRAM / "dba/rrule_functions.sql",
    _PROGRAM / "dba/base-data.sql",
)
_PERSON = """
WITH made AS (
    INSERT INTO usr (active, email_ok, updated, username, password, fullname, email)
    VALUES (true, now(), now(), %(name)s, '**' || %(password)s, %(name)s, %(name)s) RETURNING user_no
)
INSERT INTO principal (type_id, user_no, displayname, default_privileges)
SELECT 1, user_no, %(name)s, 0::bit(24) FROM made
"""


@dataclass(frozen=True)
class Davical:
    """Tokens that it has forgotten, after seven days, are answered with all there is, as if that were new. What was
    deleted meanwhile nobody hears of, but by reading the calendar whole every seven days (`pull.WHOLE_EVERY`)."""

    url: str

    def home(self, name: str) -> str:
        """Where a person's calendars are."""
        return f"/caldav.php/{name}/"


def is_here() -> bool:
    """Whether this machine has all that it takes."""
    driver = any(Path("/usr/lib/php").glob("*/pdo_pgsql.so"))
    return _APACHE.exists() and bool(_php()) and driver and all(path.exists() for path in _SCHEMA)


@contextmanager
def start(people: Mapping[str, str]) -> Iterator[Davical]:
    """In a folder that it makes itself: those of a test run are closed to the user that it has to be."""
    with ExitStack() as stack:
        name = tempfile.TemporaryDirectory(prefix="davical-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(name))
        server = stack.enter_context(embedded.start(folder / "postgres"))
        connect = _make_database(server.url, people)
        _copy(folder, connect)
        port = free_port()
        (folder / "apache.conf").write_text(_settings(folder, port))
        _own(folder)
        apache = [str(_APACHE), "-f", str(folder / "apache.conf"), "-D", "FOREGROUND"]
        # When it ends it ends its whole process group, so that must not be ours.
        stack.enter_context(running(["setsid", *apache], port, folder))
        yield Davical(f"http://127.0.0.1:{port}")


def _make_database(url: str, people: Mapping[str, str]) -> str:
    """How its own PHP connects to it, as whoever has the folder."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {_DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    with _connected(url) as database:
        database.execute("CREATE ROLE davical_app; CREATE ROLE davical_dba")
        for file in _SCHEMA:
            database.execute(file.read_bytes())
        for name, password in people.items():
            database.execute(_PERSON, {"name": name, "password": password})
        told = database.info
        return f"host={told.host} port={told.port} dbname={_DATABASE} user={told.user}"


def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url, dbname=_DATABASE, autocommit=True)


def _copy(folder: Path, connect: str) -> None:
    """It looks for its settings beside itself where it may not read the machine's."""
    shutil.copytree(_PROGRAM, folder / "program", ignore=shutil.ignore_patterns("dba", "locale"))
    (folder / "program/config").mkdir()
    settings = f"<?php\n$c->pg_connect[] = '{connect}';\n$c->admin_email = 'admin@example.com';\n"
    (folder / "program/config/config.php").write_text(settings)


def _settings(folder: Path, port: int) -> str:
    htdocs = folder / "program/htdocs"
    modules = {"mpm_prefork": "mod_mpm_prefork.so", "authz_core": "mod_authz_core.so", "php": _php()}
    lines = [f"LoadModule {name}_module {_MODULES / file}" for name, file in modules.items()]
    if os.geteuid() == 0:
        owner = _owner(folder)
        lines += [f"User {owner.pw_name}", f"Group #{owner.pw_gid}"]
    return "\n".join(
        [
            *lines,
            f"ServerRoot {folder}",
            "ServerName localhost",
            f"Listen 127.0.0.1:{port}",
            f"PidFile {folder / 'apache.pid'}",
            f"ErrorLog {folder / 'errors.txt'}",
            f"DocumentRoot {htdocs}",
            f"<Directory {htdocs}>",
            "Require all granted",
            "AcceptPathInfo On",
            "SetHandler application/x-httpd-php",
            "</Directory>",
            f"php_value include_path {_LIBRARY / 'inc'}",
            f"php_admin_value open_basedir {folder}:{_LIBRARY}",
            f"php_admin_value upload_tmp_dir {folder}",
            "php_value date.timezone UTC",
            "php_flag display_errors off",
            "",
        ]
    )


def _php() -> str:
    return next((path.name for path in sorted(_MODULES.glob("libphp*.so"))), "")


def _owner(folder: Path) -> pwd.struct_passwd:
    """Whom the embedded PostgreSQL runs as, and so lets in."""
    return pwd.getpwuid((folder / "postgres/cluster").stat().st_uid)


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *(folder / "program").rglob("*")):
            shutil.chown(path, _owner(folder).pw_uid)
