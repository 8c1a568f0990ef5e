"""Weekly hours and their exceptions, as the booking app stores them, and the instants that they stand for.

Hours are wall-clock time in the business's zone. On the two odd nights of a year an opening is everything from its
first instant to its last: one that begins in the hour that is lost begins when the clock has jumped; one that begins
in the hour that comes twice begins at its first coming, and one that ends in it ends at its second. Instants are POSIX
seconds here, since one answer may need thousands of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core.clock import time as clock_time
from gateway.core.errors import GatewayError, Invalid
from gateway.core.language import N_, _

# Minutes since the day's midnight; more than 1,440 is the next day.
Shift = tuple[int, int]
Shifts = tuple[Shift, ...]
# From, to, and the day whose hours it is.
Opening = tuple[int, int, date]
Stretch = tuple[int, int]

DAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
MIDNIGHT: Final = 1_440

# What is more than this was not written by a person.
LONGEST_TEXT: Final = 500_000
MOST_SHIFTS: Final = 96
MOST_EXCEPTIONS: Final = 4_000
MOST_DAYS: Final = 400

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unreadable(GatewayError):
    """{what}"""


@dataclass(frozen=True, slots=True)
class Hours:
    """When someone works, or something is offered. `week` begins with Monday; each day's shifts are in order and apart.

    An exception replaces its weekday wholly. A shift that goes on after midnight belongs to the day that it began on.
    """

    week: tuple[Shifts, ...]
    exceptions: Mapping[date, Shifts] = field(default_factory=lambda: MappingProxyType({}))

    def on(self, day: date) -> Shifts:
        excepted = self.exceptions.get(day)
        return self.week[day.weekday()] if excepted is None else excepted


NEVER: Final = Hours(week=((),) * 7)
ALWAYS: Final = Hours(week=(((0, MIDNIGHT),),) * 7)


@lru_cache(maxsize=2_048)
def of_staff(text: str) -> Hours:
    """The hours in `staff_members.availability`, given as JSON text; none at all where it is null."""
    return parse(_json(text))


@lru_cache(maxsize=2_048)
def of_service(text: str, *, enforced: bool) -> Hours:
    """When a service is offered: always, unless the app says when, and that it means it."""
    value = _json(text) if enforced else None
    return parse(value, overnight=True) if value not in (None, {}, [], "") else ALWAYS


def parse(value: object, *, overnight: bool = False) -> Hours:
    """Hours out of the app's jsonb. Raises Unreadable where it says anything that we might misunderstand."""
    if value is None:
        return NEVER
    if not isinstance(value, dict):
        raise Unreadable(what=N_("not a list of days"))
    week: dict[str, Shifts] = {}
    exceptions: Mapping[date, Shifts] = {}
    for key, content in value.items():
        name = str(key).capitalize()
        if name == "Exceptions" and not exceptions:
            exceptions = _exceptions(content, overnight)
        elif name in DAYS and name not in week:
            week[name] = _shifts(content, name, overnight)
        else:
            raise Unreadable(what=_("'{key}' is no day, or stands twice").format(key=str(key)[:30]))
    return Hours(tuple(week.get(name, ()) for name in DAYS), MappingProxyType(dict(exceptions)))


def open_between(hours: Hours, zone: str, first_day: date, last_day: date) -> list[Opening]:
    """The openings of these days, day by day. Neighbours are not merged: `merged` does that."""
    count = (last_day - first_day).days + 1
    if count > MOST_DAYS:
        raise Invalid(reason=_("That is more than {most} days at once.").format(most=MOST_DAYS))
    days = (date.fromordinal(first_day.toordinal() + number) for number in range(count))
    return [opening for day in days for opening in _opened(zone, day, hours.on(day))]


def merged(openings: Iterable[Opening]) -> list[Stretch]:
    """Times of being open without a break, in order; what touches is one."""
    stretches: list[Stretch] = []
    for start, end, __ in sorted(openings):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return stretches


def common(ones: list[Stretch], others: list[Stretch]) -> list[Stretch]:
    """What is in both; each of them in order and apart."""
    found, left, right = [], 0, 0
    while left < len(ones) and right < len(others):
        start, end = max(ones[left][0], others[right][0]), min(ones[left][1], others[right][1])
        if start < end:
            found.append((start, end))
        if ones[left][1] < others[right][1]:
            left += 1
        else:
            right += 1
    return found


