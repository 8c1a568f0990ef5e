"""The week as it is looked at: of one staff member, or everybody's side by side for managers.

Who manages sees all bookings. What people keep of their own, and what other calendars hold, has a title for its owner
only; for everybody else it is time that is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from gateway.core import clock, hours, quarters, week, week_items
from gateway.core.errors import NotYours
from gateway.core.hours import Hours, Unreadable
from gateway.core.language import N_, _, locale
from gateway.core.team import Slice, cut
from gateway.core.week import Day
from gateway.core.week_items import Item
from gateway.db import access
from gateway.db import hours as stored_hours
from gateway.db import week as rows
from gateway.db.engine import Session
from gateway.services import week_words
from gateway.services.deps import Deps
from gateway.services.grant import Member

# Side by side; more are too narrow to be read.
ABREAST: Final = 8
EARLIEST, LATEST = date(1971, 2, 1), date(2998, 12, 1)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str

    @property
    def first_name(self) -> str:
        return (self.name.split() or [_("Somebody")])[0]


@dataclass(frozen=True, slots=True)
class Lane:
    """A staff member's week, Monday first. `full`: there was more than is shown. `known`: their hours can be read."""

    person: Person
    days: tuple[Day, ...]
    full: bool
    known: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What is around a week: the day that was asked for, the week that has it, today; and whose weeks this member may
    look at."""

    day: date
    monday: date
    today: date
    people: tuple[Person, ...]

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(7)]

    @property
    def is_now(self) -> bool:
        return self.monday <= self.today < self.monday + timedelta(days=7)

    @property
    def name(self) -> str:
        """ "23 to 29 November 2026"."""
        return clock.days(self.monday, self.days[-1])

    @property
    def day_name(self) -> str:
        """ "Tuesday 24 November 2026"."""
        return f"{clock.weekday(self.day)} {clock.whole_date(self.day)}"

    @property
    def before(self) -> date:
        return self.day - timedelta(days=7)

    @property
    def after(self) -> date:
        return self.day + timedelta(days=7)

    @property
    def usual(self) -> str:
        """What a form asks about at first: an afternoon of this week."""
        return f"{self.today if self.is_now else self.monday}T14:00"

    def weekday(self, day: date) -> str:
        return clock.weekday(day)

    def short_weekday(self, day: date) -> str:
        """ "Mon"."""
        return clock.weekday(day, short=True)

    def shortest_weekday(self, day: date) -> str:
        """ "Mo"; where a language has no shorter one, as long as that is."""
        return format_date(day, "EEEEEE", locale=locale())

    def short_date(self, day: date) -> str:
        """ "24 Nov"."""
        return clock.short_date(day)


@dataclass(frozen=True, slots=True)
class Solo:
    """One staff member's week; `drawn` is from which hour to which."""

    scene: Scene
    lane: Lane
    drawn: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Team:
    """Some of the staff, each with their week: the page draws the day that was asked for, and counts the others."""

    scene: Scene
    lanes: Slice[Lane]
    drawn: tuple[int, int]


def today(deps: Deps, member: Member) -> date:
    """By the business's clock."""
    return deps.now().astimezone(clock.zone_of(member.zone)).date()


def solo(deps: Deps, member: Member, day: date | None, staff_id: int | None) -> Solo:
    """The week that has this day, of this staff member; this one and one's own without. Raises NotYours."""
    with deps.database.tenant(member.business_id, read_only=True) as session:
        scene = _scene(deps, session, member, day)
        person = whose(member, scene.people, staff_id)
        [lane] = _lanes(deps, session, member, scene, [person])
    return Solo(scene, lane, week.drawn(lane.days))


def team(deps: Deps, member: Member, day: date | None, page: int) -> Team:
    """Everybody's, for who manages. Raises NotYours."""
    if not member.manages:
        raise NotYours(what=N_("the team’s week"))
    with deps.database.tenant(member.business_id, read_only=True) as session:
        scene = _scene(deps, session, member, day)
        some = cut(scene.people, page, ABREAST)
        lanes = tuple(_lanes(deps, session, member, scene, some.rows))
    shown = (one for lane in lanes for one in lane.days if one.date == scene.day)
    return Team(scene, Slice(lanes, some.page, some.pages, some.total), week.drawn(shown))


def whose(member: Member, people: Sequence[Person], staff_id: int | None) -> Person:
    """Who that is, if this member may look at their week. Raises NotYours."""
    asked = member.id if staff_id is None else staff_id
    found = next((one for one in people if one.id == asked), None)
    if found is None:
        raise NotYours(what=N_("that week"))
    return found


def people(session: Session, member: Member) -> tuple[Person, ...]:
    """Whose weeks this member may look at: everyone's, or their own."""
    found = [
        one for one in access.staff(session, member.business_id) if member.manages or one.id == member.id
    ]
    return tuple(Person(one.id, one.name or _("Staff member {id}").format(id=one.id)) for one in found)


def _scene(deps: Deps, session: Session, member: Member, day: date | None) -> Scene:
    now = today(deps, member)
    asked = day if day and EARLIEST <= day <= LATEST else now
    return Scene(asked, quarters.monday(asked), now, people(session, member))


def _lanes(
    deps: Deps, session: Session, member: Member, scene: Scene, some: Sequence[Person]
) -> Iterator[Lane]:
    zone, ids = clock.zone_of(member.zone), [one.id for one in some]
    since, until = quarters.bounds(zone, scene.monday)[0], quarters.bounds(zone, scene.days[-1])[1]
    taken = rows.taken(session, member.business_id, ids, since, until)
    gone = rows.missed(session, member.business_id, ids, since, until)
    items = week_items.marked(week_items.shared(week_words.items(deps, session, member, taken, gone)))
    worked = {one.staff_id: one.availability for one in stored_hours.stored(session, member.business_id, ids)}
    for person in some:
        theirs = [one for one in items if one.staff_id == person.id]
        full = sum(one.staff_id == person.id for one in taken) >= rows.MOST
        yield _lane(person, theirs, _hours(worked.get(person.id, "")), full, zone, scene, deps.now())


def _lane(
    person: Person,
    items: Sequence[Item],
    worked: Hours | None,
    full: bool,
    zone: ZoneInfo,
    scene: Scene,
    now: datetime,
) -> Lane:
    days = tuple(week.lay_out(items, worked, zone, day, now) for day in scene.days)
    return Lane(person, days, full, worked is not None)


def _hours(text: str) -> Hours | None:
    try:
        return hours.of_staff(text)
    except Unreadable:
        return None
