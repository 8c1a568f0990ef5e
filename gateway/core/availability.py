"""Whether a time can be booked, and if not, why: the one judgement behind slots, explanations and bookings.

`judge` looks at one candidate; each rule below gives the obstacles it sees. Lists of free times are made from the same
facts in the database (`gateway.db.availability`), because there they are thousands; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import hours
from gateway.core.booking_policy import Policy
from gateway.core.facts import LONGEST_SERVICE_MINS, Candidate, Clash, Facts, Provision, Worker
from gateway.core.hours import Hours, Unreadable
from gateway.core.obstacle import Code, Obstacle

__all__ = ["Candidate", "Clash", "Code", "Facts", "Obstacle", "Policy", "Provision", "Worker", "judge"]


def judge(
    facts: Facts, candidate: Candidate, *, waive: Collection[Code] = frozenset()
) -> tuple[Obstacle, ...]:
    """What stands against this time, in the order of `Code`; nothing if it can be booked. `waive` are overridden."""
    found = [obstacle for rule in _RULES for obstacle in rule(facts, candidate) if obstacle.code not in waive]
    if any(obstacle.code == Code.PAST for obstacle in found):
        found = [obstacle for obstacle in found if obstacle.code != Code.TOO_SOON]
    return tuple(sorted(found, key=lambda obstacle: _ORDER[obstacle.code]))


def standing(facts: Facts) -> Iterator[Obstacle]:
    """What stands against every time alike: nobody there, nothing offered, or something that we can't understand."""
    yield from _inactive(facts)
    yield from _unassigned(facts)
    yield from _unreadable(facts)


def _inactive(facts: Facts) -> Iterator[Obstacle]:
    if not facts.active:
        yield Obstacle(Code.INACTIVE, "This business takes no bookings.")
    if not facts.worker.active:
        yield Obstacle(Code.INACTIVE, f"{facts.worker.name} takes no bookings.")
    if facts.service and not facts.service.active:
        yield Obstacle(Code.INACTIVE, f"{facts.service.name} is not offered at present.")


def _unassigned(facts: Facts) -> Iterator[Obstacle]:
    if facts.service and not facts.assigned:
        yield Obstacle(Code.NOT_ASSIGNED, f"{facts.worker.name} doesn't do {facts.service.name}.")


def _unreadable(facts: Facts) -> Iterator[Obstacle]:
    if not facts.zone:
        yield Obstacle(Code.UNREADABLE, "The time zone of this business is unknown.")
    try:
        hours.of_staff(facts.worker.availability)
    except Unreadable as error:
        yield Obstacle(Code.UNREADABLE, f"The working hours of {facts.worker.name} can't be read: {error}.")
    if facts.service:
        yield from _unreadable_service(facts.service)


def _unreadable_service(service: Provision) -> Iterator[Obstacle]:
    if service.kind != 0:
        yield Obstacle(
            Code.UNREADABLE, f"Only the booking system can count the free places of {service.name}."
        )
    if not 0 < service.minutes <= LONGEST_SERVICE_MINS:
        yield Obstacle(Code.UNREADABLE, f"How long {service.name} takes can't be read.")
    try:
        service.hours  # noqa: B018  # only whether it can be read
    except Unreadable as error:
        yield Obstacle(Code.UNREADABLE, f"The hours of {service.name} can't be read: {error}.")


