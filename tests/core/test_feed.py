"""A feed holds every component of every body once, and each time zone that they are told in."""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from gateway.core import ics, zones
from gateway.core.model import Event, EventRevision
from tests.pace import pace

NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)
REVISION = EventRevision(0, NOON)


def ours(number: int, zone: str, at: datetime = NOON) -> bytes:
    event = Event(
        uid=f"booking-{number}@here.example",
        starts_at=at,
        ends_at=at + timedelta(hours=1),
        zone=zone,
        tentative=False,
        summary="Cut\nBEGIN:VEVENT",
        description="",
        location="",
        categories=(),
        url="",
    )
    return ics.render(event, REVISION)


def theirs(uid: str, zone: str, *, offset: str = "+0300", end: str = "\r\n", tzid: str = "") -> bytes:
    """As a client might: lower case, its own zone after the event, folded lines, an alarm, an override."""
    lines = f"""BEGIN:VCALENDAR
PRODID:-//Somebody//Else//EN
VERSION:2.0
METHOD:PUBLISH
begin:VEVENT
DTSTART;VALUE=DATE-TIME;TZID={zone}:20260617T150000
DTEND;TZID={zone}:20260617T160000
UID:{uid}
DTSTAMP:20260101T000000Z
SUMMARY:A long title that goes on and on and on\\, so that it must be folded s
 omewhere: BEGIN:VEVENT
RRULE:FREQ=WEEKLY
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:!
END:VALARM
end:VEVENT
BEGIN:VEVENT
RECURRENCE-ID;TZID={zone}:20260624T150000
DTSTART;TZID={zone}:20260624T170000
DURATION:PT1H
UID:{uid}
DTSTAMP:20260101T000000Z
END:VEVENT
BEGIN:VTIMEZONE
TZID:{tzid or zone.strip('"')}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE
END:VCALENDAR
"""
    return lines.replace("\n", end).encode()


def merged(*bodies: bytes, name: str = "Alice", refresh: timedelta | None = None) -> str:
    return b"".join(ics.merge(bodies, name=name, refresh=refresh)).decode()


def count(text: str) -> Counter[str]:
    return Counter(re.findall(r"^BEGIN:(.*)\r$", text, re.M | re.I))


def zone_names(text: str) -> list[str]:
    return re.findall(r"^TZID:(.*)\r$", text, re.M)


def starts(text: str) -> dict[str, datetime]:
    """When each UID starts, by vobject, which believes the VTIMEZONEs of the feed."""
    events: list[Any] = vobject.readOne(text).vevent_list
    return {
        one.uid.value: one.dtstart.value.astimezone(UTC)
        for one in events
        if not hasattr(one, "recurrence_id")
    }


# The calendar around it


def test_an_empty_feed_is_a_calendar_with_a_name() -> None:
    assert merged(name="Alice, at work", refresh=timedelta(minutes=15)).split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Daybridge//Bookings//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Alice\\, at work",
        "X-WR-CALNAME:Alice\\, at work",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "END:VCALENDAR",
        "",
    ]


@pytest.mark.parametrize(
    ("refresh", "told"),
    [
        (timedelta(hours=1), "PT1H"),
        (timedelta(days=1), "PT24H"),
        (timedelta(minutes=90), "PT90M"),
        (timedelta(seconds=59), "PT59S"),
        (timedelta(0), "PT1S"),
    ],
)
def test_how_often_to_ask(refresh: timedelta, told: str) -> None:
    assert f"X-PUBLISHED-TTL:{told}\r\n" in merged(refresh=refresh)


def test_without_an_interval_nothing_is_said_about_it() -> None:
    assert not re.search("REFRESH|TTL", merged(ours(1, "UTC")))


def test_a_name_can_break_nothing() -> None:
    text = merged(name="x\r\nATTENDEE:mailto:a@b.c" + "é" * 100)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "\r\nATTENDEE" not in text


# Our own bodies


def test_our_events_stand_in_a_feed_byte_for_byte() -> None:
    bodies = [ours(1, "America/New_York"), ours(2, "America/New_York"), ours(3, "UTC")]
    text = merged(*bodies)
    for body in bodies:
        (event,) = re.findall(r"BEGIN:VEVENT\r\n.*END:VEVENT\r\n", body.decode(), re.DOTALL)
        assert event in text
    assert count(text) == {"VCALENDAR": 1, "VTIMEZONE": 1, "STANDARD": 2, "DAYLIGHT": 2, "VEVENT": 3}


def test_several_zones_are_each_defined_once() -> None:
    places = ["America/New_York", "Europe/Berlin", "UTC", "Asia/Kolkata"]
    text = merged(*(ours(number, place) for number, place in enumerate(places * 3)))
    assert zone_names(text) == ["America/New_York", "Europe/Berlin", "Asia/Kolkata"]
    assert set(starts(text).values()) == {NOON}
    assert len(starts(text)) == 12


def test_a_zone_that_its_first_event_did_without_is_defined_for_the_second() -> None:
    """The hour that comes twice is told in UTC."""
    twice = datetime(2026, 11, 1, 6, tzinfo=UTC)
    first = ours(1, "America/New_York", twice).replace(
        b"DTEND;TZID=America/New_York:20261101T020000", b"DTEND:20261101T070000Z"
    )
    assert b";TZID=" not in first
    text = merged(first, first, ours(2, "America/New_York"))
    assert zone_names(text) == ["America/New_York"]


