"""Recurrence rules (RFC 5545 3.3.10): when a rule says "now", told by the clock on the wall.

Zones are no business of this module: a rule knows local time only, so each `datetime` here is naive. Which year,
month, week or day comes next is arithmetic, so only those that can touch the window are looked at, and a rule that
never comes true costs no more than others. With COUNT they must be gone through from the start; whoever asks brings
a `Budget` of days, which ends that.

Where calendars disagree we do what dateutil does, as most servers share its reading: a rule that tells no day takes
the start's, the start of a weekly rule cuts its first week, BYWEEKNO takes all days of the week. In two things we
follow the RFC against it: BYDAY=MO,2TU means both, and the first days of January are in the week that they are in.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from typing import Final

from gateway.core.errors import GatewayError
from gateway.core.rrule import Rule

MOST_DAYS: Final = 100_000

_DAY_PARTS: Final = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")


class TooMany(GatewayError):
    """The rule would have to be followed for too long."""


class Budget:
    """How many days may still be looked at, by all rules that share it."""

    def __init__(self, days: int = MOST_DAYS) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        self._left -= days
        if self._left < 0:
            raise TooMany


def between(
    rule: Rule, start: datetime, first: datetime, last: datetime, budget: Budget
) -> Iterator[datetime]:
    """When a rule that began at `start` comes, from `first` to `last`, in order. UNTIL is for the caller, who knows
    the zone that it is in."""
    walk = _Walk(rule, start)
    left = rule.count
    counting = left is not None
    for unit in walk.units(start if counting else max(first, start), last):
        for group in walk.groups(unit, budget):
            if left is not None and walk.between(unit, start, first):
                left -= len(group)
                continue
            for when in group.moments():
                if when < start:
                    continue
                if when > last or left == 0:
                    return
                left = None if left is None else left - 1
                if when >= first:
                    yield when
        if left is not None and left <= 0:
            return


def latest(rule: Rule, start: datetime, last: datetime, budget: Budget) -> datetime | None:
    """When a rule came last, up to `last`."""
    if rule.count is not None:
        return max(between(rule, start, start, last, budget), default=None)
    walk = _Walk(rule, start)
    for unit in reversed(walk.units(start, last)):
        moments = (when for group in walk.groups(unit, budget) for when in group.moments())
        if found := [when for when in moments if start <= when <= last]:
            return found[-1]
    return None


@dataclass(frozen=True, slots=True)
class _Group:
    """All times of all days, as BYSETPOS picks from them."""

    days: Sequence[date]
    times: Sequence[time]
    positions: Sequence[int]

    def __len__(self) -> int:
        return len(self._picked())

    def moments(self) -> Iterator[datetime]:
        for at in self._picked():
            day, hour = divmod(at, len(self.times))
            yield datetime.combine(self.days[day], self.times[hour])

    def _picked(self) -> Sequence[int]:
        size = len(self.days) * len(self.times)
        if not self.positions:
            return range(size)
        places = {at - 1 if at > 0 else size + at for at in self.positions}
        return sorted(at for at in places if 0 <= at < size)


class _Walk:
    """A rule under way, with what it leaves to its start filled in. A unit is a year, month, week or day by number."""

    def __init__(self, rule: Rule, start: datetime) -> None:
        self.freq, self.interval, self.start = rule.freq, rule.interval, start
        if rule.freq in ("MINUTELY", "SECONDLY"):
            raise TooMany
        self.week_start = rule.week_start
        self.by = dict(rule.by)
        self.weekdays = set(rule.weekdays)
        if self.freq not in ("YEARLY", "MONTHLY"):
            # "The second Monday" of a week or a day means nothing more than "Monday".
            self.weekdays = {(0, weekday) for _, weekday in self.weekdays}
        if not self.weekdays and not any(part in self.by for part in _DAY_PARTS):
            self._take_the_day_of(start)
        tests = {
            "BYMONTH": self._by_month,
            "BYWEEKNO": self._by_week_number,
            "BYYEARDAY": self._by_year_day,
            "BYMONTHDAY": self._by_month_day,
        }
        self.tests = [test for part, test in tests.items() if part in self.by]
        if self.weekdays:
            self.tests.append(self._by_weekday)
        self._times: dict[int, list[time]] = {}

    def _take_the_day_of(self, start: datetime) -> None:
        if self.freq == "YEARLY":
            self.by.setdefault("BYMONTH", (start.month,))
        if self.freq in ("YEARLY", "MONTHLY"):
            self.by["BYMONTHDAY"] = (start.day,)
        elif self.freq == "WEEKLY":
            self.weekdays = {(0, start.weekday())}

    def units(self, first: datetime, last: datetime) -> range:
        """Those that `first` to `last` touch, in steps from the start's own."""
        begin, step = self._unit(self.start), 1 if self.freq == "HOURLY" else self.interval
        skipped = max(self._unit(first) - begin, 0) // step
        return range(begin + skipped * step, self._unit(last) + 1, step)

    def between(self, unit: int, start: datetime, first: datetime) -> bool:
        """Whether a unit lies wholly after the start and before the window: there it is enough to count."""
        return self._unit(start) < unit < self._unit(first)

    def _unit(self, when: datetime) -> int:
        if self.freq == "YEARLY":
            return when.year
        if self.freq == "MONTHLY":
            return when.year * 12 + when.month - 1
        if self.freq == "WEEKLY":
            # Day 1 of Python's calendar is a Monday.
            return (when.toordinal() - 1 - self.week_start) // 7
        return when.toordinal()

    def groups(self, unit: int, budget: Budget) -> list[_Group]:
        candidates = list(self._candidates(unit))
        positions = self.by.get("BYSETPOS", ())
        by_hour = bool(positions) and self.freq == "HOURLY"
        budget.spend(24 if by_hour else len(candidates))
        days = [day for day in map(date.fromordinal, candidates) if all(test(day) for test in self.tests)]
        if not days:
            return []
        times = self._times_of(unit)
        if not by_hour:
            return [_Group(days, times, positions)]
        hours = sorted({each.hour for each in times})
        return [_Group(days, [each for each in times if each.hour == hour], positions) for hour in hours]

    def _candidates(self, unit: int) -> Iterable[int]:
        if self.freq == "YEARLY":
            return chain.from_iterable(_month(unit, month) for month in self.by.get("BYMONTH", range(1, 13)))
        if self.freq == "MONTHLY":
            return _month(unit // 12, unit % 12 + 1)
        if self.freq == "WEEKLY":
            monday = unit * 7 + 1 + self.week_start
            return range(max(monday, self.start.toordinal()), monday + 7)
        return (unit,)

    def _times_of(self, unit: int) -> list[time]:
        """The times of a day; for HOURLY the hours depend on how many there were since the start."""
        since = (unit - self.start.toordinal()) * 24 - self.start.hour if self.freq == "HOURLY" else 0
        phase = since % self.interval
        if phase not in self._times:
            hourly = self.freq == "HOURLY"
            hours: Iterable[int] = self.by.get("BYHOUR", range(24) if hourly else (self.start.hour,))
            if hourly:
                hours = [hour for hour in hours if (phase + hour) % self.interval == 0]
            minutes = self.by.get("BYMINUTE", (self.start.minute,))
            seconds = self.by.get("BYSECOND", (self.start.second,))
            self._times[phase] = [time(*parts) for parts in product(hours, minutes, seconds)]
        return self._times[phase]

    def _by_month(self, day: date) -> bool:
        return day.month in self.by["BYMONTH"]

    def _by_week_number(self, day: date) -> bool:
        """Week 1 is the first that has four days in the year; so a week is in the year of its fourth day."""
        fourth = day + timedelta(3 - (day.weekday() - self.week_start) % 7)
        at = fourth.timetuple().tm_yday - 1
        return _counted(at // 7, at // 7 + (_year_days(fourth) - 1 - at) // 7 + 1, self.by["BYWEEKNO"])

    def _by_year_day(self, day: date) -> bool:
        return _counted(day.timetuple().tm_yday - 1, _year_days(day), self.by["BYYEARDAY"])

    def _by_month_day(self, day: date) -> bool:
        return _counted(day.day - 1, monthrange(day.year, day.month)[1], self.by["BYMONTHDAY"])

    def _by_weekday(self, day: date) -> bool:
        weekday = day.weekday()
        if (0, weekday) in self.weekdays:
            return True
        wanted = [nth for nth, name in self.weekdays if name == weekday]
        if not wanted:
            return False
        at, size = day.timetuple().tm_yday - 1, _year_days(day)
        if self.freq == "MONTHLY" or "BYMONTH" in self.by:
            at, size = day.day - 1, monthrange(day.year, day.month)[1]
        return _counted(at // 7, at // 7 + (size - 1 - at) // 7 + 1, wanted)


def _counted(at: int, size: int, wanted: Sequence[int]) -> bool:
    """Whether the one at index `at` of `size` is wanted, by its number from the front or from the end."""
    return at + 1 in wanted or at - size in wanted


def _month(year: int, month: int) -> range:
    begin = date(year, month, 1).toordinal()
    return range(begin, begin + monthrange(year, month)[1])


def _year_days(day: date) -> int:
    return 365 + isleap(day.year)
