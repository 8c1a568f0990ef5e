"""A booking app's real database in small, from samples: every table, and rows as odd as they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from gateway import wiring
from gateway.services.deps import Deps
from gateway.settings import Settings

_SAMPLES = Path(__file__).parent / "samples"
SCHEMA = _SAMPLES / "rails_schema.sql"
ROWS = _SAMPLES / "rails_rows.sql"

_MANY = """
    INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,
                          status, notes, created_at, updated_at)
    SELECT id, 1, 11 + mod(id, 3), 101, 501, begun, begun + interval '45 min', 1, 'Note ' || id, now(), now()
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) id,
         LATERAL (SELECT timestamp '1990-01-01' + (id - 1000000) * interval '1 hour' AS begun) t
"""

# What calendars shall show of the sample rows, by business; the comments in rails_rows.sql say what is wrong with the
# others.
SHOWN: Mapping[int, frozenset[int]] = {
    1: frozenset(
        {*range(10001, 10006), *range(10007, 10012), *range(10013, 10024), 10033, 10034, 10036, 10037, 10038}
        | {10040, 10042, 10050, 10051}
    ),
    2: frozenset({20001, 20002, 20003}),
}


def build(url: str) -> None:
    """The app's tables and its rows, in an empty database."""
    with connect(url) as connection:
        for file in (SCHEMA, ROWS):
            connection.execute(file.read_bytes())


def connect(url: str) -> psycopg.Connection:
    """A connection as the app has it: its tables without a schema's name, each statement for itself."""
    return psycopg.connect(url, autocommit=True, options="-c search_path=public")


def many_bookings(connection: psycopg.Connection, count: int, first: int = 1_000_001) -> None:
    """So many more bookings of business 1, one after the other, without overlaps."""
    connection.execute(_MANY, {"first": first, "last": first + count - 1})
    connection.execute("VACUUM ANALYZE bookings")


@contextmanager
def deps(url: str) -> Iterator[Deps]:
    built = wiring.build(Settings(database_url=url))
    yield built
    built.database.close()


def shown(url: str) -> dict[int, set[int]]:
    """The bookings that each business's team calendar shows."""
    query = (
        "SELECT o.business_id, array_agg(o.booking_id) FROM daybridge.calendar_objects o"
        " JOIN daybridge.calendars c ON c.id = o.calendar_id AND c.kind = 'team'"
        " WHERE NOT o.deleted GROUP BY o.business_id"
    )
    with connect(url) as connection:
        return {business_id: set(ids) for business_id, ids in connection.execute(query).fetchall()}