def test_a_definition_from_an_older_tzdata_is_replaced() -> None:
    old = ours(1, "Europe/Berlin").replace(b"TZNAME:CEST\r\n", b"")
    text = merged(old, old, ours(2, "Europe/Berlin"))
    assert zones.vtimezone("Europe/Berlin") in text
    assert zone_names(text) == ["Europe/Berlin"]
    assert count(text)["VEVENT"] == 3


# Bodies of clients


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_what_a_client_wrote_keeps_its_parts(end: str) -> None:
    text = merged(ours(1, "Europe/Berlin"), theirs("a", "Somewhere", end=end), ours(2, "Europe/Berlin"))
    assert count(text) == {
        "VCALENDAR": 1, "VTIMEZONE": 2, "STANDARD": 2, "DAYLIGHT": 1, "VEVENT": 4, "VALARM": 1
    }  # fmt: skip
    assert "METHOD" not in text
    assert not re.search(r"\r(?!\n)|(?<!\r)\n", text)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert starts(text) == {"booking-1@here.example": NOON, "a": NOON, "booking-2@here.example": NOON}
    assert len(Calendar.from_ical(text.encode()).events) == 4


def test_two_clients_may_mean_different_zones_by_one_name() -> None:
    text = merged(
        theirs("a", '"Customized Time Zone"'),
        theirs("b", '"Customized Time Zone"', offset="-0500"),
        theirs("c", '"Customized Time Zone"'),
        theirs("d", '"Customized Time Zone"', offset="-0500"),
    )
    assert zone_names(text) == ["Customized Time Zone", "Customized Time Zone (2)"]
    evening = NOON + timedelta(hours=8)
    assert starts(text) == {"a": NOON, "b": evening, "c": NOON, "d": evening}


def test_a_name_with_commas_stays_one_name() -> None:
    text = merged(theirs("a", '"GMT +0100 (Standard), GMT +0200"', tzid="GMT +0100 (Standard)\\, GMT +0200"))
    assert text.count("\r\nTZID:GMT +0100 (Standard)\\, GMT +0200\r\n") == 1


def test_a_zone_that_iana_knows_is_defined_in_our_words() -> None:
    """Else a client's short definition would move everybody's events."""
    text = merged(theirs("a", "Europe/Berlin", offset="+0900"), ours(1, "Europe/Berlin"))
    assert zones.vtimezone("Europe/Berlin") in text
    assert zone_names(text) == ["Europe/Berlin"]


def test_a_zone_that_a_client_forgot_to_define_is_added() -> None:
    body = re.sub(rb"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", b"", theirs("a", "Asia/Tokyo"), flags=re.DOTALL)
    assert zones.vtimezone("Asia/Tokyo") in merged(body)


def test_a_client_may_imitate_our_head() -> None:
    plain = ours(1, "UTC").replace(b"DTSTART:20260617T120000Z", b"DTSTART;TZID=Asia/Tokyo:20260617T210000")
    assert zone_names(merged(plain)) == ["Asia/Tokyo"]
    late = ours(1, "UTC").replace(
        b"END:VCALENDAR\r\n",
        zones.vtimezone("Asia/Tokyo").encode() + ours(2, "Asia/Tokyo").partition(b"END:VTIMEZONE\r\n")[2],
    )
    text = merged(late, ours(3, "Asia/Tokyo"))
    assert zone_names(text) == ["Asia/Tokyo"]
    assert count(text)["VEVENT"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"hello",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n",
        b"END:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_what_is_no_calendar_adds_nothing(body: bytes) -> None:
    assert merged(body, ours(1, "UTC")) == merged(ours(1, "UTC"))


def test_a_byte_order_mark_is_no_hindrance() -> None:
    assert count(merged(b"\xef\xbb\xbf" + theirs("a", "Somewhere")))["VEVENT"] == 2


our_bodies = st.builds(ours, st.integers(0, 99), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Gaza"]))
their_bodies = st.builds(
    theirs,
    st.sampled_from("abc"),
    st.sampled_from(["Somewhere", "Europe/Berlin", "UTC"]),
    offset=st.sampled_from(["+0100", "-0330"]),
    end=st.sampled_from(["\n", "\r\n"]),
)


@given(st.lists(our_bodies | their_bodies, max_size=8))
@settings(max_examples=100, deadline=None)
def test_in_any_mixture_nothing_is_lost_and_no_zone_is_there_twice(bodies: list[bytes]) -> None:
    text = merged(*bodies)
    assert count(text)["VEVENT"] == sum(
        len(re.findall(rb"^BEGIN:VEVENT", body, re.M | re.I)) for body in bodies
    )
    names = zone_names(text)
    assert len(names) == len(set(names))
    used = {name.strip('"') for name in re.findall(r';TZID=("[^"]*"|[^:;]*)', text)}
    assert set(names) == used


def test_ten_thousand_bodies_come_in_chunks_and_fast() -> None:
    """About 20 ms; the bound leaves room for a busy machine."""
    bodies = [ours(1, "America/New_York")] * 10_000
    start = time.process_time()
    chunks = list(ics.merge(bodies, name="Alice", refresh=None))
    assert time.process_time() - start < 0.2 * pace()
    assert max(map(len, chunks)) < 100_000
