"""Weekly hours as others read them: the booking app's JSON, and a VAVAILABILITY (RFC 7953).

The week is one VAVAILABILITY without an end: an AVAILABLE for each time of day, with a weekly rule for the days that
have it. An exception is a VAVAILABILITY of its own for that day, with a higher priority: it replaces whatever the week
says, which is just what an exception means to the booking app. Days off in a row are one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.core.available import LAST_MINUTE, WEEKDAYS
from gateway.core.hours import DAYS, MIDNIGHT, Hours, Shift, Shifts
from gateway.core.wire import CALENDAR_HEAD, escape, fold
from gateway.core.zones import vtimezone

# A Monday that each zone's VTIMEZONE reaches back to.
_A_MONDAY: Final = date(2001, 1, 1)
# Above the week, which has none; a person's own 1 to 4 goes before it.
_EXCEPTION_PRIORITY: Final = 5


def render(hours: Hours, zone: str, *, uid: str, modified: datetime) -> str:
    """The iCalendar text of these hours. `uid` is that of the week; `modified` is told in each DTSTAMP."""
    write = _Writer(zone, uid, f"{modified.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    components = [write.week(hours), *(write.exception(*one) for one in _spans(hours.exceptions))]
    definition = "" if zone == "UTC" else vtimezone(zone)
    return f"{CALENDAR_HEAD}{definition}{''.join(components)}END:VCALENDAR\r\n"


def stored(hours: Hours) -> str:
    """The JSON that the booking app's own validation takes: a list for each day, midnight written as 23:59."""
    days: dict[str, object] = {
        name.lower(): _times(shifts) for name, shifts in zip(DAYS, hours.week, strict=True)
    }
    exceptions = {day.isoformat(): _times(hours.exceptions[day]) for day in sorted(hours.exceptions)}
    return json.dumps(days | {"exceptions": exceptions})


def _times(shifts: Shifts) -> list[dict[str, str]]:
    return [{"start": _clock(start), "end": _clock(min(end, LAST_MINUTE))} for start, end in shifts]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes components of one zone."""

    zone: str
    uid: str
    stamp: str

    def week(self, hours: Hours) -> str:
        days: dict[Shift, list[int]] = {}
        for number, shifts in enumerate(hours.week):
            for shift in shifts:
                days.setdefault(shift, []).append(number)
        parts = []
        for count, (shift, numbers) in enumerate(sorted(days.items())):
            rule = f"RRULE:FREQ=WEEKLY;BYDAY={','.join(WEEKDAYS[number] for number in numbers)}"
            first = _A_MONDAY + timedelta(days=numbers[0])
            parts.append(self._available(f"{count + 1}-{self.uid}", first, shift, rule))
        return self._component("VAVAILABILITY", self.uid, ["BUSYTYPE:BUSY-UNAVAILABLE"], parts)

    def exception(self, first: date, last: date, shifts: Shifts) -> str:
        uid = f"{_basic(first)}-{self.uid}"
        lines = ["BUSYTYPE:BUSY-UNAVAILABLE", f"PRIORITY:{_EXCEPTION_PRIORITY}"]
        lines += [self._moment("DTSTART", first, 0), self._moment("DTEND", last, MIDNIGHT)]
        parts = [self._available(f"{count + 1}-{uid}", first, shift) for count, shift in enumerate(shifts)]
        return self._component("VAVAILABILITY", uid, lines, parts)

    def _available(self, uid: str, day: date, shift: Shift, *rule: str) -> str:
        moments = [self._moment("DTSTART", day, shift[0]), self._moment("DTEND", day, shift[1])]
        return self._component("AVAILABLE", uid, [*moments, *rule], [])

    def _component(self, name: str, uid: str, lines: list[str], parts: Iterable[str]) -> str:
        head = [f"BEGIN:{name}", fold(f"UID:{escape(uid)}"), f"DTSTAMP:{self.stamp}", *map(fold, lines)]
        return "".join([*(f"{line}\r\n" for line in head), *parts, f"END:{name}\r\n"])

    def _moment(self, name: str, day: date, minute: int) -> str:
        if minute == MIDNIGHT and day == date.max:
            minute = LAST_MINUTE  # there is no day after it
        elif minute == MIDNIGHT:
            day, minute = day + timedelta(days=1), 0
        clock = f"{_basic(day)}T{minute // 60:02d}{minute % 60:02d}00"
        return f"{name}:{clock}Z" if self.zone == "UTC" else f"{name};TZID={self.zone}:{clock}"


def _basic(day: date) -> str:
    return day.isoformat().replace("-", "")


def _spans(exceptions: Mapping[date, Shifts]) -> Iterator[tuple[date, date, Shifts]]:
    """The exceptions in order, days off in a row as one: first day, last day, times of work."""
    pending: tuple[date, date] | None = None
    for day in sorted(exceptions):
        off = not exceptions[day]
        if pending and not (off and day.toordinal() == pending[1].toordinal() + 1):
            yield *pending, ()
            pending = None
        if off:
            pending = (pending[0] if pending else day, day)
        else:
            yield day, day, exceptions[day]
    if pending:
        yield *pending, ()
