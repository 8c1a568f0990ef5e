"""Who is free, who is taken, and why a time can't be booked."""

from __future__ import annotations

from flask import Response

from bridge.api import telling
from bridge.api.answers import Availability, Busy, Explanation
from bridge.api.contract import answer, api, refusals
from bridge.api.keys import caller_known
from bridge.api.schemas import AvailabilityQuery, BusyQuery, ExplainQuery
from bridge.tenant import deps
from gateway.core.free import Question
from gateway.services import availability as service


@api.get(
    "/availability",
    operation_id="availability",
    summary="Who is free",
    responses=answer(Availability, "Every time at which a booking could begin.") | refusals(404),
)
def availability(query: AvailabilityQuery) -> Response:
    """The times at which a booking of this service could begin, by the same rules and the same data that a booking
    meets. Each staff member's times are in order."""
    question = Question(
        tuple(dict.fromkeys(query.staff_member_id)),
        query.service_id,
        query.since,
        query.until,
        query.duration,
    )
    found = service.slots(deps(), caller_known().business_id, question)
    return telling.written(telling.availability(found))


@api.get(
    "/busy",
    operation_id="busy",
    summary="When someone is taken",
    responses=answer(Busy, "When the staff member is taken; never by what.") | refusals(404),
)
def busy(query: BusyQuery) -> Response:
    """The times that bookings, personal blocks and events of connected calendars hold. Never a title or a name."""
    found = service.busy(deps(), caller_known().business_id, query.staff_member_id, query.since, query.until)
    return telling.written(telling.busy(found))


@api.get(
    "/explain",
    operation_id="explain",
    summary="Why a time can't be booked",
    responses=answer(Explanation, "Whether it can be booked, and what stands in the way.") | refusals(404),
)
def explain(query: ExplainQuery) -> Response:
    """Everything that stands in the way of a booking at this time; nothing, if a booking would be taken now."""
    found = service.explain(
        deps(),
        caller_known().business_id,
        query.staff_member_id,
        query.service_id,
        query.start,
        query.duration,
    )
    return telling.written(telling.explanation(found))
