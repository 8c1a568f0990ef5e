"""Bring bookings' events in a connected account into agreement with the bookings: read, decide, write, write down.

Each event is looked after by itself: what one of them can't do keeps no other one waiting. Before anything is written
there, it is noted that it may be: the name that a new event will have, and that of a known one nobody can tell by now
what it says. So a worker that dies meanwhile, or whose answer is lost, leaves nothing behind that nobody knows of, and
nobody takes for a person's edit what we have written ourselves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from gateway.core import decide, event, keys
from gateway.core.connected import LeaseLost, Mapping
from gateway.core.errors import NotAccepted, ProviderError, RemoteChanged, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Stamp
from gateway.core.retry import pause
from gateway.db import bookings, calendars, mappings
from gateway.db.engine import Session
from gateway.services import accept, tell
from gateway.services.turns import Turn

log = logging.getLogger(__name__)

# As many in one turn; then others have theirs.
BATCH: Final = 50
# A calendar that takes no new event so often has another trouble than a name that was used up.
_MOST_LOST: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be there of a booking: which event, in which calendar (our id, theirs)."""

    event: Event
    calendar_id: int
    calendar: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.calendar_id, self.event)


def fingerprint(calendar_id: int, wanted: Event) -> str:
    """The same for the same event in the same calendar, and for no other."""
    return f"{calendar_id} {event.fingerprint(wanted)}"


def push(turn: Turn) -> int:
    """Look after what is due, the nearest in time first; how many that were, `BATCH` if there may be more."""
    with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
        due = mappings.due(session, turn.business_id, turn.id, turn.now(), BATCH)
        wanted = _wanted(turn, session, [one.booking_id for one in due])
        installation = calendars.installation(session)
    for mapping in due:
        _attempt(turn, mapping, wanted.get(mapping.booking_id), installation)
    return len(due)


def _wanted(turn: Turn, session: Session, booking_ids: Sequence[int]) -> dict[int, Wanted]:
    """What shall be there, as the bookings are at this moment."""
    business = bookings.business(session, turn.business_id)
    if not booking_ids or business is None or turn.connection.leaving:
        return {}
    places = mappings.receiving(session, turn.business_id, turn.id, booking_ids)
    found = bookings.showable(session, turn.business_id, list(places))
    installation, team = calendars.installation(session), turn.connection.staff_id is None
    return {
        id_: Wanted(
            event.from_booking(
                booking, business, turn.connection.detail, installation=installation, team=team
            ),
            *places[id_],
        )
        for id_, booking in found.items()
        if event.is_shown(booking)
    }


def _attempt(turn: Turn, mapping: Mapping, wanted: Wanted | None, installation: str) -> None:
    try:
        remote = _look(turn, mapping) if mapping.look and mapping.stamp.id else None
        _agree(turn, mapping, wanted, remote, installation)
    except NotAccepted as error:
        _put_off(turn, mapping, error)


def _agree(
    turn: Turn, mapping: Mapping, wanted: Wanted | None, remote: RemoteEvent | None, installation: str
) -> None:
    match decide.decide(wanted.fingerprint if wanted else None, mapping.base, remote):
        case decide.Nothing():
            with _noting(turn, mapping) as session:
                (mappings.settled if wanted else mappings.forget)(session, turn.business_id, mapping)
        case decide.Delete(stamp):
            _delete(turn, mapping, stamp)
        case decide.Put(seen, lost) if wanted:
            _put(turn, mapping, wanted, seen, lost, installation)
        case decide.Accept(theirs) if wanted:
            calendar_id = wanted.calendar_id
            accept.edited(turn, mapping, theirs, lambda new: fingerprint(calendar_id, new))
        case decide.Vanished(again=True):
            _lost(turn, mapping, by_them=True)
        case decide.Vanished():
            accept.vanished(turn, mapping)


def _delete(turn: Turn, mapping: Mapping, stamp: Stamp) -> None:
    _begin(turn, mapping)
    with _doubting(turn, mapping):
        turn.provider.delete(mapping.calendar, stamp)
        with _noting(turn, mapping) as session:
            mappings.forget(session, turn.business_id, mapping)
            tell.done(turn, session, mapping, "take away")


def _put(
    turn: Turn,
    mapping: Mapping,
    wanted: Wanted,
    seen: Stamp | None,
    lost: RemoteEvent | None,
    installation: str,
) -> None:
    if seen is None or mapping.calendar_id != wanted.calendar_id or not seen.etag:
        _make(turn, mapping, wanted, installation, lost)
        return
    _begin(turn, mapping, wanted, lost)
    try:
        _write(turn, mapping, wanted, seen)
    except (RemoteChanged, RemoteGone):
        # Somebody was faster than we: now it has to be decided between the two.
        _agree_now(turn, mapping, wanted, installation)


def _agree_now(turn: Turn, mapping: Mapping, wanted: Wanted, installation: str) -> None:
    remote = _look(turn, mapping)
    if not remote.gone and remote.etag == mapping.stamp.etag:
        raise Unavailable(host=turn.kind.title, reason=N_("it contradicts itself about an event"))
    match decide.decide(wanted.fingerprint, mapping.base, remote):
        case decide.Put(Stamp() as seen, theirs):
            _begin(turn, mapping, wanted, theirs)
            _write(turn, mapping, wanted, seen)
        case _:
            _agree(turn, mapping, wanted, remote, installation)


