"""Bookings' events in a connected calendar that nobody looks after; known by the mark that we put on them.

They were left there when an account was parted with, or are from before a backup was put back. One that is wanted is
taken over, before another one is made beside it; a second one of a booking is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core import keys
from gateway.core.booking import Outcome
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.remote import RemoteEvent, Stamp
from gateway.db import calendars, mappings, synclog
from gateway.db.engine import Session
from gateway.services import accept
from gateway.services.turns import Turn


def adopt(
    session: Session, connection: Connection, calendar: ConnectedCalendar, events: Sequence[RemoteEvent]
) -> None:
    """Take over those of these events that are wanted here and were never made by this connection."""
    tags = {one.id: one.tag for one in events if not one.gone}
    etags = {one.id: one.etag for one in events}
    left = {
        booking_id: Stamp(id_, etags[id_])
        for booking_id, id_ in _marked(session, calendar, tags)
        if etags[id_]
    }
    if left:
        mappings.adopt(session, connection.business_id, connection.id, calendar.id, left)


def doubled(
    session: Session, connection: Connection, calendar: ConnectedCalendar, tags: Mapping[str, str]
) -> list[tuple[int, str]]:
    """(booking, event) of all second events, where `tags` are the marks of all that the calendar holds, by event."""
    there = _marked(session, calendar, tags)
    return (
        mappings.doubled(session, connection.business_id, connection.id, calendar.id, there) if there else []
    )


def take_away(turn: Turn, calendar: ConnectedCalendar, booking_id: int, id_: str) -> None:
    """A second event of a booking goes; the one that we know stays."""
    turn.provider.delete(calendar.remote_id, Stamp(id_, ""))
    told = [{"code": "DOUBLED", "detail": "There was a second event of this booking."}]
    with turn.writing() as session:
        synclog.note(
            session,
            accept.ourselves(turn),
            "take away",
            Outcome.ACCEPTED,
            booking_id=booking_id,
            staff_id=turn.connection.staff_id,
            after={"connection_id": turn.id, "account": turn.connection.account},
            reasons=told,
        )


def _marked(session: Session, calendar: ConnectedCalendar, tags: Mapping[str, str]) -> list[tuple[int, str]]:
    """(booking, event) of events of ours, where bookings are put into this calendar."""
    if not calendar.receives or not any(tags.values()):
        return []
    installation = calendars.installation(session)
    found = [(keys.booking_of(tag, installation), id_) for id_, tag in tags.items()]
    return [(booking_id, id_) for booking_id, id_ in found if booking_id is not None]
