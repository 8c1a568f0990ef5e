"""What a signed-in person's calendars hold: list, read, follow changes, keep a client's own properties.

Everything within one `Visit` is one moment of the database; what waits to be projected is projected before it begins.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core import expand, sync
from gateway.core.errors import DatabaseUnavailable, Invalid, NotYours
from gateway.core.model import Calendar, CalendarKind, CalendarObject, Holder, Visitor
from gateway.core.sync import Changes, SyncToken
from gateway.core.zones import or_utc
from gateway.db import access, collections, outbox
from gateway.db.collections import Shelf
from gateway.db.engine import Database, Session
from gateway.services.project import project

log = logging.getLogger(__name__)

# A client keeps a few dozen properties of a few hundred bytes; Apple's default alarms are the longest.
MOST_PROPERTIES = 100

# Within longer spans a recurring event is taken to happen; following its rule would cost more than it tells.
_LONGEST_FOLLOWED = timedelta(days=400)

# How long a reader waits for another projector of its business, each time that it finds one at work.
_PATIENCE_MS = 700
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person, looking at one moment of their business."""

    visitor: Visitor
    session: Session

    @property
    def business_id(self) -> int:
        return self.visitor.business_id

    def _shelf(self, calendar: Calendar) -> Shelf:
        return Shelf(self.session, self.business_id, calendar.id, self.visitor.staff_id)

    def calendars(self) -> list[Calendar]:
        """All that this person may see, their own first."""
        return collections.calendars(self.session, self.visitor)

    def calendar(self, kind: CalendarKind, staff_id: int | None) -> Calendar:
        """One calendar. Raises NotYours if there is none, or none for this person: the two look the same."""
        own = staff_id == self.visitor.staff_id
        if own or (self.visitor.manager and kind is not CalendarKind.BUSY):
            found = collections.calendar(self.session, self.business_id, kind, staff_id)
            if found is not None:
                return found
        raise NotYours(what="no such calendar")

    def listing(self, calendar: Calendar) -> list[tuple[str, str]]:
        """(href, ETag) of every object."""
        return collections.listing(self._shelf(calendar))

    def listing_between(
        self, calendar: Calendar, since: datetime | None, until: datetime | None
    ) -> list[tuple[str, str]]:
        """(href, ETag) of what overlaps a span of time; an open side is None."""
        shelf = self._shelf(calendar)
        recurring = collections.objects_between(shelf, since, until, recurring_only=True)
        once = collections.listing_between(shelf, since, until)
        return once + [(one.href, one.etag) for one in self._happening(recurring, since, until)]

    def objects(self, calendar: Calendar, hrefs: Sequence[str]) -> list[CalendarObject]:
        """Those of the named objects that exist."""
        # PostgreSQL keeps no NUL, so nothing has one in its name.
        asked = [href for href in hrefs if "\0" not in href]
        return collections.objects(self._shelf(calendar), asked) if asked else []

    def objects_between(
        self, calendar: Calendar, since: datetime | None, until: datetime | None
    ) -> list[CalendarObject]:
        """The objects that overlap a span of time; an open side is None."""
        found = collections.objects_between(self._shelf(calendar), since, until)
        recurring = [one for one in found if one.recurs]
        if not recurring:
            return found
        out = set(recurring) - set(self._happening(recurring, since, until))
        return [one for one in found if one not in out]

    def _happening(
        self, recurring: Sequence[CalendarObject], since: datetime | None, until: datetime | None
    ) -> list[CalendarObject]:
        """Those of which an instance lies in a span of time; of a long or open one, all."""
        if not recurring or since is None or until is None or until - since > _LONGEST_FOLLOWED:
            return list(recurring)
        zone = or_utc(collections.zone(self.session, self.business_id))
        return [one for one in recurring if expand.happens(one.body, zone=zone, since=since, until=until)]

    def objects_with_uid(self, calendar: Calendar, part: str) -> list[CalendarObject]:
        """The objects whose UID contains a text, in any case."""
        return collections.objects_with_uid(self._shelf(calendar), part)

    def bodies(self, calendar: Calendar) -> list[bytes]:
        return collections.bodies(self._shelf(calendar))

    def href_of_uid(self, calendar: Calendar, uid: str) -> str | None:
        return collections.href_of_uid(self.session, self.business_id, calendar.id, uid)

    def changes(
        self, calendar: Calendar, since: SyncToken | None, *, with_bodies: bool, limit: int | None = None
    ) -> Changes:
        """What changed since a token (RFC 6578); without one, all that is there."""
        found = collections.changes(self._shelf(calendar), since, with_bodies=with_bodies, limit=limit)
        return sync.cut(found, since, calendar, limit)

    def properties(self, calendars: Sequence[Calendar]) -> dict[int, dict[str, str]]:
        """What this person's apps keep about these calendars: by calendar id, XML by Clark name."""
        return collections.properties(self.session, self.visitor, [calendar.id for calendar in calendars])


@contextmanager
def visit(database: Database, holder: Holder, now: Callable[[], datetime]) -> Iterator[Visit]:
    """Look at the calendars as `holder`. Raises NotYours when the password was revoked or the person has left."""
    for attempt in ("before", "after projecting"):
        with database.tenant(holder.business_id, read_only=True) as session:
            found = collections.visitor(session, holder)
            if found is None:
                raise NotYours(what="this app password was revoked")
            visitor, waiting, stale = found
            if not waiting or attempt != "before":
                yield Visit(visitor, session)
                break
        bring_up_to_date(database, holder.business_id, now())
    if stale:
        _note_use(database, holder)


def bring_up_to_date(database: Database, business_id: int, now: datetime) -> None:
    """Project one batch for a reader. If another projector holds the business for long, the last state is served."""
    try:
        for _ in range(_TURNS):
            if project(database, business_id, now, wait=False) or not _still_waiting(database, business_id):
                return
    except DatabaseUnavailable as error:
        log.warning("a reader could not project business %s: %s", business_id, error)


def _still_waiting(database: Database, business_id: int) -> bool:
    """Whether changes wait though the projector that was at it has finished."""
    with database.tenant(business_id) as session:
        collections.set_patience(session, _PATIENCE_MS)
        outbox.claim(session, business_id, wait=True)
        return outbox.is_waiting(session, business_id)


def _note_use(database: Database, holder: Holder) -> None:
    """What was asked for has been read by now: that this can't be noted must not take it away again."""
    try:
        with database.tenant(holder.business_id) as session:
            collections.set_patience(session, _PATIENCE_MS)
            access.note_use(session, "app_password", holder.business_id, holder.password_id)
    except DatabaseUnavailable as error:
        log.warning("the use of app password %s could not be noted: %s", holder.password_id, error)


def renew(database: Database, visitor: Visitor, calendar: Calendar, href: str) -> None:
    """Have clients fetch an object again: whoever was refused a change of it still shows the change. Best effort."""
    try:
        with database.tenant(visitor.business_id) as session:
            collections.set_patience(session, _PATIENCE_MS)
            collections.renew(session, visitor.business_id, calendar.id, href)
    except DatabaseUnavailable as error:
        log.warning("an object of calendar %s could not be renewed: %s", calendar.id, error)


def set_properties(
    database: Database, visitor: Visitor, calendar: Calendar, values: Mapping[str, str | None]
) -> None:
    """Keep a client's own properties of a calendar, all or none of them. Raises Invalid when there are too many."""
    with database.tenant(visitor.business_id) as session:
        if collections.set_properties(session, visitor, calendar.id, values) > MOST_PROPERTIES:
            raise Invalid(reason=f"A calendar keeps at most {MOST_PROPERTIES} properties of its clients.")
