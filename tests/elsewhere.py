"""Calendars elsewhere, as rows: for tests about what they block, and not about how they were read."""

from __future__ import annotations

from datetime import datetime

import psycopg


def calendar(
    app: psycopg.Connection, business_id: int, staff_id: int, name: str, read_at: datetime
) -> tuple[int, int]:
    """A connected account of a staff member with one calendar that blocks time: the ids of both."""
    [(connection_id,)] = app.execute(
        "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, connected_at,"
        " pulled_at) VALUES (%s, %s, 'google', 'home@example.com', %s, %s) RETURNING id",
        (business_id, staff_id, read_at, read_at),
    ).fetchall()
    [(calendar_id,)] = app.execute(
        "INSERT INTO daybridge.connection_calendars (business_id, connection_id, remote_id, name, writable, main,"
        " blocks, read_at) VALUES (%s, %s, %s, %s, true, true, true, %s) RETURNING id",
        (business_id, connection_id, name, name, read_at),
    ).fetchall()
    return connection_id, calendar_id


def event(
    app: psycopg.Connection,
    business_id: int,
    place: tuple[int, int],
    staff_id: int,
    start: datetime,
    end: datetime,
) -> int:
    """An event in such a calendar, and the time that it takes; its id."""
    [(id_,)] = app.execute(
        "INSERT INTO daybridge.external_calendar_events (business_id, connection_id, calendar_id, staff_member_id,"
        " event_key, series_key, starts_at, ends_at)"
        " SELECT %s, %s, %s, %s, key, key, %s, %s FROM (SELECT gen_random_uuid()::text AS key) k RETURNING id",
        (business_id, *place, staff_id, start, end),
    ).fetchall()
    app.execute(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
        " VALUES (%s, %s, 'external', %s, tstzrange(%s, %s), 'external ' || %s)",
        (business_id, staff_id, id_, start, end, id_),
    )
    return id_
