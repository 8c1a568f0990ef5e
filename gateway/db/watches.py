"""Providers' promises to call us when a calendar changes; of the secrets that they show only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.core.remote import Watch
from gateway.db import queries
from gateway.db.engine import Database, Row, Session

_SQL = queries.load("watches.sql")


@dataclass(frozen=True, slots=True)
class Promise:
    """A watch as it is kept. Without a resource the provider has refused it, or was never heard to agree."""

    watch: Watch
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Called:
    """What a provider's call is about."""

    business_id: int
    connection_id: int
    calendar_id: int
    secret_hash: bytes


def of(session: Session, business_id: int, calendar_id: int) -> list[Promise]:
    """The watches of a calendar, the newest first."""
    rows = session.all(_SQL["of"], business_id=business_id, calendar_id=calendar_id)
    return list(map(_promise, rows))


def of_connection(session: Session, business_id: int, connection_id: int) -> list[Promise]:
    rows = session.all(_SQL["of_connection"], business_id=business_id, connection_id=connection_id)
    return list(map(_promise, rows))


def add(
    session: Session,
    business_id: int,
    id_: str,
    calendar_id: int,
    secret_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Before the provider is asked: its first call may come before its answer."""
    session.run(
        _SQL["add"],
        business_id=business_id,
        id=id_,
        calendar_id=calendar_id,
        secret_hash=secret_hash,
        now=now,
        expires_at=expires_at,
    )


def promised(session: Session, business_id: int, watch: Watch) -> None:
    session.run(
        _SQL["promised"],
        business_id=business_id,
        id=watch.id,
        resource=watch.resource,
        expires_at=watch.expires_at,
    )


def remove(session: Session, business_id: int, id_: str) -> None:
    session.run(_SQL["remove"], business_id=business_id, id=id_)


def heard(session: Session, business_id: int, id_: str, now: datetime) -> None:
    session.run(_SQL["heard"], business_id=business_id, id=id_, now=now)


def heard_since(session: Session, business_id: int, calendar_id: int, since: datetime) -> bool | None:
    """Whether a provider has called about this calendar; None where it has not promised to."""
    row = session.one(_SQL["heard_since"], business_id=business_id, calendar_id=calendar_id, since=since)
    return None if row is None else bool(row[0])


def over(session: Session, business_id: int, id_: str, now: datetime) -> None:
    """Its provider ends it, or has: another one is due."""
    session.run(_SQL["over"], business_id=business_id, id=id_, now=now)


def by_id(database: Database, id_: str) -> Called | None:
    """Before a business is known: whose calendar a watch is of."""
    with database.nobody() as session:
        row = session.one(_SQL["by_id"], id=id_)
        return Called(*row) if row else None


def _promise(row: Row) -> Promise:
    id_, resource, made_at, expires_at = row
    return Promise(Watch(id_, resource, expires_at), made_at)
