"""The times that are offered: each day's grid, and what of it fits into free time.

A `Plan` says what is open; the database says what is `Held` of it; what is left is free. All of it is plain seconds
since the epoch, because there may be ten thousands. Staff with the same hours share one schedule, so that fifty of them
cost little more than one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import islice
from math import ceil
from typing import Final

from gateway.core import hours
from gateway.core.availability import standing
from gateway.core.errors import Invalid
from gateway.core.facts import Facts
from gateway.core.free import Question
from gateway.core.hours import Stretch

MOST_POSITIONS: Final = 300_000
# Before and after all moments, in seconds.
_LONG_AGO, _NEVER = -(2**62), 2**62


@dataclass(frozen=True, slots=True)
class Times:
    """When things begin and end, as columns: there are thousands. In any order, and overlapping if need be."""

    starts: Sequence[int] = ()
    ends: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What is taken of a staff member's time: bookings keep a buffer on both sides, all else (`others`) only from
    bookings before it."""

    booked: Times = Times()
    others: Times = Times()


@dataclass(frozen=True, slots=True)
class Plan:
    """Times and lengths are seconds; bookings start in [first, before).

    `midnights` parts the days that bookings are counted by, if there may be `most_a_day` (0: no limit). `staff` has
    each staff member's schedule; `open` is each schedule's open time without a break, and `grids` its openings.
    """

    length: int
    step: int
    first: int
    before: int
    buffer_mins: int
    most_a_day: int
    midnights: list[int] = field(default_factory=list)
    staff: dict[int, int] = field(default_factory=dict)
    open: list[Sequence[Stretch]] = field(default_factory=list)
    grids: list[Sequence[Stretch]] = field(default_factory=list)

    @property
    def span(self) -> Stretch:
        """All that matters to the plan: a booking's whole length and its buffers, and whole days, to count by."""
        buffer = self.buffer_mins * 60
        since, until = self.first - buffer, self.before + self.length + buffer
        return min([since, *self.midnights[:1]]), max([until, *self.midnights[-1:]])


def plan(asked: Sequence[Facts], question: Question, minutes: int) -> Plan:
    """The plan for staff members of one business and one service. Only those who can be booked at all are in it."""
    able = [facts for facts in asked if not any(standing(facts)) and not facts.policy.too_long(minutes)]
    policy = asked[0].policy
    first, before = _bounds(able[0], question) if able else (0, 0)
    made = Plan(
        length=minutes * 60,
        step=policy.step(minutes) * 60,
        first=first,
        before=before,
        buffer_mins=policy.buffer_mins,
        most_a_day=policy.most_a_day,
    )
    if first < before:
        _fill(made, able)
    return made


def starts(made: Plan, held: Mapping[int, Held]) -> dict[int, list[int]]:
    """The positions of the grid that are free, by staff member and in order."""
    return {
        staff_id: _offered(made, number, held.get(staff_id, Held()))
        for staff_id, number in made.staff.items()
    }


def _offered(made: Plan, number: int, held: Held) -> list[int]:
    gaps = _gaps(held, made.buffer_mins * 60, made.length)
    found = _fitting(made, made.grids[number], _common(made.open[number], gaps, made.length))
    full = _full_days(made, held.booked.starts)
    return [one for one in found if bisect_right(made.midnights, one) not in full] if full else found


def _gaps(held: Held, buffer: int, length: int) -> list[Stretch]:
    """Where a booking may be, as far as one fits in. Beginnings and ends are put in order each by themselves: time is
    free from the nth end on exactly if the next beginning is the one after the nth."""
    starts = sorted([one - buffer for one in (*held.booked.starts, *held.others.starts)])
    ends = sorted([*(one + buffer for one in held.booked.ends), *held.others.ends])
    pairs = zip([_LONG_AGO, *ends], [*starts, _NEVER], strict=True)
    return [pair for pair in pairs if pair[1] - pair[0] >= length]


