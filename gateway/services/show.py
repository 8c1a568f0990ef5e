"""Show the time that other calendars take in its owner's calendar `busy/`, so that their apps see why they can't be
booked. Only times are told there, and titles only where their owner wants them read."""

from __future__ import annotations

from datetime import datetime

from gateway.core.model import CalendarKind, Detail, Event, EventRevision
from gateway.core.wire import one_line
from gateway.db import calendars, shown
from gateway.db.engine import Session
from gateway.db.shown import Stretch

_LONGEST_TITLE = 200


def show(session: Session, business_id: int, staff_id: int, now: datetime) -> None:
    """Make `busy/` agree with what is taken, within the transaction that has changed it."""
    calendar_id = _calendar(session, business_id, staff_id)
    # Compared here: a database that doesn't know yet how many rows there are compares each with each.
    taken, there = shown.taken(session, business_id, staff_id), shown.shown(session, business_id, calendar_id)
    appearing = [one for href, one in sorted(taken.items()) if href not in there]
    going = sorted(there - taken.keys())
    if appearing or going:
        installation = calendars.installation(session)
        told = {one.href: _event(one, installation) for one in appearing}
        revised = EventRevision(0, now.replace(microsecond=0))
        shown.write(session, business_id, calendar_id, told, going, revised)


def _calendar(session: Session, business_id: int, staff_id: int) -> int:
    for one in calendars.targets(session, business_id):
        if one.kind is CalendarKind.BUSY and one.staff_id == staff_id:
            return one.calendar_id
    return calendars.add(session, business_id, CalendarKind.BUSY, staff_id, Detail.FULL)


def _event(one: Stretch, installation: str) -> Event:
    return Event(
        uid=f"{one.href.removesuffix('.ics')}@{installation}",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        zone="UTC",
        tentative=False,
        summary=one_line(one.title, _LONGEST_TITLE) or "Busy",
        description="",
        location="",
        categories=(),
        url="",
    )
