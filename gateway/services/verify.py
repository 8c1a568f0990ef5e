"""Compare every booking with what the calendars show, and mend what differs.

It asks the same pure plan as the projector. What merely waits to be projected is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.core import projection
from gateway.core.projection import Plan
from gateway.db import bookings, calendars, outbox
from gateway.db.engine import Database, Session
from gateway.services.project import BATCH, gather, lacking, make_calendars

# As many are told one by one; the rest is only counted.
MOST_TOLD = 200

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that a calendar shows otherwise than it is."""

    business_id: int
    words: str


@dataclass(slots=True)
class Verification:
    """What was compared and found. `differences` holds the first of `count`; `unreadable` are (business, booking)."""

    businesses: int = 0
    bookings: int = 0
    count: int = 0
    waiting: int = 0
    differences: list[Difference] = field(default_factory=list)
    unreadable: list[tuple[int, int]] = field(default_factory=list)

    def tell(self, business_id: int, words: str) -> None:
        self.count += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(Difference(business_id, words))


def verify(
    database: Database, now: datetime, *, repair: bool = False, progress: Progress = lambda _: None
) -> Verification:
    """Compare all businesses; with `repair`, mend each difference on the way. `progress(bookings compared so far)`."""
    found = Verification()
    for business_id in outbox.businesses(database):
        found.businesses += 1
        _calendars(database, business_id, found, repair=repair)
        for compared in _batches(database, business_id, found, now, repair=repair):
            found.bookings += compared
            progress(found.bookings)
    return found


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
        for calendar_id, href in calendars.spoilt(session, business_id):
            found.tell(business_id, f"calendar {calendar_id}: {href} is not what its ETag says")
        behind = calendars.behind(session, business_id)
        for calendar_id, revision in behind:
            found.tell(business_id, f"calendar {calendar_id} hides that it is at revision {revision}")
        found.unreadable += [(business_id, id_) for id_ in bookings.unreadable(session, business_id)]
        if repair:
            make_calendars(session, business_id)
            calendars.have_spoilt_written(session, business_id)
            for calendar_id, revision in behind:
                calendars.catch_up(session, business_id, calendar_id, revision)


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
            plan = projection.plan(gather(session, business_id, ids), now)
            _tell(session, business_id, plan, found)
            if repair:
                calendars.write(session, business_id, plan)
        after = ids[-1]
        yield len(ids)


def _tell(session: Session, business_id: int, plan: Plan, found: Verification) -> None:
    waiting, any_may_wait = outbox.noted(session, business_id)
    for booking_id, words in _words(plan):
        if any_may_wait or booking_id in waiting:
            found.waiting += 1
        else:
            found.tell(business_id, words)


def _words(plan: Plan) -> Iterator[tuple[int, str]]:
    for put in plan.puts:
        yield put.booking_id, f"booking {put.booking_id} is not shown as it is in calendar {put.calendar_id}"
    for held in plan.removals:
        yield held.booking_id, f"booking {held.booking_id} is still shown in calendar {held.calendar_id}"
