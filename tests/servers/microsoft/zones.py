"""Times as Graph reads and writes them: local, without an offset, beside the Windows or IANA name of a zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from tests.servers.microsoft.refusal import Refusal, bad, invalid

Json = dict[str, Any]

_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?")
_POINT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?")


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo:
    """The zone of that Windows or IANA name; a KeyError if there is none."""
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (ValueError, OSError) as error:
        raise KeyError(name) from error


def known(name: str) -> bool:
    try:
        return bool(name) and bool(zone(name))
    except KeyError:
        return False


def skipped(local: datetime, name: str) -> timedelta:
    """How far the clocks jump over this time; usually not at all."""
    return instant(local, name).astimezone(zone(name)).replace(tzinfo=None) - local


def windows(name: str) -> str:
    return tz_win.get(name, name)


def unsupported(name: object) -> Refusal:
    return bad(
        "A valid TimeZone value must be specified. The following TimeZone value is not supported: "
        f"'{name if isinstance(name, str) else ''}'.",
        "TimeZoneNotSupportedException",
    )


def moment(given: Any, where: str) -> tuple[datetime, str]:
    """A dateTimeTimeZone: the local time, naive, and the zone's name as it was given."""
    if not isinstance(given, dict) or not given.keys() <= {"dateTime", "timeZone", "@odata.type"}:
        raise bad(f"Cannot read '{where}' as a dateTimeTimeZone.", "UnableToDeserializePostBody")
    text, name = given.get("dateTime"), given.get("timeZone")
    if not isinstance(text, str) or not _LOCAL.fullmatch(text):
        raise bad(f"Cannot read '{text}' of '{where}' as a local time.", "ErrorInvalidRequest")
    if not isinstance(name, str) or not known(name):
        raise unsupported(name)
    try:
        return datetime.fromisoformat(text[:19]), name
    except ValueError:
        raise invalid(f"'{text}' of '{where}' is no time.") from None


def instant(local: datetime, name: str) -> datetime:
    """A time that the clock shows twice counts as standard time, as .NET's TimeZoneInfo has it: the second one.

    One that it leaves out is as long after midnight as it says.
    """
    at = local.replace(tzinfo=zone(name))
    return max(at.astimezone(UTC), at.replace(fold=1).astimezone(UTC))


def local(at: datetime, name: str) -> datetime:
    return at.astimezone(zone(name)).replace(tzinfo=None)


def written(at: datetime, name: str) -> Json:
    """A point in time, told in a zone."""
    return {"dateTime": f"{local(at, name):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": name}


def midnight(day: date, name: str) -> Json:
    """A whole day's edge: midnight, under whatever name the answer's times have."""
    return {"dateTime": f"{day}T00:00:00.0000000", "timeZone": name}


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def point(text: str, where: str, *, offset: bool = False) -> datetime:
    """A point in time of a query or a subscription; without an offset it is UTC, unless one is demanded."""
    matched = _POINT.fullmatch(text)
    if not matched or (offset and not matched[3]):
        raise bad(f"The value '{text}' of parameter '{where}' is invalid.", "ErrorInvalidParameter")
    try:
        return datetime.fromisoformat(f"{matched[1]}{(matched[3] or 'Z').replace('Z', '+00:00')}").astimezone(
            UTC
        )
    except ValueError:
        raise bad(f"The value '{text}' of parameter '{where}' is invalid.", "ErrorInvalidParameter") from None
