"""Hang Daybridge into a booking database, and take it out again."""

from __future__ import annotations

from gateway.db import hooks
from gateway.db.engine import Database
from gateway.db.migrate import migrate

# A trigger needs a short lock on its table; a writer who holds it longer makes us try again, never wait in the way.
LOCK_TIMEOUT_MS = 900


def attach(database: Database) -> list[str]:
    """Bring our schema up to date and hang triggers and views into the app's tables; what was done, in words.

    Harmless when repeated: what is there already is replaced by the same, and the businesses are projected anew only
    when something had been missing.
    """
    done = [f"applied migration {name}" for name in migrate(database)]
    with database.owner() as session:
        gone = hooks.missing(session)
        for statement in (*hooks.windows(), *hooks.functions()):
            session.run(statement)
    for statements in hooks.triggers().values():
        with database.owner() as session:
            session.run(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
            for statement in statements:
                session.run(statement)
    if gone:
        with database.owner() as session:
            session.run(
                "INSERT INTO daybridge.outbox (business_id, scope, subject_id) "
                "SELECT id, 'business', id FROM public.businesses"
            )
    return done + [f"put back {name}" for name in gone]


def ensure_attached(database: Database) -> list[str]:
    """Put back what is missing; nothing is touched when nothing is."""
    with database.owner() as session:
        known = session.one("SELECT to_regclass('daybridge.outbox')") != (None,)
        if known and not hooks.missing(session):
            return []
    return attach(database)
