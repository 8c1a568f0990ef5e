"""What a booking looks like in a calendar: a pure function from a row to an event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from gateway.core.model import Booking, BookingStatus, Business, Customer, Detail, Event
from gateway.core.privacy import Told, told
from gateway.core.wire import clean, is_link, one_line, shorten
from gateway.core.zones import or_utc

# Below this line a description is the booking's notes: what people change there goes back into the booking.
NOTES_MARKER: Final = "— notes —"
# Shortened notes must never come back, or the rest of them would be lost.
SHORTENED_MARKER: Final = "— notes (shortened; edit them in the booking system) —"

SUMMARY_LIMIT: Final = 255
DESCRIPTION_LIMIT: Final = 8_000
LOCATION_LIMIT: Final = 500
_NAME_LIMIT: Final = 200

_UID: Final = re.compile(r"booking-([1-9][0-9]{0,17})@(.+)", re.IGNORECASE)
_SHOWN: Final = frozenset(
    {BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED, BookingStatus.NO_SHOW}
)
_STATUS_LINES: Final = {
    BookingStatus.PENDING: "Waiting for confirmation",
    BookingStatus.COMPLETED: "Completed",
    BookingStatus.NO_SHOW: "No-show",
}


def uid(booking_id: int, installation: str) -> str:
    """A booking's UID: the same in every calendar, and no other installation's (RFC 7986 5.3)."""
    return f"booking-{booking_id}@{installation}"


def booking_of(uid: str, installation: str) -> int | None:
    """The id of the booking that has this UID here; None for anybody else's event."""
    found = _UID.fullmatch(uid)
    return int(found[1]) if found and found[2].casefold() == installation.casefold() else None


def is_shown(booking: Booking) -> bool:
    """Whether calendars show the booking: nothing cancelled, and no row that ends before it starts."""
    return booking.status in _SHOWN and _second(booking.ends_at) > _second(booking.starts_at)


def from_booking(
    booking: Booking, business: Business, detail: Detail, *, installation: str, team: bool
) -> Event:
    """The event of a booking, telling no more than `detail` allows; a `team` calendar says whose it is."""
    known = told(booking, business, detail, team=team)
    return Event(
        uid=uid(booking.id, installation),
        starts_at=_second(booking.starts_at),
        ends_at=_second(booking.ends_at),
        zone=or_utc(business.time_zone),
        tentative=known.status is BookingStatus.PENDING,
        summary="Busy" if detail is Detail.BUSY else _summary(known),
        description=_description(known, takes_notes=detail is Detail.FULL),
        location=one_line(known.location, LOCATION_LIMIT),
        categories=() if detail is Detail.BUSY else tuple(_categories(known)),
        url=known.video_url if is_link(known.video_url) else "",
    )


def notes_of(description: str) -> str | None:
    """The notes in a description, ours or one that a client changed; None where they can't be told."""
    lines = clean(description).split("\n")
    for number, line in enumerate(lines):
        if line.strip() == NOTES_MARKER:
            return "\n".join(lines[number + 1 :]).strip()
    return None


def fingerprint(event: Event) -> str:
    """The same for equal events on every machine, and for different ones different."""
    fields = [
        event.uid,
        event.starts_at.astimezone(UTC).isoformat(),
        event.ends_at.astimezone(UTC).isoformat(),
        event.zone,
        event.tentative,
        event.summary,
        event.description,
        event.location,
        event.categories,
        event.url,
    ]
    return sha256(json.dumps(fields, separators=(",", ":")).encode("ascii")).hexdigest()[:32]


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _summary(known: Told) -> str:
    staff = f"{one_line(known.staff, _NAME_LIMIT)}: " if known.staff else ""
    customer = _name(known.customer)
    return one_line(f"{staff}{_service(known)}{f' – {customer}' if customer else ''}", SUMMARY_LIMIT)


def _service(known: Told) -> str:
    service = one_line(known.service, _NAME_LIMIT) or "Booking"
    variant = one_line(known.variant, _NAME_LIMIT)
    return f"{service} ({variant})" if variant else service


def _name(customer: Customer | None) -> str:
    return one_line(customer.name, _NAME_LIMIT) if customer else ""


def _categories(known: Told) -> Iterator[str]:
    yield "Bookings"
    if service := one_line(known.service, _NAME_LIMIT):
        yield service
    if known.status in (BookingStatus.COMPLETED, BookingStatus.NO_SHOW):
        yield _STATUS_LINES[known.status]


def _description(known: Told, *, takes_notes: bool) -> str:
    lines = list(_facts(known))
    if not takes_notes:
        return "\n".join(lines)
    # The marker stands there without notes too, so that people can add some.
    head = "\n".join([*lines, "", NOTES_MARKER, ""] if lines else [NOTES_MARKER, ""])
    notes = clean(known.notes).strip()
    if len(head) + len(notes) > DESCRIPTION_LIMIT:
        head = head.replace(NOTES_MARKER, SHORTENED_MARKER)
        notes = shorten(notes, DESCRIPTION_LIMIT - len(head))
    return (head + notes).rstrip()


def _facts(known: Told) -> Iterator[str]:
    if known.status in _STATUS_LINES:
        yield _STATUS_LINES[known.status]
    if customer := known.customer:
        labelled = (("Customer", customer.name), ("Phone", customer.phone), ("E-mail", customer.email))
        facts = ((label, one_line(text, _NAME_LIMIT)) for label, text in labelled)
        yield from (f"{label}: {text}" for label, text in facts if text)
    if is_link(known.video_url):
        yield f"Video: {known.video_url}"
