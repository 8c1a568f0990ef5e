"""What each level of detail tells, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.core.event import from_booking
from gateway.core.model import Booking, BookingStatus, Business, Customer, Detail, Event
from gateway.core.privacy import Told, told

MARIA = Customer("Maria", "Santos", "maria@example.com", "+1 555 0100")
BUSINESS = Business(1, "Harbor Hair", "America/New_York", "1 Pier Road, Salem")
BOOKING = Booking(
    id=4711,
    staff_id=11,
    staff_name="Dana",
    status=BookingStatus.NO_SHOW,
    starts_at=datetime(2026, 6, 17, 14, tzinfo=UTC),
    ends_at=datetime(2026, 6, 17, 15, tzinfo=UTC),
    service="Haircut",
    variant="Long",
    customer=MARIA,
    notes="Allergic to ammonia",
    video_url="https://meet.example/abc",
)
SECRETS = ("Maria", "Santos", "maria@", "555", "ammonia", "meet.example", "No-show")


def test_full_tells_everything() -> None:
    assert told(BOOKING, BUSINESS, Detail.FULL, team=True) == Told(
        status=BookingStatus.NO_SHOW,
        staff="Dana",
        service="Haircut",
        variant="Long",
        location="1 Pier Road, Salem",
        customer=MARIA,
        notes="Allergic to ammonia",
        video_url="https://meet.example/abc",
    )


def test_service_tells_what_and_where_but_not_who_comes() -> None:
    assert told(BOOKING, BUSINESS, Detail.SERVICE, team=True) == Told(
        staff="Dana", service="Haircut", variant="Long", location="1 Pier Road, Salem"
    )


def test_busy_tells_nothing() -> None:
    assert told(BOOKING, BUSINESS, Detail.BUSY, team=True) == Told()


@pytest.mark.parametrize("detail", Detail)
def test_only_team_calendars_say_whose_booking_it_is(detail: Detail) -> None:
    assert told(BOOKING, BUSINESS, detail, team=False).staff == ""


@pytest.mark.parametrize(
    ("detail", "status"),
    [
        (Detail.FULL, BookingStatus.PENDING),
        (Detail.SERVICE, BookingStatus.PENDING),
        (Detail.BUSY, BookingStatus.CONFIRMED),
    ],
)
def test_that_a_booking_waits_is_told_with_its_service(detail: Detail, status: BookingStatus) -> None:
    pending = replace(BOOKING, status=BookingStatus.PENDING)
    assert told(pending, BUSINESS, detail, team=False).status is status


@pytest.mark.parametrize("status", BookingStatus)
@pytest.mark.parametrize("team", [False, True])
def test_no_word_of_the_customer_is_in_a_service_event(status: BookingStatus, team: bool) -> None:
    event = shown(Detail.SERVICE, status, team)
    assert [secret for secret in SECRETS if secret in repr(event)] == []


@pytest.mark.parametrize("status", BookingStatus)
@pytest.mark.parametrize("team", [False, True])
def test_a_busy_event_is_a_time_and_nothing_else(status: BookingStatus, team: bool) -> None:
    assert shown(Detail.BUSY, status, team) == Event(
        uid="booking-4711@here.example",
        starts_at=BOOKING.starts_at,
        ends_at=BOOKING.ends_at,
        zone="America/New_York",
        tentative=False,
        summary="Busy",
        description="",
        location="",
        categories=(),
        url="",
    )


def shown(detail: Detail, status: BookingStatus, team: bool) -> Event:
    booking = replace(BOOKING, status=status)
    return from_booking(booking, BUSINESS, detail, installation="here.example", team=team)
