"""Dates, times and lengths as they stand on a content line (RFC 5545 3.3.4 to 3.3.6, 3.3.9).

A `date` is a day wherever one is, a `datetime` without a zone a time wherever one is ("floating").
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

# What calendars are kept for. It also keeps all that is reckoned from a date within what Python can.
YEARS: Final = range(1800, 2200)

_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_LENGTH: Final = re.compile(
    r"([+-]?)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.ASCII
)


def moment(text: str, zone: tzinfo | None = None) -> date:
    """A date or a time, or a ValueError. A zone told beside the time counts more than its Z, as for icalendar."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("not a date")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if match[4] is None:
        return date(year, month, day)
    place = zone or (UTC if match[7] else None)
    return datetime(year, month, day, int(match[4]), int(match[5]), int(match[6]), tzinfo=place)


def length(text: str) -> timedelta:
    """A DURATION, or a ValueError."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise ValueError("not a length")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    try:
        size = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError("too long") from None
    return -size if match[1] == "-" else size


def wall(when: date) -> datetime:
    """What the clock on the wall shows then; at the beginning of a day, midnight."""
    if isinstance(when, datetime):
        return when.replace(tzinfo=None)
    return datetime(when.year, when.month, when.day)  # noqa: DTZ001  (a clock on a wall knows no zone)


def timed(when: date) -> datetime:
    """A time as it is; of a day, its beginning."""
    return when if isinstance(when, datetime) else wall(when)


def later(when: date, than: date) -> timedelta:
    """By how much, on the wall clock if both are told in one zone. One without a zone is taken to be in the other's."""
    left, right = timed(when), timed(than)
    if left.tzinfo is None or right.tzinfo is None:
        return left.replace(tzinfo=right.tzinfo) - right if right.tzinfo else wall(left) - right
    return left - right


def names(when: date) -> tuple[datetime, ...]:
    """By what others may name an instance, to replace it or leave it out: its instant in UTC, and its local time."""
    clock = timed(when)
    if clock.tzinfo is None:
        return (clock,)
    return wall(clock.astimezone(UTC)), wall(clock)


def period_size(text: str, start: date, zone: tzinfo | None = None) -> timedelta:
    """What a period lasts, by the part of it behind the slash; a ValueError if that is nothing that can be kept."""
    size = length(text) if "P" in text else later(moment(text, zone), start)
    if not timedelta(0) <= size < timedelta(days=366 * len(YEARS)):
        raise ValueError("not a period")
    return size
