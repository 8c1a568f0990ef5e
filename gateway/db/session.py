"""One open transaction. What needs no answer of its own travels with the next statement, in one message.

A message there and back takes as long as the look-up of a row, so a transaction begins with its first statement, and a
line for the timeline goes out with the COMMIT. Where several statements are one message, their values are written into
it by psycopg (`ClientCursor`), as PostgreSQL takes values apart from a statement one at a time only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]


class Session:
    """Statements are psycopg's, with %(name)s parameters. `begin` is how the transaction begins, unless it is open.

    `renew` gives a connection for one that had died idle. With `apart`, the first statement is sent by itself, so that
    its plan is kept as those of all others are.
    """

    __slots__ = ("_apart", "_begun", "_cursor", "_renew", "_unsent")

    def __init__(
        self,
        connection: Connection,
        begin: str = "",
        renew: Callable[[], Connection] | None = None,
        *,
        apart: bool = False,
    ) -> None:
        self._cursor = connection.cursor()
        self._renew = renew
        self._apart = apart
        self._begun = not begin
        self._unsent = [begin] if begin else []

    @property
    def cursor(self) -> psycopg.Cursor[Row]:
        """psycopg's own, for what these methods don't have."""
        self._flush()
        return self._cursor

    def run(self, statement: str, **values: object) -> int:
        """Carry out a statement; the number of rows it touched."""
        return self._ask(statement, values).rowcount

    def all(self, statement: str, **values: object) -> list[Row]:
        return self._ask(statement, values).fetchall()

    def one(self, statement: str, **values: object) -> Row | None:
        return self._ask(statement, values).fetchone()

    def value(self, statement: str, **values: object) -> Any:
        """The first column of the one row that such a statement always gives."""
        row = self.one(statement, **values)
        if row is None:
            raise RuntimeError(f"no row from: {statement[:80]}")
        return row[0]

    def many(self, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
        """The same statement for many rows, in one go over the wire."""
        if rows:
            self.cursor.executemany(statement.encode(), rows)

    def later(self, statement: str, **values: object) -> None:
        """Carry out a statement with the next one, or with the COMMIT; what it raises, that one raises."""
        self._unsent.append(self._written(statement, values))

    def commit(self) -> None:
        """End the transaction. A COMMIT is never sent twice, so it isn't what finds out that a connection had died."""
        if not self._begun and len(self._unsent) > 1:
            self._flush()
        if self._begun:
            self._cursor.execute(_message([*self._unsent, "COMMIT"]))

    def abandon(self) -> None:
        """End the transaction without a trace."""
        if self._begun:
            self._cursor.execute("ROLLBACK")

    def _ask(self, statement: str, values: Mapping[str, object]) -> psycopg.Cursor[Row]:
        if self._unsent and not self._apart:
            self.later(statement, **values)
            self._flush()
            return self._cursor
        self._flush()
        return self._cursor.execute(statement.encode(), values or None)

    def _flush(self) -> None:
        """Send what waits; the answer is that of the last of it."""
        if not self._unsent:
            return
        message, self._unsent = _message(self._unsent), []
        try:
            self._cursor.execute(message)
        except psycopg.OperationalError:
            if self._begun or self._renew is None or not self._cursor.connection.closed:
                raise
            self._cursor = self._renew().cursor()
            self._cursor.execute(message)
        finally:
            self._begun = True
        while self._cursor.nextset():
            pass

    def _written(self, statement: str, values: Mapping[str, object]) -> str:
        if not values:
            return statement
        return psycopg.ClientCursor(self._cursor.connection).mogrify(statement.encode(), values)


def _message(statements: Sequence[str]) -> bytes:
    """Several statements, each on a line of its own, as one may end with a comment."""
    return "\n;".join(statements).encode()
