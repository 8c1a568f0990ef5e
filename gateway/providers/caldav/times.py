"""When an event of somebody's object is, as the lines of a VEVENT that say so, in zones that IANA knows. Pure.

Programs define zones themselves (VTIMEZONE, RFC 5545 3.6.5) and call them what they like. A name that is known counts,
whatever the definition says; a single time in a zone of a program's own is told in UTC; and a recurring event in one
recurs in the calendar's zone, which is named as a doubt unless both agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import reading, rrule
from gateway.core.client_zone import ClientZone
from gateway.core.moments import YEARS, length, moment, wall
from gateway.core.reading import Line, Part
from gateway.core.recurrence import Budget, TooMany
from gateway.core.wire import one_line
from gateway.core.zone_names import known

# What `core.intake` lets pass too.
_MOST_RULES: Final = 5
_MOST_DATES: Final = 5_000
_MOST_A_DAY: Final = 24
_LONGEST_NAME: Final = 80

_RULE: Final = re.compile(r"[A-Z0-9=;,+-]{1,2000}", re.ASCII)
_UNREADABLE: Final = "FREQ=UNREADABLE"
_RECURRING: Final = ("RRULE", "RDATE", "RECURRENCE-ID")
_DATES: Final = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")


class Unreadable(Exception):
    """It can't be told when an event is."""


@dataclass(frozen=True, slots=True)
class Times:
    """`lines` with CRLF. `unknown_zone` is a name that nobody knows here and on which the times depend. Without
    `whole`, some of its recurrence can't be read: what can is there, the first occurrence at least."""

    lines: bytes
    unknown_zone: str = ""
    whole: bool = True


class Zones:
    """The zones that an object's times are told in. `home` is the calendar's, an IANA name or empty: times without a
    zone are meant there (RFC 4791 5.2.2), and where nobody says it they stay without one."""

    def __init__(self, calendar: Part, home: str) -> None:
        self._defined = {_plain(part.value("TZID")): part for part in calendar.parts("VTIMEZONE")}
        told = known(calendar.value("X-WR-TIMEZONE"))
        self.home = told or home
        # What some exports say instead of naming a zone at each time: their times are in UTC.
        self.shifts = bool(told)
        self._window = _window(calendar)
        self._made: dict[str, ClientZone] = {}

    def name(self, line: Line) -> str:
        """The IANA zone of a line's times; empty if they have none, or one of their own."""
        tzid = _plain(line.param("TZID"))
        if not tzid:
            return self.home
        if found := known(tzid):
            return found
        definition = self._defined.get(tzid)
        return known(definition.value("X-LIC-LOCATION")) if definition is not None else ""

    def own(self, line: Line) -> tzinfo | None:
        """A zone as the object itself defines it. Raises Unreadable."""
        tzid = _plain(line.param("TZID"))
        if tzid not in self._defined:
            return None
        if tzid not in self._made:
            try:
                zone = ClientZone(self._defined[tzid], *self._window, Budget())
                zone.utcoffset(self._window[0])
            except (TooMany, ValueError, OverflowError, IndexError):
                raise Unreadable from None
            self._made[tzid] = zone
        return self._made[tzid]

    def is_home(self, zone: tzinfo, start: datetime) -> bool:
        """Whether a zone of their own is the calendar's under another name."""
        if not self.home:
            return False
        days = (wall(start) + timedelta(days=19 * number) for number in range(40))
        home = ZoneInfo(self.home)
        return all(zone.utcoffset(day) == home.utcoffset(day) for day in days)


def times(part: Part, zones: Zones) -> Times:
    """When an event is. Raises Unreadable."""
    recurs = any(line.value.strip() for name in _RECURRING for line in part.all(name))
    writer = _Writer(zones, recurs)
    start = next(iter(part.all("DTSTART")), None)
    if start is None:
        raise Unreadable
    lines = [writer.line(start), *_end(part, writer, start)]
    rules, whole = _rules(part)
    dates = [text for name in ("RDATE", "EXDATE") for line in part.all(name) for text in writer.dates(line)]
    lines += [*rules, *dates[:_MOST_DATES]]
    lines += [writer.line(line) for line in part.all("RECURRENCE-ID")[:1]]
    if part.value("STATUS").upper() == "CANCELLED":
        lines.append("STATUS:CANCELLED")
    whole = whole and writer.whole and len(dates) <= _MOST_DATES
    text = "".join(f"{line}\r\n" for line in lines)
    return Times(text.encode("ascii"), one_line(writer.unknown, _LONGEST_NAME), whole)


def has_strange_zone(calendar: Part) -> bool:
    """Whether its times depend on the calendar's zone, because they have none, or one that isn't known."""
    told = (line for part in calendar.parts("VEVENT") for name in _DATES for line in part.all(name))
    return any("T" in line.value and _is_strange(line) for line in told)


def _is_strange(line: Line) -> bool:
    tzid = line.param("TZID")
    return not known(_plain(tzid)) if tzid else not line.value.strip().endswith("Z")


def _end(part: Part, writer: _Writer, start: Line) -> Iterator[str]:
    """Its end or length. One that isn't of the start's kind, or before it, is none."""
    begins = writer.moment(start, start.value)
    for line in part.all("DTEND")[:1]:
        ends = writer.moment(line, line.value)
        if isinstance(begins, datetime) is isinstance(ends, datetime) and writer.order(start, line):
            yield writer.line(line)
        else:
            writer.whole = False
        return
    for line in part.all("DURATION")[:1]:
        try:
            size = length(line.value.strip())
        except ValueError:
            raise Unreadable from None
        if timedelta(0) <= size < timedelta(days=366 * 100):
            yield f"DURATION:{line.value.strip()}"