def _write(turn: Turn, mapping: Mapping, wanted: Wanted, seen: Stamp) -> None:
    with _doubting(turn, mapping):
        stamp = turn.provider.put(wanted.calendar, seen.id, wanted.event, seen)
        _agreed(turn, mapping, wanted, stamp, "update")


def _make(
    turn: Turn, mapping: Mapping, wanted: Wanted, installation: str, lost: RemoteEvent | None = None
) -> None:
    """A new event; the one in another calendar, if there is one, goes first."""
    elsewhere = mapping.calendar_id not in (None, wanted.calendar_id) and bool(mapping.stamp.id)
    generation = mapping.generation + elsewhere
    # Each connection has names of its own: where two reach one account, none takes away what is the other's by now.
    key = keys.event_key(f"{installation}/{turn.id}", mapping.booking_id, generation)
    new = replace(
        mapping,
        calendar_id=wanted.calendar_id,
        calendar=wanted.calendar,
        generation=generation,
        stamp=Stamp(key, ""),
        fingerprint="",
    )
    # Who tried before and never heard what became of it may find it there, and changed by somebody since.
    again = mapping.stamp == new.stamp and mapping.calendar_id == new.calendar_id
    there = _look(turn, mapping) if again else None
    if elsewhere:
        _begin(turn, mapping, wanted, lost)
    with _doubting(turn, mapping):
        if elsewhere:
            turn.provider.delete(mapping.calendar, mapping.stamp)
        with turn.writing() as session:
            mappings.intend(session, turn.business_id, new)
            if there is not None and not there.gone and not accept.says(there, wanted.event):
                tell.overruled(turn, session, new, there)
    with _doubting(turn, new):
        try:
            stamp = turn.provider.put(wanted.calendar, key, wanted.event, None)
        except RemoteGone:
            _lost(turn, new, by_them=again)
        else:
            _agreed(turn, new, wanted, stamp, "add")


def _look(turn: Turn, mapping: Mapping) -> RemoteEvent:
    """The event as it is there by now; one that is confirmed to be gone is told as such."""
    try:
        return turn.provider.read(mapping.calendar, mapping.stamp.id)
    except RemoteGone:
        return RemoteEvent(mapping.stamp.id, "", mapping.stamp.id, gone=True)


def _begin(
    turn: Turn, mapping: Mapping, wanted: Wanted | None = None, lost: RemoteEvent | None = None
) -> None:
    """Something is about to be written there, over a version that `lost` against the booking's if there is one."""
    if mapping.fingerprint or lost is not None:
        with turn.writing() as session:
            mappings.unsure(session, turn.business_id, mapping)
            if wanted is not None and lost is not None and not accept.says(lost, wanted.event):
                tell.overruled(turn, session, mapping, lost)


@contextmanager
def _noting(turn: Turn, mapping: Mapping) -> Iterator[Session]:
    """A transaction for what is so by now; the booking app is told in it."""
    with turn.writing() as session:
        yield session
        mappings.tell_app(session, [mapping.booking_id])


@contextmanager
def _doubting(turn: Turn, mapping: Mapping) -> Iterator[None]:
    """Something is written there. Who was held up meanwhile for so long that another one took over may have written
    over what that one wrote: so it has to be looked at once more, by whoever serves the connection."""
    try:
        try:
            yield
        except ProviderError:
            with turn.writing():
                raise
    except LeaseLost:
        with turn.deps.database.tenant(turn.business_id) as session:
            mappings.doubt(session, turn.business_id, mapping)
        raise


def _agreed(turn: Turn, mapping: Mapping, wanted: Wanted, stamp: Stamp, what: str) -> None:
    with _noting(turn, mapping) as session:
        mappings.agreed(session, turn.business_id, mapping, stamp, wanted.fingerprint, turn.now())
        tell.done(turn, session, mapping, what)


def _lost(turn: Turn, mapping: Mapping, *, by_them: bool = False) -> None:
    """The event is gone, and a new one is wanted; not for ever where they take none."""
    with _noting(turn, mapping) as session:
        mappings.lost(session, turn.business_id, mapping)
        if by_them:
            tell.overruled(turn, session, mapping, None)
    if mapping.attempts >= _MOST_LOST:
        _put_off(turn, mapping, NotAccepted(host=turn.kind.title, reason=N_("it takes no new event")))


def _put_off(turn: Turn, mapping: Mapping, error: NotAccepted) -> None:
    log.warning("booking %s in connection %s: %s", mapping.booking_id, turn.id, error)
    chance = int.from_bytes(turn.deps.chance(4)) / 2**32
    until = pause(mapping.attempts + 1, error, turn.now(), chance).until
    with _noting(turn, mapping) as session:
        mappings.failed(session, turn.business_id, mapping, str(error), until)
        if not mapping.attempts:
            tell.refused(turn, session, mapping, error)
