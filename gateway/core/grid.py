"""The times that are offered: each day's grid, and what of it fits into free time.

What is taken, the database knows: it gets plain numbers from a `Plan`, and gives back the stretches that are free.
Staff with the same hours share one schedule, so that fifty of them cost little more than one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from math import ceil
from typing import Final

from gateway.core import hours
from gateway.core.availability import standing
from gateway.core.errors import Invalid
from gateway.core.facts import Facts
from gateway.core.free import Question
from gateway.core.hours import Stretch

MOST_POSITIONS: Final = 300_000


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Stretches of open time, each of one schedule, as columns."""

    schedules: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """Times and lengths are seconds; bookings start in [first, before).

    `midnights` parts the days that bookings are counted by, if there may be `most_a_day` (0: no limit). `staff` has
    each staff member's schedule, `grids` each schedule's openings.
    """

    length: int
    step: int
    first: int
    before: int
    buffer_mins: int
    most_a_day: int
    midnights: list[int] = field(default_factory=list)
    staff: dict[int, int] = field(default_factory=dict)
    open: OpenTime = field(default_factory=OpenTime)
    grids: list[Sequence[Stretch]] = field(default_factory=list)


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


def starts(
    made: Plan, free: dict[int, list[Stretch]], full: Collection[tuple[int, int]]
) -> dict[int, list[int]]:
    """The positions of the grid that are free, by staff member and in order."""
    found = {
        staff_id: _fitting(made, made.grids[made.staff[staff_id]], stretches)
        for staff_id, stretches in free.items()
    }
    for staff_id in {staff_id for staff_id, _ in full} & found.keys():
        midnight = made.midnights
        found[staff_id] = [
            start
            for start in found[staff_id]
            if (staff_id, midnight[bisect_right(midnight, start) - 1]) not in full
        ]
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
    made.grids.append([(start, end) for start, end in grid if start < made.before and end > made.first])
    opened = [(start, end) for start, end in open_time if end > made.first and start < made.before]
    made.open.schedules.extend([number] * len(opened))
    made.open.starts.extend([max(start, made.first) for start, _ in opened])
    made.open.ends.extend([end for _, end in opened])
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
