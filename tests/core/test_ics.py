"""A rendered body says what the event says, to every program that reads it, and nothing more."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar import Event as Component

from gateway.core import ics, zones
from gateway.core.model import Event, EventRevision
from gateway.core.wire import clean, fold
from tests.pace import pace

NAMES = sorted(zones.iana_names())
REVISION = EventRevision(3, datetime(2026, 6, 1, 8, 30, 15, tzinfo=UTC))
EVENT = Event(
    uid="booking-4711@here.example",
    starts_at=datetime(2026, 6, 17, 14, tzinfo=UTC),
    ends_at=datetime(2026, 6, 17, 15, tzinfo=UTC),
    zone="UTC",
    tentative=False,
    summary="Haircut (Long) – Maria Santos",
    description="Customer: Maria Santos\nPhone: +1 555 0100; home, evenings \\o/",
    location="1 Pier Road, Salem",
    categories=("Bookings", "Cut, colour; care"),
    url="https://meet.example/a;b,c",
)


def rendered(**changes: Any) -> str:
    return ics.render(replace(EVENT, **changes), REVISION).decode()


def line(text: str, name: str) -> str:
    (found,) = re.findall(
        rf"^{name}[;:].*$", text.replace("\r\n ", "").replace("\r\n", "\n").split("BEGIN:VEVENT")[1], re.M
    )
    return str(found)


def by_icalendar(body: bytes) -> Component:
    (event,) = Calendar.from_ical(body).events
    return event


def instant(event: Component, name: str) -> datetime:
    moment: datetime = event.decoded(name)
    return moment.astimezone(UTC)


def by_vobject(body: bytes) -> Any:
    return vobject.readOne(body.decode()).vevent


# The words


def test_a_body_word_for_word() -> None:
    assert rendered().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Daybridge//Bookings//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        "UID:booking-4711@here.example",
        "DTSTAMP:20260601T083015Z",
        "LAST-MODIFIED:20260601T083015Z",
        "SEQUENCE:3",
        "DTSTART:20260617T140000Z",
        "DTEND:20260617T150000Z",
        "SUMMARY:Haircut (Long) – Maria Santos",
        "DESCRIPTION:Customer: Maria Santos\\nPhone: +1 555 0100\\; home\\, evenings \\\\",
        " o/",
        "LOCATION:1 Pier Road\\, Salem",
        "CATEGORIES:Bookings,Cut\\, colour\\; care",
        "URL:https://meet.example/a;b,c",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_in_a_zone_times_are_local_and_the_zone_is_defined() -> None:
    text = rendered(zone="America/New_York")
    assert zones.present("America/New_York")[1] in text
    assert line(text, "DTSTART") == "DTSTART;TZID=America/New_York:20260617T100000"
    assert line(text, "DTEND") == "DTEND;TZID=America/New_York:20260617T110000"


def test_an_event_from_before_the_zones_present_rule_brings_its_history() -> None:
    long_ago = datetime(2006, 4, 20, 14, 0, tzinfo=UTC)
    text = rendered(zone="America/New_York", starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    assert zones.vtimezone("America/New_York") in text


def test_a_pending_event_is_tentative() -> None:
    assert line(rendered(tentative=True), "STATUS") == "STATUS:TENTATIVE"


def test_what_is_empty_is_left_out() -> None:
    text = rendered(description="", location="", categories=(), url="")
    assert not re.search("DESCRIPTION|LOCATION|CATEGORIES|URL", text)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(zones.UnknownZone):
        rendered(zone="Middle Earth")


@pytest.mark.parametrize("year", [1, 1582, 1999, 2061, 9999])
def test_beyond_what_a_vtimezone_covers_an_event_is_told_in_utc(year: int) -> None:
    start = datetime(year, 12, 31, 22, tzinfo=UTC)
    text = rendered(zone="Pacific/Kiritimati", starts_at=start, ends_at=start + timedelta(hours=1))
    assert "VTIMEZONE" not in text
    assert line(text, "DTSTART") == f"DTSTART:{year:04d}1231T220000Z"


# The nights when clocks change


@pytest.mark.parametrize(
    ("zone", "utc", "expected"),
    [
        # forward: an hour is missing
        ("America/New_York", "2026-03-08T06:59:59", ";TZID=America/New_York:20260308T015959"),
        ("America/New_York", "2026-03-08T07:00:00", ";TZID=America/New_York:20260308T030000"),
        ("Europe/Berlin", "2026-03-29T00:59:59", ";TZID=Europe/Berlin:20260329T015959"),
        ("Europe/Berlin", "2026-03-29T01:00:00", ";TZID=Europe/Berlin:20260329T030000"),
        ("Australia/Lord_Howe", "2026-10-03T15:29:59", ";TZID=Australia/Lord_Howe:20261004T015959"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00", ";TZID=Australia/Lord_Howe:20261004T023000"),
        # back: an hour comes twice, and local time can only mean the first
        ("America/New_York", "2026-11-01T05:30:00", ";TZID=America/New_York:20261101T013000"),
        ("America/New_York", "2026-11-01T06:30:00", ":20261101T063000Z"),
        ("America/New_York", "2026-11-01T07:00:00", ";TZID=America/New_York:20261101T020000"),
        ("Europe/Berlin", "2026-10-25T00:00:00", ";TZID=Europe/Berlin:20261025T020000"),
        ("Europe/Berlin", "2026-10-25T01:00:00", ":20261025T010000Z"),
        ("Europe/Berlin", "2026-10-25T02:00:00", ";TZID=Europe/Berlin:20261025T030000"),
        ("Australia/Lord_Howe", "2026-04-04T14:45:00", ";TZID=Australia/Lord_Howe:20260405T014500"),
        ("Australia/Lord_Howe", "2026-04-04T15:15:00", ":20260404T151500Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:30:00", ";TZID=Australia/Lord_Howe:20260405T020000"),
    ],
)
def test_an_instant_is_never_ambiguous(zone: str, utc: str, expected: str) -> None:
    start = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    body = ics.render(
        replace(EVENT, zone=zone, starts_at=start, ends_at=start + timedelta(hours=2)), REVISION
    )
    assert line(body.decode(), "DTSTART") == "DTSTART" + expected
    assert instant(by_icalendar(body), "DTSTART") == start
    assert by_vobject(body).dtstart.value.astimezone(UTC) == start


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_every_quarter_of_an_hour_of_both_nights(zone: str) -> None:
    for month in (3, 4, 10, 11):
        for quarter in range(31 * 96):
            start = datetime(2026, month, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)
            text = line(rendered(zone=zone, starts_at=start, ends_at=start + timedelta(hours=1)), "DTSTART")
            told = datetime.strptime(text.rpartition(":")[2].rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
            assert told.replace(tzinfo=UTC if text.endswith("Z") else ZoneInfo(zone)).astimezone(UTC) == start


# Any text, any zone, any instant

texts = st.text(st.characters(codec=None), max_size=300) | st.sampled_from(
    [
        "x\r\nATTENDEE:mailto:a@b.c",
        "x\nEND:VEVENT\nBEGIN:VEVENT\nORGANIZER:mailto:a@b.c",
        "x\rATTENDEE:mailto:a@b.c",
        "x\u2028ATTENDEE:mailto:a@b.c\u2029\x85\x0b\x0c\x1c\x1d\x1e",
        "a\\nb\\,c\\;d\\\\e\\",
        "\\" * 200,
        "\n" * 200,
        "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
        "é" * 500,
        "\ud83d\udc69 \ud800",
        "\0\x01\x7f\ufffe\uffff",
        "a\tb",
        "x" * 20_000,
    ]
)
instants = st.datetimes(datetime(2000, 1, 2), datetime(2036, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def any_events(draw: st.DrawFn) -> Event:
    start = draw(instants)
    return Event(
        uid=draw(texts.filter(lambda text: 0 < len(clean(text).strip()) < 400)),
        starts_at=start,
        ends_at=start + timedelta(seconds=draw(st.integers(1, 10**6))),
        zone=draw(st.sampled_from(NAMES)),
        tentative=draw(st.booleans()),
        summary=draw(texts),
        description=draw(texts),
        location=draw(texts),
        categories=tuple(draw(st.lists(texts, max_size=3))),
        url=draw(texts),
    )


@given(any_events())
@settings(max_examples=100, deadline=None)
@example(replace(EVENT, zone="America/New_York", url="https://a.example/\r\nATTENDEE:mailto:a@b.c"))
def test_the_form_is_right_whatever_the_event(event: Event) -> None:
    body = ics.render(event, REVISION)
    assert body.endswith(b"\r\n")
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\r\n]", b"".join(lines))
    for one in lines:
        one.decode("utf-8")
    names = [re.split("[;:]", one)[0] for one in body.decode().replace("\r\n ", "").split("\r\n")]
    assert names.count("BEGIN") - names.count("END") == 0
    assert not {"ATTENDEE", "ORGANIZER", "METHOD", "VALARM"} & set(names)
    ics.check(body)


@given(any_events())
@settings(max_examples=100, deadline=None)
def test_icalendar_reads_what_was_written(event: Event) -> None:
    read = by_icalendar(ics.render(event, REVISION))
    assert (instant(read, "DTSTART"), instant(read, "DTEND")) == (event.starts_at, event.ends_at)
    assert read.errors == []
    assert read.get("SUMMARY") == clean(event.summary)
    assert read.get("UID") == clean(event.uid)
    assert read.get("DESCRIPTION", "") == clean(event.description)
    assert read.get("LOCATION", "") == clean(event.location)
    assert read["STATUS"] == ("TENTATIVE" if event.tentative else "CONFIRMED")
    assert read["SEQUENCE"] == 3
    assert instant(read, "DTSTAMP") == instant(read, "LAST-MODIFIED") == REVISION.modified_at


@given(any_events())
@settings(max_examples=100, deadline=None)
def test_vobject_reads_what_was_written(event: Event) -> None:
    """Radicale's parser, and the one that takes the VTIMEZONE at its word."""
    read = by_vobject(ics.render(event, REVISION))
    assert read.dtstart.value.astimezone(UTC) == event.starts_at
    assert read.dtend.value.astimezone(UTC) == event.ends_at
    assert read.summary.value == clean(event.summary)
    assert getattr(read, "description", None) is None or read.description.value == clean(event.description)


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_unfolding_gives_back_what_was_folded(text: str) -> None:
    folded = fold(text.replace("\r\n ", ""))
    assert folded.replace("\r\n ", "") == text.replace("\r\n ", "")
    assert all(len(piece.encode()) <= 75 for piece in folded.split("\r\n "))


# Entity tags and speed


def test_an_etag_is_a_quoted_digest() -> None:
    assert ics.etag(b"") == '"e3b0c44298fc1c149afbf4c8996fb924"'
    assert ics.etag(b"a") != ics.etag(b"b")


def test_rendering_is_fast() -> None:
    """About 15 µs an event; the bound leaves room for a busy machine."""
    event = replace(EVENT, zone="America/New_York")
    ics.render(event, REVISION)
    start = time.process_time()
    for _ in range(2_000):
        ics.render(event, REVISION)
    assert (time.process_time() - start) / 2_000 < 150e-6 * pace()
