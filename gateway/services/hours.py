"""A staff member's weekly hours, told to calendar programs and changed by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from gateway.core import vavailability
from gateway.core.booking import Actor, Outcome, Via
from gateway.core.errors import Invalid, NotEditable, NotYours
from gateway.core.hours import DAYS, Hours, Unreadable, of_staff, said
from gateway.core.language import N_, _
from gateway.core.model import Calendar, CalendarKind, Visitor
from gateway.core.unacceptable import OBJECT, Unacceptable
from gateway.core.vavailability import MAX_OCTETS
from gateway.core.zones import UnknownZone, resolve
from gateway.db import collections, synclog
from gateway.db import hours as db
from gateway.db.engine import Session
from gateway.db.hours import StoredHours
from gateway.services.collection import MOST_PROPERTIES, Visit
from gateway.services.deps import Deps

__all__ = ["MAX_OCTETS", "change", "told"]

_CHANGE = "change hours"
# Of hours that nobody can read, this much is kept in the timeline when others take their place.
_MOST_UNREADABLE = 10_000


def told(visit: Visit, calendars: Sequence[Calendar]) -> dict[int, str]:
    """The hours behind these calendars as iCalendar text, by calendar id; nothing for those that can't be read."""
    of = {c.staff_id: c.id for c in calendars if c.staff_id and c.kind is CalendarKind.BOOKINGS}
    found = {
        of[one.staff_id]: _rendered(one) for one in db.stored(visit.session, visit.business_id, list(of))
    }
    return {calendar_id: text for calendar_id, text in found.items() if text}


def change(
    deps: Deps, visitor: Visitor, calendar: Calendar, text: str, others: Mapping[str, str | None]
) -> None:
    """Write a person's own hours into the booking app, and with them `others`, properties that their apps keep; all or
    nothing. Raises NotEditable for anyone else's hours, Unacceptable for hours that can't be stored, Invalid for too
    many properties."""
    if (calendar.kind, calendar.staff_id) != (CalendarKind.BOOKINGS, visitor.staff_id):
        raise NotEditable(reason=N_("Working hours can be changed in one's own bookings calendar only."))
    try:
        with deps.database.tenant(visitor.business_id) as session:
            _change(deps, session, visitor, text)
            if collections.set_properties(session, visitor, calendar.id, others) > MOST_PROPERTIES:
                raise Invalid(
                    reason=_("A calendar keeps at most {most} properties of its clients.").format(
                        most=MOST_PROPERTIES
                    )
                )
    except Unacceptable as error:
        with deps.database.tenant(visitor.business_id) as session:
            _note(session, visitor, Outcome.REFUSED, reasons=[{"code": "HOURS", "detail": str(error)}])
        raise


def _change(deps: Deps, session: Session, visitor: Visitor, text: str) -> None:
    before = db.lock(session, visitor.business_id, visitor.staff_id)
    if before is None:
        raise NotYours(what=N_("no such staff member"))
    zone = _zone(before)
    if not zone:
        raise Unacceptable(OBJECT, _("The business has no time zone that is known here; set it there first."))
    hours = vavailability.read(text, zone, _today(deps, zone))
    if _readable(before) == hours:
        return
    db.write(session, visitor.business_id, visitor.staff_id, vavailability.stored(hours))
    _note(session, visitor, Outcome.ACCEPTED, before=_before(before), after=_outline(hours))


def _today(deps: Deps, zone: str) -> date:
    return deps.now().astimezone(ZoneInfo(zone)).date()


def _rendered(one: StoredHours) -> str:
    hours, zone = _readable(one), _zone(one)
    if hours is None or not zone:
        return ""
    uid = f"hours-{one.staff_id}@{one.installation}"
    return vavailability.render(hours, zone, uid=uid, modified=one.updated_at)


def _readable(one: StoredHours) -> Hours | None:
    """None where the app has no hours, or none that make sense: then nothing is said rather than something wrong."""
    try:
        return of_staff(one.availability) if one.availability not in ("", "null") else None
    except Unreadable:
        return None


def _zone(one: StoredHours) -> str:
    """The business's zone by its IANA name; empty if nobody knows it, since hours in a guessed zone are wrong ones."""
    try:
        return resolve(one.time_zone)
    except UnknownZone:
        return ""


def _before(one: StoredHours) -> Mapping[str, object]:
    hours = _readable(one)
    return _outline(hours) if hours else {"unreadable": one.availability[:_MOST_UNREADABLE]}


def _outline(hours: Hours) -> Mapping[str, object]:
    """Hours as the timeline tells them."""
    week = {day: said(shifts) for day, shifts in zip(DAYS, hours.week, strict=True)}
    return week | {"exceptions": len(hours.exceptions)}


def _note(
    session: Session,
    visitor: Visitor,
    outcome: Outcome,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reasons: Sequence[Mapping[str, object]] = (),
) -> None:
    actor = Actor(visitor.business_id, Via.CALDAV, visitor.name, visitor.staff_id, visitor.manager)
    synclog.note(
        session,
        actor,
        _CHANGE,
        outcome,
        staff_id=visitor.staff_id,
        before=before,
        after=after,
        reasons=reasons,
    )
