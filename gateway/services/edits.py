"""What calendar apps write: a booking's event that was changed or deleted, and personal blocks.

Each write is one transaction. It makes itself the business's projector, locks the booking's row and shows it as it is,
and only then compares ETags: so what the client has seen and what is changed can't be two versions. What was refused is
written anew as the event's next revision, so that every client fetches the truth again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from gateway.core import edit, event, ics, projection, reading
from gateway.core.errors import Changed, NotEditable, NotYours, Refused, UidTaken
from gateway.core.language import N_
from gateway.db import blocks as stored
from gateway.db import outbox
from gateway.db.blocks import Sight
from gateway.db.engine import Session
from gateway.services import blocks, delegate, timeline
from gateway.services import collection as readers
from gateway.services.carry import NeedsApp
from gateway.services.deps import Deps
from gateway.services.edit_booking import Asked, Stored, Wish, carry_out, find, scene, wanted_times

__all__ = ["Asked", "Stored", "Wish", "delete", "put"]

_GONE: Final = N_(
    "This booking isn't in this calendar. Make it in the booking system; it appears here by itself."
)
_NOT_HERE: Final = N_("New events go into your own calendar. Bookings are made in the booking system.")
_PRIVATE: Final = N_("This is a colleague's own event; only they can change it.")


def put(deps: Deps, wish: Wish, body: bytes) -> Stored:
    """Store what an app sent. Raises Changed, UidTaken, SlotTaken, NotEditable, Unacceptable, AppUnreachable."""
    with _refusals(deps, wish, "change", body):
        ics.check(body)
        return _write(deps, wish, lambda session: _put(deps, session, wish, body))


def delete(deps: Deps, wish: Wish) -> None:
    """Delete a block, or see what a deleted booking means. Raises NotYours, Changed, NotEditable, AppUnreachable."""
    with _refusals(deps, wish, "cancel"):
        _write(deps, wish, lambda session: _delete(deps, session, wish))


def _write(deps: Deps, wish: Wish, do: Callable[[Session], Stored | Asked]) -> Stored:
    try:
        with deps.database.tenant(wish.visitor.business_id) as session:
            outbox.claim_known(session, wish.visitor.business_id)
            done = do(session)
    except NeedsApp as need:
        delegate.ask(deps, wish.actor, need.action, need.booking, need.span)
        return Stored()
    if isinstance(done, Asked):
        raise done
    return done


def _put(deps: Deps, session: Session, wish: Wish, body: bytes) -> Stored | Asked:
    uid = reading.event(reading.calendar(body)).value("UID")
    seen = stored.sight(session, wish.place, wish.visitor.staff_id, uid)
    if seen.booking_id is not None:
        known = scene(deps, session, wish, seen.booking_id)
        if known.found.uid != uid:
            raise UidTaken(wish.href)
        return carry_out(deps, known, known.decide(body), body)
    return _put_block(deps, session, wish, seen, uid, body)


def _put_block(deps: Deps, session: Session, wish: Wish, seen: Sight, uid: str, body: bytes) -> Stored:
    if not wish.owns:
        raise NotEditable(reason=_PRIVATE if seen.etag else _NOT_HERE)
    wish.conditions.require(seen.etag)
    if seen.href_of_uid not in (None, wish.href) or seen.uid not in (None, uid):
        raise UidTaken(seen.href_of_uid or wish.href)
    if event.booking_of(uid, seen.installation) is not None or projection.booking_of(wish.href):
        raise NotEditable(reason=_GONE)
    etag = blocks.put(session, wish.actor, wish.place, uid, body, seen, blocks.horizon(deps))
    return Stored(created=seen.etag is None, etag=etag)


def _delete(deps: Deps, session: Session, wish: Wish) -> Stored | Asked:
    found = find(session, wish)
    if found is None:
        raise NotYours(what=N_("no such event"))
    if found.booking_id is not None:
        known = scene(deps, session, wish, found.booking_id)
        return carry_out(deps, known, edit.decide_deletion(known.held, known.rules, known.now), None)
    if not wish.owns:
        raise NotEditable(reason=_PRIVATE)
    wish.conditions.require(found.etag)
    blocks.remove(session, wish.actor, wish.place)
    return Stored()


@contextmanager
def _refusals(deps: Deps, wish: Wish, action: str, body: bytes = b"") -> Iterator[None]:
    """What is refused stands in the timeline, and is shown again to whoever tried it."""
    try:
        yield
    except (Asked, Changed, NotYours):
        raise  # told already, of another version already, or not there
    except Refused as error:
        _show_again(deps, wish)
        timeline.note_refusal(
            deps,
            wish.actor,
            action,
            error,
            booking_id=projection.booking_of(wish.href),
            staff_id=wish.calendar.staff_id,
            wanted=wanted_times(deps, wish, body) if body else None,
        )
        raise


def _show_again(deps: Deps, wish: Wish) -> None:
    if projection.booking_of(wish.href) is None:
        blocks.show_again(deps.database, wish.place)
    else:
        readers.renew(deps.database, wish.visitor, wish.calendar, wish.href)