def _common(opened: Sequence[Stretch], gaps: Sequence[Stretch], length: int) -> list[Stretch]:
    """What is open and free, as far as a booking fits in; both lists are in order and apart."""
    found: list[Stretch] = []
    place = 0
    for opens, closes in opened:
        while place < len(gaps) and gaps[place][1] <= opens:
            place += 1
        for start, end in islice(gaps, place, None):
            if start >= closes:
                break
            since = opens if opens > start else start
            until = closes if closes < end else end
            if until - since >= length:
                found.append((since, until))
    return found


def _full_days(made: Plan, starts: Iterable[int]) -> set[int]:
    """The days that take no more bookings, by the number of their midnight."""
    if not made.most_a_day:
        return set()
    begun = Counter(map(partial(bisect_right, made.midnights), starts))
    return {day for day, count in begun.items() if count >= made.most_a_day}


def _bounds(facts: Facts, question: Question) -> tuple[int, int]:
    """The first second at which a booking may begin, and the first at which it may not any more."""
    limit = facts.policy.starts_before(facts.now, facts.zone)
    before = ceil(question.until.timestamp())
    first = max(ceil(question.since.timestamp()), facts.policy.first_start(facts.now))
    return first, before if limit is None else min(before, limit)


def _fill(made: Plan, able: Iterable[Facts]) -> None:
    numbers: dict[str, int] = {}
    positions = 0
    for facts in able:
        first, last = (hours.local_day(facts.zone, at) for at in (made.first, made.before))
        if not made.midnights:
            count = (last - first).days + 2
            made.midnights.extend(hours.begins(facts.zone, first + timedelta(days=n)) for n in range(count))
        text = facts.worker.availability
        if text not in numbers:
            numbers[text] = _add_schedule(made, facts, first, last)
        number = made.staff[facts.worker.id] = numbers[text]
        positions += sum(-(-(end - start) // made.step) for start, end in made.grids[number])
    if positions > MOST_POSITIONS:
        raise Invalid(reason="That is too much at once: ask about fewer staff members, or fewer days.")


def _add_schedule(made: Plan, facts: Facts, first: date, last: date) -> int:
    number = len(made.grids)
    last += timedelta(days=made.length // 86_400 + 2)
    grid, open_time = _worked(facts.worker.availability, facts.zone, first - timedelta(days=2), last)
    if facts.service and facts.service.hours is not hours.ALWAYS:
        offered = hours.open_between(facts.service.hours, facts.zone, first - timedelta(days=2), last)
        open_time = hours.common(open_time, hours.merged(offered))
    # The pairs themselves, not copies: of thousands of new ones, somebody would have to look for garbage.
    made.grids.append([one for one in grid if one[0] < made.before and one[1] > made.first])
    opened = [one for one in open_time if one[0] < made.before and one[1] > made.first]
    made.open.append([(max(opened[0][0], made.first), opened[0][1]), *opened[1:]] if opened else [])
    return number


@lru_cache(maxsize=1_024)
def _worked(text: str, zone: str, first: date, last: date) -> tuple[list[Stretch], list[Stretch]]:
    """The openings of these days one by one, and without a break; kept, since it is asked over and over."""
    openings = hours.open_between(hours.of_staff(text), zone, first, last)
    return [(start, end) for start, end, _ in openings], hours.merged(openings)


def _fitting(made: Plan, grid: Sequence[Stretch], free: Sequence[Stretch]) -> list[int]:
    """Positions at which the whole length lies in one free stretch; both lists are in order."""
    found: list[int] = []
    ordered = True
    ends = [end for _, end in free]
    for opens, closes in grid:
        since, until = max(opens, made.first), min(closes, made.before)
        for place in range(bisect_right(ends, since), len(free)):
            start, end = free[place]
            if start >= until:
                break
            earliest = opens + -(-(max(start, since) - opens) // made.step) * made.step
            positions = range(earliest, min(end - made.length + 1, until), made.step)
            if positions and found and positions[0] <= found[-1]:
                ordered = False
            found.extend(positions)
    # On the night with an hour that comes twice, two openings may share it.
    return found if ordered else sorted(set(found))
