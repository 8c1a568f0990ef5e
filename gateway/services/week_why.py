"""Why a time is not free, and which would be: the same judgement that a booking meets, for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import clock, quarters
from gateway.core.errors import Invalid
from gateway.core.language import N_, _, ngettext
from gateway.core.obstacle import Obstacle
from gateway.db import week as rows
from gateway.db.week import Offered
from gateway.services import availability, week
from gateway.services.availability import Question
from gateway.services.deps import Deps
from gateway.services.grant import Member

_OF_THE_DAY: Final = 4
_OF_LATER_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A time as clocks show it, and a service. `minute` counts from midnight."""

    day: date
    minute: int
    service_id: int

    @property
    def time(self) -> str:
        hour, minute = divmod(self.minute, 60)
        # What clocks show, whatever the zone.
        return clock.time(datetime(self.day.year, self.day.month, self.day.day, hour, minute, tzinfo=UTC))

    @property
    def value(self) -> str:
        """As a form has it."""
        return f"{self.day}T{self.minute // 60:02}:{self.minute % 60:02}"


@dataclass(frozen=True, slots=True)
class Reason:
    """`detail` is what stands in the way; `source` where we know it from, in words, or nothing."""

    detail: str
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one moment: what it is called, when a booking would end, and what stands against it, if anything."""

    time: str
    ends: str
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        """ "Not free, for two reasons"."""
        if not self.reasons:
            return _("Free")
        count = len(self.reasons)
        number = _(_NUMBERS[count]) if count in _NUMBERS else str(count)
        return ngettext("Not free, for {n} reason", "Not free, for {n} reasons", count).format(n=number)


@dataclass(frozen=True, slots=True)
class Other:
    """A time that is free: in words, and as a form has it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Why:
    """`day` in words. There are two verdicts where clocks show the time twice, and none where they skip it; `odd` then
    says so."""

    day: str
    verdicts: tuple[Verdict, ...]
    odd: str
    others: tuple[Other, ...]

    @property
    def is_free(self) -> bool:
        return bool(self.verdicts) and not any(one.reasons for one in self.verdicts)


_NUMBERS: Final = {1: N_("one"), 2: N_("two"), 3: N_("three"), 4: N_("four"), 5: N_("five"), 6: N_("six")}


def services(deps: Deps, member: Member, staff_id: int) -> list[Offered]:
    """What can be asked about. Raises NotYours."""
    with deps.database.tenant(member.business_id, read_only=True) as session:
        week.whose(member, week.people(session, member), staff_id)
        return rows.services(session, member.business_id, staff_id)


def why(deps: Deps, member: Member, staff_id: int, asked: Asked) -> Why:
    """Whether this staff member can be booked then, why not, and when they can. Raises NotYours, Invalid."""
    if not week.EARLIEST <= asked.day <= week.LATEST:
        raise Invalid(reason=N_("Ask about a day between 1971 and 2998."))
    with deps.database.tenant(member.business_id, read_only=True) as session:
        week.whose(member, week.people(session, member), staff_id)
    zone = clock.zone_of(member.zone)
    moments = clock.at_wall(zone, asked.day, asked.minute)
    starts, minutes = _free(deps, member, staff_id, asked, zone)
    verdicts = tuple(_verdict(deps, member, staff_id, asked, moment, minutes) for moment in moments)
    now = deps.now().astimezone(zone)
    skipped = _("{time} doesn’t come on this day.") if not moments else ""
    twice = _("{time} comes twice on this day.") if len(moments) > 1 else ""
    told = (skipped or twice).format(time=asked.time)
    return Why(
        f"{clock.weekday(asked.day)} {clock.day_and_month(asked.day)}",
        verdicts,
        f"{told} {quarters.odd(zone, asked.day)}" if told else "",
        tuple(_others(starts, asked.day, now.date())),
    )


def _verdict(
    deps: Deps, member: Member, staff_id: int, asked: Asked, moment: datetime, minutes: int
) -> Verdict:
    found = availability.explain(deps, member.business_id, staff_id, asked.service_id, moment)
    zone = clock.zone_of(member.zone)
    ends = (moment + timedelta(minutes=minutes)).astimezone(zone)
    now = deps.now().astimezone(zone)
    reasons = tuple(_reason(one, own=staff_id == member.id, zone=zone, now=now) for one in found.reasons)
    return Verdict(clock.told_time(moment.astimezone(zone)), clock.told_time(ends), reasons)


def _reason(one: Obstacle, *, own: bool, zone: ZoneInfo, now: datetime) -> Reason:
    """What a calendar elsewhere is called is its owner's to know."""
    read = _("read {ago}").format(ago=clock.ago(one.read_at.astimezone(zone), now)) if one.read_at else ""
    name = _("Calendar “{name}”").format(name=one.source) if own and one.source else ""
    told = ", ".join(filter(None, (name, read)))
    return Reason(one.detail, f"{told[:1].upper()}{told[1:]}." if told else "")


def _free(
    deps: Deps, member: Member, staff_id: int, asked: Asked, zone: ZoneInfo
) -> tuple[list[datetime], int]:
    """When they can be booked in the week from that time on, and for how many minutes."""
    since = quarters.bounds(zone, asked.day)[0] + timedelta(minutes=asked.minute)
    moments = clock.at_wall(zone, asked.day, asked.minute)
    since = moments[0] if moments else since
    until = quarters.bounds(zone, asked.day + timedelta(days=7))[0]
    question = Question((staff_id,), asked.service_id, since, until)
    [found] = availability.slots(deps, member.business_id, question).slots
    return [datetime.fromtimestamp(start, zone) for start in found.starts], found.minutes


def _others(starts: Iterable[datetime], day: date, today: date) -> list[Other]:
    """The next ones of that day, and the first of some days after it."""
    of_it: list[datetime] = []
    first: dict[date, datetime] = {}
    for start in starts:
        if start.date() == day:
            of_it.append(start)
        else:
            first.setdefault(start.date(), start)
    chosen: Sequence[datetime] = [*of_it[:_OF_THE_DAY], *list(first.values())[:_OF_LATER_DAYS]]
    return [Other(_named(one, today), f"{one:%Y-%m-%dT%H:%M}") for one in chosen]


def _named(moment: datetime, today: date) -> str:
    day = _("Today") if moment.date() == today else f"{clock.weekday(moment.date(), short=True)} {moment.day}"
    return _("{day}, {time}").format(day=day, time=clock.told_time(moment))
