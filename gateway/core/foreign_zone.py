"""What instant a local time is in a zone that a calendar program defines itself (RFC 5545 3.6.5).

Only what such definitions hold in practice is understood: dates, and one day a year by month and weekday or day.
dateutil's `tzical` understands more, but walks through every year since 1601, and to 9999 for a day that never comes.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

from icalendar.prop import vRecur

from gateway.core.intake import DATA, Unacceptable
from gateway.core.reading import Part

_MAX_CHANGES: Final = 5_000
_MAX_RULES: Final = 200
_MAX_CHOICES: Final = 10
# So many years of a yearly rule are looked at: also one for 29 February has come by then.
_YEARS: Final = 9
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS: Final = frozenset(
    {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "BYSECOND", "UNTIL", "COUNT", "INTERVAL"}
    | {"WKST"}
)


def instant(zone: Part, local: datetime) -> datetime:
    """The instant (in UTC) at which clocks show `local`, whose own zone means nothing.

    A time that comes twice is the first; one that never comes is counted from before the change (RFC 5545 3.3.5).
    """
    try:
        return _instant(zone, local.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, "The definition of a time zone can't be read.") from None


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    at: datetime
    before: timedelta
    after: timedelta


def _instant(zone: Part, local: datetime) -> datetime:
    if sum(len(observance.all("RRULE")) for observance in zone.children) > _MAX_RULES:
        raise ValueError("too many rules")
    changes = sorted(islice(_changes(zone, local.year), _MAX_CHANGES + 1))
    if not changes or len(changes) > _MAX_CHANGES:
        raise ValueError("no changes, or too many")
    offset = changes[0].before
    for change in changes:
        if local - offset < change.at:
            break
        if local - change.after < change.at:
            # The clocks were put forward over this time.
            break
        offset = change.after
    return local - offset


def _changes(zone: Part, year: int) -> Iterator[_Change]:
    for observance in zone.children:
        if observance.name in ("STANDARD", "DAYLIGHT"):
            before, after = (_offset(observance.value(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
            for wall in _walls(observance, before, year):
                yield _Change(wall - before, before, after)


def _walls(observance: Part, before: timedelta, year: int) -> Iterator[datetime]:
    """What clocks show when an observance begins: its first time, all its dates, and its rule around `year`."""
    first = _moment(observance.value("DTSTART"))
    yield first
    for line in observance.all("RDATE"):
        yield from (_moment(item) for item in line.value.split(","))
    for line in observance.all("RRULE"):
        yield from _ruled(vRecur.from_ical(line.value), first, before, year)


def _ruled(rule: vRecur, first: datetime, before: timedelta, year: int) -> Iterator[datetime]:
    _check(rule)
    until = _until(rule, before)
    last = min(year + 1, until.year, first.year + int(rule.get("COUNT", [_MAX_CHANGES])[0]) - 1)
    hour, minute, second = (
        int(rule.get(part, [default])[0])
        for part, default in (("BYHOUR", first.hour), ("BYMINUTE", first.minute), ("BYSECOND", first.second))
    )
    for each in range(max(first.year, last - _YEARS), last + 1):
        for day in _days(rule, each, first):
            wall = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)
            if first < wall <= until:
                yield wall


def _check(rule: vRecur) -> None:
    """Once a year, in one month, and not more choices within it than there is use for."""
    if rule.get("FREQ") != ["YEARLY"] or rule.get("INTERVAL", [1]) != [1] or not _PARTS.issuperset(rule):
        raise ValueError("a rule of another kind")
    if "BYMONTH" not in rule and ("BYDAY" in rule or "BYMONTHDAY" in rule):
        raise ValueError("a day without its month")
    if len(rule.get("BYMONTH", [])) > 1 or any(len(choices) > _MAX_CHOICES for choices in rule.values()):
        raise ValueError("too many choices")


def _until(rule: vRecur, before: timedelta) -> datetime:
    """The last local time that the rule may give. UNTIL is told in UTC, or, as a date or floating, in local time."""
    if "UNTIL" not in rule:
        return datetime.max.replace(tzinfo=UTC)
    until = rule["UNTIL"][0]
    if not isinstance(until, datetime):
        return datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=UTC)
    return until.replace(tzinfo=UTC) + (before if until.tzinfo else timedelta(0))


def _days(rule: vRecur, year: int, first: datetime) -> Iterator[date]:
    month = int(rule.get("BYMONTH", [first.month])[0])
    length = monthrange(year, month)[1]
    days = (date(year, month, day) for day in range(1, length + 1))
    return (day for day in days if _is_meant(rule, day, length, first.day))


def _is_meant(rule: vRecur, day: date, length: int, first_day: int) -> bool:
    if "BYDAY" not in rule and "BYMONTHDAY" not in rule:
        return day.day == first_day
    weekday, nth = _WEEKDAYS[day.weekday()], (day.day - 1) // 7 + 1
    from_end = -((length - day.day) // 7 + 1)
    by_day = {weekday, f"{nth}{weekday}", f"+{nth}{weekday}", f"{from_end}{weekday}"}
    if "BYDAY" in rule and by_day.isdisjoint(str(item).upper() for item in rule["BYDAY"]):
        return False
    by_number = {day.day, day.day - length - 1}
    return "BYMONTHDAY" not in rule or not by_number.isdisjoint(map(int, rule["BYMONTHDAY"]))


def _moment(value: str) -> datetime:
    match = _MOMENT.match(value.strip())
    if match is None:
        raise ValueError("no time of day")
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _offset(value: str) -> timedelta:
    match = _OFFSET.fullmatch(value)
    if match is None:
        raise ValueError("no offset")
    hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:])
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -offset if match[1] == "-" else offset
