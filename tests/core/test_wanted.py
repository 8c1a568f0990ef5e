"""What a calendar's version of an event says: its times in whatever zone, and what else matters to a booking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core import ics, zones
from gateway.core.wanted import Wanted, read

ZONE = "Eastern Time (US & Canada)"
# Clocks of the client's own making: an hour behind UTC, and on UTC from the last Sunday of March to October's.
SOMEWHERE = """\
BEGIN:VTIMEZONE
TZID:Some\\, where
X-LIC-LOCATION:Somewhere
BEGIN:DAYLIGHT
DTSTART:19810329T000000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:-0100
TZOFFSETTO:+0000
TZNAME;LANGUAGE=en:summer
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19811025T010000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0000
TZOFFSETTO:-0100
END:STANDARD
END:VTIMEZONE"""


def body(lines: str, *, before: str = "", after: str = "") -> bytes:
    event = f"BEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT"
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", before, event, after, "END:VCALENDAR", ""]
    found = "\n".join(part for part in parts if part).replace("\n", "\r\n").encode() + b"\r\n"
    ics.check(found)
    return found


def wanted(lines: str = "", *, before: str = "", after: str = "", owner: str = "") -> Wanted:
    start = "" if "DTSTART" in lines.upper() else "DTSTART:20260617T120000Z\nDTEND:20260617T130000Z\n"
    return read(body((start + lines).strip(), before=before, after=after), zone=ZONE, owner=owner)


# Times

NOON = datetime(2026, 6, 17, 12, tzinfo=UTC)
STARTS = {
    "UTC": "DTSTART:20260617T120000Z",
    "a zone of IANA's": "DTSTART;TZID=Asia/Tokyo:20260617T210000",
    "quoted, in lower case": 'dtstart;tzid="Asia/Tokyo":20260617T210000',
    "a zone of Rails'": "DTSTART;TZID=Hawaii:20260617T020000",
    "a zone of its own": 'DTSTART;TZID="Some, where":20260617T120000',
    "floating": "DTSTART:20260617T080000",
    "UTC, whatever zone it is said to be in": "DTSTART;TZID=Asia/Tokyo:20260617T120000Z",
    "with a zone's name in another parameter": 'DTSTART;X-A=";TZID=Asia/Tokyo";TZID=UTC:20260617T120000',
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_time_is_an_instant(start: str) -> None:
    own = SOMEWHERE if "Some, where" in start else ""
    hawaii = SOMEWHERE.replace("Some\\, where", "Hawaii") if "Hawaii" in start else ""
    found = wanted(f"{start}\nDURATION:PT1H", before=own or hawaii)
    assert (found.starts_at, found.ends_at) == (NOON, NOON + timedelta(hours=1))
    assert not found.all_day


def test_the_end_may_be_in_another_zone() -> None:
    found = wanted("DTSTART;TZID=Asia/Tokyo:20260617T210000\nDTEND:20260617T090000")
    assert (found.starts_at, found.ends_at) == (NOON, NOON + timedelta(hours=1))


def test_days_are_counted_on_the_calendar_and_hours_on_a_stopwatch() -> None:
    """In the night to 8 March 2026, New York's clocks are put forward."""
    start = "DTSTART;TZID=America/New_York:20260307T120000"
    assert wanted(f"{start}\nDURATION:P1D").ends_at == datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert wanted(f"{start}\nDURATION:PT24H").ends_at == datetime(2026, 3, 8, 17, tzinfo=UTC)
    assert wanted(f"{start}\nDURATION:P1DT1H").ends_at == datetime(2026, 3, 8, 17, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first_and_one_that_never_comes_is_counted_from_before() -> None:
    for zone in ("TZID=America/New_York", "TZID=X"):
        own = (
            zones.vtimezone("America/New_York")
            .replace("TZID:America/New_York", "TZID:X")
            .replace("\r\n", "\n")
        )
        twice = wanted(f"DTSTART;{zone}:20261101T013000", before=own.strip())
        never = wanted(f"DTSTART;{zone}:20260308T023000", before=own.strip())
        assert twice.starts_at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        assert never.starts_at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_day_begins_at_the_businesss_midnight() -> None:
    found = wanted("DTSTART;VALUE=DATE:20260617\nDTEND;VALUE=DATE:20260618")
    assert found.all_day
    assert found.starts_at == datetime(2026, 6, 17, 4, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 6, 18, 4, tzinfo=UTC)


def test_without_an_end_it_ends_as_it_starts() -> None:
    found = wanted("DTSTART:20260617T120000Z")
    assert found.starts_at == found.ends_at


def test_a_business_in_an_unknown_zone_lives_in_utc() -> None:
    assert read(body("DTSTART:20260617T120000"), zone="Atlantis").starts_at == NOON


def test_a_zone_that_means_nothing_is_refused_in_words() -> None:
    odd = SOMEWHERE.replace("BYDAY=-1SU", "BYDAY=-1XX")
    with pytest.raises(ics.Unacceptable, match="can't be read"):
        wanted('DTSTART;TZID="Some, where":20260617T120000', before=odd)


# Everything else


@pytest.mark.parametrize(
    "line", ["RRULE:FREQ=DAILY", "RDATE:20260618T120000Z", "EXDATE:20260617T120000Z", "rrule:FREQ=WEEKLY"]
)
def test_it_recurs(line: str) -> None:
    assert wanted(line).recurs


def test_an_exception_makes_it_recur_and_does_not_speak_for_it() -> None:
    other = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260618T120000Z\nDTSTART:20260101T000000Z\nEND:VEVENT"
    for found in (wanted(after=other), wanted(before=other)):
        assert found.recurs
        assert found.starts_at == NOON


def test_plain_events_do_not_recur() -> None:
    assert not wanted().recurs


@pytest.mark.parametrize(
    ("line", "cancelled", "tentative"),
    [
        ("STATUS:CANCELLED", True, None),
        ("status: cancelled", True, None),
        ("STATUS:CONFIRMED", False, False),
        ("STATUS:TENTATIVE", False, True),
        ("", False, None),
    ],
)
def test_the_status(line: str, cancelled: bool, tentative: bool | None) -> None:
    assert (wanted(line).cancelled, wanted(line).tentative) == (cancelled, tentative)


@pytest.mark.parametrize(
    ("attendee", "declined"),
    [
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:dana@example.com", True),
        ("ATTENDEE;CN=Dana;partstat=declined:MAILTO:Dana@Example.com", True),
        ("ATTENDEE;PARTSTAT=DECLINED;EMAIL=dana@example.com:/principals/11/", True),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:dana@example.com", False),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:maria@example.com", False),
        ('ATTENDEE;CN=";PARTSTAT=DECLINED":mailto:dana@example.com', False),
    ],
)
def test_only_the_owner_declines(attendee: str, declined: bool) -> None:
    assert wanted(attendee, owner="dana@example.com").declined is declined
    assert not wanted(attendee).declined


def test_texts_are_read_as_they_were_meant() -> None:
    found = wanted(
        "SUMMARY;LANGUAGE=en:A\\, b\\; c\\\\n\nDESCRIPTION:One\\nTwo\\NTh\n ree\nLOCATION:x\n"
        "CATEGORIES:A\\,B,C\nCATEGORIES:D\nURL:https://x.example/a;b,c\nTRANSP:transparent"
    )
    assert found.summary == "A, b; c\\n"
    assert found.description == "One\nTwo\nThree"
    assert found.location == "x"
    assert found.categories == ("A,B", "C", "D")
    assert found.url == "https://x.example/a;b,c"
    assert found.free


def test_what_events_of_ours_never_have() -> None:
    found = wanted("ATTACH:https://x.example/\nCLASS:PRIVATE\nORGANIZER:mailto:a@b.c\nATTENDEE:mailto:d@e.f")
    assert found.additions == ("attachments", "privacy")
    assert found.attendees == ("mailto:a@b.c", "mailto:d@e.f")
    assert wanted("CLASS:PUBLIC\nPRIORITY:0").additions == ()
