"""What a calendar tells about a booking: the one place that decides it.

| | full | service | busy |
|---|---|---|---|
| service and variant, place, whether it waits for confirmation | yes | yes | no |
| staff member, in a team's calendar | yes | yes | no |
| customer, phone, e-mail, notes, video link | yes | no | no |
| completed, no-show | yes | no | no |
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.core.model import Booking, BookingStatus, Business, Customer, Detail


@dataclass(frozen=True, slots=True)
class Told:
    """The part of a booking that a calendar may show. The rest is empty, so that no mistake can show it."""

    status: BookingStatus = BookingStatus.CONFIRMED
    staff: str = ""
    service: str = ""
    variant: str = ""
    location: str = ""
    customer: Customer | None = None
    notes: str = ""
    video_url: str = ""


def told(booking: Booking, business: Business, detail: Detail, *, team: bool) -> Told:
    """What a calendar of this level may know; `team` is a calendar that holds several people's bookings."""
    if detail is Detail.BUSY:
        return Told()
    pending = booking.status is BookingStatus.PENDING
    service = Told(
        status=BookingStatus.PENDING if pending else BookingStatus.CONFIRMED,
        staff=booking.staff_name if team else "",
        service=booking.service,
        variant=booking.variant,
        location=business.location,
    )
    if detail is Detail.SERVICE:
        return service
    return replace(
        service,
        status=booking.status,
        customer=booking.customer,
        notes=booking.notes,
        video_url=booking.video_url,
    )