@lru_cache(maxsize=4_096)
def begins(zone: str, day: date) -> int:
    """The first instant of a local day; of one that the zone skipped, the next day's."""
    return _start(ZoneInfo(zone), day, 0)


def local_day(zone: str, at: float) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def said(shifts: Shifts) -> str:
    """ "09:00-12:00 and 13:00-17:00"."""
    spans = (_("{since}-{until}").format(since=_clock(start), until=_clock(end)) for start, end in shifts)
    return _(" and ").join(spans)


def _clock(minute: int) -> str:
    hour, rest = divmod(minute % MIDNIGHT, 60)
    told = clock_time(datetime(2000, 1, 1, hour, rest, tzinfo=UTC))  # what clocks show, whatever the zone
    # The end of a day, where clocks that count to 24 are read.
    return told.replace("00:00", "24:00") if minute == MIDNIGHT else told


def _json(text: str) -> object:
    if len(text) > LONGEST_TEXT:
        raise Unreadable(what=N_("too long to be read"))
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError) as error:
        raise Unreadable(what=N_("not JSON")) from error


def _exceptions(value: object, overnight: bool) -> dict[date, Shifts]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_EXCEPTIONS:
        raise Unreadable(what=N_("the exceptions are no list of dates"))
    return {_date(key): _shifts(content, str(key), overnight) for key, content in value.items()}


def _date(key: object) -> date:
    try:
        if isinstance(key, str) and _DATE.fullmatch(key):
            return date.fromisoformat(key)
    except ValueError:
        pass
    raise Unreadable(what=_("'{key}' is no date").format(key=str(key)[:30]))


def _shifts(value: object, day: str, overnight: bool) -> Shifts:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_SHIFTS:
        raise Unreadable(what=_("{day} is no list of times").format(day=_(day)))
    shifts = sorted(_shift(item, day, overnight) for item in value)
    joined: list[Shift] = []
    for start, end in shifts:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _shift(item: object, day: str, overnight: bool) -> Shift:
    if not isinstance(item, dict) or item.keys() != {"start", "end"}:
        raise Unreadable(
            what=_("{day} has a time without a start or an end, or with something else").format(day=_(day))
        )
    start, end = _minute(item["start"], day), _end(item["end"], day)
    if end <= start and not overnight:
        raise Unreadable(what=_("{day} has a time that ends before it starts").format(day=_(day)))
    return start, end if end > start else end + MIDNIGHT


def _end(text: object, day: str) -> int:
    """23:59 is how the booking app writes midnight."""
    return MIDNIGHT if text in ("23:59", "24:00") else _minute(text, day)


def _minute(text: object, day: str) -> int:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise Unreadable(what=_("{day} has a time that isn't written as HH:MM").format(day=_(day)))
    return int(found[1]) * 60 + int(found[2])


@lru_cache(maxsize=65_536)
def _opened(zone: str, day: date, shifts: Shifts) -> tuple[Opening, ...]:
    clock = ZoneInfo(zone)
    if shifts and local_day(zone, begins(zone, day)) != day:
        return ()  # a day that the zone skipped
    found = ((_start(clock, day, start), _stop(clock, day, end), day) for start, end in shifts)
    return tuple(opening for opening in found if opening[0] < opening[1])


def _start(clock: ZoneInfo, day: date, minute: int) -> int:
    wall = datetime(day.year, day.month, day.day, tzinfo=clock) + timedelta(minutes=minute)
    jump = _jump(wall)
    return int(wall.timestamp()) if jump is None else jump


def _stop(clock: ZoneInfo, day: date, minute: int) -> int:
    """The instant after the last one at which the clock shows less than `minute`."""
    last = datetime(day.year, day.month, day.day, tzinfo=clock) + timedelta(minutes=minute, seconds=-1)
    jump = _jump(last)
    return int(last.replace(fold=1).timestamp()) + 1 if jump is None else jump


def _jump(wall: datetime) -> int | None:
    """Where a clock never shows this time: the instant at which it is put forward over it."""
    before, after = wall.utcoffset() or timedelta(0), wall.replace(fold=1).utcoffset() or timedelta(0)
    if before >= after:
        return None
    low, high = int(wall.replace(fold=1).timestamp()), int(wall.timestamp())
    while high - low > 1:  # at most a day, so seventeen times
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, wall.tzinfo).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high
