"""Time zones: the names a booking app may have stored, and what iCalendar must say of each zone.

`vtimezone` makes one short text per zone that is right from `FIRST` to `LAST`, out of zoneinfo and nothing
else. icalendar's own `Timezone.from_tzid` is no help here: it writes each onset in the time that follows the
change, where RFC 5545 3.6.5 wants the time before it, and it ends in 2038.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from gateway.core.errors import GatewayError
from gateway.core.rails_zones import RAILS_ZONES

# Between these instants a VTIMEZONE of ours is right; whoever needs more must write UTC.
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2061, 1, 1, tzinfo=UTC)

# The scan starts a year early, so that most zones need no observance for "what was before".
_SCAN_START: Final = int(datetime(1999, 1, 1, tzinfo=UTC).timestamp())
_SCAN_END: Final = int(datetime(2063, 1, 1, tzinfo=UTC).timestamp())
# Two changes of a zone were never closer than six days (America/Recife in 2000).
_SCAN_STEP: Final = 3 * 86_400

_ONE_YEAR: Final = 366 * 86_400
# So long must a yearly rule hold at the end: Cairo's "last Friday" of October does for years, then is in
# November.
_RULE_YEARS: Final = 20
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_MEAN_UTC: Final = frozenset(
    {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu", "Etc/GMT", "GMT"}
)
# Neither is a place: one is this machine's own zone, the other "not set up".
_NOT_ZONES: Final = frozenset({"localtime", "Factory"})


class UnknownZone(GatewayError):
    """There is no time zone {name!r}."""


@lru_cache(maxsize=1)
def iana_names() -> frozenset[str]:
    """Every zone that zoneinfo has here. Asking this set first keeps hostile names off the file system."""
    return frozenset(available_timezones()) - _NOT_ZONES


def resolve(name: str) -> str:
    """The IANA name of a zone that the booking app calls `name`; "UTC" for each of UTC's own."""
    target = RAILS_ZONES.get(name, name)
    if target in _MEAN_UTC:
        return "UTC"
    if target not in iana_names():
        raise UnknownZone(name=name[:80])
    return target


def or_utc(name: str) -> str:
    """As `resolve`; "UTC" for a name that nobody knows: an instant stays right there, and a guessed zone would make it
    somebody else's hour."""
    try:
        return resolve(name)
    except UnknownZone:
        return "UTC"


def covers(*moments: datetime) -> bool:
    """Whether our VTIMEZONEs are right at these instants."""
    return all(FIRST <= moment < LAST for moment in moments)


@lru_cache(maxsize=256)
def vtimezone(zone: str) -> str:
    """The VTIMEZONE of an IANA zone (RFC 5545 3.6.5), with CRLF after each line.

    The yearly rule that a zone ends in is an RRULE, whatever came before it a list of dates.
    """
    if zone not in iana_names():
        raise UnknownZone(name=zone[:80])
    changes = _changes(ZoneInfo(zone))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    if not changes or changes[0].at >= FIRST.timestamp():
        lines += _before_all_changes(ZoneInfo(zone))
    for group in _alike(changes):
        lines += _observances(group)
    lines.append("END:VTIMEZONE\r\n")
    return "\r\n".join(lines)


@lru_cache(maxsize=256)
def present(zone: str) -> tuple[datetime, str]:
    """Since when a zone keeps the rule that it has now, and the VTIMEZONE that tells no more than this.

    A third of the length of the whole history, and all that a booking needs. Where the clocks follow no yearly rule
    (Casablanca), that is only since their last known change, far in the future.
    """
    if zone not in iana_names():
        raise UnknownZone(name=zone[:80])
    changes = _changes(ZoneInfo(zone))
    tails = [tail for group in _alike(changes) if (tail := _regular_tail(group))]
    ruled = [change for tail in tails for change in tail]
    if tails:
        since = min(ruled, key=lambda change: change.at)
        lines = [line for tail in tails for line in _observance(tail[0], [_rule(tail)])]
    elif changes:
        since = changes[-1]
        lines = _observance(since)
    else:
        return FIRST, vtimezone(zone)
    if any(change.at > since.at for change in changes if change not in ruled):
        return FIRST, vtimezone(zone)
    text = "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{zone}", *lines, "END:VTIMEZONE\r\n"])
    return max(FIRST, datetime.fromtimestamp(since.at, UTC)), text


@dataclass(frozen=True, slots=True)
class _Change:
    """A clock is put forward or back. `at` is POSIX seconds, the offsets are those before and after it."""

    at: int
    before: timedelta
    after: timedelta
    name: str
    daylight: bool = False

    @property
    def wall(self) -> datetime:
        """What clocks show when it is time to change them. (Its zone means nothing.)"""
        return datetime.fromtimestamp(self.at, UTC) + self.before


def _changes(zone: ZoneInfo) -> list[_Change]:
    found = list(_scan(zone))
    marked = [replace(change, daylight=_is_daylight(change, then)) for change, then in pairwise(found)]
    return [change for change in marked + found[-1:] if change.at < LAST.timestamp()]


