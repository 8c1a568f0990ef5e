"""The demo business is one that could exist: nobody is in two places, and nobody works at night."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain, groupby, pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.demo_business import demo_business
from gateway.core.demo_rows import DemoBooking, DemoBusiness, DemoStaff
from gateway.core.model import BookingStatus

TODAY = date(2026, 6, 17)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
WEEKDAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
BEFORE = {BookingStatus.COMPLETED, BookingStatus.NO_SHOW, BookingStatus.CANCELLED}
AHEAD = {BookingStatus.CONFIRMED, BookingStatus.PENDING, BookingStatus.CANCELLED}

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
sizes = st.integers(0, 400)
seeds = st.integers(0, 2**32)


@given(days, sizes, seeds)
@example(SPRING, 300, 1)
@example(SPRING - timedelta(days=1), 400, 2)
@example(AUTUMN, 300, 3)
@example(AUTUMN + timedelta(days=1), 400, 4)
@example(date(2028, 2, 29), 300, 5)
def test_it_could_exist(today: date, size: int, seed: int) -> None:
    business = demo(today, size, seed)
    assert len(business.bookings) == size
    assert_nobody_is_in_two_places(business)
    for booking in business.bookings:
        assert_possible(business, booking)
        assert booking.status in (BEFORE if local(booking.starts_at).date() < today else AHEAD)


@given(days, sizes, seeds)
def test_a_few_hundred_fit_around_today(today: date, size: int, seed: int) -> None:
    starts = [local(booking.starts_at).date() for booking in demo(today, size, seed).bookings]
    assert all(today - timedelta(weeks=6) <= day < today + timedelta(weeks=8) for day in starts)
    assert starts == sorted(starts)


@given(days, st.integers(0, 60), seeds)
def test_the_same_chance_gives_the_same_business(today: date, size: int, seed: int) -> None:
    assert demo(today, size, seed) == demo(today, size, seed)


def test_another_chance_gives_another_business() -> None:
    assert demo(TODAY, 300, 1).bookings != demo(TODAY, 300, 2).bookings


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_wall_clock_stays_while_the_offset_changes(change: date) -> None:
    bookings = demo(change, 400, 1).bookings
    before = {local(booking.starts_at).utcoffset() for booking in bookings if day_of(booking) < change}
    after = {local(booking.starts_at).utcoffset() for booking in bookings if day_of(booking) > change}
    assert len(before) == len(after) == 1
    assert before != after
    assert all(9 <= local(booking.starts_at).hour < 20 for booking in bookings)
    assert all(booking.starts_at.tzinfo is UTC and booking.ends_at.tzinfo is UTC for booking in bookings)


def test_ten_thousand_reach_out_on_both_sides() -> None:
    business = demo(TODAY, 10_000, 1)
    assert len(business.bookings) == 10_000
    assert_nobody_is_in_two_places(business)
    for booking in business.bookings:
        assert_possible(business, booking)
    assert day_of(business.bookings[0]) < TODAY - timedelta(weeks=26)
    assert day_of(business.bookings[-1]) > TODAY + timedelta(weeks=26)


def test_fates_are_spread_as_in_life() -> None:
    bookings = demo(TODAY, 10_000, 1).bookings
    past = [booking.status for booking in bookings if day_of(booking) < TODAY]
    ahead = [booking.status for booking in bookings if day_of(booking) >= TODAY]
    assert 0.04 < share(BookingStatus.CANCELLED, past + ahead) < 0.08
    assert 0.06 < share(BookingStatus.PENDING, ahead) < 0.10
    assert 0.03 < share(BookingStatus.NO_SHOW, past) < 0.07
    assert share(BookingStatus.COMPLETED, past) > 0.8
    assert share(BookingStatus.CONFIRMED, ahead) > 0.8


def test_there_is_something_of_everything() -> None:
    business = demo(TODAY, 300, 1)
    assert {booking.status for booking in business.bookings} == BEFORE | AHEAD
    assert len({booking.service for booking in business.bookings}) == len(business.services) == 6
    assert sum(bool(service.variants) for service in business.services) == 2
    assert any(booking.notes for booking in business.bookings)
    assert all(
        (booking.cancellation_reason is not None) == (booking.status is BookingStatus.CANCELLED)
        for booking in business.bookings
    )
    links = [booking.video_meeting_url for booking in business.bookings if booking.video_meeting_url]
    assert 0 < len(links) < 40
    assert len(set(links)) == len(links)


def test_the_near_future_is_fuller_than_the_far() -> None:
    weeks = Counter((day_of(booking) - TODAY).days // 7 for booking in demo(TODAY, 300, 1).bookings)
    assert weeks[0] + weeks[1] > weeks[6] + weeks[7]


def test_there_is_room_for_new_bookings() -> None:
    business = demo(TODAY, 10_000, 1)
    month = [booking for booking in business.bookings if 0 <= (day_of(booking) - TODAY).days < 28]
    taken = sum((booking.ends_at - booking.starts_at for booking in month), timedelta())
    open_for = sum((opening_time(member, TODAY, 28) for member in business.staff), timedelta())
    assert taken < open_for * 0.8


def test_people() -> None:
    business = demo(TODAY, 0, 1)
    assert [member.role for member in business.staff] == [1, 2, 2]
    assert len({str(member.weekly) for member in business.staff}) == 3
    assert {service for member in business.staff for service in member.services} == set(range(6))
    emails = [member.email for member in business.staff] + [one.email for one in business.customers]
    assert len(business.customers) == 60
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)*@example\.com", email) for email in emails)
    phones = {customer.phone for customer in business.customers}
    assert len(phones) == 60
    assert all(re.fullmatch(r"315-555-01\d\d", phone) for phone in phones)


@given(days)
def test_availability_has_the_shape_that_the_app_validates(today: date) -> None:
    for member in demo(today, 0, 1).staff:
        exceptions = member.availability["exceptions"]
        assert isinstance(exceptions, dict)
        assert all(date.fromisoformat(day) > today for day in exceptions)
        assert set(member.weekly) == WEEKDAYS
        for interval in chain(*member.weekly.values(), *exceptions.values()):
            assert set(interval) == {"start", "end"}
            assert all(re.fullmatch(r"[0-2]\d:[0-5]\d", clock) for clock in interval.values())
            assert interval["start"] < interval["end"]


def demo(today: date, size: int, seed: int) -> DemoBusiness:
    return demo_business(today, size, Random(seed))  # a demo, not a secret


def assert_possible(business: DemoBusiness, booking: DemoBooking) -> None:
    member, service = business.staff[booking.staff], business.services[booking.service]
    assert booking.service in member.services
    assert (booking.variant is None) == (not service.variants)
    offer = service if booking.variant is None else service.variants[booking.variant]
    assert (booking.ends_at - booking.starts_at, booking.price) == (
        timedelta(minutes=offer.duration),
        offer.price,
    )
    starts, ends = local(booking.starts_at), local(booking.ends_at)
    assert starts.minute % business.policy.interval_mins == 0
    assert any(
        interval["start"] <= f"{starts:%H:%M}" and f"{ends:%H:%M}" <= interval["end"]
        for interval in hours(member, starts.date())
    )


def assert_nobody_is_in_two_places(business: DemoBusiness) -> None:
    buffer = timedelta(minutes=business.policy.buffer_time_mins)
    by_staff = sorted(business.bookings, key=lambda booking: (booking.staff, booking.starts_at))
    for _, bookings in groupby(by_staff, key=lambda booking: booking.staff):
        assert all(one.ends_at + buffer <= other.starts_at for one, other in pairwise(bookings))
    visits = Counter((booking.customer, day_of(booking)) for booking in business.bookings)
    assert max(visits.values(), default=1) == 1


def hours(member: DemoStaff, day: date) -> list[dict[str, str]]:
    """Written a second time, from the reference and not from the code."""
    availability = member.availability
    exceptions = availability["exceptions"]
    assert isinstance(exceptions, dict)
    if day.isoformat() in exceptions:
        return exceptions[day.isoformat()]
    weekday = availability[f"{day:%A}".lower()]
    assert isinstance(weekday, list)
    return weekday


def opening_time(member: DemoStaff, first: date, length: int) -> timedelta:
    return sum(
        (
            datetime.fromisoformat(f"{first}T{interval['end']}")
            - datetime.fromisoformat(f"{first}T{interval['start']}")
            for ahead in range(length)
            for interval in hours(member, first + timedelta(days=ahead))
        ),
        timedelta(),
    )


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("America/New_York"))


def day_of(booking: DemoBooking) -> date:
    return local(booking.starts_at).date()


def share(status: BookingStatus, among: list[BookingStatus]) -> float:
    return among.count(status) / len(among)
