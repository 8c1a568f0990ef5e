"""Numbered SQL files, applied in order, each in one transaction with its own record. Forward only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import chain

from gateway.core.errors import SetupError
from gateway.db.engine import Database, Session

# Two commands that migrate at once take turns (an arbitrary number, ours alone).
_LOCK = 0x6461796272696467

_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'daybridge_app') THEN
        CREATE ROLE daybridge_app NOLOGIN NOBYPASSRLS NOSUPERUSER;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
END $$
"""

_JOIN = "GRANT daybridge_app TO CURRENT_USER"

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS daybridge;
CREATE TABLE IF NOT EXISTS daybridge.migrations (
    name       text PRIMARY KEY,
    digest     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def record(self) -> str:
        """The statement that says that it was applied."""
        values = f"'{self.name}', '{self.digest}'"
        return f"INSERT INTO daybridge.migrations (name, digest) VALUES ({values})"  # noqa: S608  # a file's name and hash


def known() -> list[Migration]:
    """All migrations that this version brings, in order."""
    folder = resources.files("gateway.db").joinpath("migrations")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


def migrate(database: Database) -> list[str]:
    """Bring the schema `daybridge` up to date; the names of what was applied. Harmless when repeated.

    Raises SetupError when the database is newer than this version, or a migration was edited after it was applied.
    """
    with database.owner() as session:
        session.run("SELECT pg_advisory_xact_lock(%(key)s::bigint)", key=_LOCK)
        session.run(_ROLE)
        if session.value("SELECT to_regclass('daybridge.migrations')") is None:
            session.run(_LEDGER)
        _join_role(session)
        return list(_apply_pending(session))


def pending(database: Database) -> list[str]:
    """What `migrate` would apply."""
    with database.owner() as session:
        if session.one("SELECT to_regclass('daybridge.migrations')") == (None,):
            return [migration.name for migration in known()]
        return [migration.name for migration in _pending(session)]


def preview(database: Database) -> list[str]:
    """The statements that `migrate` would carry out, for those who want to read them first."""
    names = pending(database)
    steps = [(migration.text, migration.record) for migration in known() if migration.name in names]
    return [_ROLE, _LEDGER, _JOIN, *chain.from_iterable(steps)] if steps else []


def _apply_pending(session: Session) -> Iterator[str]:
    for migration in _pending(session):
        session.run(migration.text)
        session.run(migration.record)
        yield migration.name


def _pending(session: Session) -> list[Migration]:
    applied: dict[str, str] = dict(session.all("SELECT name, digest FROM daybridge.migrations"))
    brought = {migration.name: migration for migration in known()}
    newer = sorted(set(applied) - set(brought))
    if newer:
        raise SetupError(
            f"The database has migration {newer[-1]}, which this version doesn't know.", "Update Daybridge."
        )
    edited = [name for name in applied if brought[name].digest != applied[name]]
    if edited:
        raise SetupError(
            f"Migration {edited[0]} was changed after it was applied.", "Reinstall this version."
        )
    return [migration for name, migration in brought.items() if name not in applied]


def _join_role(session: Session) -> None:
    """We act as daybridge_app in every transaction, so the role we sign in with must be able to become it.

    Since PostgreSQL 16 whoever makes a role may grant it, but is not by itself allowed to become it.
    """
    how = "SET" if session.cursor.connection.info.server_version >= 160000 else "MEMBER"
    if session.one("SELECT pg_has_role(current_user, 'daybridge_app', %(how)s)", how=how) == (False,):
        session.run(_JOIN)
