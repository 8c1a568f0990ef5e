"""Bookings' events in a connected calendar that nobody looks after; known by the mark that we put on them.

They were left there when an account was parted with, came out of the bin, have another name by now, or are from before
a backup was put back. One that is wanted is taken over, before another one is made beside it; a second one of a booking
is taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gateway.core import keys
from gateway.core.booking import Outcome
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.errors import RemoteGone
from gateway.core.language import N_
from gateway.core.remote import RemoteEvent, Stamp
from gateway.db import calendars, mappings, synclog
from gateway.db.engine import Session
from gateway.services import accept
from gateway.services.turns import Turn

# What a calendar holds: each event's mark and ETag, by its id.
There = Mapping[str, tuple[str, str]]


def there(events: Iterable[RemoteEvent]) -> There:
    return {one.id: (one.tag, one.etag) for one in events if not one.gone}


def adopt(
    session: Session, connection: Connection, calendar: ConnectedCalendar, found: There, gone: Collection[str]
) -> None:
    """Take over those of these events that are wanted here and were never made by this connection, or stand for one
    that is gone."""
    marked = _marked(session, calendar, found)
    left = {booking_id: Stamp(id_, found[id_][1]) for booking_id, id_ in marked if found[id_][1]}
    if left:
        mappings.adopt(session, connection.business_id, connection.id, calendar.id, left, gone)


def doubled(
    session: Session, connection: Connection, calendar: ConnectedCalendar, found: There
) -> list[tuple[int, str]]:
    """(booking, event) of all second events."""
    marked = _marked(session, calendar, found)
    return (
        mappings.doubled(session, connection.business_id, connection.id, calendar.id, marked)
        if marked
        else []
    )


def take_away(turn: Turn, calendar: ConnectedCalendar, booking_id: int, id_: str) -> None:
    """A second event of a booking goes, if the one that we know is there indeed."""
    with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
        known = mappings.get(session, turn.business_id, turn.id, booking_id)
    if known is None or not _is_there(turn, calendar, known.stamp.id):
        return
    turn.provider.delete(calendar.remote_id, Stamp(id_, ""))
    told = [{"code": "DOUBLED", "detail": N_("There was a second event of this booking.")}]
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


def _is_there(turn: Turn, calendar: ConnectedCalendar, id_: str) -> bool:
    try:
        turn.provider.read(calendar.remote_id, id_)
    except RemoteGone:
        return False
    return True


def _marked(session: Session, calendar: ConnectedCalendar, found: There) -> list[tuple[int, str]]:
    """(booking, event) of events of ours, where bookings are put into this calendar."""
    if not calendar.receives or not any(tag for tag, _ in found.values()):
        return []
    installation = calendars.installation(session)
    named = [(keys.booking_of(tag, installation), id_) for id_, (tag, _) in found.items()]
    return [(booking_id, id_) for booking_id, id_ in named if booking_id is not None]
