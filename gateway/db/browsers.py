"""Browsers that staff members are signed in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("browsers.sql")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept to know a browser by."""

    staff_id: int
    key_hash: bytes
    former_hash: bytes | None
    turned_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class BrowserEntry:
    """A browser as its owner may see it."""

    id: int
    name: str
    opened_at: datetime
    seen_at: datetime


def open_(
    session: Session, business_id: int, staff_id: int, name: str, key_hash: bytes, now: datetime, most: int
) -> int:
    """Its id. Of somebody's browsers only the latest `most` are kept."""
    whose = {"business_id": business_id, "staff_id": staff_id}
    made = session.value(_SQL["open"], name=name, key_hash=key_hash, now=now, **whose)
    session.run(_SQL["keep_latest"], most=most, **whose)
    return int(made)


def find(session: Session, business_id: int, id_: int) -> Kept | None:
    row = session.one(_SQL["find"], business_id=business_id, id=id_)
    return Kept(row[0], bytes(row[1]), bytes(row[2]) if row[2] else None, row[3], row[4]) if row else None


def seen(session: Session, business_id: int, id_: int, now: datetime) -> None:
    session.run(_SQL["seen"], business_id=business_id, id=id_, now=now)


def turn(session: Session, business_id: int, id_: int, before: bytes, key_hash: bytes, now: datetime) -> bool:
    """Exchange the key; False if another request has done it just now."""
    values = {"before": before, "key_hash": key_hash, "now": now}
    return session.one(_SQL["turn"], business_id=business_id, id=id_, **values) is not None


def of(session: Session, business_id: int, staff_id: int) -> list[BrowserEntry]:
    """The one that was seen last comes first."""
    rows = session.all(_SQL["of"], business_id=business_id, staff_id=staff_id)
    return [BrowserEntry(*row) for row in rows]


def close(session: Session, business_id: int, staff_id: int, id_: int) -> bool:
    """False if there is no such browser of theirs."""
    return session.one(_SQL["close"], business_id=business_id, staff_id=staff_id, id=id_) is not None


def close_all(session: Session, business_id: int, staff_id: int) -> None:
    session.run(_SQL["close_all"], business_id=business_id, staff_id=staff_id)


def forget(session: Session, business_id: int, before: datetime) -> None:
    """Those that were not seen since."""
    session.run(_SQL["forget"], business_id=business_id, before=before)
