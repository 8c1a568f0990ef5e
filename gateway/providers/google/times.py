"""When an event of Google's is, as the lines of a VEVENT that say so. Pure.

https://developers.google.com/workspace/calendar/api/v3/reference/events: start, end, originalStartTime, recurrence.
A single event is told in UTC: its offset says exactly when it is, also in the night when an hour comes twice. A
recurring one is told in its own zone, which it recurs in. An all-day event has no zone of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.core.moments import YEARS
from gateway.core.wire import one_line
from gateway.core.zone_names import known
from gateway.providers.google import recurrence

Json = Mapping[str, Any]

_DAY: Final = timedelta(days=1)
_LONGEST_NAME: Final = 80


class Unreadable(Exception):
    """It can't be told when an event is."""


@dataclass(frozen=True, slots=True)
class Times:
    """`lines` with CRLF. `unknown_zone` is a name that nobody knows here and on which the times depend. Without
    `whole`, some of its recurrence can't be read: what can is there, the first occurrence at least."""

    lines: bytes
    unknown_zone: str = ""
    whole: bool = True


def times(item: Json, zone: str) -> Times:
    """When an event is; `zone` is the calendar's, an IANA name. Raises Unreadable."""
    start, end = _start_and_end(item, zone)
    told = _texts(item.get("recurrence"))
    own, unknown = _zone(item.get("start"), zone)
    if not told or not isinstance(start, datetime):
        unknown = "" if _tells_offset(item.get("start")) else unknown
    read = recurrence.lines(told, own, start)
    lines = [*_span(start, end, own if told else "UTC"), *read.lines]
    if item.get("recurringEventId"):
        lines.append(_replaced(item, zone))
    return Times(_written(lines), unknown or _named(read.unknown_zone), read.whole)


def cancelled_instance(item: Json, zone: str) -> bytes:
    """The lines of an instance that doesn't happen; all that is known of it is which one it was. Raises Unreadable."""
    when = _moment(item.get("originalStartTime"), zone)
    start = _point("DTSTART", when, "UTC")
    return _written([start, _replaced(item, zone), "STATUS:CANCELLED"])


def span(item: Json, zone: str) -> tuple[datetime, datetime]:
    """From when to when it is, in UTC; a recurring one the first time. Raises Unreadable."""
    start, end = _start_and_end(item, zone)
    return _instant(start, zone), _instant(end, zone)


def is_all_day(item: Json) -> bool:
    return "date" in _object(item.get("start")) and "dateTime" not in _object(item.get("start"))


def has_strange_zone(item: Json) -> bool:
    """Whether its times depend on the calendar's zone, because its own isn't known."""
    return is_all_day(item) or not known(_zone_name(item.get("start")))


def _start_and_end(item: Json, zone: str) -> tuple[date, date]:
    start, end = _moment(item.get("start"), zone), _moment(item.get("end"), zone)
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise Unreadable
    if not isinstance(start, datetime):
        return start, max(end, start + _DAY)
    return start, max(end, start)


def _moment(told: object, zone: str) -> date:
    """A day, or an instant in UTC."""
    parts = _object(told)
    try:
        if isinstance(parts.get("dateTime"), str):
            clock = datetime.fromisoformat(parts["dateTime"]).replace(microsecond=0)
            when: date = clock if clock.tzinfo else clock.replace(tzinfo=ZoneInfo(_zone(told, zone)[0]))
        else:
            when = date.fromisoformat(parts["date"])
        # A year to spare on both sides, for whatever zone it is told in.
        if when.year - 1 not in YEARS or when.year + 1 not in YEARS:
            raise Unreadable
    except (KeyError, TypeError, ValueError):
        raise Unreadable from None
    return when.astimezone(UTC) if isinstance(when, datetime) else when


def _instant(when: date, zone: str) -> datetime:
    if isinstance(when, datetime):
        return when
    return datetime.combine(when, time(), ZoneInfo(zone)).astimezone(UTC)


def _zone(told: object, zone: str) -> tuple[str, str]:
    """The zone that a moment is told in, and its name if nobody knows that; then it's the calendar's."""
    name = _zone_name(told)
    iana = known(name)
    return (iana, "") if iana else (zone, _named(name))


def _zone_name(told: object) -> str:
    name = _object(told).get("timeZone")
    return name if isinstance(name, str) else ""


def _named(name: str) -> str:
    return one_line(name, _LONGEST_NAME)


def _tells_offset(told: object) -> bool:
    text = _object(told).get("dateTime")
    return not isinstance(text, str) or text[-1:] == "Z" or "+" in text[10:] or "-" in text[10:]


def _span(start: date, end: date, zone: str) -> list[str]:
    begins, ends = _point("DTSTART", start, zone), _point("DTEND", end, zone)
    if isinstance(start, datetime) and isinstance(end, datetime) and zone != "UTC":
        local = ZoneInfo(zone)
        if start < end and end.astimezone(local).replace(tzinfo=None) <= start.astimezone(local).replace(
            tzinfo=None
        ):
            # The clocks were put back in between.
            return [begins, f"DURATION:PT{int((end - start).total_seconds())}S"]
    return [begins, ends]


def _replaced(item: Json, zone: str) -> str:
    """Which instance of its series it stands for, by the clock of the series' own zone."""
    told = item.get("originalStartTime")
    return _point("RECURRENCE-ID", _moment(told, zone), _zone(told, zone)[0])


def _point(name: str, when: date, zone: str) -> str:
    if not isinstance(when, datetime):
        return f"{name};VALUE=DATE:{when:%Y%m%d}"
    if zone == "UTC":
        return f"{name}:{when:%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={zone}:{when.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _written(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []
