"""Who is free when: free times, taken time, and why a time can't be booked.

Lists, explanations and bookings judge by the same facts, read in one transaction. Whoever books calls `judge_in` after
taking the staff member's lock, so that nothing can come between the judgement and the booking.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
            sources=stored.sources(session, business_id, question.staff_ids),
        )


def busy(deps: Deps, business_id: int, staff_id: int, since: datetime, until: datetime) -> Busy:
    """What is taken of a staff member's time between two instants. Raises NotYours, Invalid."""
    require_period(since, until)
    with deps.database.tenant(business_id, read_only=True) as session:
        stored.workers(session, business_id, [staff_id], None)
        return Busy(
            as_of=deps.now(),
            intervals=stored.taken(session, business_id, staff_id, since, until),
            sources=stored.sources(session, business_id, [staff_id]),
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
        lasting = (
            timedelta(minutes=minutes) if minutes else _lasting(session, business_id, service_id, moving)
        )
        candidate = Candidate(staff_id, service_id, starts_at, starts_at + lasting)
        reasons = judge_in(session, business_id, candidate, now, moving=moving)
        return Explanation(now, not reasons, reasons, stored.sources(session, business_id, [staff_id]))


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
    day = hours.local_day(known.zone or "UTC", candidate.seconds[0])
    since, until = (hours.begins(known.zone or "UTC", one) for one in (day, day + timedelta(days=1)))
    facts = Facts(
        now=now,
        active=known.active,
        zone=known.zone,
        policy=known.policy,
        worker=known.worker,
        service=known.service,
        assigned=known.assigned,
        clashes=stored.clashes(session, business_id, candidate, known.policy.buffer_mins, moving),
        booked=stored.booked(session, business_id, candidate.staff_id, since, until, moving),
        kept=None if moving is None else stored.kept_length(session, business_id, moving),
    )
    return judge(facts, candidate, waive=waive)


def usual_length(session: Session, business_id: int, service_id: int) -> timedelta:
    """How long a booking of this service lasts when nobody says otherwise. Raises NotYours."""
    service = stored.provision(session, business_id, service_id)
    return timedelta(minutes=stored.terms(session, business_id).policy.length(_service_minutes(service)))


def _free(session: Session, business_id: int, plan: grid.Plan) -> dict[int, list[int]]:
    if not plan.open.starts:
        return {}
    free = stored.free_stretches(session, business_id, plan)
    return grid.starts(plan, free, stored.full_days(session, business_id, plan))


def _lasting(session: Session, business_id: int, service_id: int | None, moving: int | None) -> timedelta:
    kept = None if moving is None else stored.kept_length(session, business_id, moving)
    if kept is not None:
        return kept
    if service_id is None:
        return timedelta(minutes=1)
    return usual_length(session, business_id, service_id)


def _service_minutes(service: Provision | None) -> int:
    """What the service takes, within reason; `judge` says so where it is out of it."""
    return min(max(service.minutes, 1), LONGEST_SERVICE_MINS) if service else 1


def _facts(
    session: Session, business_id: int, staff_ids: Sequence[int], service_id: int | None, now: datetime
) -> list[Facts]:
    """What is known of each of these staff members, before anything is said of one time."""
    terms = stored.terms(session, business_id)
    zone = _zone(terms.time_zone)
    workers = stored.workers(session, business_id, staff_ids, service_id)
    service = None if service_id is None else stored.provision(session, business_id, service_id)
    return [
        Facts(now, terms.active, zone, terms.policy, worker, service, assigned)
        for worker, assigned in workers
    ]


def _zone(name: str) -> str:
    """Empty where nobody knows which zone is meant; `judge` then says so."""
    try:
        return zones.resolve(name)
    except zones.UnknownZone:
        return ""
