"""The projection, looked at with suspicion: what `verify` compares, and how it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.projection import Held
from gateway.db import queries
from gateway.db.engine import Database, Session

_SQL = queries.load("audit.sql")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a row says of an object besides its bytes; times as seconds since 1970."""

    calendar_id: int
    booking_id: int
    href: str
    uid: str
    etag: str
    starts_at: float
    ends_at: float
    fingerprint: str


def businesses(database: Database) -> list[int]:
    """Every business that the app has or had, by id: also those whose notes were lost before we met them."""
    with database.owner() as session:
        return [business_id for (business_id,) in session.all(_SQL["businesses"])]


def stored(session: Session, business_id: int, booking_ids: Sequence[int]) -> list[Stored]:
    rows = session.all(_SQL["stored_objects"], business_id=business_id, ids=list(booking_ids))
    return [Stored(*row) for row in rows]


def free_uids(session: Session, business_id: int, strays: Sequence[Held]) -> None:
    """Make room for the objects that should have these UIDs."""
    if strays:
        session.run(
            _SQL["free_uids"],
            business_id=business_id,
            calendar_ids=[held.calendar_id for held in strays],
            hrefs=[held.href for held in strays],
        )


def spoilt(session: Session, business_id: int) -> list[tuple[int, str]]:
    """(calendar, href) of objects whose bytes are not those that their ETag was made from."""
    rows = session.all(_SQL["spoilt_objects"], business_id=business_id)
    return [(calendar_id, href) for calendar_id, href in rows]


def have_spoilt_written(session: Session, business_id: int) -> None:
    """Make the next plan write them anew."""
    session.run(_SQL["spoil_objects"], business_id=business_id)


def astray(session: Session, business_id: int) -> list[tuple[int, int]]:
    """(calendar, newest revision in it) of calendars whose own revision makes no sense."""
    rows = session.all(_SQL["calendars_astray"], business_id=business_id)
    return [(calendar_id, revision) for calendar_id, revision in rows]


def begin_anew(session: Session, business_id: int, calendar_id: int, revision: int) -> None:
    """Go on from this revision in a new epoch, so that every reader starts over."""
    session.run(_SQL["begin_anew"], business_id=business_id, calendar_id=calendar_id, revision=revision)
