"""Series: which patterns are accepted, and on which days they happen.

https://learn.microsoft.com/graph/api/resources/recurrencepattern and …/recurrencerange
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from dateutil import rrule

from tests.servers.microsoft.refusal import Refusal, bad

Json = dict[str, Any]

# An endless series is spread this far and no further.
MOST = 2_500
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
# Each type: how often, and what has to be told besides the interval.
_TYPES: dict[str, tuple[int, tuple[str, ...]]] = {
    "daily": (rrule.DAILY, ()),
    "weekly": (rrule.WEEKLY, ("daysOfWeek",)),
    "absoluteMonthly": (rrule.MONTHLY, ("dayOfMonth",)),
    "relativeMonthly": (rrule.MONTHLY, ("daysOfWeek",)),
    "absoluteYearly": (rrule.YEARLY, ("dayOfMonth", "month")),
    "relativeYearly": (rrule.YEARLY, ("daysOfWeek", "month")),
}
_PATTERN = {"type", "interval", "month", "dayOfMonth", "daysOfWeek", "firstDayOfWeek", "index", "@odata.type"}
_RANGES = {"endDate": "endDate", "noEnd": "type", "numbered": "numberOfOccurrences"}
_RANGE = {"type", "startDate", "endDate", "recurrenceTimeZone", "numberOfOccurrences", "@odata.type"}


def _wrong(why: str) -> Refusal:
    return bad(f"Recurrence can't be read: {why}", "ErrorInvalidRequest")


def completed(given: Any, first: date, zone: str) -> Json:
    """The recurrence as it is stored and shown; refused if Graph would refuse it."""
    if not isinstance(given, dict) or not {"pattern", "range"} <= given.keys() <= {
        "pattern",
        "range",
        "@odata.type",
    }:
        raise _wrong("pattern and range")
    pattern, spread = given["pattern"], given["range"]
    _check_pattern(pattern)
    _check_range(spread, first)
    made = {
        "pattern": {
            "month": 0,
            "dayOfMonth": 0,
            "firstDayOfWeek": "sunday",
            "index": "first",
            **pattern,
        },
        "range": {
            "endDate": "0001-01-01",
            "numberOfOccurrences": 0,
            **spread,
            "recurrenceTimeZone": spread.get("recurrenceTimeZone") or zone,
        },
    }
    if next(days(made), None) is None:
        raise _wrong("it never happens")
    return made


def _check_pattern(pattern: Any) -> None:
    if not isinstance(pattern, dict) or not pattern.keys() <= _PATTERN or pattern.get("type") not in _TYPES:
        raise _wrong("pattern")
    needed = ("interval", *_TYPES[pattern["type"]][1])
    if any(not pattern.get(name) for name in needed):
        raise _wrong(f"{pattern['type']} needs {needed}")
    numbers = {"interval": 99, "month": 12, "dayOfMonth": 31}
    for name, most in numbers.items():
        value = pattern.get(name, 0)
        if type(value) is not int or not 0 <= value <= most:
            raise _wrong(name)
    if not set(pattern.get("daysOfWeek") or ()) <= set(_DAYS):
        raise _wrong("daysOfWeek")
    if pattern.get("firstDayOfWeek", "sunday") not in _DAYS or pattern.get("index", "first") not in _INDEX:
        raise _wrong("firstDayOfWeek, index")


def _check_range(spread: Any, first: date) -> None:
    if not isinstance(spread, dict) or not spread.keys() <= _RANGE or spread.get("type") not in _RANGES:
        raise _wrong("range")
    if not spread.get(_RANGES[spread["type"]]):
        raise _wrong(f"a range of type {spread['type']} needs {_RANGES[spread['type']]}")
    try:
        starts = date.fromisoformat(spread["startDate"])
        ends = date.fromisoformat(spread["endDate"]) if spread["type"] == "endDate" else starts
    except (KeyError, ValueError, TypeError):
        raise _wrong("its dates") from None
    if starts != first:
        raise _wrong("range.startDate must be the day of the event's start")
    if ends < starts:
        raise _wrong("it ends before it begins")
    count = spread.get("numberOfOccurrences", 0)
    if type(count) is not int or not 0 <= count <= 999:
        raise _wrong("numberOfOccurrences")


def days(recurrence: Json, since: date | None = None) -> Iterator[date]:
    """On which days it happens, from one day on; never more than `MOST`."""
    rule = _rule(_frozen(recurrence["pattern"]), _frozen(recurrence["range"]))
    begin = datetime.combine(since, time()) if since else None
    moments = iter(rule) if begin is None else rule.xafter(begin, inc=True)
    for number, moment in enumerate(moments):
        if number >= MOST:
            return
        yield moment.date()


def _frozen(given: Json) -> tuple[tuple[str, Any], ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in given.items())


@lru_cache(maxsize=2_000)
def _rule(pattern_: tuple[tuple[str, Any], ...], spread_: tuple[tuple[str, Any], ...]) -> rrule.rrule:
    pattern, spread = dict(pattern_), dict(spread_)
    often = _TYPES[pattern["type"]][0]
    how: Json = {"interval": pattern["interval"], "wkst": _DAYS.index(pattern["firstDayOfWeek"])}
    how |= {"bymonth": pattern["month"]} if often == rrule.YEARLY else {}
    if pattern["type"].startswith("absolute"):
        # A day that a month doesn't have is its last one.
        day = pattern["dayOfMonth"]
        how |= {"bymonthday": range(28, day + 1), "bysetpos": -1} if day > 28 else {"bymonthday": day}
    elif often != rrule.DAILY:
        how["byweekday"] = [_DAYS.index(day) for day in pattern["daysOfWeek"]]
        how |= {"bysetpos": _INDEX[pattern["index"]]} if often != rrule.WEEKLY else {}
    if spread["type"] == "endDate":
        how["until"] = datetime.combine(date.fromisoformat(spread["endDate"]), time())
    elif spread["type"] == "numbered":
        how["count"] = spread["numberOfOccurrences"]
    start = datetime.combine(date.fromisoformat(spread["startDate"]), time())
    return rrule.rrule(often, dtstart=start, cache=True, **how)  # type: ignore[arg-type]


def shifted(recurrence: Json, by: timedelta) -> Json:
    """The same series from another day on: its days of the week, or of the month, go along."""
    pattern, spread = dict(recurrence["pattern"]), dict(recurrence["range"])
    for name in ("startDate", "endDate"):
        if spread[name] != "0001-01-01":
            spread[name] = str(date.fromisoformat(spread[name]) + by)
    first = date.fromisoformat(spread["startDate"])
    if pattern["type"] == "weekly":
        pattern["daysOfWeek"] = [_DAYS[(_DAYS.index(day) + by.days) % 7] for day in pattern["daysOfWeek"]]
    elif pattern["type"].startswith("absolute"):
        pattern |= {"dayOfMonth": first.day, "month": first.month if pattern["month"] else 0}
    return {"pattern": pattern, "range": spread}
