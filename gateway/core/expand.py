"""Which times a calendar object takes: each instance of its event that blocks, as a stretch of UTC.

Where the RFC leaves room we read as recurring-ical-events does, so that people find blocked what their programs show:
lengths are counted on the wall clock (a night's shift ends when the clock says so); an EXDATE or RECURRENCE-ID meets
an instance by its instant or by its local time; EXRULE is ignored; an override that no rule asks for counts too.
Zones with a known name are ours, whatever definition of them the client sent along.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import series
from gateway.core.language import _
from gateway.core.moments import YEARS, names, timed, wall
from gateway.core.reading import calendar
from gateway.core.recurrence import Budget, TooMany, between, latest
from gateway.core.rrule import Rule
from gateway.core.series import Event, Master
from gateway.core.unacceptable import DATA, INSTANCES, Unacceptable

MOST_INSTANCES: Final = 10_000

# So many days of a rule with COUNT are gone through to learn when it ends: eleven years of each day.
_DAYS_TO_THE_END: Final = 4_000
# So far may a local time be from UTC, with some to spare.
_APART: Final = timedelta(days=2)
_NO_TIME: Final = timedelta(0)

_Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Taken:
    """The stretches that block, in order; and between when and when instances lie, those too that don't block.

    `last` is None if it recurs for ever, or for longer than anyone counts.
    """

    spans: tuple[_Span, ...]
    first: datetime
    last: datetime | None
    recurs: bool


def taken(body: bytes, *, zone: str, since: datetime, until: datetime) -> Taken:
    """What an object that has passed `intake.check` takes from `since` to `until`.

    `zone` is the business's: an all-day event takes the day there, and a floating time is one on its clocks.
    """
    budget = Budget()
    try:
        master, overrides = series.read(calendar(body), since, until, budget)
        expansion = _Expansion(master, overrides, ZoneInfo(zone), since, until)
        spans = tuple(sorted(set(expansion.spans(budget))))
        first, last = expansion.reach()
    except TooMany:
        raise Unacceptable(
            INSTANCES, _("The event recurs too often, or its rule is too hard to follow.")
        ) from None
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, _("A date or a recurrence rule can't be read.")) from None
    return Taken(spans, first, last, expansion.recurs)


def happens(body: bytes, *, zone: str, since: datetime, until: datetime) -> bool:
    """Whether an instance touches this time, one that doesn't block too (RFC 4791 9.9); true where nobody can tell."""
    budget = Budget()
    try:
        master, overrides = series.read(calendar(body), since, until, budget)
        expansion = _Expansion(master, overrides, ZoneInfo(zone), since, until, everything=True)
        return next(expansion.spans(budget), None) is not None
    except (TooMany, ValueError, OverflowError, Unacceptable):
        return True


