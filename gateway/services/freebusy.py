"""When the time behind a calendar is taken: one question to the database, and nothing told but time."""

from __future__ import annotations

from datetime import datetime

from gateway.core.freebusy import LONGEST, MOST, Stretch, periods
from gateway.core.model import Calendar, CalendarKind
from gateway.db import freebusy
from gateway.services.collection import Visit

__all__ = ["LONGEST", "MOST", "taken"]


def taken(visit: Visit, calendar: Calendar, since: datetime, until: datetime) -> list[Stretch]:
    """What is taken between two moments; one more than `MOST` if there is more than that.

    Behind a staff member's bookings stands all of their time, behind `busy` what other calendars say of it, and behind
    the team's the time of everyone.
    """
    found = freebusy.taken(
        visit.session,
        visit.business_id,
        calendar.staff_id,
        since,
        until,
        external_only=calendar.kind is CalendarKind.BUSY,
        most=MOST + 1,
    )
    return periods(found, since, until)[: MOST + 1]
