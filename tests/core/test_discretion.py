"""What colleagues see of a personal block: when, and nothing else."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import discretion, intake
from gateway.core.expand import Taken, taken
from gateway.core.unacceptable import Unacceptable
from tests.core.ical_oracle import samples, single

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 2, 5, tzinfo=UTC)
SECRET = "Dr. Weiß, Zahnarzt"

SOMEWHERE = f"""\
BEGIN:VTIMEZONE
TZID:Somewhere
COMMENT:{SECRET}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
TZNAME:{SECRET}
END:STANDARD
END:VTIMEZONE"""
EVENT = """\
BEGIN:VEVENT
UID:a
DTSTAMP:20260101T000000Z
DTSTART;TZID=Somewhere:20260617T120000
DURATION:PT1H
SEQUENCE:3
RRULE:FREQ=DAILY
EXDATE;TZID=Somewhere:20260620T120000"""
OVERRIDE = """\
END:VEVENT
BEGIN:VEVENT
UID:a
DTSTAMP:20260101T000000Z
RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Somewhere:20260701T120000
DTSTART;TZID=Somewhere:20260701T140000
DTEND;TZID=Somewhere:20260701T143000"""


def body(in_calendar: list[str], in_event: list[str], in_override: list[str]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{SECRET}", *in_calendar, SOMEWHERE]
    lines += [EVENT, *in_event, OVERRIDE, *in_override, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def take(text: bytes) -> Taken:
    return taken(text, zone="Europe/Berlin", since=SINCE, until=UNTIL)


NAMES = """
SUMMARY DESCRIPTION LOCATION COMMENT CATEGORIES CONTACT CLASS URL GEO COLOR RESOURCES ATTACH ORGANIZER
ATTENDEE X-ANYTHING X-ALT-DESC STATUS TRANSP CREATED PRIORITY RELATED-TO EXRULE NAME CONFERENCE"""
named = st.sampled_from(NAMES.split())
params = st.sampled_from(
    ["", f';CN="{SECRET}"', f';X-A="{SECRET}"', f';VALUE="{SECRET}"', f';RANGE="{SECRET}"']
)
lines = st.builds(
    "{}{}:{}".format, named, params, st.sampled_from([SECRET, "", f"mailto:{SECRET}", f"1;{SECRET}"])
)
alarms = st.builds(
    "BEGIN:VALARM\n{}\nTRIGGER:-PT5M\n{}\nEND:VALARM".format, st.just("ACTION:DISPLAY"), lines
) | st.builds("BEGIN:X-PART\n{}\nEND:X-PART".format, lines)
busy = st.sampled_from(["X-MICROSOFT-CDO-BUSYSTATUS:FREE", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"])
rules = st.sampled_from(
    [
        f"RRULE;X-A={SECRET[:2]}:FREQ=WEEKLY",
        f"RRULE:FREQ=WEEKLY;{SECRET.replace(',', '')}",
        f'RDATE;X-A="{SECRET}";TZID=Somewhere:20260617T090000,20260618T090000',
        f'EXDATE;VALUE=DATE;X-A="{SECRET}":20260624',
    ]
)


@given(
    st.lists(lines, max_size=4),
    st.lists(lines | alarms | busy | rules, max_size=6),
    st.lists(lines | alarms | busy, max_size=6),
)
@settings(max_examples=90, deadline=None)
def test_no_word_gets_through_and_every_time_does(
    in_calendar: list[str], in_event: list[str], in_override: list[str]
) -> None:
    private = body(in_calendar, in_event, in_override)
    intake.check(private)
    public = discretion.shared(private)
    intake.check(public)
    assert not any(word in public.decode() for word in ("Wei", "Zahn", "Dr.", "mailto", "VALARM", "X-"))
    assert public.count(b"SUMMARY:Busy\r\n") == 2
    assert take(public) == take(private)
    assert discretion.shared(public) == public


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"]
)
def test_what_does_not_block_still_does_not(line: str) -> None:
    public = discretion.shared(body([], [line], [line]))
    assert take(public).spans == ()


def test_a_status_that_is_none_is_left_out() -> None:
    assert b"STATUS" not in discretion.shared(body([], [f"STATUS:{SECRET}"], []))


WRITTEN = {
    "a day that doesn't say so": ("RDATE:20260624", "RDATE;VALUE=DATE:20260624"),
    "a day in a zone": ("EXDATE;TZID=Somewhere:20260624", "EXDATE;VALUE=DATE:20260624"),
    "a time that says it's a day": ("RDATE;VALUE=DATE:20260624T120000Z", "RDATE:20260624T120000Z"),
    "a period of days": ("RDATE:20260624/20260625", "RDATE;VALUE=PERIOD:20260624T000000/20260625T000000"),
    "a zone defined elsewhere": (
        "RDATE;TZID=Tokyo Standard Time:20260624T120000",
        "RDATE;TZID=Asia/Tokyo:20260624T120000",
    ),
    "a zone defined here": (
        "RDATE;TZID=Somewhere:20260624T120000",
        "RDATE;TZID=Somewhere:20260624T120000",
    ),
}


@pytest.mark.parametrize(("line", "told"), WRITTEN.values(), ids=WRITTEN)
def test_dates_are_told_so_that_every_program_can_read_them(line: str, told: str) -> None:
    private = body([], [line], [])
    intake.check(private)
    public = discretion.shared(private)
    assert told in public.decode().split("\r\n")
    assert take(public) == take(private)


@pytest.mark.parametrize("line", ["RDATE:", "EXDATE:", "RRULE:"])
def test_what_says_nothing_is_left_out(line: str) -> None:
    private = body([], [line], [])
    intake.check(private)
    assert discretion.shared(private) == discretion.shared(body([], [], []))
    assert take(private) == take(body([], [], []))


def test_a_long_uid_is_folded_and_kept() -> None:
    uid = "ü" * 200
    public = discretion.shared(body([], [], []).replace(b"UID:a", f"UID:{uid}".encode()))
    assert max(map(len, public.split(b"\r\n"))) <= 75
    assert f"UID:{uid}" in public.decode().replace("\r\n ", "")


def test_real_calendars_keep_their_times_and_lose_their_words() -> None:
    for sample in samples():
        for private in single(sample):
            try:
                intake.check(private)
                whole = take(private)
            except Unacceptable:
                continue
            public = discretion.shared(private)
            intake.check(public)
            assert take(public) == whole, sample.name
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                events = icalendar.Calendar.from_ical(public).walk("VEVENT")
            assert {str(event["SUMMARY"]) for event in events} == {"Busy"}