class _Expansion:
    """The instances of a master (if any) and its overrides, as far as they touch a window: those that block, or
    `everything`."""

    def __init__(
        self,
        master: Master | None,
        overrides: list[Event],
        zone: ZoneInfo,
        since: datetime,
        until: datetime,
        *,
        everything: bool = False,
    ) -> None:
        self._master, self._zone, self._since, self._until = master, zone, since, until
        self._everything = everything
        self._by_name: dict[datetime, Event] = {}
        for override in overrides:
            for name in override.replaces:
                if name not in self._by_name or self._by_name[name].sequence < override.sequence:
                    self._by_name[name] = override
        self._overrides = list(dict.fromkeys(self._by_name.values()))
        future = [override for override in self._overrides if override.and_future]
        self._future = sorted(future, key=_first_name)

    def spans(self, budget: Budget) -> Iterator[_Span]:
        replaced: set[Event] = set()
        master = self._master
        for number, start in enumerate(self._in_window(master, budget) if master else ()):
            if number >= MOST_INSTANCES:
                raise TooMany
            override = self._override(start)
            if override is not None:
                replaced.add(override)
            elif master is not None:
                event = self._standing_for(start, master)
                yield from self._span(start + event.shift, self._size(start, event, master), event)
        for override in self._overrides:
            if override in replaced or master is None or self._counts(override, master, budget):
                yield from self._span(override.start, override.size, override)

    @property
    def recurs(self) -> bool:
        """Whether there may be several instances."""
        if self._master is None:
            return len(self._overrides) > 1
        return bool(self._master.rules or self._master.dates or self._overrides)

    def reach(self) -> tuple[datetime, datetime | None]:
        events = [*self._overrides, *([self._master.event] if self._master else [])]
        if not self.recurs:
            return self._ends(events[0].start, events[0].size)
        first = min(self._instant(event.start) for event in events)
        last = max(self._instant(event.start) + event.size for event in events)
        if self._master is None:
            return first, last + _APART
        shifts, size = self._shifts_and_size(self._master)
        dates = [self._instant(when) for when in self._master.dates]
        ends = [self._end(rule, self._master) for rule in self._master.rules]
        known = [end for end in ends if end is not None]
        first = min([first, *dates]) + shifts[0]
        return first, None if None in ends else max([last, *dates, *known]) + shifts[1] + size + _APART

    def _end(self, rule: Rule, master: Master) -> datetime | None:
        """When the last instance of a rule may begin."""
        if rule.until is not None:
            return self._instant(rule.until)
        if rule.count is None:
            return None
        start, far = wall(master.event.start), wall(date(YEARS.stop, 1, 1))
        try:
            return self._instant(latest(rule, start, far, Budget(_DAYS_TO_THE_END)) or start)
        except TooMany:
            return None

    def _shifts_and_size(self, master: Master) -> tuple[tuple[timedelta, timedelta], timedelta]:
        """The furthest that overrides of "this and future" move instances to either side, and the longest one."""
        shifts = [_NO_TIME, *(event.shift for event in self._future)]
        sizes = [master.event.size, *master.sizes.values(), *(event.size for event in self._future)]
        return (min(shifts), max(shifts)), max(sizes)

    def _in_window(self, master: Master, budget: Budget) -> Iterator[datetime]:
        """What the master gives that may touch the window, once moved."""
        shifts, size = self._shifts_and_size(master)
        first = wall(self._since.astimezone(UTC)) - size - shifts[1] - _APART
        last = wall(self._until.astimezone(UTC)) - shifts[0] + _APART
        return _starts(master, first, last, budget)

    def _counts(self, override: Event, master: Master, budget: Budget) -> bool:
        """Whether an override is there that no instance asked for: not if its instance was left out, nor if it comes
        from an older series that was split off from this one, as it then has rules of its own."""
        if not master.excluded.isdisjoint(override.replaces):
            return False
        if not override.has_rules or override.sequence >= master.event.sequence:
            return True
        first, last = override.replaces[-1] - _APART, override.replaces[-1] + _APART
        asked = _starts(master, first, last, budget)
        return any(not set(names(start)).isdisjoint(override.replaces) for start in asked)

    def _override(self, start: datetime) -> Event | None:
        """The local time counts more than the instant."""
        for name in reversed(names(start)):
            if name in self._by_name:
                return self._by_name[name]
        return None

    def _standing_for(self, start: datetime, master: Master) -> Event:
        at = bisect_left(self._future, names(start)[0], key=_first_name)
        return self._future[at - 1] if at else master.event

    def _size(self, start: datetime, event: Event, master: Master) -> timedelta:
        return next((master.sizes[name] for name in names(start) if name in master.sizes), event.size)

    def _span(self, start: date, size: timedelta, event: Event) -> Iterator[_Span]:
        if not self._everything and (not event.blocks or size <= _NO_TIME):
            return
        begin, end = self._ends(start, size)
        if begin < self._until and (self._since < end or self._since == begin):
            yield begin, end

    def _ends(self, start: date, size: timedelta) -> _Span:
        begin, end = self._instant(start), self._instant(timed(start) + size)
        # What begins in the hour that the clocks leave out may end, by the clock, before it.
        return begin, end if begin < end else begin + size

    def _instant(self, when: date) -> datetime:
        clock = timed(when)
        return (clock if clock.tzinfo else clock.replace(tzinfo=self._zone)).astimezone(UTC)


def _first_name(override: Event) -> datetime:
    return override.replaces[0]


def _starts(master: Master, first: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    """What a master gives from `first` to `last`, without what it leaves out."""
    seen: set[datetime] = set()
    for start in _all_starts(master, first, last, budget):
        if start not in seen and first <= wall(start) <= last and not _left_out(start, master):
            seen.add(start)
            yield start


def _all_starts(master: Master, first: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    begin = timed(master.event.start)
    endings = [rule for rule in master.rules if rule.until is not None]
    # A rule that ended before it began leaves nothing, not even its start.
    if not endings or any(_goes_on(rule, begin, master) for rule in endings):
        yield begin
    yield from map(timed, master.dates)
    for rule in master.rules:
        end = last if rule.until is None else min(last, wall(rule.until) + _APART)
        for clock in between(rule, wall(begin), first, end, budget):
            start = clock.replace(tzinfo=begin.tzinfo)
            if _goes_on(rule, start, master):
                yield start


def _left_out(start: datetime, master: Master) -> bool:
    return wall(start).date() in master.excluded or not master.excluded.isdisjoint(names(start))


def _goes_on(rule: Rule, start: datetime, master: Master) -> bool:
    """Whether a rule hasn't ended by then. An UNTIL without a zone is in the start's if that floats, else in UTC."""
    if rule.until is None:
        return True
    until = timed(rule.until)
    if not isinstance(master.event.start, datetime):
        return start.date() <= until.date()
    if start.tzinfo is None:
        return start <= wall(until)
    return start <= (until if until.tzinfo else until.replace(tzinfo=UTC))
