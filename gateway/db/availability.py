"""What a judgement rests on, out of the database: for one time, and for the free times of many days."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core import booking_policy
from gateway.core.booking_policy import Policy
from gateway.core.connection import Facts, state
from gateway.core.errors import NotYours
from gateway.core.facts import Candidate, Clash, Provision, Worker
from gateway.core.free import Source, Taken
from gateway.core.grid import Held, Plan, Times
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("availability.sql")
# Of one staff member in three months; whoever has more is told the first.
MOST_TAKEN = 50_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What holds whatever time is asked about. `time_zone` is as the app stored it; `workers` are in the order asked,
    each with whether they do the service."""

    active: bool
    time_zone: str
    policy: Policy
    service: Provision | None
    workers: list[tuple[Worker, bool]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a booking keeps when it moves: whose it is, and how long it lasts (None where its times make no sense)."""

    staff_id: int | None
    lasting: timedelta | None


def ground(session: Session, business_id: int, staff_ids: Collection[int], service_id: int | None) -> Ground:
    """Raises NotYours for a staff member or a service of another business, or of none."""
    asked = dict.fromkeys(staff_ids)
    rows = session.all(_SQL["ground"], business_id=business_id, staff_ids=list(asked), service_id=service_id)
    if not rows:
        raise NotYours(what=f"business {business_id}")
    active, time_zone, has_policy, *columns = rows[0][:11]
    service = Provision(*rows[0][11:18]) if rows[0][11] is not None else None
    if service is None and service_id is not None:
        raise NotYours(what=f"service {service_id}")
    found = {row[18]: (Worker(*row[18:22]), row[22]) for row in rows}
    for staff_id in asked:
        if staff_id not in found:
            raise NotYours(what=f"staff member {staff_id}")
    policy = booking_policy.read(*columns) if has_policy else Policy()
    return Ground(active, time_zone, policy, service, [found[staff_id] for staff_id in asked])


def usual_minutes(session: Session, business_id: int, service_id: int) -> tuple[int, Policy]:
    """A service's own length, and the policy as far as it changes it. Raises NotYours."""
    row = session.one(_SQL["usual"], business_id=business_id, service_id=service_id)
    if row is None:
        raise NotYours(what=f"service {service_id}")
    return row[0], booking_policy.read(min_duration_mins=row[1])


def sources(
    session: Session, business_id: int, staff_ids: Collection[int], now: datetime, poll: timedelta
) -> list[Source]:
    """The calendars that block these staff members' time; `poll` is how often each is read at the least."""
    rows = session.all(_SQL["sources"], business_id=business_id, staff_ids=list(staff_ids))
    return [_source(row, now, poll) for row in rows]


def _source(row: Row, now: datetime, poll: timedelta) -> Source:
    id_, name, read_at, granted, closed, refused, stopped, not_before, theirs, failing, imported, waiting = (
        row
    )
    facts = Facts(
        granted=granted,
        closed_at=closed,
        refused_at=refused,
        stopped_at=stopped,
        paused_until=not_before,
        paused_by_them=theirs,
        failing_since=failing,
        read_at=read_at,
        importing=read_at is None,
        imported=imported,
        waiting=waiting,
    )
    return Source(id_, name, read_at, state(facts, now, poll))


def clashes(
    session: Session, business_id: int, candidate: Candidate, buffer_mins: int, moving: int | None
) -> tuple[Clash, ...]:
    """What bars this candidate; the booking `moving` doesn't."""
    rows = session.all(
        _SQL["clashes"],
        business_id=business_id,
        staff_id=candidate.staff_id,
        since=candidate.starts_at,
        until=candidate.ends_at,
        buffer=buffer_mins,
        moving=moving,
    )
    asked = sorted({row[4] for row in rows if row[4] is not None})
    named = _calendars(session, business_id, asked) if asked else {}
    return tuple(
        Clash(source, starts_at, ends_at, by_buffer, *named.get(calendar, ("", None)))
        for source, starts_at, ends_at, by_buffer, calendar in rows
    )


def _calendars(session: Session, business_id: int, ids: list[int]) -> dict[int, tuple[str, datetime | None]]:
    """What these calendars are called, and when they were last read."""
    rows = session.all(_SQL["calendars"], business_id=business_id, ids=ids)
    return {id_: (calendar, read_at) for id_, calendar, read_at in rows}


def booked(
    session: Session, business_id: int, staff_id: int, since: int, until: int, moving: int | None
) -> int:
    """How many bookings other than `moving` begin between two instants."""
    values = {"business_id": business_id, "staff_id": staff_id, "moving": moving}
    count: int = session.value(_SQL["booked"], since=since, until=until, **values)
    return count


def kept(session: Session, business_id: int, moving: int) -> Kept | None:
    """What a booking has at present; None for one that isn't there."""
    row: Row | None = session.one(_SQL["kept"], business_id=business_id, moving=moving)
    return Kept(*row) if row else None


def taken(session: Session, business_id: int, staff_id: int, since: datetime, until: datetime) -> list[Taken]:
    """Taken time between two instants, cut off at both."""
    rows = session.all(
        _SQL["taken"],
        business_id=business_id,
        staff_id=staff_id,
        since=since,
        until=until,
        most=MOST_TAKEN,
    )
    return [Taken(*row) for row in rows]


def held(session: Session, business_id: int, plan: Plan) -> dict[int, Held]:
    """What is taken of the time of the plan's staff members, as far as it matters to the plan."""
    since, until = plan.span
    rows = session.all(
        _SQL["held"], business_id=business_id, staff_ids=list(plan.staff), since=since, until=until
    )
    return {staff_id: Held(_times(booked), _times(other)) for staff_id, booked, other in rows}


def _times(sent: bytes) -> Times:
    """`held_between` tells a beginning and an end by turns, the most significant byte first."""
    moments = array("q", sent)
    if sys.byteorder == "little":
        moments.byteswap()
    return Times(moments[::2], moments[1::2])