def _notice(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if candidate.starts_at < facts.now:
        yield Obstacle(Code.PAST, "This time has passed.")
    if candidate.starts_at < facts.now + timedelta(minutes=facts.policy.notice_mins):
        yield Obstacle(
            Code.TOO_SOON, f"Bookings are taken {_span(facts.policy.notice_mins)} ahead at the latest."
        )


def _horizon(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    limit = facts.policy.starts_before(facts.now, facts.zone) if facts.zone else None
    if limit is not None and candidate.seconds[0] >= limit:
        days = facts.policy.furthest_days
        yield Obstacle(
            Code.TOO_FAR, f"Bookings are taken {days} day{'s' * (days != 1)} ahead at the earliest."
        )


def _length(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    length, policy = candidate.ends_at - candidate.starts_at, facts.policy
    if length == facts.kept:
        return
    if policy.too_long(length / timedelta(minutes=1)):
        yield Obstacle(Code.HOURS, f"A booking lasts {_span(policy.longest_mins)} at most.")
    if length < timedelta(minutes=policy.shortest_mins):
        yield Obstacle(Code.HOURS, f"A booking lasts {_span(policy.shortest_mins)} at least.")


def _hours(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if any(obstacle.code == Code.UNREADABLE for obstacle in _unreadable(facts)):
        return
    worked = hours.of_staff(facts.worker.availability)
    yield from _outside(
        facts.zone, worked, candidate, f"{facts.worker.name} works", f"{facts.worker.name} doesn't work"
    )
    if facts.service:
        name = facts.service.name
        yield from _outside(
            facts.zone, facts.service.hours, candidate, f"{name} is offered", f"{name} isn't offered"
        )


def _outside(
    zone: str, open_hours: Hours, candidate: Candidate, is_open: str, closed: str
) -> Iterator[Obstacle]:
    """Names the hours of the day on which the first minute lies that isn't covered."""
    start, end = candidate.seconds
    first, last = hours.local_day(zone, start), hours.local_day(zone, end)
    around = hours.open_between(open_hours, zone, first - timedelta(days=2), last + timedelta(days=1))
    missing = next((until for since, until in hours.merged(around) if since <= start < until), start)
    if missing >= end:
        return
    day = hours.local_day(zone, missing)
    excepted = day in open_hours.exceptions
    shifts, when = open_hours.on(day), _date(day) if excepted else f"{hours.DAYS[day.weekday()]}s"
    detail = f"{is_open} {hours.said(shifts)} on {when}." if shifts else f"{closed} on {when}."
    yield Obstacle(Code.EXCEPTION if excepted else Code.HOURS, detail)


def _day_full(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if facts.policy.most_a_day and facts.booked >= facts.policy.most_a_day:
        day = _date(hours.local_day(facts.zone or "UTC", candidate.seconds[0]))
        yield Obstacle(
            Code.DAY_FULL,
            f"{facts.worker.name} has {facts.booked} of {facts.policy.most_a_day} bookings on {day}.",
        )


def _taken(facts: Facts, _: Candidate) -> Iterator[Obstacle]:
    """One for each kind and calendar, the earliest: who asks can't do more about the second than about the first."""
    told: set[tuple[Code, str]] = set()
    for clash in sorted(facts.clashes, key=lambda clash: (clash.starts_at, clash.ends_at, clash.calendar)):
        code = _code(clash)
        if (code, clash.calendar) not in told:
            told.add((code, clash.calendar))
            yield Obstacle(code, _taken_words(facts, clash, code), clash.calendar, clash.read_at)


def _code(clash: Clash) -> Code:
    if clash.source == "booking":
        return Code.BUFFER if clash.by_buffer else Code.OVERLAP
    return Code.BLOCK if clash.source == "block" else Code.EXTERNAL


def _taken_words(facts: Facts, clash: Clash, code: Code) -> str:
    when = _between(facts.zone or "UTC", clash)
    name, buffer = facts.worker.name, _span(facts.policy.buffer_mins)
    if code == Code.BUFFER:
        return f"{name} is booked {when}, and needs {buffer} between bookings."
    said = {
        Code.OVERLAP: "is booked",
        Code.BLOCK: "has kept free",
        Code.EXTERNAL: "has something in another calendar",
    }
    return f"{name} {said[code]} {when}" + (
        f", and needs {buffer} after a booking." if clash.by_buffer else "."
    )


def _between(zone: str, clash: Clash) -> str:
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (clash.starts_at, clash.ends_at))
    if start.date() == end.date():
        return f"{start:%H:%M}-{end:%H:%M}"
    return f"from {_date(start.date())} {start:%H:%M} to {_date(end.date())} {end:%H:%M}"


def _date(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _span(minutes: int) -> str:
    for size, word in ((1_440, "day"), (60, "hour"), (1, "minute")):
        if minutes and minutes % size == 0:
            count = minutes // size
            return f"{count} {word}{'s' * (count != 1)}"
    return "no time"


_RULES: Final[tuple[Callable[[Facts, Candidate], Iterator[Obstacle]], ...]] = (
    lambda facts, _: standing(facts),
    _notice,
    _horizon,
    _length,
    _hours,
    _day_full,
    _taken,
)
_ORDER: Final = {code: place for place, code in enumerate(Code)}
