"""Personal blocks: what staff put into their own calendar takes their time. It is kept byte for byte."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.core import discretion, expand, ics
from gateway.core.booking import Actor, Outcome
from gateway.core.errors import DatabaseUnavailable, NotEditable
from gateway.core.expand import Taken
from gateway.core.language import _
from gateway.core.zones import or_utc
from gateway.db import blocks, bookings, busy, collections, outbox, synclog
from gateway.db.blocks import Block, Due, Place, Sight
from gateway.db.engine import Database, Session
from gateway.services.deps import Deps

log = logging.getLogger(__name__)

MOST_BLOCKS: Final = 10_000
# Where what recurs for ever ends, as far as calendars are concerned.
FOR_EVER: Final = datetime(2999, 12, 31, tzinfo=UTC)
_A_TICK: Final = timedelta(seconds=1)
# How long a refusal waits for another writer of the calendar.
_PATIENCE_MS: Final = 700
# As many are held further in one transaction.
_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Horizon:
    """This moment, and from when to when the time of what recurs for ever is held."""

    now: datetime
    since: datetime
    until: datetime


def horizon(deps: Deps) -> Horizon:
    reach = timedelta(days=deps.settings.sync_import_days_ahead)
    now = deps.now()
    return Horizon(now, now - reach, now + reach)


def put(
    session: Session, actor: Actor, place: Place, uid: str, body: bytes, seen: Sight, when: Horizon
) -> str:
    """Store a block, new or in the place of what was seen there, and take its time; its ETag.

    Raises Unacceptable for what recurs too often, NotEditable for one block too many.
    """
    if seen.block_id is None and seen.count >= MOST_BLOCKS:
        raise NotEditable(
            reason=_("A calendar keeps {most} events of its own at most; delete some old ones first.").format(
                most=f"{MOST_BLOCKS:,}"
            )
        )
    taken = _taken(body, or_utc(seen.time_zone), when)
    blocks.put(session, place, _block(uid, body, taken, seen.time_zone, when), taken.spans, when.now)
    _note(session, actor, "block" if seen.block_id is None else "change block", place, taken)
    return ics.etag(body)


def remove(session: Session, actor: Actor, place: Place) -> None:
    """Delete a block, and give its time back."""
    id_ = blocks.find(session, place)
    if id_ is not None:
        busy.lock_staff(session, place.business_id, [place.staff_id])
        busy.release(session, place.business_id, "block", id_)
    blocks.remove(session, place)
    _note(session, actor, "unblock", place, None)


def show_again(database: Database, place: Place) -> None:
    """Have apps fetch a block again: whoever was refused a change of it still shows the change. Best effort."""
    try:
        with database.tenant(place.business_id) as session:
            collections.set_patience(session, _PATIENCE_MS)
            blocks.renew(session, place)
    except DatabaseUnavailable as error:
        log.warning("a block of calendar %s could not be renewed: %s", place.calendar_id, error)


def extend(deps: Deps) -> int:
    """Hold the time of what recurs for ever one day further, and hold anew what hangs on a time zone that its business
    no longer has; how many blocks that were. Harmless when repeated."""
    due = blocks.businesses_due(deps.database, _before(horizon(deps)))
    return sum(extend_business(deps, business_id) for business_id in due)


def extend_business(deps: Deps, business_id: int) -> int:
    """As `extend`, for one business."""
    when, done = horizon(deps), 0
    while extended := _extend(deps, business_id, when):
        done += extended
    return done


def _before(when: Horizon) -> datetime:
    """A day's slack, so that each block is looked at once a day and not at every round."""
    return when.until - timedelta(days=1)


def _extend(deps: Deps, business_id: int, when: Horizon) -> int:
    with deps.database.tenant(business_id) as session:
        # As whoever stores or deletes a block: what is deleted meanwhile would be held for ever.
        outbox.claim(session, business_id, wait=True)
        zone = _zone(session, business_id)
        found = blocks.due(session, business_id, _before(when), zone, _BATCH)
        busy.lock_staff(session, business_id, sorted({one.place.staff_id for one in found}))
        for one in found:
            _hold_further(session, one, zone, when)
        return len(found)


def _hold_further(session: Session, one: Due, zone: str, when: Horizon) -> None:
    business_id = one.place.business_id
    try:
        taken = _taken(one.body, or_utc(zone), when)
        if one.moved:
            blocks.put(
                session, one.place, _block(one.uid, one.body, taken, zone, when), taken.spans, when.now
            )
        else:
            busy.take(session, business_id, one.place.staff_id, "block", one.id, taken.spans)
    except ics.Unacceptable as error:
        # What is held of it stays held, and the others have their turn.
        log.error("block %s of business %s can't be held further: %s", one.id, business_id, error)
    blocks.expanded(session, business_id, one.id, when.until, zone)


def _taken(body: bytes, zone: str, when: Horizon) -> Taken:
    """All of it if it ends; else what lies within the horizon."""
    near = expand.taken(body, zone=zone, since=when.since, until=when.until)
    if near.last is None:
        if near.first > when.since:
            # What begins later must be bearable then too, when the horizon has reached it.
            expand.taken(body, zone=zone, since=near.first, until=near.first + (when.until - when.since))
        return near
    if when.since <= near.first and near.last <= when.until:
        return near
    return expand.taken(body, zone=zone, since=near.first, until=near.last + _A_TICK)


def _block(uid: str, body: bytes, taken: Taken, zone: str, when: Horizon) -> Block:
    shared = discretion.shared(body)
    last = taken.last or FOR_EVER
    return Block(
        uid=uid,
        body=body,
        etag=ics.etag(body),
        shared=shared,
        shared_etag=ics.etag(shared),
        starts_at=taken.first,
        ends_at=max(last, taken.first + _A_TICK),
        recurs=taken.recurs,
        expanded_until=when.until if taken.last is None else None,
        time_zone=zone,
    )


def _zone(session: Session, business_id: int) -> str:
    """The business's zone as the booking app calls it; whole days and floating times are in it."""
    business = bookings.business(session, business_id)
    return business.time_zone if business else "UTC"


def _note(session: Session, actor: Actor, action: str, place: Place, taken: Taken | None) -> None:
    after = None if taken is None else {"start": taken.first.isoformat(), "stretches": len(taken.spans)}
    synclog.note(session, actor, action, Outcome.ACCEPTED, staff_id=place.staff_id, after=after)
