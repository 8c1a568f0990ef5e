"""The times that are offered: each day's grid, and what of it fits into free time.

A `Plan` says what is open; the database says what is `Held` of it; what is left is free. All of it is plain seconds
since the epoch, because there may be ten thousands. Staff with the same hours share one schedule, so that fifty of them
cost little more than one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import ceil
from typing import Final

from gateway.core import hours
from gateway.core.availability import standing
from gateway.core.errors import Invalid
from gateway.core.facts import Facts
from gateway.core.free import Question
from gateway.core.hours import Stretch

MOST_POSITIONS: Final = 300_000
# Of PostgreSQL's time: in a second; from 1970 to 2000; before and after all moments.
_TICKS: Final = 1_000_000
_EPOCH: Final = 946_684_800
_LONG_AGO, _NEVER = -(2**66), 2**66


@dataclass(frozen=True, slots=True)
class Times:
    """When things begin and end, as columns: there are thousands. In any order, and overlapping if need be. As
    PostgreSQL keeps a timestamptz: microseconds since 2000, which are made seconds only where they matter."""

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
    each staff member's schedule, and `positions` where bookings fit into each schedule if nothing is taken.
    """

    length: int
    step: int
    first: int
    before: int
    buffer_mins: int
    most_a_day: int
    midnights: list[int] = field(default_factory=list)
    staff: dict[int, int] = field(default_factory=dict)
    positions: list[list[int]] = field(default_factory=list)

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
    gaps = _gaps(held, made.buffer_mins * 60 * _TICKS, made.length * _TICKS)
    found = _fitting(made.positions[number], gaps, made.length)
    return _without_full_days(made, found, held.booked.starts) if made.most_a_day else found


def _gaps(held: Held, buffer: int, length: int) -> list[Stretch]:
    """Where a booking may be, as far as one fits in, in seconds. Beginnings and ends are put in order each by
    themselves: time is free from the nth end on exactly if the next beginning is the one after the nth."""
    starts = sorted([*held.booked.starts, *held.others.starts])
    ends = sorted([*(one + buffer for one in held.booked.ends), *held.others.ends])
    pairs = zip([_LONG_AGO, *ends], [*starts, _NEVER], strict=True)
    needed = length + buffer
    return [
        (-(-end // _TICKS) + _EPOCH, (start - buffer) // _TICKS + _EPOCH)
        for end, start in pairs
        if start - end >= needed
    ]


def _fitting(positions: list[int], stretches: Iterable[Stretch], length: int) -> list[int]:
    """The positions from which on the whole length lies in one of the stretches; all are in order."""
    found: list[int] = []
    for start, end in stretches:
        found += positions[bisect_left(positions, start) : bisect_right(positions, end - length)]
    return found


def _without_full_days(made: Plan, found: list[int], booked: Iterable[int]) -> list[int]:
    """What is left of the times once the days that take no more bookings are taken out."""
    begun = sorted(booked)
    places = [bisect_left(begun, (midnight - _EPOCH) * _TICKS) for midnight in made.midnights]
    for day, (first, last) in enumerate(pairwise(places)):
        if last - first >= made.most_a_day:
            since, until = made.midnights[day], made.midnights[day + 1]
            del found[bisect_left(found, since) : bisect_left(found, until)]
    return found


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
            numbers[text] = len(made.positions)
            made.positions.append(_schedule(made, facts, first, last))
        number = made.staff[facts.worker.id] = numbers[text]
        positions += len(made.positions[number])
        if positions > MOST_POSITIONS:
            raise Invalid(reason="That is too much at once: ask about fewer staff members, or fewer days.")


def _schedule(made: Plan, facts: Facts, first: date, last: date) -> list[int]:
    """Where bookings of this staff member fit in if nothing is taken."""
    since, until = first - timedelta(days=2), last + timedelta(days=made.length // 86_400 + 2)
    openings, opened = _worked(facts.worker.availability, facts.zone, since, until)
    if facts.service and facts.service.hours is not hours.ALWAYS:
        offered = hours.open_between(facts.service.hours, facts.zone, since, until)
        opened = hours.common(opened, hours.merged(offered))
    fitting = _fitting(_positions(openings, made.step), opened, made.length)
    return fitting[bisect_left(fitting, made.first) : bisect_left(fitting, made.before)]


@lru_cache(maxsize=1_024)
def _worked(text: str, zone: str, first: date, last: date) -> tuple[list[Stretch], list[Stretch]]:
    """The openings of these days one by one, and without a break; kept, since it is asked over and over."""
    openings = hours.open_between(hours.of_staff(text), zone, first, last)
    return [(start, end) for start, end, _ in openings], hours.merged(openings)


def _positions(openings: Iterable[Stretch], step: int) -> list[int]:
    """All of the grid, in order: each opening has its own, from its beginning on."""
    found: list[int] = []
    ordered = True
    for opens, closes in openings:
        # On the night with an hour that comes twice, two openings may share it.
        ordered = ordered and (not found or opens > found[-1])
        found += range(opens, closes, step)
    return found if ordered else sorted(set(found))
