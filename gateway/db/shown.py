"""What the calendar `busy/` of a staff member shows of the time that other calendars take, and what it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core import event, ics
from gateway.core.model import Event, EventRevision
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("shown.sql")
# Objects are written and buried as those of bookings are, which are no booking's here.
_OBJECTS = queries.load("projection.sql")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time that is taken, with the name of the object that shows it. The title is empty unless its owner wants it."""

    href: str
    starts_at: datetime
    ends_at: datetime
    title: str


def taken(session: Session, business_id: int, staff_id: int) -> dict[str, Stretch]:
    """What should be shown, by the names of the objects that show it."""
    rows = session.all(_SQL["taken"], business_id=business_id, staff_id=staff_id)
    return {row[0]: Stretch(*row) for row in rows}


def shown(session: Session, business_id: int, calendar_id: int) -> set[str]:
    """The names of the objects that are shown."""
    rows = session.all(_SQL["shown"], business_id=business_id, calendar_id=calendar_id)
    return {href for (href,) in rows}


def write(
    session: Session,
    business_id: int,
    calendar_id: int,
    appearing: Mapping[str, Event],
    going: Sequence[str],
    revised: EventRevision,
) -> None:
    """Show these events, by the names of their objects, and those that are `going` no more; the calendar moves on by
    one revision."""
    [(_, revision)] = session.all(
        _OBJECTS["next_revisions"], business_id=business_id, calendar_ids=[calendar_id]
    )
    bodies = [ics.render(one, revised) for one in appearing.values()]
    session.run(
        _OBJECTS["write_objects"],
        business_id=business_id,
        calendar_ids=[calendar_id] * len(appearing),
        hrefs=list(appearing),
        uids=[one.uid for one in appearing.values()],
        booking_ids=[None] * len(appearing),
        etags=[ics.etag(body) for body in bodies],
        starts=[one.starts_at for one in appearing.values()],
        ends=[one.ends_at for one in appearing.values()],
        revisions=[revision] * len(appearing),
        fingerprints=[event.fingerprint(one) for one in appearing.values()],
        modified=[revised.modified_at] * len(appearing),
        bodies=bodies,
    )
    session.run(
        _OBJECTS["bury_objects"],
        business_id=business_id,
        calendar_ids=[calendar_id] * len(going),
        hrefs=list(going),
        revisions=[revision] * len(going),
    )
