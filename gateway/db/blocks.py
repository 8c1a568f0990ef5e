"""Personal blocks: what a staff member puts into their own calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.db import calendars, personal, queries
from gateway.db.busy import Span
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
class Sight:
    """What is there before something is stored: the object in its place as the one who stores knows it (its ETag, UID
    and booking; None where there is none), the block that it is, how many blocks there are, the name of the object that
    has the UID by now, whose installation this is, and the business's zone as the booking app calls it."""

    etag: str | None
    uid: str | None
    booking_id: int | None
    block_id: int | None
    count: int
    href_of_uid: str | None
    installation: str
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


def sight(session: Session, place: Place, viewer: int, uid: str) -> Sight:
    """`viewer` is the staff member whose app stores something of this UID."""
    row = session.all(_SQL["sight"], **place.key(), viewer=viewer, uid=uid)[0]
    etag, known_uid, booking_id, block_id, count, href, installation, time_zone = row
    return Sight(etag, known_uid, booking_id, block_id, count, href, installation, time_zone or "UTC")


def put(session: Session, place: Place, block: Block, spans: Sequence[Span], now: datetime) -> None:
    """Store a block, in the place of what was there, and have it take this time. The calendar moves on by a revision;
    nobody else changes the staff member's time until the transaction ends."""
    session.later(
        _SQL["put"],
        **place.key(),
        staff_id=place.staff_id,
        uid=block.uid,
        etag=block.etag,
        body=block.body,
        shared_etag=block.shared_etag,
        shared=block.shared,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        recurs=block.recurs,
        expanded_until=block.expanded_until,
        time_zone=block.time_zone,
        now=now,
        starts=[starts_at for starts_at, _ in spans],
        ends=[ends_at for _, ends_at in spans],
    )


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
