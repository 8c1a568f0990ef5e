"""The calendars of connected accounts: which of them matter, and how far each has been read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from gateway.core.connected import ConnectedCalendar
from gateway.core.remote import RemoteCalendar
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("readings.sql")


def calendars(session: Session, business_id: int, connection_id: int) -> list[ConnectedCalendar]:
    rows = session.all(_SQL["calendars"], business_id=business_id, connection_id=connection_id)
    return [ConnectedCalendar(*row) for row in rows]


def list_calendars(
    session: Session,
    business_id: int,
    connection_id: int,
    found: Sequence[RemoteCalendar],
    gone: int | None = None,
) -> None:
    """Keep which calendars the account has at present. A list may be cut short: one that is read counts as gone only
    where reading it has said so too."""
    session.run(
        _SQL["list_calendars"],
        business_id=business_id,
        connection_id=connection_id,
        remote_ids=[one.id for one in found],
        names=[one.name for one in found],
        zones=[one.zone for one in found],
        writable=[one.writable for one in found],
        main=[one.primary for one in found],
        gone=gone,
    )


def choose(
    session: Session, business_id: int, connection_id: int, receives: int | None, blocks: Collection[int]
) -> None:
    """Have one calendar (or none) receive bookings and these block time, and no others."""
    key = {"business_id": business_id, "connection_id": connection_id, "receives": receives}
    session.run(_SQL["stop_receiving"], **key)
    session.run(_SQL["choose"], **key, blocks=list(blocks))


def begin_round(session: Session, business_id: int, calendar_id: int) -> int:
    """All of a calendar is read from its start; which round that is."""
    return int(session.value(_SQL["begin_round"], business_id=business_id, id=calendar_id))


def count_imported(session: Session, business_id: int, calendar_id: int, count: int) -> None:
    session.run(_SQL["count_imported"], business_id=business_id, id=calendar_id, count=count)


def end_round(
    session: Session, business_id: int, calendar_id: int, cursor: str, now: datetime, *, whole: bool
) -> None:
    """Everything up to this cursor is kept."""
    session.run(
        _SQL["end_round"], business_id=business_id, id=calendar_id, cursor=cursor, now=now, whole=whole
    )


def read_anew(session: Session, business_id: int, connection_id: int) -> None:
    """Have its calendars read from their start; what is known of them counts meanwhile."""
    session.run(_SQL["read_anew"], business_id=business_id, connection_id=connection_id)
