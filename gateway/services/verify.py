"""Compare every booking with what the calendars show, and mend what differs.

It asks the same pure plan as the projector, and looks at what is stored with the renderer's eyes too. What merely waits
to be projected is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.core import ics, projection
from gateway.core.errors import SetupError
from gateway.core.projection import Held, Plan, Put
from gateway.db import attachment, audit, bookings, busy, calendars, outbox
from gateway.db.audit import Stored
from gateway.db.engine import Database, Session
from gateway.services.attach import ensure_attached
from gateway.services.project import BATCH, gather, lacking, make_calendars

# As many are told one by one; the rest is only counted.
MOST_TOLD = 200

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is otherwise than it should be; `business_id` is None where it concerns all."""

    business_id: int | None
    words: str

    def __str__(self) -> str:
        return self.words if self.business_id is None else f"business {self.business_id}: {self.words}"


@dataclass(slots=True)
class Verification:
    """What was compared and found. `differences` holds the first of `count`; `unreadable` are (business, booking)."""

    businesses: int = 0
    bookings: int = 0
    count: int = 0
    waiting: int = 0
    differences: list[Difference] = field(default_factory=list)
    unreadable: list[tuple[int, int]] = field(default_factory=list)

    def tell(self, business_id: int | None, words: str) -> None:
        self.count += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(Difference(business_id, words))


def verify(
    database: Database, now: datetime, *, repair: bool = False, progress: Progress = lambda _: None
) -> Verification:
    """Compare all businesses; with `repair`, mend each difference on the way. `progress(bookings compared so far)`.

    Raises SetupError when our views are missing, since nothing can be compared then, and we aren't to repair.
    """
    found = Verification()
    _hooks(database, found, repair=repair)
    for business_id in audit.businesses(database):
        found.businesses += 1
        _calendars(database, business_id, found, repair=repair)
        for compared in _batches(database, business_id, found, now, repair=repair):
            found.bookings += compared
            progress(found.bookings)
    return found


def _hooks(database: Database, found: Verification, *, repair: bool) -> None:
    """Put back before anything is compared, so that no change slips through between the two."""
    with database.owner() as session:
        missing = attachment.missing(session)
    for hook in missing:
        found.tell(None, f"{hook} is missing, is switched off, or is out of date")
    if repair:
        ensure_attached(database)
    elif any(hook.kind == "view" for hook in missing):
        raise SetupError(f"The {missing[0]} is missing: nothing can be compared.", "Run `daybridge attach`.")


def _calendars(database: Database, business_id: int, found: Verification, *, repair: bool) -> None:
    """What is wrong with calendars and objects by themselves, whatever the bookings say."""
    with database.tenant(business_id, read_only=not repair) as session:
        if repair:
            outbox.claim(session, business_id, wait=True)
        for kind, staff_id, _ in lacking(session, business_id):
            found.tell(
                business_id,
                f"there is no calendar {kind}" + (f" of staff member {staff_id}" if staff_id else ""),
            )
        for calendar_id, href in audit.spoilt(session, business_id):
            found.tell(business_id, f"calendar {calendar_id}: {href} is not what its ETag says")
        astray = audit.astray(session, business_id)
        for calendar_id, revision in astray:
            found.tell(business_id, f"calendar {calendar_id} hides that it is at revision {revision}")
        found.unreadable += [(business_id, id_) for id_ in bookings.unreadable(session, business_id)]
        if repair:
            make_calendars(session, business_id)
            audit.have_spoilt_written(session, business_id)
            for calendar_id, revision in astray:
                audit.begin_anew(session, business_id, calendar_id, revision)


def _batches(
    database: Database, business_id: int, found: Verification, now: datetime, *, repair: bool
) -> Iterator[int]:
    """Compare (and mend) a batch in each transaction; how many bookings it held."""
    after = 0
    while True:
        with database.tenant(business_id, read_only=not repair) as session:
            if repair:
                outbox.claim(session, business_id, wait=True)
            ids = bookings.ids_after(session, business_id, after, BATCH)
            if not ids:
                return
            plan = _mending(session, business_id, ids, now)
            _tell(session, business_id, [*_words(plan), *_misheld(session, ids)], found, repair=repair)
            if repair:
                busy.rehold(session, ids)
                audit.free_uids(session, business_id, _strays(plan))
                calendars.write(session, business_id, plan)
        after = ids[-1]
        yield len(ids)


def _mending(session: Session, business_id: int, ids: list[int], now: datetime) -> Plan:
    """What would make these bookings' objects exactly those that would be written if there were none; else empty."""
    scene = gather(session, business_id, ids)
    wanted = projection.plan(replace(scene, held=()), now)
    stored = {(one.calendar_id, one.href): one for one in audit.stored(session, business_id, ids)}
    names = {(put.calendar_id, put.href) for put in wanted.puts}
    puts = [put for put in wanted.puts if not _is_right(stored.get((put.calendar_id, put.href)), put)]
    removals = [held for held in scene.held if (held.calendar_id, held.href) not in names]
    return Plan(tuple(puts), tuple(removals), wanted.written)


def _is_right(stored: Stored | None, put: Put) -> bool:
    return stored is not None and stored == Stored(
        put.calendar_id,
        put.booking_id,
        put.href,
        put.event.uid,
        ics.etag(ics.render(put.event, put.revision)),
        put.event.starts_at.timestamp(),
        put.event.ends_at.timestamp(),
        put.fingerprint,
    )


def _strays(plan: Plan) -> list[Held]:
    """Objects of a name that isn't their booking's; the right one needs the UID that they have."""
    return [held for held in plan.removals if held.href != projection.href(held.booking_id)]


def _misheld(session: Session, ids: list[int]) -> Iterator[tuple[int, str]]:
    for booking_id in busy.misheld(session, ids):
        yield booking_id, f"booking {booking_id} does not hold the time that it should"


def _tell(
    session: Session, business_id: int, wrong: list[tuple[int, str]], found: Verification, *, repair: bool
) -> None:
    waiting, any_may_wait = outbox.noted(session, business_id)
    for booking_id, words in wrong:
        # Putting back a trigger has everything noted; while mending, such a note excuses nothing.
        if booking_id in waiting or (any_may_wait and not repair):
            found.waiting += 1
        else:
            found.tell(business_id, words)


def _words(plan: Plan) -> Iterator[tuple[int, str]]:
    for put in plan.puts:
        yield put.booking_id, f"booking {put.booking_id} is not shown as it is in calendar {put.calendar_id}"
    for held in plan.removals:
        yield held.booking_id, f"booking {held.booking_id} is still shown in calendar {held.calendar_id}"
