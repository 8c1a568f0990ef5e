"""Bookings: made, read, changed, cancelled, and what happened to them."""

from __future__ import annotations

from flask import Response

from bridge.api import telling
from bridge.api.answers import Booking, Timeline
from bridge.api.contract import answer, api, refusals
from bridge.api.keys import actor, caller_known
from bridge.api.reading import once
from bridge.api.schemas import (
    BookingBody,
    BookingPath,
    CancelQuery,
    ChangeBody,
    ChangeHeaders,
    TimelineQuery,
    WriteHeaders,
)
from bridge.tenant import deps
from gateway.core.booking import BookingChange, BookingRecord, NewBooking, NewCustomer
from gateway.core.model import BookingStatus
from gateway.services import bookings as service
from gateway.services.timeline import of_booking as entries_of

_ONE = "/bookings/<id:booking_id>"
_ETAG = "Names this state of the booking; for If-Match."


@api.post(
    "/bookings",
    operation_id="book",
    summary="Book",
    responses=answer(Booking, "Booked.", status=201, ETag=_ETAG, Location="Where the booking is.")
    | refusals(403, 404, 409, 413, 415, 422),
)
def book(header: WriteHeaders, body: BookingBody) -> Response:
    """Book a time. One that can't be booked is refused (409) with the reasons that `explain` gives."""
    wanted = NewBooking(
        body.staff_member_id,
        body.service_id,
        body.start,
        body.end,
        _customer(body),
        body.notes or "",
    )
    made = service.book(deps(), actor(), wanted, once(header))
    response = _booking(made, 201)
    response.headers["Location"] = f"/api/v1/bookings/{made.id}"
    return response


@api.get(
    _ONE,
    operation_id="booking",
    summary="Read a booking",
    responses=answer(Booking, "The booking as it is.", ETag=_ETAG) | refusals(404),
)
def booking(path: BookingPath) -> Response:
    """A booking as it is now."""
    return _booking(service.get(deps(), caller_known().business_id, path.booking_id))


@api.patch(
    _ONE,
    operation_id="change",
    summary="Move or change a booking",
    responses=answer(Booking, "Changed.", ETag=_ETAG) | refusals(403, 404, 409, 412, 413, 415, 422),
)
def change(path: BookingPath, header: ChangeHeaders, body: ChangeBody) -> Response:
    """Move a booking, give it to a colleague, or change its notes or status. What is left out stays as it is."""
    wanted = BookingChange(
        body.start,
        body.end,
        body.staff_member_id,
        body.notes,
        BookingStatus[body.status.upper()] if body.status else None,
    )
    changed = service.change(
        deps(),
        actor(),
        path.booking_id,
        wanted,
        if_match=header.if_match,
        once=once(header),
    )
    return _booking(changed)


@api.delete(
    _ONE,
    operation_id="cancel",
    summary="Cancel a booking",
    responses=answer(Booking, "Cancelled; the booking as it is now.", ETag=_ETAG)
    | refusals(403, 404, 409, 412, 422),
)
def cancel(path: BookingPath, header: ChangeHeaders, query: CancelQuery) -> Response:
    """Cancel a booking. Its row stays, with the status cancelled; its time is free at once."""
    cancelled = service.cancel(
        deps(),
        actor(),
        path.booking_id,
        reason=query.reason,
        if_match=header.if_match,
        once=once(header),
    )
    return _booking(cancelled)


@api.get(
    f"{_ONE}/sync",
    operation_id="timeline",
    summary="What happened to a booking",
    responses=answer(Timeline, "What happened, oldest first.", Link="Where more is, if there is more.")
    | refusals(404),
)
def timeline(path: BookingPath, query: TimelineQuery) -> Response:
    """Every change that was made, refused or put back: who, where from, before and after. When there is more, `next`
    and the header `Link` say where."""
    business_id = caller_known().business_id
    # One more than wanted: whether it is there says whether there is a next page.
    found = entries_of(deps(), business_id, path.booking_id, after=query.after, most=query.limit + 1)
    entries, more = found[: query.limit], len(found) > query.limit
    following = (
        f"/api/v1/bookings/{path.booking_id}/sync?after={entries[-1].id}&limit={query.limit}"
        if more
        else None
    )
    response = telling.written(telling.timeline(path.booking_id, entries, following))
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _customer(body: BookingBody) -> NewCustomer | int:
    said = body.customer
    if said is None:
        return body.tenant_customer_id or 0
    return NewCustomer(said.first_name, said.last_name, said.email, said.phone or "")


def _booking(record: BookingRecord, status: int = 200) -> Response:
    response = telling.written(telling.booking(record), status)
    response.headers["ETag"] = record.etag
    return response
