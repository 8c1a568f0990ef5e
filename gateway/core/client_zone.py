"""A time zone as a calendar program defines it itself (RFC 5545 3.6.5), to reckon with many times in it.

icalendar would keep it in a table of the whole process, for every tenant who uses its name; and dateutil's `tzical`
walks each rule from 1601, or up to 9999 if it never comes true.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from gateway.core.moments import moment, wall
from gateway.core.reading import Part
from gateway.core.recurrence import Budget, between, latest
from gateway.core.rrule import Rule, parse

_OFFSET: Final = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?", re.ASCII)


class ClientZone(tzinfo):
    """What a VTIMEZONE says of the times between `first` and `last`, both local.

    A time that comes twice is the first one, and one that never comes is reckoned from before the change.
    """

    def __init__(self, definition: Part, first: datetime, last: datetime, budget: Budget) -> None:
        changes: dict[datetime, tuple[timedelta, timedelta]] = {}
        for observance in definition.children:
            if observance.name in ("STANDARD", "DAYLIGHT"):
                before, after = (_offset(observance.value(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
                for when in _onsets(observance, before, first, last, budget):
                    changes.setdefault(when, (before, after))
        self._whens = sorted(changes)
        self._offsets = [changes[when] for when in self._whens]

    def utcoffset(self, when: datetime | None) -> timedelta:
        if when is None:
            return timedelta(0)
        clock = when.replace(tzinfo=None)
        at = bisect_right(self._whens, clock) - 1
        if at < 0:
            return self._offsets[0][0]
        before, after = self._offsets[at]
        return before if clock < self._whens[at] + after - before else after

    def dst(self, when: datetime | None) -> None:
        return None

    def tzname(self, when: datetime | None) -> None:
        return None


def _onsets(
    observance: Part, before: timedelta, first: datetime, last: datetime, budget: Budget
) -> Iterator[datetime]:
    start = wall(moment(observance.value("DTSTART")))
    yield start
    for line in observance.all("RDATE"):
        dates = line.value.split(",")
        budget.spend(len(dates))
        yield from (wall(moment(each.partition("/")[0])) for each in dates if each)
    for line in observance.all("RRULE"):
        yield from _ruled(parse(line.value), start, before, first, last, budget)


def _ruled(
    rule: Rule, start: datetime, before: timedelta, first: datetime, last: datetime, budget: Budget
) -> Iterator[datetime]:
    end = last if rule.until is None else min(last, _until(rule.until, before))
    if (earlier := latest(rule, start, min(first, end), budget)) is not None:
        yield earlier
    yield from between(rule, start, first, end, budget)


def _until(until: date, before: timedelta) -> datetime:
    if not isinstance(until, datetime):
        return wall(until) + timedelta(days=1)
    return wall(until) + (before if until.tzinfo else timedelta(0))


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError("no offset")
    hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:])
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if offset >= timedelta(days=1):
        raise ValueError("no such offset")
    return -offset if match[1] == "-" else offset
