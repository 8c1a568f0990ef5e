"""Who is free when: free times, taken time, and why a time can't be booked.

Lists, explanations and bookings judge by the same facts, read in one transaction. Whoever books calls `judge_in` after
taking the staff member's lock, so that nothing can come between the judgement and the booking.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core import grid, hours, zones
from gateway.core.availability import Code, Obstacle, judge
from gateway.core.facts import LONGEST_SERVICE_MINS, Candidate, Facts, Provision
from gateway.core.free import (
    Answer,
    Busy,
    Explanation,
    Question,
    Source,
    StaffSlots,
    Taken,
    require_minutes,
    require_period,
)
from gateway.db import availability as stored
from gateway.db.availability import Kept
from gateway.db.engine import Session
from gateway.services.deps import Deps

__all__ = [
    "Answer",
    "Busy",
    "Explanation",
    "Question",
    "Source",
    "StaffSlots",
    "Taken",
    "busy",
    "explain",
    "judge_in",
    "slots",
    "usual_length",
]


def slots(deps: Deps, business_id: int, question: Question) -> Answer:
    """Every time that these staff members can be booked at. Raises NotYours, Invalid."""
    now = deps.now()
    with deps.database.tenant(business_id, read_only=True) as session:
        asked = _facts(session, business_id, question.staff_ids, question.service_id, now)
        minutes = asked[0].policy.length(question.minutes or _service_minutes(asked[0].service))
        found = _free(session, business_id, grid.plan(asked, question, minutes))
        return Answer(
            as_of=now,
            time_zone=asked[0].zone,
            slots=[StaffSlots(one.worker.id, found.get(one.worker.id, []), minutes) for one in asked],
            sources=_sources(deps, session, business_id, question.staff_ids),
        )


def busy(deps: Deps, business_id: int, staff_id: int, since: datetime, until: datetime) -> Busy:
    """What is taken of a staff member's time between two instants. Raises NotYours, Invalid."""
    require_period(since, until)
    with deps.database.tenant(business_id, read_only=True) as session:
        stored.ground(session, business_id, [staff_id], None)
        return Busy(
            as_of=deps.now(),
            intervals=stored.taken(session, business_id, staff_id, since, until),
            sources=_sources(deps, session, business_id, [staff_id]),
        )


def explain(
    deps: Deps,
    business_id: int,
    staff_id: int,
    service_id: int | None,
    starts_at: datetime,
    minutes: int | None = None,
    *,
    moving: int | None = None,
) -> Explanation:
    """Whether this time can be booked now, and if not, why. Without `minutes` it lasts as long as it would be booked:
    a booking that is moved keeps its length. Raises NotYours, Invalid."""
    require_minutes(minutes)
    now = deps.now()
    with deps.database.tenant(business_id, read_only=True) as session:
        [known] = _facts(session, business_id, [staff_id], service_id, now)
        kept = None if moving is None else stored.kept(session, business_id, moving)
        lasting = _lasting(known, kept, minutes)
        candidate = Candidate(staff_id, service_id, starts_at, starts_at + lasting)
        reasons = _judged(session, business_id, known, candidate, moving, kept)
        return Explanation(now, not reasons, reasons, _sources(deps, session, business_id, [staff_id]))


def judge_in(
    session: Session,
    business_id: int,
    candidate: Candidate,
    now: datetime,
    *,
    moving: int | None = None,
    waive: Collection[Code] = frozenset(),
) -> tuple[Obstacle, ...]:
    """What stands against a booking, as this transaction sees it; `moving` is the booking that would be there instead
    of where it is. `waive` are rules that whoever asks may override. Raises NotYours."""
    [known] = _facts(session, business_id, [candidate.staff_id], candidate.service_id, now)
    kept = None if moving is None else stored.kept(session, business_id, moving)
    return _judged(session, business_id, known, candidate, moving, kept, waive)


def usual_length(session: Session, business_id: int, service_id: int) -> timedelta:
    """How long a booking of this service lasts when nobody says otherwise. Raises NotYours."""
    minutes, policy = stored.usual_minutes(session, business_id, service_id)
    return timedelta(minutes=policy.length(_within_reason(minutes)))


def _sources(deps: Deps, session: Session, business_id: int, staff_ids: Sequence[int]) -> list[Source]:
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    return stored.sources(session, business_id, staff_ids, deps.now(), poll)


def _judged(
    session: Session,
    business_id: int,
    known: Facts,
    candidate: Candidate,
    moving: int | None,
    kept: Kept | None,
    waive: Collection[Code] = frozenset(),
) -> tuple[Obstacle, ...]:
    facts = replace(
        known,
        # A booking's own staff member has it already, whatever the list of their services says by now.
        assigned=known.assigned or (kept is not None and kept.staff_id == candidate.staff_id),
        clashes=stored.clashes(session, business_id, candidate, known.policy.buffer_mins, moving),
        booked=_booked(session, business_id, known, candidate, moving),
        kept=kept.lasting if kept else None,
    )
    return judge(facts, candidate, waive=waive)


def _booked(
    session: Session, business_id: int, known: Facts, candidate: Candidate, moving: int | None
) -> int:
    """The other bookings of the candidate's day, if there may only be so many."""
    if not known.policy.most_a_day:
        return 0
    zone = known.zone or "UTC"
    day = hours.local_day(zone, candidate.seconds[0])
    since, until = (hours.begins(zone, one) for one in (day, day + timedelta(days=1)))
    return stored.booked(session, business_id, candidate.staff_id, since, until, moving)


def _free(session: Session, business_id: int, plan: grid.Plan) -> dict[int, list[int]]:
    return grid.starts(plan, stored.held(session, business_id, plan)) if plan.staff else {}


def _lasting(known: Facts, kept: Kept | None, minutes: int | None) -> timedelta:
    if minutes is None and kept and kept.lasting:
        return kept.lasting
    if minutes is None and known.service:
        minutes = known.policy.length(_service_minutes(known.service))
    return timedelta(minutes=minutes or 1)


def _service_minutes(service: Provision | None) -> int:
    return _within_reason(service.minutes) if service else 1


def _within_reason(minutes: int) -> int:
    """What the service takes; `judge` says so where that makes no sense."""
    return min(max(minutes, 1), LONGEST_SERVICE_MINS)


def _facts(
    session: Session, business_id: int, staff_ids: Sequence[int], service_id: int | None, now: datetime
) -> list[Facts]:
    """What is known of each of these staff members, before anything is said of one time."""
    ground = stored.ground(session, business_id, staff_ids, service_id)
    zone = _zone(ground.time_zone)
    return [
        Facts(now, ground.active, zone, ground.policy, worker, ground.service, assigned)
        for worker, assigned in ground.workers
    ]


def _zone(name: str) -> str:
    """Empty where nobody knows which zone is meant; `judge` then says so."""
    try:
        return zones.resolve(name)
    except zones.UnknownZone:
        return ""
