"""What a path below /dav/ names: the root, a principal, a calendar, or an object in one.

- `/` is the root
- `/s<staff id>/` a principal, and the home of their calendars
- `/s<staff id>/bookings/` their bookings; `busy/` their imported busy time
- `/s<staff id>/staff-<id>/` and `team/`, for managers, a colleague's bookings, and everyone's
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.core.errors import NotYours
from gateway.core.model import Calendar, CalendarKind, Visitor
from gateway.services.collection import Visit

# Ids of one digit less than the longest that PostgreSQL keeps, so that none is too large for it.
_PATH = re.compile(r"/(?:s(?P<staff>[1-9][0-9]{0,17})(?:/(?P<slug>[^/]+)(?:/(?P<href>[^/]+))?)?/?)?")
_COLLEAGUE = re.compile(r"staff-([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed path. Empty parts are not named; `staff_id` is 0 at the root."""

    staff_id: int
    slug: str
    href: str


def principal(staff_id: int) -> str:
    """The name that Radicale knows a signed-in person by, and the first part of their paths."""
    return f"s{staff_id}"


def find(path: str, visitor: Visitor) -> Place:
    """The place that a path names. Raises NotYours for anything that is not this visitor's."""
    found = _PATH.fullmatch(path)
    if not found:
        raise NotYours(what="no such address")
    place = Place(int(found["staff"] or 0), found["slug"] or "", found["href"] or "")
    if place.staff_id not in (0, visitor.staff_id):
        raise NotYours(what="no such address")
    return place


def calendar(visit: Visit, slug: str) -> Calendar:
    """The calendar of this name in the visitor's home. Raises NotYours."""
    return visit.calendar(*_key(slug, visit.visitor))


def slug(calendar: Calendar, visitor: Visitor) -> str:
    """A calendar's name in the visitor's home."""
    if calendar.kind is CalendarKind.BOOKINGS and calendar.staff_id != visitor.staff_id:
        return f"staff-{calendar.staff_id}"
    return calendar.kind.value


def _key(slug: str, visitor: Visitor) -> tuple[CalendarKind, int | None]:
    if slug in (CalendarKind.BOOKINGS, CalendarKind.BUSY):
        return CalendarKind(slug), visitor.staff_id
    if slug == CalendarKind.TEAM:
        return CalendarKind.TEAM, None
    colleague = _COLLEAGUE.fullmatch(slug)
    if colleague and int(colleague[1]) != visitor.staff_id:
        return CalendarKind.BOOKINGS, int(colleague[1])
    raise NotYours(what="no such calendar")
