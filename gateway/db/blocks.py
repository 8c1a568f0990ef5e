"""Personal blocks: what a staff member puts into their own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.db import calendars, personal, queries
from gateway.db.engine import Database, Session

_SQL = queries.load("blocks.sql")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block is: an object of its owner's calendar."""

    business_id: int
    calendar_id: int
    staff_id: int
    href: str

    def key(self) -> dict[str, object]:
        return {"business_id": self.business_id, "calendar_id": self.calendar_id, "href": self.href}


@dataclass(frozen=True, slots=True)
class Block:
    """What is stored: the bytes that its owner sent, what colleagues get instead, and from when to when it reaches.

    `expanded_until`: its time is held up to there and has to be held further one day; None where it ends before.
    """

    uid: str
    body: bytes
    etag: str
    shared: bytes
    shared_etag: str
    starts_at: datetime
    ends_at: datetime
    recurs: bool
    expanded_until: datetime | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class Due:
    """A block whose time has to be held further, or anew because the business `moved` to another time zone."""

    id: int
    place: Place
    uid: str
    body: bytes
    moved: bool


def find(session: Session, place: Place) -> int | None:
    """The id of the block at a place; None if there is none."""
    row = session.one(_SQL["find"], **place.key())
    return int(row[0]) if row else None


def count(session: Session, business_id: int, calendar_id: int) -> int:
    return int(session.value(_SQL["count"], business_id=business_id, calendar_id=calendar_id))


def write(session: Session, place: Place, block: Block, now: datetime) -> int:
    """Store a block, in the place of what was there; its id. The calendar moves on by a revision."""
    id_ = session.value(
        _SQL["write"],
        **place.key(),
        staff_id=place.staff_id,
        expanded_until=block.expanded_until,
        time_zone=block.time_zone,
    )
    session.run(_SQL["free_uid"], **place.key(), uid=block.uid)
    session.run(
        _SQL["write_object"],
        **place.key(),
        uid=block.uid,
        etag=block.shared_etag,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        revision=calendars.next_revision(session, place.business_id, place.calendar_id),
        modified_at=now,
        body=block.shared,
        recurs=block.recurs,
    )
    personal.write(
        session, place.business_id, place.calendar_id, place.staff_id, place.href, block.etag, block.body
    )
    return int(id_)


def renew(session: Session, place: Place) -> None:
    """Have the apps that hold another version of a block fetch it again; not what is no block."""
    if find(session, place) is not None:
        revision = calendars.next_revision(session, place.business_id, place.calendar_id)
        session.run(_SQL["renew"], **place.key(), revision=revision)


def remove(session: Session, place: Place) -> None:
    """Take a block away; a tombstone stays, so that a client that was away learns of it."""
    revision = calendars.next_revision(session, place.business_id, place.calendar_id)
    session.run(_SQL["bury"], **place.key(), revision=revision)
    session.run(_SQL["remove"], **place.key())
    personal.remove(session, place.business_id, place.calendar_id, place.staff_id, place.href)


def due(session: Session, business_id: int, before: datetime, time_zone: str, most: int) -> list[Due]:
    """Blocks whose time is not held up to `before` yet, or not in this time zone."""
    rows = session.all(_SQL["due"], business_id=business_id, before=before, time_zone=time_zone, most=most)
    return [
        Due(id_, Place(business_id, calendar_id, staff_id, href), uid, body, moved)
        for id_, staff_id, calendar_id, href, uid, body, moved in rows
    ]


def businesses_due(database: Database, before: datetime) -> list[int]:
    with database.owner() as session:
        return [business_id for (business_id,) in session.all(_SQL["businesses_due"], before=before)]


def expanded(session: Session, business_id: int, id_: int, until: datetime, time_zone: str) -> None:
    """A block's time is held up to here, in this zone."""
    session.run(_SQL["expanded"], business_id=business_id, id=id_, until=until, time_zone=time_zone)
