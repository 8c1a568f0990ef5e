"""Times as Google writes and reads them: RFC 3339, dates, IANA zone names."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tests.servers.google.refusal import invalid

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo:
    """The zone of that name; a KeyError if there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise KeyError(name) from error


def known(name: str) -> bool:
    try:
        return bool(zone(name))
    except KeyError:
        return False


def stamp(text: str, where: str) -> datetime:
    """A date and time; naive if it has no offset. Fractions of a second are ignored, as Google does."""
    if not _STAMP.fullmatch(text):
        raise invalid(f"Invalid value for: Invalid format: {text!r}", location=where)
    try:
        return datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError as error:
        raise invalid(f"Invalid value for: {text!r}", location=where) from error


def instant(text: str, where: str) -> datetime:
    """A point in time, for which the offset is mandatory."""
    given = stamp(text, where)
    if given.tzinfo is None:
        raise invalid("Bad Request", "badRequest", where)
    return given


def day(text: str, where: str) -> date:
    if not _DAY.fullmatch(text):
        raise invalid(f"Invalid value for: Invalid format: {text!r}", location=where)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"Invalid value for: {text!r}", location=where) from error


def midnight(of: date, in_zone: str) -> datetime:
    return datetime(of.year, of.month, of.day, tzinfo=zone(in_zone))


def written(moment: datetime, in_zone: str) -> str:
    """The way that answers show a time: with the offset of the calendar, or Z."""
    return moment.astimezone(zone(in_zone)).isoformat(timespec="seconds").replace("+00:00", "Z")


def precise(moment: datetime) -> str:
    """The way that `updated` is written."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
