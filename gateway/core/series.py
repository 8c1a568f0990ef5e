"""The events of a calendar object as their dates go: the recurring one, and the overrides of its instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core.client_zone import ClientZone
from gateway.core.language import _
from gateway.core.moments import YEARS, later, length, moment, names, period_size, timed, wall
from gateway.core.reading import Line, Part
from gateway.core.recurrence import Budget
from gateway.core.rrule import Rule, parse
from gateway.core.unacceptable import OBJECT, Unacceptable
from gateway.core.zone_names import known

_NO_TIME: Final = timedelta(0)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One VEVENT. `replaces` has the names of the instance that it stands for; the recurring one has none.

    With RANGE=THISANDFUTURE it stands for all that follow too, which begin by `shift` later than they would.
    """

    start: date
    size: timedelta
    blocks: bool
    sequence: int = -1
    replaces: tuple[datetime, ...] = ()
    and_future: bool = False
    shift: timedelta = _NO_TIME
    has_rules: bool = False


@dataclass(frozen=True, slots=True)
class Master:
    """The recurring event: its rules, and further starts with what they last if they tell it; and what is left out."""

    event: Event
    rules: tuple[Rule, ...]
    dates: list[date] = field(default_factory=list)
    sizes: dict[datetime, timedelta] = field(default_factory=dict)
    excluded: set[date] = field(default_factory=set)


def read(
    calendar: Part, since: datetime, until: datetime, budget: Budget
) -> tuple[Master | None, list[Event]]:
    """The master, if there is one, and the overrides, told in zones that are right from `since` to `until`."""
    events = calendar.parts("VEVENT")
    places = _Places(calendar, _window(events, since, until), budget)
    masters = [_master(part, places) for part in events if not part.all("RECURRENCE-ID")]
    overrides = [_event(part, places) for part in events if part.all("RECURRENCE-ID")]
    return (masters[0] if masters else None), overrides


class _Places:
    """The zones that an object names, each made once and forgotten with it."""

    def __init__(self, calendar: Part, window: tuple[datetime, datetime], budget: Budget) -> None:
        self._definitions = {_plain(part.value("TZID")): part for part in calendar.parts("VTIMEZONE")}
        self._window, self._budget = window, budget
        self._made: dict[str, tzinfo] = {}
        # What some exports say instead of naming a zone at each time; the times are then in UTC or float.
        self._home = known(calendar.value("X-WR-TIMEZONE"))

    def moment(self, text: str, line: Line) -> date:
        when = moment(text.strip(), self.of(line))
        if when.year not in YEARS:
            raise ValueError("out of time")
        return self._at_home(when) if self._home and isinstance(when, datetime) else when

    def _at_home(self, when: datetime) -> datetime:
        home = ZoneInfo(self._home)
        return when.astimezone(home) if when.tzinfo is UTC else when.replace(tzinfo=when.tzinfo or home)

    def of(self, line: Line) -> tzinfo | None:
        name = line.param("TZID")
        if name and name not in self._made:
            self._made[name] = self._make(_plain(name))
        return self._made.get(name)

    def _make(self, name: str) -> tzinfo:
        if iana := known(name):
            return ZoneInfo(iana)
        if name not in self._definitions:
            raise Unacceptable(OBJECT, _("A time zone isn't defined."))
        return ClientZone(self._definitions[name], *self._window, self._budget)


def _plain(name: str) -> str:
    return name.replace("\\", "")


def _window(events: list[Part], since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The years that the object tells times of, with one to spare on both sides."""
    lines = [line for part in events for line in part.lines if line.name in ("DTSTART", "DTEND", "RDATE")]
    told = [int(item[:4]) for line in lines for item in line.value.split(",") if item[:4].isdecimal()]
    years = [year for year in (since.year, until.year, *told) if year in YEARS]
    return wall(date(min(years) - 1, 1, 1)), wall(date(max(years) + 2, 1, 1))


def _master(part: Part, places: _Places) -> Master:
    rules = [line.value.strip() for line in part.all("RRULE")]
    master = Master(_event(part, places), tuple(parse(rule) for rule in rules if rule))
    for item, line in _listed(part, "RDATE"):
        told, __, rest = item.partition("/")
        start = _alike(places.moment(told, line), master.event.start)
        master.dates.append(start)
        if rest:
            size = period_size(rest, start, places.of(line))
            master.sizes.update(dict.fromkeys(names(start), size))
    for item, line in _listed(part, "EXDATE"):
        out = places.moment(item, line)
        master.excluded.update((out, *names(out)))
    return master


def _listed(part: Part, name: str) -> Iterator[tuple[str, Line]]:
    for line in part.all(name):
        for item in line.value.split(","):
            if item.strip():
                yield item.strip(), line


def _alike(when: date, start: date) -> date:
    """A further start as the first one is told: a day where that is a day, with its zone where it has none."""
    if not isinstance(start, datetime):
        return wall(when).date()
    clock = timed(when)
    return clock if clock.tzinfo else clock.replace(tzinfo=start.tzinfo)


def _event(part: Part, places: _Places) -> Event:
    start, end = _start_and_end(part, places)
    size = later(end, start)
    if size < _NO_TIME:
        # Only where one of them floats: whoever mixes them means no order.
        start, size = end, -size
    has_rules = any(line.name in ("RRULE", "RDATE", "EXDATE") for line in part.lines)
    return Event(start, size, _blocks(part), _sequence(part), *_identity(part, start, places), has_rules)


def _start_and_end(part: Part, places: _Places) -> tuple[date, date]:
    [line] = part.all("DTSTART")
    start = places.moment(line.value, line)
    for line in part.all("DTEND"):
        return start, places.moment(line.value, line)
    for line in part.all("DURATION"):
        size = length(line.value.strip())
        start = timed(start) if size % _DAY else start
        return start, start + size
    return start, start if isinstance(start, datetime) else start + _DAY


def _identity(part: Part, start: date, places: _Places) -> tuple[tuple[datetime, ...], bool, timedelta]:
    for line in part.all("RECURRENCE-ID"):
        named = places.moment(line.value, line)
        and_future = line.param("RANGE").upper() == "THISANDFUTURE"
        return names(named), and_future, later(start, named) if and_future else _NO_TIME
    return (), False, _NO_TIME


def _sequence(part: Part) -> int:
    told = part.value("SEQUENCE")
    return int(told) if told.isdecimal() and len(told) < 10 else -1


def _blocks(part: Part) -> bool:
    free = part.value("TRANSP").upper() == "TRANSPARENT" or part.value("STATUS").upper() == "CANCELLED"
    return not free and part.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() != "FREE"
