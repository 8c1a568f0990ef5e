"""Whether a time can be booked, and if not, why: the one judgement behind slots, explanations and bookings.

`judge` looks at one candidate; each rule below gives the obstacles it sees. Lists of free times are made from the same
facts in the database (`gateway.db.availability`), because there they are thousands; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import clock, hours
from gateway.core.booking_policy import Policy
from gateway.core.facts import LONGEST_SERVICE_MINS, Candidate, Clash, Facts, Provision, Worker
from gateway.core.hours import Hours, Unreadable
from gateway.core.language import N_, _, ngettext
from gateway.core.obstacle import Code, Obstacle

__all__ = ["Candidate", "Clash", "Code", "Facts", "Obstacle", "Policy", "Provision", "Worker", "judge"]

# What is said of somebody's or something's hours: with some on that day, and without.
_WORKS: Final = (N_("{name} works {hours} {when}."), N_("{name} doesn't work {when}."))
_OFFERED: Final = (N_("{name} is offered {hours} {when}."), N_("{name} isn't offered {when}."))
_WEEKDAYS: Final = (
    N_("on Mondays"),
    N_("on Tuesdays"),
    N_("on Wednesdays"),
    N_("on Thursdays"),
    N_("on Fridays"),
    N_("on Saturdays"),
    N_("on Sundays"),
)
# What is said of taken time, and of time that only a break after a booking reaches into.
_TAKEN: Final = {
    Code.OVERLAP: N_("{name} is booked {when}."),
    Code.BLOCK: N_("{name} has kept free {when}."),
    Code.EXTERNAL: N_("{name} has something in another calendar {when}."),
}
_TAKEN_AFTER: Final = {
    Code.BUFFER: N_("{name} is booked {when}, and needs {buffer} between bookings."),
    Code.BLOCK: N_("{name} has kept free {when}, and needs {buffer} after a booking."),
    Code.EXTERNAL: N_("{name} has something in another calendar {when}, and needs {buffer} after a booking."),
}


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
        yield Obstacle(Code.INACTIVE, _("This business takes no bookings."))
    if not facts.worker.active:
        yield Obstacle(Code.INACTIVE, _("{name} takes no bookings.").format(name=facts.worker.name))
    if facts.service and not facts.service.active:
        yield Obstacle(Code.INACTIVE, _("{name} is not offered at present.").format(name=facts.service.name))


def _unassigned(facts: Facts) -> Iterator[Obstacle]:
    if facts.service and not facts.assigned:
        words = _("{name} doesn't do {service}.")
        yield Obstacle(Code.NOT_ASSIGNED, words.format(name=facts.worker.name, service=facts.service.name))


def _unreadable(facts: Facts) -> Iterator[Obstacle]:
    if not facts.zone:
        yield Obstacle(Code.UNREADABLE, _("The time zone of this business is unknown."))
    try:
        hours.of_staff(facts.worker.availability)
    except Unreadable as error:
        words = _("The working hours of {name} can't be read: {problem}.")
        yield Obstacle(Code.UNREADABLE, words.format(name=facts.worker.name, problem=error.said()))
    if facts.service:
        yield from _unreadable_service(facts.service)


def _unreadable_service(service: Provision) -> Iterator[Obstacle]:
    if service.kind != 0:
        words = _("Only the booking system can count the free places of {name}.")
        yield Obstacle(Code.UNREADABLE, words.format(name=service.name))
    if not 0 < service.minutes <= LONGEST_SERVICE_MINS:
        yield Obstacle(Code.UNREADABLE, _("How long {name} takes can't be read.").format(name=service.name))
    try:
        service.hours  # noqa: B018  # only whether it can be read
    except Unreadable as error:
        words = _("The hours of {name} can't be read: {problem}.")
        yield Obstacle(Code.UNREADABLE, words.format(name=service.name, problem=error.said()))


def _notice(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if candidate.starts_at < facts.now:
        yield Obstacle(Code.PAST, _("This time has passed."))
    if candidate.starts_at < facts.now + timedelta(minutes=facts.policy.notice_mins):
        words = _("Bookings are taken {span} ahead at the latest.")
        yield Obstacle(Code.TOO_SOON, words.format(span=_span(facts.policy.notice_mins)))


def _horizon(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    limit = facts.policy.starts_before(facts.now, facts.zone) if facts.zone else None
    if limit is not None and candidate.seconds[0] >= limit:
        days = facts.policy.furthest_days
        words = ngettext(
            "Bookings are taken {n} day ahead at the earliest.",
            "Bookings are taken {n} days ahead at the earliest.",
            days,
        )
        yield Obstacle(Code.TOO_FAR, words.format(n=days))


def _length(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    length, policy = candidate.ends_at - candidate.starts_at, facts.policy
    if length == facts.kept:
        return
    if policy.too_long(length / timedelta(minutes=1)):
        yield Obstacle(
            Code.HOURS, _("A booking lasts {span} at most.").format(span=_span(policy.longest_mins))
        )
    if length < timedelta(minutes=policy.shortest_mins):
        yield Obstacle(
            Code.HOURS, _("A booking lasts {span} at least.").format(span=_span(policy.shortest_mins))
        )


def _hours(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if any(obstacle.code == Code.UNREADABLE for obstacle in _unreadable(facts)):
        return
    worked = hours.of_staff(facts.worker.availability)
    yield from _outside(facts.zone, worked, candidate, facts.worker.name, _WORKS)
    if facts.service:
        yield from _outside(facts.zone, facts.service.hours, candidate, facts.service.name, _OFFERED)


def _outside(
    zone: str, open_hours: Hours, candidate: Candidate, name: str, words: tuple[str, str]
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
    shifts, weekday = open_hours.on(day), _WEEKDAYS[day.weekday()]
    when = _("on {date}").format(date=clock.whole_date(day)) if excepted else _(weekday)
    is_open, closed = words
    detail = _(is_open if shifts else closed).format(name=name, hours=hours.said(shifts), when=when)
    yield Obstacle(Code.EXCEPTION if excepted else Code.HOURS, detail)


def _day_full(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
    if facts.policy.most_a_day and facts.booked >= facts.policy.most_a_day:
        day = clock.whole_date(hours.local_day(facts.zone or "UTC", candidate.seconds[0]))
        words = _("{name} has {booked} of {most} bookings on {day}.").format(
            name=facts.worker.name, booked=facts.booked, most=facts.policy.most_a_day, day=day
        )
        yield Obstacle(Code.DAY_FULL, words)


def _taken(facts: Facts, candidate: Candidate) -> Iterator[Obstacle]:
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
    when, buffer = _between(facts.zone or "UTC", clash), _span(facts.policy.buffer_mins)
    words = _TAKEN_AFTER[code] if clash.by_buffer else _TAKEN[code]
    return _(words).format(name=facts.worker.name, when=when, buffer=buffer)


def _between(zone: str, clash: Clash) -> str:
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (clash.starts_at, clash.ends_at))
    since, until = clock.time(start), clock.time(end)
    if start.date() == end.date():
        return _("{since}-{until}").format(since=since, until=until)
    return _("from {first} {since} to {last} {until}").format(
        first=clock.whole_date(start.date()), since=since, last=clock.whole_date(end.date()), until=until
    )


def _span(minutes: int) -> str:
    if not minutes:
        return _("no time")
    if minutes % 1_440 == 0:
        return ngettext("{n} day", "{n} days", minutes // 1_440).format(n=minutes // 1_440)
    if minutes % 60 == 0:
        return ngettext("{n} hour", "{n} hours", minutes // 60).format(n=minutes // 60)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


_RULES: Final[tuple[Callable[[Facts, Candidate], Iterator[Obstacle]], ...]] = (
    lambda facts, candidate: standing(facts),
    _notice,
    _horizon,
    _length,
    _hours,
    _day_full,
    _taken,
)
_ORDER: Final = {code: place for place, code in enumerate(Code)}
