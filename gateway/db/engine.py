"""The way into the database: one transaction, one tenant, one role that can't see past it.

SQLAlchemy keeps the pool and understands addresses; statements are ours (`queries.py`) and go to psycopg as they stand.
Everything that a transaction sets is local to it, and nothing is prepared on the server, so that a pooler in
transaction mode can stand in between (reference: PgBouncer's table of what transaction pooling breaks); but for the
worker, which needs connections of its own anyway and asks the same all day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from gateway.core.errors import DatabaseUnavailable, SetupError
from gateway.db.session import Connection, Row, Session

__all__ = ["Database", "Row", "Session", "identifier", "sqlalchemy_url"]

# Waiting longer than this for a lock or an answer means that something is wrong; the caller then says so.
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 5_000
# So often a connection sends a statement before it has it prepared.
_OFTEN = 5


class Database:
    """A pool of connections to one database. Made after a fork, never before it.

    With `keeps_plans`, PostgreSQL keeps statements that come often, and their plans, for as long as the connection
    lasts; no pooler may stand in between then.
    """

    def __init__(self, url: str, *, size: int = 8, keeps_plans: bool = False) -> None:
        self.url = url
        self._closed = False
        self._keeps_plans = keeps_plans
        self._settings = f"{_LOCAL_SETTINGS}; SET LOCAL plan_cache_mode = "
        self._settings += "auto" if keeps_plans else "force_custom_plan"
        self._engine = sqlalchemy.create_engine(
            sqlalchemy_url(url),
            pool_size=size,
            max_overflow=size,
            pool_timeout=10,
            pool_reset_on_return=None,  # a session ends its own transaction
            connect_args={
                "autocommit": True,
                "prepare_threshold": _OFTEN if keeps_plans else None,
                "connect_timeout": 10,
                "application_name": "daybridge",
            },
        )

    @contextmanager
    def tenant(self, business_id: int, *, read_only: bool = False) -> Iterator[Session]:
        """A transaction that sees one business. Reading, it sees one moment of it (REPEATABLE READ)."""
        mode = "ISOLATION LEVEL REPEATABLE READ READ ONLY" if read_only else "ISOLATION LEVEL READ COMMITTED"
        with self._transaction(
            f"BEGIN {mode}; SET LOCAL ROLE daybridge_app; SET LOCAL daybridge.business_id = '{int(business_id)}'; "
            f"{self._settings}"
        ) as session:
            yield session

    @contextmanager
    def nobody(self, *, read_only: bool = True) -> Iterator[Session]:
        """A transaction with no tenant: it sees no rows, and may ask the few look-ups that come before one is known."""
        mode = "READ ONLY" if read_only else "READ WRITE"
        with self._transaction(f"BEGIN {mode}; SET LOCAL ROLE daybridge_app; {self._settings}") as session:
            yield session

    @contextmanager
    def owner(self) -> Iterator[Session]:
        """A transaction as the owner of the schema, for migrations, `attach` and operators' commands."""
        with self._transaction("BEGIN; SET LOCAL timezone = 'UTC'") as session:
            yield session

    def close(self) -> None:
        """Whoever is still at work finishes; their connections are closed when they give them back."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Session]:
        pooled = self._connected()

        def renew() -> Connection:
            """A connection for one that turned out to be dead."""
            nonlocal pooled
            pooled.invalidate()
            pooled.close()
            pooled = self._connected()
            return _plain(pooled)

        session = Session(_plain(pooled), begin, renew, apart=self._keeps_plans)
        try:
            yield session
            session.commit()
        except psycopg.OperationalError as error:
            _abandon(session, pooled)
            raise DatabaseUnavailable(reason=_reason(error)) from error
        except _MISSING as error:
            _abandon(session, pooled)
            raise _not_set_up(error) from error
        except psycopg.errors.FeatureNotSupported:
            # A table or function is another one than when this was prepared: a new connection has nothing prepared.
            pooled.invalidate()
            raise
        except BaseException:
            _abandon(session, pooled)
            raise
        finally:
            if self._closed:  # a pool that is gone keeps what comes back to it, and never closes it
                _throw_away(pooled)
            pooled.close()

    def _connected(self) -> PoolProxiedConnection:
        try:
            return self._engine.raw_connection()
        except (SQLAlchemyError, psycopg.OperationalError) as error:
            raise DatabaseUnavailable(reason=_reason(error)) from error


# What the driver says where our role, schema, tables, views or functions are not.
_MISSING = (
    psycopg.errors.UndefinedObject,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)

_LOCAL_SETTINGS = (
    f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; "
    "SET LOCAL timezone = 'UTC'"
)


def sqlalchemy_url(url: str) -> URL:
    """`postgresql://…` as SQLAlchemy wants it. Raises SetupError for anything but PostgreSQL."""
    try:
        parsed = sqlalchemy.make_url(url)
    except SQLAlchemyError as error:
        raise SetupError("database_url can't be read.", "Write it as postgresql://user@host/name.") from error
    if parsed.drivername.split("+")[0] not in ("postgresql", "postgres"):
        raise SetupError(
            f"database_url names {parsed.drivername}; Daybridge needs PostgreSQL.",
            "Leave database_url out to use the embedded PostgreSQL.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def _not_set_up(error: psycopg.Error) -> SetupError:
    return SetupError(
        f"This database has no Daybridge schema, or only a part of it: {_reason(error)}.",
        "Run `daybridge migrate`, or `daybridge attach` where a booking app lives.",
    )


def identifier(name: str) -> str:
    """A name, quoted for use inside a statement."""
    return sql.Identifier(name).as_string()


def _plain(pooled: PoolProxiedConnection) -> Connection:
    """psycopg's own connection, which the pool wraps."""
    return cast(Connection, pooled.driver_connection)


def _abandon(session: Session, pooled: PoolProxiedConnection) -> None:
    """End the transaction without a trace; a connection that can't even do that is thrown away."""
    try:
        session.abandon()
    except psycopg.Error:
        _throw_away(pooled)


def _throw_away(pooled: PoolProxiedConnection) -> None:
    if pooled.is_valid:
        pooled.invalidate()


def _reason(error: BaseException) -> str:
    """The first line of the driver's message: PostgreSQL puts addresses there, and never passwords."""
    cause = error.__cause__ if isinstance(error, SQLAlchemyError) and error.__cause__ else error
    return (str(cause).splitlines() or ["no reason given"])[0]