def _scan(zone: ZoneInfo) -> Iterator[_Change]:
    left, before = _SCAN_START, _offset(zone, _SCAN_START)
    for right in range(_SCAN_START + _SCAN_STEP, _SCAN_END, _SCAN_STEP):
        after = _offset(zone, right)
        if after != before:
            at = _first_second_of(after, zone, left, right)
            yield _Change(at, before, after, datetime.fromtimestamp(at, zone).tzname() or "")
        left, before = right, after


def _offset(zone: ZoneInfo, at: int) -> timedelta:
    return datetime.fromtimestamp(at, zone).utcoffset() or timedelta(0)


def _first_second_of(offset: timedelta, zone: ZoneInfo, low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            high = middle
        else:
            low = middle
    return high


def _is_daylight(change: _Change, following: _Change) -> bool:
    """Forward, and back within a year.

    Not what tzdata calls it: there Dublin's winter is the exception, which few calendar programs understand.
    """
    # Half a day and more is the date line's other side (Apia, 2011); as DAYLIGHT it makes dateutil raise.
    rises = timedelta(0) < change.after - change.before < timedelta(hours=12)
    return rises and following.after < following.before and following.at - change.at < _ONE_YEAR


def _alike(changes: Iterable[_Change]) -> list[list[_Change]]:
    groups: dict[tuple[object, ...], list[_Change]] = {}
    for change in changes:
        key = (change.daylight, change.before, change.after, change.name)
        groups.setdefault(key, []).append(change)
    return list(groups.values())


def _before_all_changes(zone: ZoneInfo) -> list[str]:
    since = datetime.fromtimestamp(_SCAN_START, zone)
    offset = since.utcoffset() or timedelta(0)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return _observance(_Change(int((start - offset).timestamp()), offset, offset, since.tzname() or ""))


def _observances(group: list[_Change]) -> list[str]:
    """Changes that differ only in when: the dates first, then the rule that they end in, if any."""
    regular = _regular_tail(group)
    listed = group[: len(group) - len(regular)]
    lines: list[str] = []
    if listed:
        # One date to a line: of a list, vobject (so Radicale too) takes the first only.
        lines += _observance(listed[0], [f"RDATE:{_basic(change.wall)}" for change in listed[1:]])
    if regular:
        lines += _observance(regular[0], [_rule(regular)])
    return lines


def _observance(change: _Change, when: Iterable[str] = ()) -> list[str]:
    kind = "DAYLIGHT" if change.daylight else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{_basic(change.wall)}",
        *when,
        f"TZOFFSETFROM:{_utc_offset(change.before)}",
        f"TZOFFSETTO:{_utc_offset(change.after)}",
        f"TZNAME:{change.name}",
        f"END:{kind}",
    ]


def _regular_tail(group: list[_Change]) -> list[_Change]:
    """The last changes, as far back as they are one a year by one rule; none if they end before `LAST`."""
    tail: list[_Change] = []
    if group[-1].wall.year < LAST.year - 1:
        return tail
    for change in reversed(group):
        if tail and not _continues(change.wall, tail[-1].wall, tail[0].wall):
            break
        tail.append(change)
        if _days(tail)[1] - _days(tail)[0] > 6:
            tail.pop()
            break
    return tail[::-1] if len(tail) >= _RULE_YEARS else []


def _continues(wall: datetime, following: datetime, model: datetime) -> bool:
    same = (wall.month, wall.weekday(), wall.time()) == (model.month, model.weekday(), model.time())
    return same and wall.year == following.year - 1


def _days(changes: list[_Change]) -> tuple[int, int]:
    days = [change.wall.day for change in changes]
    return min(days), max(days)


def _rule(changes: list[_Change]) -> str:
    wall = changes[0].wall
    first, last = _days(changes)
    day = _WEEKDAYS[wall.weekday()]
    if first > _shortest_month(wall.month) - 7:
        by = f"BYDAY=-1{day}"
    elif (first - 1) // 7 == (last - 1) // 7:
        by = f"BYDAY={(first - 1) // 7 + 1}{day}"
    else:
        # such as Nuuk's Saturday before the last Sunday
        by = f"BYDAY={day};BYMONTHDAY={','.join(map(str, range(first, last + 1)))}"
    return f"RRULE:FREQ=YEARLY;BYMONTH={wall.month};{by}"


def _shortest_month(month: int) -> int:
    return 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _basic(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def _utc_offset(offset: timedelta) -> str:
    """RFC 5545 3.3.14; seconds only where there are any (no zone has had them since 1972)."""
    total = int(offset.total_seconds())
    hours, rest = divmod(abs(total), 3600)
    text = f"{'-' if total < 0 else '+'}{hours:02d}{rest // 60:02d}"
    return text + (f"{rest % 60:02d}" if rest % 60 else "")
