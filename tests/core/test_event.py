"""What a booking looks like in a calendar."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import event as events
from gateway.core.event import NOTES_MARKER, SHORTENED_MARKER, fingerprint, from_booking, is_shown, notes_of
from gateway.core.model import Booking, BookingStatus, Business, Customer, Detail, Event

BUSINESS = Business(1, "Harbor Hair", "Eastern Time (US & Canada)", "1 Pier Road, Salem")
MARIA = Customer("Maria", "Santos", "maria@example.com", "+1 555 0100")
BOOKING = Booking(
    id=4711,
    staff_id=11,
    staff_name="Dana",
    status=BookingStatus.CONFIRMED,
    starts_at=datetime(2026, 6, 17, 14, tzinfo=UTC),
    ends_at=datetime(2026, 6, 17, 15, tzinfo=UTC),
    service="Haircut",
    variant="Long",
    customer=MARIA,
    notes="Allergic to ammonia\nWindow seat",
    video_url="https://meet.example/abc",
)


def shown(
    business: Business = BUSINESS, *, detail: Detail = Detail.FULL, team: bool = False, **changes: Any
) -> Event:
    return from_booking(replace(BOOKING, **changes), business, detail, installation="here.example", team=team)


# The event of a booking


def test_a_booking_in_full() -> None:
    assert shown() == Event(
        uid="booking-4711@here.example",
        starts_at=BOOKING.starts_at,
        ends_at=BOOKING.ends_at,
        zone="America/New_York",
        tentative=False,
        summary="Haircut (Long) – Maria Santos",
        description=(
            "Customer: Maria Santos\n"
            "Phone: +1 555 0100\n"
            "E-mail: maria@example.com\n"
            "Video: https://meet.example/abc\n"
            "\n"
            "— notes —\n"
            "Allergic to ammonia\n"
            "Window seat"
        ),
        location="1 Pier Road, Salem",
        categories=("Bookings", "Haircut"),
        url="https://meet.example/abc",
    )


@pytest.mark.parametrize(
    ("changes", "summary"),
    [
        ({}, "Haircut (Long) – Maria Santos"),
        ({"variant": ""}, "Haircut – Maria Santos"),
        ({"customer": None}, "Haircut (Long)"),
        ({"customer": Customer("", "", "", "")}, "Haircut (Long)"),
        ({"customer": Customer("Maria", "", "", "")}, "Haircut (Long) – Maria"),
        ({"service": "", "variant": ""}, "Booking – Maria Santos"),
        ({"service": " ", "variant": "", "customer": None}, "Booking"),
        ({"team": True}, "Dana: Haircut (Long) – Maria Santos"),
        ({"team": True, "staff_name": ""}, "Haircut (Long) – Maria Santos"),
        ({"detail": Detail.SERVICE}, "Haircut (Long)"),
        ({"detail": Detail.SERVICE, "team": True}, "Dana: Haircut (Long)"),
        ({"detail": Detail.BUSY, "team": True}, "Busy"),
    ],
)
def test_summary(changes: dict[str, Any], summary: str) -> None:
    assert shown(**changes).summary == summary


@pytest.mark.parametrize(
    ("status", "first_line", "category"),
    [
        (BookingStatus.PENDING, "Waiting for confirmation", None),
        (BookingStatus.CONFIRMED, "Customer: Maria Santos", None),
        (BookingStatus.COMPLETED, "Completed", "Completed"),
        (BookingStatus.NO_SHOW, "No-show", "No-show"),
    ],
)
def test_status(status: BookingStatus, first_line: str, category: str | None) -> None:
    event = shown(status=status)
    assert event.tentative is (status is BookingStatus.PENDING)
    assert event.description.split("\n")[0] == first_line
    assert event.categories == ("Bookings", "Haircut", *([category] if category else []))


def test_absent_facts_leave_no_empty_labels() -> None:
    event = shown(customer=Customer("Maria", "", " ", "\0"), notes="", video_url="")
    assert event.description == "Customer: Maria\n\n— notes —"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "meet.example/abc",
        "https://",
        "https://a b",
        "https://a.example/\r\nATTENDEE:mailto:a@b.c",
        'https://a.example/"',
        "https://a.example/<x>",
        "https://exämple.example/",
        "https://a.example/" + "x" * 3000,
    ],
)
def test_a_url_is_a_web_address_or_absent(url: str) -> None:
    event = shown(video_url=url)
    assert event.url == ""
    assert "Video" not in event.description


@pytest.mark.parametrize("url", ["https://zoom.us/j/1?pwd=a%20b&c=(d);e,f#g", "http://[::1]:8080/~x"])
def test_ordinary_web_addresses_stay_as_they_are(url: str) -> None:
    assert shown(video_url=url).url == url


@pytest.mark.parametrize("name", ["", "Middle Earth", "../../etc/passwd", "\0", "x" * 10_000])
def test_in_an_unknown_zone_an_event_is_told_in_utc(name: str) -> None:
    event = shown(replace(BUSINESS, time_zone=name))
    assert (event.zone, event.starts_at) == ("UTC", BOOKING.starts_at)


def test_parts_of_seconds_are_left_out() -> None:
    assert shown(starts_at=BOOKING.starts_at.replace(microsecond=999_999)).starts_at == BOOKING.starts_at


# What is shown at all


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (BookingStatus.PENDING, True),
        (BookingStatus.CONFIRMED, True),
        (BookingStatus.CANCELLED, False),
        (BookingStatus.COMPLETED, True),
        (BookingStatus.NO_SHOW, True),
        (BookingStatus.BUSINESS_DELETED, False),
    ],
)
def test_cancelled_bookings_are_not_shown(status: BookingStatus, expected: bool) -> None:
    assert is_shown(replace(BOOKING, status=status)) is expected


@pytest.mark.parametrize("seconds", [0, -1, -3600, 0.5])
def test_a_booking_must_end_after_it_starts(seconds: float) -> None:
    assert not is_shown(replace(BOOKING, ends_at=BOOKING.starts_at + timedelta(seconds=seconds)))


# Notes go out and come back


def test_notes_come_back_as_they_went_out() -> None:
    assert notes_of(shown().description) == "Allergic to ammonia\nWindow seat"


def test_no_notes_come_back_as_none_written() -> None:
    assert notes_of(shown(notes="").description) == ""


@pytest.mark.parametrize("detail", [Detail.SERVICE, Detail.BUSY])
def test_without_a_marker_there_is_nothing_to_take_back(detail: Detail) -> None:
    assert notes_of(shown(detail=detail).description) is None
    assert notes_of("") is None


def test_a_client_may_change_line_ends_and_blanks() -> None:
    changed = shown(notes="").description.replace("\n", "\r\n").replace(NOTES_MARKER, f" {NOTES_MARKER} ")
    assert notes_of(changed + "\r\nBring\r\nthe chart \r\n") == "Bring\nthe chart"


def test_nobody_can_move_the_marker_with_a_name() -> None:
    event = shown(customer=Customer(f"\n{NOTES_MARKER}\nEvil", NOTES_MARKER, "", ""))
    assert notes_of(event.description) == "Allergic to ammonia\nWindow seat"


def test_a_marker_within_the_notes_belongs_to_them() -> None:
    assert notes_of(shown(notes=f"a\n{NOTES_MARKER}\nb").description) == f"a\n{NOTES_MARKER}\nb"


def test_shortened_notes_never_come_back() -> None:
    description = shown(notes="x" * 9_000).description
    assert SHORTENED_MARKER in description
    assert description.endswith("xx…")
    assert len(description) == events.DESCRIPTION_LIMIT
    assert notes_of(description) is None


# Hygiene

anything = st.text(st.characters(codec=None), max_size=400) | st.sampled_from(
    [
        "",
        "\0",
        "\ud83d",
        "\r\nATTENDEE:mailto:a@b.c",
        "👩‍👩‍👧",
        "\u2028",
        "a\tb",
        "x" * 20_000,
        "é" * 20_000,
        "\n" * 20_000,
    ]
)
people = st.none() | st.builds(Customer, anything, anything, anything, anything)
bookings = st.builds(
    Booking,
    id=st.integers(1),
    staff_id=st.integers(1),
    staff_name=anything,
    status=st.sampled_from(BookingStatus),
    starts_at=st.just(BOOKING.starts_at),
    ends_at=st.just(BOOKING.ends_at),
    service=anything,
    variant=anything,
    customer=people,
    notes=anything,
    video_url=anything,
)
businesses = st.builds(Business, st.integers(1), anything, anything, anything)


@given(bookings, businesses, st.sampled_from(Detail), st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_row_can_blow_up_a_calendar(
    booking: Booking, business: Business, detail: Detail, team: bool
) -> None:
    event = from_booking(booking, business, detail, installation="here.example", team=team)
    assert len(event.summary) <= 255
    assert len(event.description) <= 8_000
    assert len(event.location) <= 500
    texts = [event.summary, event.description, event.location, event.url, *event.categories]
    for text in texts:
        text.encode("utf-8")
        assert all(letter.isprintable() or letter == "\n" or ord(letter) > 0x9F for letter in text)
    assert "\n" not in "".join(texts).replace(event.description, "")


@given(anything)
@settings(max_examples=100, deadline=None)
def test_notes_that_went_out_whole_come_back_the_same_for_ever(notes: str) -> None:
    """The push after an accepted edit must find nothing to do."""
    back = notes_of(shown(notes=notes).description)
    if back is not None:
        assert notes_of(shown(notes=back).description) == back


# Fingerprints


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint(shown()) == "6df1bf3b1c0ab8c056efbc8ec5b19b2d"


def test_a_fingerprint_is_of_instants_not_of_how_they_are_told() -> None:
    here = timezone(timedelta(hours=-4))
    moved = replace(shown(), starts_at=BOOKING.starts_at.astimezone(here))
    assert fingerprint(moved) == fingerprint(shown())


@pytest.mark.parametrize(
    "changes",
    [
        {"uid": "x"},
        {"starts_at": datetime(2026, 6, 17, 14, 1, tzinfo=UTC)},
        {"ends_at": datetime(2026, 6, 17, 15, 1, tzinfo=UTC)},
        {"zone": "UTC"},
        {"tentative": True},
        {"summary": "x"},
        {"description": "x"},
        {"location": "x"},
        {"categories": ("Bookings,Haircut",)},
        {"url": ""},
    ],
    ids="".join,
)
def test_every_field_counts(changes: dict[str, Any]) -> None:
    assert fingerprint(replace(shown(), **changes)) != fingerprint(shown())


def test_no_field_was_forgotten() -> None:
    (marks,) = [mark for mark in test_every_field_counts.pytestmark if mark.name == "parametrize"]
    assert {name for changes in marks.args[1] for name in changes} == {field.name for field in fields(Event)}
