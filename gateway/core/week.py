"""How a day is drawn: what stands where, so that everything is seen once and nothing hides anything else.

A day is 96 quarters of an hour as clocks show them, so that days stand side by side also on the two odd nights of a
year: the hour that is lost stays empty, and what happens in the hour that comes twice stands in it whichever time it
is. Things that need the same quarters share the width. Whatever lasts the whole day, or finds no place beside five
others, stands above the hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import clock, hours
from gateway.core.hours import Hours
from gateway.core.language import _
from gateway.core.quarters import ROWS, bounds, odd, place, rows
from gateway.core.week_items import Item, Kind

MOST_LANES: Final = 6
# Shorter gaps are no news to anybody.
_WORTH_TELLING: Final = timedelta(minutes=30)
_MOMENT: Final = timedelta(seconds=1)
# What is drawn where nobody works and nothing is: 08:00 to 18:00.
_USUAL: Final = (32, 72)
_LEAST_HOURS: Final = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """An item on one day. `row` counts quarters from midnight, `rows` is how many; both 0 above the hours. `lane` is
    one of `lanes`, from 0. `since` and `until` are its times in words, with the day where that is another one."""

    item: Item
    row: int
    rows: int
    lane: int
    lanes: int
    since: str
    until: str

    @property
    def place(self) -> str:
        """The classes of week.css that put it there; none above the hours."""
        if not self.rows:
            return ""
        beside = f" lane of{self.lanes} at{self.lane}" if self.lanes > 1 else ""
        return f"{place(self.row, self.rows)}{beside}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Working time that nothing takes, in words."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Day:
    """`strip` stands above the hours, `lines` in them in the order of time. `shut` and `now` are the classes of times
    without work, and of this moment; `first` and `last` the rows that have to be seen. `odd` says what clocks do on
    this day. `closed`: no work, and nothing else either."""

    date: date
    strip: tuple[Placed, ...]
    lines: tuple[Placed | Gap, ...]
    shut: tuple[str, ...]
    first: int
    last: int
    now: str
    odd: str
    closed: bool

    @property
    def placed(self) -> tuple[Placed, ...]:
        return (*self.strip, *(line for line in self.lines if isinstance(line, Placed)))

    @property
    def bookings(self) -> int:
        return sum(one.item.kind is Kind.BOOKING for one in self.placed)

    @property
    def clashes(self) -> int:
        return sum(one.item.clash for one in self.placed)


def lay_out(items: Sequence[Item], worked: Hours | None, zone: ZoneInfo, day: date, now: datetime) -> Day:
    """One day of one staff member. `worked` is None where nobody knows their hours: no time is marked then."""
    begins, ends = bounds(zone, day)
    here = [one for one in items if max(one.starts_at, begins) < min(one.ends_at, ends)]
    opened = [] if worked is None else _opened(worked, zone, day, begins, ends)
    strip, inside = _placed(here, zone, day)
    gaps = list(_gaps(here, opened, zone, now))
    open_rows = [rows(zone, since, until) for since, until in opened]
    spans = [*((one.row, one.row + one.rows) for one in inside), *open_rows]
    lines = [(one.item.starts_at, one.lane, one) for one in inside] + [
        (since, -1, gap) for since, gap in gaps
    ]
    return Day(
        day,
        tuple(strip),
        tuple(placed for *__, placed in sorted(lines, key=lambda line: line[:2])),
        () if worked is None else tuple(place(row, end - row) for row, end in _shut(open_rows)),
        min((row for row, __ in spans), default=ROWS),
        max((end for __, end in spans), default=0),
        place(rows(zone, now, now + _MOMENT)[0], 1) if begins <= now < ends else "",
        odd(zone, day),
        worked is not None and not (here or opened),
    )


def drawn(days: Iterable[Day]) -> tuple[int, int]:
    """From which hour to which all of these days are drawn."""
    found = [(one.first, one.last) for one in days if one.first < one.last]
    first, last = (
        min((one for one, __ in found), default=_USUAL[0]),
        max((one for __, one in found), default=_USUAL[1]),
    )
    start = min(first // 4, 24 - _LEAST_HOURS)
    return start, max(-(-last // 4), start + _LEAST_HOURS)


def _opened(
    worked: Hours, zone: ZoneInfo, day: date, begins: datetime, ends: datetime
) -> list[tuple[datetime, datetime]]:
    around = hours.open_between(worked, zone.key, day - timedelta(days=1), day)
    stretches = [
        (max(datetime.fromtimestamp(since, UTC), begins), min(datetime.fromtimestamp(until, UTC), ends))
        for since, until in hours.merged(around)
    ]
    return [(since, until) for since, until in stretches if since < until]


def _shut(opened: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at = 0
    for since, until in [*sorted(opened), (ROWS, ROWS)]:
        if at < since:
            yield at, since
        at = max(at, until)


def _gaps(
    items: Iterable[Item], opened: Iterable[tuple[datetime, datetime]], zone: ZoneInfo, now: datetime
) -> Iterator[tuple[datetime, Gap]]:
    taken = sorted((one.starts_at, one.ends_at) for one in items if not one.missed)
    for since, until in opened:
        at = max(since, now)
        for start, end in [*taken, (until, until)]:
            if min(start, until) - at >= _WORTH_TELLING:
                told = (clock.told_time(one.astimezone(zone)) for one in (at, min(start, until)))
                yield at, Gap(*told)
            at = max(at, end)


def _placed(items: Iterable[Item], zone: ZoneInfo, day: date) -> tuple[list[Placed], list[Placed]]:
    """What stands above the hours, and what in them."""
    begins, ends = bounds(zone, day)
    above: list[Placed] = []
    inside: list[tuple[int, int, Item]] = []
    for item in items:
        if item.starts_at <= begins and item.ends_at >= ends:
            above.append(Placed(item, 0, 0, 0, 1, _("All day"), ""))
        else:
            row, end = rows(zone, max(item.starts_at, begins), min(item.ends_at, ends))
            inside.append((row, end, item))
    inside.sort(key=lambda one: (one[0], -one[1], one[2].key))
    found = [one for group in _touching(inside) for one in _beside(group, zone, day)]
    above += [one for one in found if not one.rows]
    return above, [one for one in found if one.rows]


def _touching(spans: Iterable[tuple[int, int, Item]]) -> Iterator[list[tuple[int, int, Item]]]:
    """Those that need the same quarters, directly or through others."""
    group: list[tuple[int, int, Item]] = []
    until = 0
    for one in spans:
        if group and one[0] >= until:
            yield group
            group = []
        until = max(until, one[1]) if group else one[1]
        group.append(one)
    if group:
        yield group


def _beside(group: Sequence[tuple[int, int, Item]], zone: ZoneInfo, day: date) -> Iterator[Placed]:
    free_from = [0] * MOST_LANES
    places: list[tuple[int, int, int, Item]] = []
    for row, end, item in group:
        lane = next((lane for lane, since in enumerate(free_from) if since <= row), MOST_LANES)
        if lane < MOST_LANES:
            free_from[lane] = end
        places.append((row, end, lane, item))
    lanes = min(max(lane for *__, lane, item in places) + 1, MOST_LANES)
    for row, end, lane, item in places:
        told = _when(item, zone, day)
        yield (
            Placed(item, row, end - row, lane, lanes, *told)
            if lane < MOST_LANES
            else Placed(item, 0, 0, 0, 1, *told)
        )


def _when(item: Item, zone: ZoneInfo, day: date) -> tuple[str, str]:
    return tuple(  # type: ignore[return-value]  # two
        ("" if one.date() == day else f"{clock.weekday(one.date(), short=True)} ") + clock.told_time(one)
        for one in (item.starts_at.astimezone(zone), item.ends_at.astimezone(zone))
    )
