"""Weekly hours as a VAVAILABILITY (RFC 7953), and back: `read(render(hours)) == hours`.

What is read is more than what is written: days left out (EXDATE), changed (RECURRENCE-ID) or added become exceptions,
and so does each day of a VAVAILABILITY that has an end and goes before the week's. What has no end is the week.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from gateway.core import available, reading
from gateway.core.available import LAST_MINUTE, Available, Moment, inexpressible
from gateway.core.hours import LONGEST_TEXT, MOST_EXCEPTIONS, MOST_SHIFTS, Hours, Shifts, merged
from gateway.core.language import _
from gateway.core.reading import Part
from gateway.core.told_hours import render, stored
from gateway.core.unacceptable import DATA, SIZE, Unacceptable
from gateway.core.wire import unfold

__all__ = ["MAX_OCTETS", "read", "render", "stored"]

MAX_OCTETS: Final = 512 * 1024
# A person's week has about ten; ninety-six on each day of it is what the booking app could store.
_MOST_RULES: Final = 7 * MOST_SHIFTS
# What no PRIORITY means (RFC 7953 3.2): after 9.
_LOWEST: Final = 10


def read(text: str, zone: str, today: date) -> Hours:
    """The hours that a VAVAILABILITY tells. Raises Unacceptable for what the booking app has no way to store."""
    body = text.strip().encode("utf-8", "replace")
    if len(body) > MAX_OCTETS:
        raise Unacceptable(SIZE, _("Hours may take {most} octets at most.").format(most=f"{MAX_OCTETS:,}"))
    calendar = reading.calendar(body)
    _check_whole(text.strip())
    if any(child.name not in ("VAVAILABILITY", "VTIMEZONE") for child in calendar.children):
        raise inexpressible(_("Only working hours (VAVAILABILITY) can be kept here."))
    found = [_availability(part, zone) for part in calendar.parts("VAVAILABILITY")]
    base, spans = _ranked(found, today)
    exceptions = base.special() | {day: span.on(day) for span in spans for day in span.days()}
    hours = Hours(tuple(map(base.weekly, range(7))), MappingProxyType(exceptions))
    _check_size(hours)
    return hours


@dataclass(frozen=True, slots=True)
class _Availability:
    """A VAVAILABILITY: from day to day (None: without an end), and the times within it. A lower rank goes first."""

    rank: int
    first: date | None
    last: date | None
    weekly_times: tuple[Available, ...]
    single: Mapping[date, list[Available]]

    def on(self, day: date) -> Shifts:
        """When one is available on a day."""
        here = [*self.single.get(day, ()), *(one for one in self.weekly_times if one.on(day))]
        return tuple(merged((*one.shift, day) for one in here))

    def weekly(self, weekday: int) -> Shifts:
        """When one is available on a day of the week that nothing is said of."""
        here = (one for one in self.weekly_times if weekday in one.weekdays)
        return tuple(merged((*one.shift, date.min) for one in here))

    def special(self) -> dict[date, Shifts]:
        """The days that are not as the week has them."""
        days = set(self.single)
        for one in self.weekly_times:
            days.update(filter(replace(one, left_out=frozenset()).on, one.left_out))
        if len(days) > MOST_EXCEPTIONS:
            raise inexpressible(
                _("At most {most} days can have hours of their own.").format(most=f"{MOST_EXCEPTIONS:,}")
            )
        return {day: self.on(day) for day in days}

    def days(self) -> list[date]:
        if self.first is None or self.last is None:
            return []
        return list(map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1)))


def _availability(part: Part, zone: str) -> _Availability:
    if part.value("BUSYTYPE").upper() not in ("", "BUSY-UNAVAILABLE"):
        raise inexpressible(
            _("Time outside of working hours is BUSY-UNAVAILABLE; no other BUSYTYPE can be kept.")
        )
    start, end = available.between(part, zone)
    found = [available.read(child, zone) for child in part.parts("AVAILABLE")]
    changed = {(one.uid, one.instead_of) for one in found if one.instead_of}
    rules = [_with_changes(one, changed) for one in found if one.weekdays]
    if len(rules) > _MOST_RULES:
        raise inexpressible(_("Weekly hours may have {most} times at most.").format(most=_MOST_RULES))
    single: dict[date, list[Available]] = defaultdict(list)
    for one in found:
        if not one.weekdays:
            single[one.day].append(one)
    first, last = _days(start, end)
    return _Availability(_rank(part), first, last, tuple(rules), single)


def _with_changes(one: Available, changed: set[tuple[str, date]]) -> Available:
    days = {day for uid, day in changed if uid == one.uid}
    return replace(one, left_out=one.left_out | days) if days else one


def _days(start: Moment | None, end: Moment | None) -> tuple[date | None, date | None]:
    """The first and the last day of a VAVAILABILITY; None on a side that is open."""
    if end is None:
        return date.fromordinal(start.day) if start else None, None
    last = end.day if end.minute == LAST_MINUTE else end.day - 1
    if start is None or start.minute or end.minute not in (0, LAST_MINUTE) or last > date.max.toordinal():
        raise inexpressible(
            _("Hours for some days begin at midnight of the first and end at midnight after the last.")
        )
    return date.fromordinal(start.day), date.fromordinal(last)


def _rank(part: Part) -> int:
    """1 goes before all others, 9 after; none, or 0, is the lowest (RFC 7953 3.2)."""
    written = part.value("PRIORITY") or "0"
    if not (len(written) == 1 and written in "0123456789"):
        raise Unacceptable(DATA, _("PRIORITY is a number from 0 to 9."))
    return int(written) or _LOWEST


def _ranked(found: list[_Availability], today: date) -> tuple[_Availability, list[_Availability]]:
    """The week, and what goes before it, the foremost last."""
    endless = [one for one in found if one.last is None]
    spans = sorted((one for one in found if one.last), key=lambda one: (-one.rank, one.first or date.min))
    if len(endless) != 1:
        raise inexpressible(_("There must be one VAVAILABILITY without an end: it holds the weekly hours."))
    _check_begun(endless[0], today)
    if any(span.rank >= endless[0].rank for span in spans) or any(map(_overlap, spans, spans[1:])):
        raise inexpressible(
            _("Two VAVAILABILITY of the same days need different PRIORITY, the lowest for the week.")
        )
    days = sum((span.last - span.first).days + 1 for span in spans if span.first and span.last)
    if days + len(endless[0].single) > MOST_EXCEPTIONS:
        raise inexpressible(
            _("At most {most} days can have hours of their own.").format(most=f"{MOST_EXCEPTIONS:,}")
        )
    return endless[0], spans


def _overlap(one: _Availability, following: _Availability) -> bool:
    same_rank = one.rank == following.rank
    return same_rank and bool(one.last and following.first and following.first <= one.last)


def _check_begun(week: _Availability, today: date) -> None:
    """Weekly hours have no beginning in the booking app: what begins later would be in force at once."""
    days = [date.fromordinal(today.toordinal() + ahead) for ahead in range(7)]
    begun = all(day >= one.day for one in week.weekly_times for day in days if day.weekday() in one.weekdays)
    if not begun or (week.first and week.first > today):
        raise inexpressible(_("Weekly hours hold at once; those that begin later can't be kept yet."))


def _check_size(hours: Hours) -> None:
    if any(len(shifts) > MOST_SHIFTS for shifts in (*hours.week, *hours.exceptions.values())):
        raise inexpressible(_("A day may have {most} times of work at most.").format(most=MOST_SHIFTS))
    if len(hours.exceptions) > MOST_EXCEPTIONS or len(stored(hours)) > LONGEST_TEXT:
        raise inexpressible(_("There are too many days with hours of their own."))


def _check_whole(text: str) -> None:
    """One VCALENDAR and all of it: from a text that was cut off, hours would be missing."""
    lines = [line.strip().upper() for line in re.split(r"\r?\n", unfold(text))]
    marks = [line for line in lines if line.startswith(("BEGIN:", "END:"))]
    open_: list[str] = []
    for number, mark in enumerate(marks):
        action, __, name = mark.partition(":")
        if action == "BEGIN":
            if number and not open_:
                raise Unacceptable(DATA, _("There may be one VCALENDAR only."))
            open_.append(name)
        elif not open_ or open_.pop() != name:
            raise Unacceptable(DATA, _("BEGIN and END don't match."))
    if open_ or marks[:1] != ["BEGIN:VCALENDAR"]:
        raise Unacceptable(DATA, _("This isn't a whole VCALENDAR."))
