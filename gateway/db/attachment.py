"""Hang up what `hooks` lists, see what is missing of it, and take everything of ours down again.

The app goes on meanwhile. A table's triggers are hung up in a short transaction of their own; whoever holds the table
makes us give up within a second and try again later, so that nobody queues behind us for longer than that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import psycopg

from gateway.core.errors import DatabaseUnavailable, SetupError
from gateway.db import hooks, queries
from gateway.db.engine import Database, Session, identifier
from gateway.db.hooks import Hook

_SQL = queries.load("inspection.sql")

# How long we wait for a lock, at first and at last: others wait behind us for as long.
LOCK_TIMEOUTS_MS = (100, 300, 900)
# So long we then stay away, that those who waited get their turn.
PAUSE = 1.0

# Two commands that attach at once take turns (an arbitrary number, ours alone).
_LOCK = 0x6461796272686F6F

# The worker's queue (gateway/jobs) and then what counts.
_SCHEMAS = ("daybridge_queue", "daybridge")

_GIVE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)

_DROP_ROLE = """\
DO $$ BEGIN
    DROP ROLE IF EXISTS daybridge_app;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL;  -- it serves another database too
END $$"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that go into one short transaction; `table` is the app's table that they lock, or ""."""

    table: str
    statements: tuple[str, ...]


def missing(session: Session) -> list[Hook]:
    """What doesn't hang where it should, is switched off, or is of an older version."""
    there = _present(session)
    return [
        hook for hook in hooks.wanted() if not _is_good(hook, there.get((hook.kind, hook.name, hook.table)))
    ]


def hanging(session: Session, lacking: Sequence[Hook]) -> Iterator[Step]:
    """The steps that hang up what is missing, and take down what an older version left on the app's tables."""
    ours = [hook for hook in lacking if hook.kind != "trigger"]
    if ours:
        yield Step("", tuple(chain.from_iterable(hook.statements for hook in ours)))
    stale = _stale(session)
    for table in dict.fromkeys([hook.table for hook in lacking if hook.kind == "trigger"] + list(stale)):
        here = chain.from_iterable(hook.statements for hook in lacking if hook.table == table)
        yield Step(table, (*(_drop_trigger(f"public.{table}", name) for name in stale.get(table, [])), *here))


def noting() -> Step:
    """Have every business projected anew."""
    return Step("", (_SQL["note_everything"],))


def loosening(session: Session) -> Iterator[Step]:
    """The steps that free the app's tables of us: no trigger hangs in them, no view looks at them."""
    triggers: dict[str, list[str]] = {}
    for table, name in session.all(_SQL["hung_triggers"]):
        triggers.setdefault(table, []).append(name)
    for table, names in triggers.items():
        yield Step(table, tuple(_drop_trigger(table, name) for name in names))
    views = [name for kind, name, _ in _present(session) if kind == "view"]
    if views:
        yield Step("", (f"DROP VIEW {', '.join(f'daybridge.{identifier(view)}' for view in views)}",))


def removing(session: Session) -> Iterator[Step]:
    """The steps that then take away our schemas with all that they hold.

    The role is the server's, not the database's: it stays while another database uses it.
    """
    for schema in _SCHEMAS:
        if session.value("SELECT to_regnamespace(%(schema)s)", schema=schema) is not None:
            yield Step("", (f"DROP SCHEMA {schema} CASCADE",))
    if role_exists(session):
        yield Step("", (_DROP_ROLE,))


def dependents(session: Session) -> list[str]:
    """What others have built upon our schema, such as a view for their reports."""
    return [what for (what,) in session.all(_SQL["dependents"])]


def role_exists(session: Session) -> bool:
    return bool(session.value(_SQL["role_exists"]))


def carry_out(database: Database, step: Step, *, patience: float, say: Say) -> None:
    """Carry out a step, giving way to whoever holds its table. Raises SetupError after `patience` seconds of that."""
    until = time.monotonic() + patience
    for timeout in chain(LOCK_TIMEOUTS_MS, repeat(LOCK_TIMEOUTS_MS[-1])):
        try:
            _attempt(database, step, timeout)
            return
        except DatabaseUnavailable as error:
            if not isinstance(error.__cause__, _GIVE_WAY):
                raise
            if time.monotonic() > until:
                raise _busy(database, step) from error
        say(f"{step.table or 'Our schema'} is in use; trying again in {PAUSE:.0f} s.")
        time.sleep(PAUSE)


def _attempt(database: Database, step: Step, timeout_ms: int) -> None:
    with database.owner() as session:
        session.run(f"SET LOCAL lock_timeout = {timeout_ms}")
        session.run("SELECT pg_advisory_xact_lock(%(key)s::bigint)", key=_LOCK)
        for statement in step.statements:
            session.run(statement)


def _busy(database: Database, step: Step) -> SetupError:
    with database.owner() as session:
        table = step.table if "." in step.table or not step.table else f"public.{step.table}"
        holder = session.one(_SQL["holders"], table=table or "daybridge.outbox")
    who = f" by {holder[1]} (process {holder[0]}) since {holder[2]:.0f} s" if holder else ""
    return SetupError(
        f"{step.table or 'The schema daybridge'} is held{who}; nothing waited for us.",
        "Try again in a quieter minute, or end that session: everything done so far is kept.",
    )


def _present(session: Session) -> dict[tuple[str, str, str], str]:
    return {(kind, name, table): mark for kind, name, table, mark in session.all(_SQL["hooks"])}


def _is_good(hook: Hook, mark: str | None) -> bool:
    return mark is not None and (mark == hook.mark or hooks.version_of(mark) > hooks.VERSION)


def _stale(session: Session) -> dict[str, list[str]]:
    """Triggers of an older version, by table, that this one doesn't hang up."""
    there = _present(session)
    if any(hooks.version_of(mark) > hooks.VERSION for mark in there.values()):
        return {}
    known = {(hook.table, hook.name) for hook in hooks.wanted() if hook.kind == "trigger"}
    found: dict[str, list[str]] = {}
    for kind, name, table in there:
        if kind == "trigger" and (table, name) not in known:
            found.setdefault(table, []).append(name)
    return found


def _drop_trigger(table: str, name: str) -> str:
    return f"DROP TRIGGER IF EXISTS {identifier(name)} ON {table}"
