"""Make calendars and busy times agree with the bookings: the worker at once, and each reader who finds work waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.core import projection
from gateway.core.model import Business, CalendarKind, Detail
from gateway.db import audit, bookings, busy, calendars, mappings, outbox
from gateway.db.engine import Database, Session

# Bookings in one transaction: short enough that nobody waits long for the lock, long enough to be cheap.
BATCH = 500


def project(database: Database, business_id: int, now: datetime, *, wait: bool = True) -> int:
    """Project up to a batch of a business's changed bookings; how many. 0 when nothing waits or another is at it.

    `wait` says whether to wait for another projector of this business; a reader does, the worker goes on to the next.
    """
    with database.tenant(business_id) as session:
        if not outbox.claim(session, business_id, wait=wait):
            return 0
        taken = outbox.take(session, business_id, BATCH)
        # The triggers did so already, but for what was there before them.
        busy.rehold(session, taken)
        make_calendars(session, business_id)
        scene = gather(session, business_id, taken)
        calendars.write(session, business_id, projection.plan(scene, now))
        mappings.want(session, business_id, taken, now)
        return len(taken)


def project_these(session: Session, business_id: int, booking_ids: Sequence[int], now: datetime) -> None:
    """Project these bookings within a transaction of which the caller has made itself the business's projector."""
    calendars.write(session, business_id, projection.plan(gather(session, business_id, booking_ids), now))
    mappings.want(session, business_id, booking_ids, now)


def waiting(database: Database, most: int = 100) -> list[int]:
    """The businesses with changes to project, the longest wait first."""
    return [business_id for business_id, _ in outbox.waiting(database, most)]


def project_everything(
    database: Database, now: Callable[[], datetime], progress: Callable[[int], None] = lambda _: None
) -> int:
    """Project until nothing waits in any business; how many bookings that took. `progress(bookings so far)`.

    Each round takes at least the notes that it found, so it ends as soon as the writers pause.
    """
    done = 0
    while businesses := waiting(database):
        for business_id in businesses:
            done += project(database, business_id, now())
            progress(done)
    return done


def note_all(database: Database, business_id: int | None = None) -> None:
    """Have one business, or all, projected anew."""
    for one in [business_id] if business_id is not None else audit.businesses(database):
        with database.tenant(one) as session:
            outbox.note_business(session, one)


def make_calendars(session: Session, business_id: int) -> list[str]:
    """Make the calendars that should exist and don't; which ones."""
    missing = lacking(session, business_id)
    for kind, staff_id, detail in missing:
        calendars.add(session, business_id, kind, staff_id, detail)
    return [f"{kind} of staff member {staff_id}" if staff_id else kind.value for kind, staff_id, _ in missing]


def lacking(session: Session, business_id: int) -> list[tuple[CalendarKind, int | None, Detail]]:
    """The calendars that should exist and don't."""
    staff_ids = bookings.staff_ids(session, business_id)
    return list(projection.missing_calendars(staff_ids, calendars.targets(session, business_id)))


def gather(session: Session, business_id: int, booking_ids: Sequence[int]) -> projection.Scene:
    """What a plan for these bookings is made from; only read."""
    return projection.Scene(
        business=bookings.business(session, business_id) or _vanished(business_id),
        installation=calendars.installation(session),
        targets=calendars.targets(session, business_id),
        booking_ids=tuple(booking_ids),
        bookings=bookings.showable(session, business_id, booking_ids),
        held=calendars.held(session, business_id, booking_ids),
        written=calendars.written(session, business_id, booking_ids),
    )


def _vanished(business_id: int) -> Business:
    """A business that the app has deleted: it has no bookings left to show, and its calendars run empty."""
    return Business(id=business_id, name="", time_zone="UTC", location="")
