"""A booking's event was changed or deleted in a calendar app: look at both, decide, and carry it out.

All of it within the transaction that the caller has opened, as the business's projector.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.core import edit, ics, personal, zones
from gateway.core.booking import Actor, BookingRecord, Via
from gateway.core.conditions import Conditions
from gateway.core.edit import Edit, Held
from gateway.core.errors import Changed, NotEditable, NotYours
from gateway.core.language import N_, _
from gateway.core.model import Calendar, CalendarKind, CalendarObject, Detail, Event, Visitor
from gateway.core.rules import EditRules
from gateway.db import bookings, collections, desk
from gateway.db import personal as stored
from gateway.db.blocks import Place
from gateway.db.collections import Shelf
from gateway.db.engine import Session
from gateway.services import carry
from gateway.services.carry import Known
from gateway.services.deps import Deps
from gateway.services.project import project_these

_ASKED: Final = N_(
    "The booking still stands. Whether to cancel it is asked on your calendars page: {address}."
)


class Asked(NotEditable):
    """{reason}"""


@dataclass(frozen=True, slots=True)
class Wish:
    """A write: whose app, into which calendar, of which object, and what that app has seen of it."""

    visitor: Visitor
    calendar: Calendar
    href: str
    conditions: Conditions

    @property
    def owns(self) -> bool:
        return self.calendar.kind is CalendarKind.BOOKINGS and self.calendar.staff_id == self.visitor.staff_id

    @property
    def actor(self) -> Actor:
        visitor = self.visitor
        return Actor(visitor.business_id, Via.CALDAV, visitor.name, visitor.staff_id, visitor.manager)

    @property
    def place(self) -> Place:
        return Place(self.visitor.business_id, self.calendar.id, self.calendar.staff_id or 0, self.href)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a PUT. The ETag is empty where we keep other bytes than were sent (RFC 4791 5.3.4)."""

    created: bool = False
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A booking whose row we hold, and what this client has seen of it."""

    session: Session
    wish: Wish
    now: datetime
    known: Known
    shown: Event
    found: CalendarObject

    @property
    def record(self) -> BookingRecord:
        return self.known.record

    @property
    def held(self) -> Held:
        return self.known.held

    @property
    def rules(self) -> EditRules:
        return self.known.rules

    def decide(self, body: bytes) -> Edit:
        owner = self.wish.visitor.email if self.record.staff_id == self.wish.visitor.staff_id else ""
        wanted = edit.read(body, zone=self.shown.zone, owner=owner)
        return edit.decide(self.held, self.shown, wanted, self.rules, self.now)


def scene(deps: Deps, session: Session, wish: Wish, booking_id: int) -> Scene:
    """Lock the booking, show it as it is, and see whether that is what the client knows. Raises Changed."""
    business_id, now = wish.visitor.business_id, deps.now()
    try:
        record = desk.lock(session, business_id, booking_id)
    except NotYours:
        raise Changed from None
    project_these(session, business_id, [booking_id], now)
    found = find(session, wish)
    team = wish.calendar.kind is CalendarKind.TEAM
    shown = carry.shown(session, business_id, booking_id, Detail.FULL, team=team)
    if found is None or shown is None:
        raise Changed
    wish.conditions.require(found.etag)
    return Scene(session, wish, now, carry.known(deps, session, wish.actor, record), shown, found)


def carry_out(deps: Deps, known: Scene, decision: Edit, body: bytes | None) -> Stored | Asked:
    """Do what was decided. Without a body there are no alarms or colours to keep.

    Raises NotEditable, Unacceptable, SlotTaken, and NeedsApp for what is more than a change of a row.
    """
    if carry.carry_out(known.known, decision) == "asked":
        return _asked(deps, known)
    restored = decision.restored + (personal.left_out(body) if body else ())
    if restored:
        carry.note_restored(known.known, restored)
    keeps = body is not None and not decision.cancel and _keep(known, body)
    _show(known, anew=keeps or bool(restored))
    return Stored()


def wanted_times(deps: Deps, wish: Wish, body: bytes) -> dict[str, object]:
    """The times that an app asked for, for the timeline; nothing for a deletion, and for what can't be read."""
    with deps.database.tenant(wish.visitor.business_id, read_only=True) as session:
        business = bookings.business(session, wish.visitor.business_id)
    try:
        ics.check(body)
        wanted = edit.read(body, zone=zones.or_utc(business.time_zone if business else "UTC"))
    except ics.Unacceptable:
        return {}
    return {"start": wanted.starts_at.isoformat(), "end": wanted.ends_at.isoformat()}


def _show(known: Scene, *, anew: bool) -> None:
    """Have the calendars show the booking as it is by now; `anew` even if it is as before."""
    business_id, wish = known.wish.visitor.business_id, known.wish
    if anew:
        collections.renew(known.session, business_id, wish.calendar.id, wish.href)
    project_these(known.session, business_id, [known.record.id], known.now)


def _keep(known: Scene, body: bytes) -> bool:
    """Keep the alarms, colours and private properties of this person's apps; whether they are others than before."""
    business_id, wish = known.wish.visitor.business_id, known.wish
    shelf = Shelf(known.session, business_id, wish.calendar.id)
    [shared] = collections.objects(shelf, [wish.href])
    new = personal.kept(shared.body, body)
    place = (business_id, wish.calendar.id, wish.visitor.staff_id, wish.href)
    if new == stored.kept(known.session, *place):
        return False
    if new:
        merged = personal.merge(shared.body, new)
        stored.write(known.session, *place, ics.etag(merged), merged, new)
    else:
        stored.remove(known.session, *place)
    return True


def _asked(deps: Deps, known: Scene) -> Asked:
    """The booking is as it was, and is shown again."""
    _show(known, anew=True)
    return Asked(reason=_(_ASKED).format(address=f"{deps.settings.address}/manage/settings/calendars"))


def find(session: Session, wish: Wish) -> CalendarObject | None:
    """The object as this person's apps see it."""
    shelf = Shelf(session, wish.visitor.business_id, wish.calendar.id, wish.visitor.staff_id)
    found = collections.objects(shelf, [wish.href])
    return found[0] if found else None
