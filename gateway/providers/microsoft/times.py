"""When an event of Outlook's is, as the lines of a VEVENT that say so; and our times as Graph takes them. Pure.

https://learn.microsoft.com/graph/api/resources/datetimetimezone. Graph is asked to tell everything in UTC, so no zone's
name has to be understood; what recurs is told occurrence by occurrence. A whole day comes as midnight, whatever it says
of a zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.core.moments import YEARS
from gateway.core.wire import one_line
from gateway.core.zone_names import known

Json = Mapping[str, Any]

_DAY: Final = timedelta(days=1)
_LONGEST_NAME: Final = 80


class Unreadable(Exception):
    """It can't be told when an event is."""


def lines(item: Json) -> bytes:
    """When an event is; of a series, also which occurrence it is. Raises Unreadable."""
    start, end = edges(item)
    found = [_point("DTSTART", start), _point("DTEND", end)]
    if item.get("seriesMasterId"):
        found.append(_point("RECURRENCE-ID", _original(item, start)))
    if item.get("isCancelled") is True:
        found.append("STATUS:CANCELLED")
    return "".join(f"{line}\r\n" for line in found).encode("ascii")


def edges(item: Json) -> tuple[date, date]:
    """Two instants in UTC, or two days, the second of which is not in it. Raises Unreadable."""
    start, end = _moment(item.get("start")), _moment(item.get("end"))
    if item.get("isAllDay") is True:
        return start.date(), max(end.date(), start.date() + _DAY)
    return start, max(end, start)


def span(item: Json) -> tuple[datetime, datetime]:
    """From when to when it is, in UTC. Raises Unreadable."""
    start, end = _moment(item.get("start")), _moment(item.get("end"))
    return start, max(end, start)


def strange_zone(item: Json) -> str:
    """The zone that its author wrote it in, if nobody knows that name here; the times are right all the same."""
    name = item.get("originalStartTimeZone")
    if not isinstance(name, str) or not name or name.startswith("tzone://") or known(name):
        return ""
    return one_line(name, _LONGEST_NAME)


def written(moment: datetime, zone: str) -> dict[str, str]:
    """A time on the clocks of a zone; in UTC where those show it twice."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        local, zone = moment.astimezone(UTC), "UTC"
    return {"dateTime": local.replace(tzinfo=None).isoformat(timespec="seconds"), "timeZone": zone}


def _original(item: Json, start: date) -> date:
    told = item.get("originalStart")
    if not isinstance(told, str):
        return start
    moment = _parsed(told)
    return moment if isinstance(start, datetime) else _day(moment, item)


def _day(moment: datetime, item: Json) -> date:
    """Which day began then, on the clocks of whoever wrote it: unlike its start, it isn't midnight in UTC as a rule."""
    name = item.get("originalStartTimeZone")
    zone = known(name) if isinstance(name, str) and moment.time() != time() else ""
    return moment.astimezone(ZoneInfo(zone)).date() if zone else (moment + _DAY / 2).date()


def _moment(told: object) -> datetime:
    if not isinstance(told, dict) or not isinstance(told.get("dateTime"), str):
        raise Unreadable
    zone = told.get("timeZone")
    if zone not in ("UTC", "tzone://Microsoft/Utc", None):
        raise Unreadable
    return _parsed(told["dateTime"])


def _parsed(text: str) -> datetime:
    """In UTC, as was asked for, unless it says otherwise itself; seconds have parts that are always naught."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable from None
    if moment.year - 1 not in YEARS or moment.year + 1 not in YEARS:
        raise Unreadable
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _point(name: str, when: date) -> str:
    if not isinstance(when, datetime):
        return f"{name};VALUE=DATE:{when:%Y%m%d}"
    return f"{name}:{when:%Y%m%dT%H%M%SZ}"