def _rules(part: Part) -> tuple[list[str], bool]:
    """A rule that `core.expand` won't follow is passed on all the same, so that it refuses it and people are told."""
    told = [value for line in part.all("RRULE") if (value := line.value.strip().upper())]
    rules = [value if _RULE.fullmatch(value) else _UNREADABLE for value in told][:_MOST_RULES]
    whole = len(told) <= _MOST_RULES and all(map(_is_followed, rules))
    return [f"RRULE:{rule}" for rule in rules], whole


def _is_followed(text: str) -> bool:
    try:
        rule = rrule.parse(text)
    except ValueError:
        return False
    return rule.freq not in ("SECONDLY", "MINUTELY") and rule.a_day <= _MOST_A_DAY


class _Writer:
    """Writes an event's dates anew, and remembers what was doubtful."""

    def __init__(self, zones: Zones, recurs: bool) -> None:
        self._zones, self._recurs = zones, recurs
        self.unknown = ""
        self.whole = True

    def moment(self, line: Line, text: str) -> date:
        try:
            when = moment(text.strip())
        except ValueError:
            raise Unreadable from None
        # A year to spare on both sides, for whatever zone it is told in.
        if when.year - 1 not in YEARS or when.year + 1 not in YEARS:
            raise Unreadable
        return when

    def order(self, start: Line, end: Line) -> bool:
        first, last = (self._instant(line) for line in (start, end))
        return first <= last

    def line(self, line: Line) -> str:
        """A line of one date. Raises Unreadable."""
        range_ = ";RANGE=THISANDFUTURE" if line.param("RANGE").upper() == "THISANDFUTURE" else ""
        return f"{line.name}{range_}{self._told(line, self.moment(line, line.value))}"

    def dates(self, line: Line) -> Iterator[str]:
        """The dates of a list, a line each; what can't be read of it is left out."""
        for item in filter(None, map(str.strip, line.value.split(","))):
            begins, slash, rest = item.partition("/")
            try:
                told = self._told(line, self.moment(line, begins))
                if slash:
                    told = self._period(line, told, rest)
            except (Unreadable, ValueError):
                self.whole = False
                continue
            yield f"{line.name}{told}"

    def _period(self, line: Line, told: str, rest: str) -> str:
        if line.name != "RDATE" or told.startswith(";VALUE=DATE:"):
            raise Unreadable
        if "P" in rest:
            length(rest)
            ending = rest
        else:
            params, _, ending = self._told(line, self.moment(line, rest)).partition(":")
            if params != told.partition(":")[0]:
                raise Unreadable
        return f";VALUE=PERIOD{told}/{ending}"

    def _told(self, line: Line, when: date) -> str:
        """Parameters and value of a moment."""
        if not isinstance(when, datetime):
            return f";VALUE=DATE:{when:%Y%m%d}"
        if when.tzinfo is not None:
            if self._zones.shifts and self._recurs:
                return _local(when, self._zones.home)
            return f":{_basic(when)}Z"
        if zone := self._zones.name(line):
            return f":{_basic(when)}Z" if zone == "UTC" else f";TZID={zone}:{_basic(when)}"
        if not line.param("TZID"):
            return f":{_basic(when)}"
        return self._strange(line, when)

    def _strange(self, line: Line, when: datetime) -> str:
        """A time in a zone that nobody knows by name."""
        own, home = self._zones.own(line), self._zones.home
        if own is None:
            self.unknown = self.unknown or line.param("TZID")
            return f";TZID={home}:{_basic(when)}" if home and home != "UTC" else f":{_basic(when)}"
        instant = when.replace(tzinfo=own).astimezone(UTC)
        if self._recurs:
            if not self._zones.is_home(own, when):
                self.unknown = self.unknown or line.param("TZID")
            return _local(instant, home)
        return f":{_basic(instant)}Z"

    def _instant(self, line: Line) -> datetime:
        """To compare by. Times without a zone are compared as if they were told in UTC."""
        when = self.moment(line, line.value)
        if not isinstance(when, datetime) or when.tzinfo is not None:
            return wall(when).replace(tzinfo=UTC)
        zone = self._zones.name(line)
        place: tzinfo = (
            ZoneInfo(zone) if zone else (self._zones.own(line) if line.param("TZID") else None) or UTC
        )
        return when.replace(tzinfo=place).astimezone(UTC)


def _local(instant: datetime, zone: str) -> str:
    if not zone or zone == "UTC":
        return f":{_basic(instant)}Z"
    return f";TZID={zone}:{_basic(instant.astimezone(ZoneInfo(zone)))}"


def _basic(when: datetime) -> str:
    return when.isoformat()[:19].replace("-", "").replace(":", "")


def _plain(name: str) -> str:
    return reading.text(name).strip()


def _window(calendar: Part) -> tuple[datetime, datetime]:
    """The years that the object tells times of, with some to spare on both sides."""
    lines = [line for part in calendar.parts("VEVENT") for name in _DATES for line in part.all(name)]
    told = [
        int(item.strip()[:4])
        for line in lines
        for item in line.value.split(",")
        if item.strip()[:4].isdecimal()
    ]
    years = [year for year in told if year in YEARS] or [YEARS.start]
    return wall(date(min(years) - 1, 1, 1)), wall(date(max(years) + 4, 1, 1))
