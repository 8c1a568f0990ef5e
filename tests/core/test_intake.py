"""What calendar programs may store, and which precondition a refusal names (RFC 4791 5.3.2.1)."""

from __future__ import annotations

import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import ics, zones
from gateway.core.errors import Refused
from tests.pace import pace

DATA = "C:valid-calendar-data"
OBJECT = "C:valid-calendar-object-resource"
COMPONENT = "C:supported-calendar-component"
SIZE = "C:max-resource-size"
INSTANCES = "C:max-instances"

SOMEWHERE = """\
BEGIN:VTIMEZONE
TZID:Somewhere
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE"""


def event(lines: str = "DTSTART:20260617T120000Z", uid: str = "UID:a") -> str:
    return f"BEGIN:VEVENT\n{uid}\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT"


def calendar(*parts: str) -> bytes:
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//X//Y//EN", *parts, "END:VCALENDAR", ""])
    return lines.replace("\n", "\r\n").encode()


def yearly(rule: str) -> str:
    return SOMEWHERE.replace("TZOFFSETFROM", f"RRULE:{rule}\nTZOFFSETFROM")


def refusal(body: bytes) -> str:
    with pytest.raises(ics.Unacceptable) as caught:
        ics.check(body)
    assert str(caught.value)
    return caught.value.precondition


GOOD = {
    "a time in UTC": event(),
    "start and end": event("DTSTART:20260617T120000Z\nDTEND:20260617T130000Z"),
    "start and duration": event("DTSTART:20260617T120000Z\nDURATION:PT1H"),
    "no length": event("DTSTART:20260617T120000Z\nDTEND:20260617T120000Z"),
    "floating": event("DTSTART:20260617T120000\nDTEND:20260617T130000"),
    "all day": event("DTSTART;VALUE=DATE:20260617\nDTEND;VALUE=DATE:20260618"),
    "a zone of IANA's, not defined": event("DTSTART;TZID=Europe/London:20260617T120000"),
    "the same, quoted": event('DTSTART;TZID="Europe/London":20260617T120000'),
    "a zone of Windows', not defined": event("DTSTART;TZID=W. Europe Standard Time:20260617T120000"),
    "a globally unique one": event(
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260617T120000"
    ),
    "in a list of dates": event("DTSTART:20260617T120000Z\nEXDATE;TZID=/Europe/Berlin:20260617T120000"),
    "a zone of its own": f"{SOMEWHERE}\n{event('DTSTART;TZID=Somewhere:20260617T120000')}",
    "a zone defined later": f"{event('DTSTART;TZID=Somewhere:20260617T120000')}\n{SOMEWHERE}",
    "a zone with a yearly rule": f"{yearly('FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU')}\n{event()}",
    "Lotus's kind of rule": f"{yearly('FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-1SU;BYMONTH=10')}\n{event()}",
    "a comma in the name": f"{SOMEWHERE.replace('Somewhere', 'A' + chr(92) + ', B')}\n"
    + event('DTSTART;TZID="A, B":20260617T120000'),
    "ends in another zone": event("DTSTART;TZID=Asia/Tokyo:20260617T120000\nDTEND;TZID=UTC:20260617T040000"),
    "recurring": event("DTSTART:20260617T120000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE\nEXDATE:20260622T120000Z"),
    "no rule and no dates": event("DTSTART:20260617T120000Z\nRRULE:\nRDATE:\nEXDATE;VALUE=DATE:"),
    "three times a day": event("DTSTART:20260617T120000Z\nRRULE:FREQ=DAILY;BYHOUR=9,12,15"),
    "with an override": event("DTSTART:20260617T120000Z\nRRULE:FREQ=DAILY")
    + "\n"
    + event("RECURRENCE-ID:20260618T120000Z\nDTSTART:20260618T130000Z"),
    "an alarm": event("DTSTART:20260617T120000Z\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM"),
    "folded": event("DTSTART:2026061\n 7T120000Z\nSUMMARY:a\n\t b"),
    "lower case": event("dtstart:20260617T120000Z").replace("BEGIN", "begin"),
    "emoji, commas, quotes": event('DTSTART:20260617T120000Z\nSUMMARY;X-A="b:c;d":👩‍👩‍👧, "x"; y: z'),
    "private parts": "X-WR-CALNAME:x\nBEGIN:X-THING\nX-A:b\nEND:X-THING\n" + event(),
    "a property with rubbish in it": event("DTSTART:20260617T120000Z\nGEO:nowhere\nPRIORITY:high"),
    "attendees": event("DTSTART:20260617T120000Z\nATTENDEE;CN=A:mailto:a@b.c\nORGANIZER:mailto:a@b.c"),
}


@pytest.mark.parametrize("parts", GOOD.values(), ids=GOOD)
def test_ordinary_objects_are_taken(parts: str) -> None:
    body = calendar(parts)
    ics.check(body)
    ics.check(b"\xef\xbb\xbf" + body)
    ics.check(body.replace(b"\r\n", b"\n"))
    ics.check(b"\r\n" + body + b"\r\n\r\n")


BAD = {
    # not iCalendar
    "nothing": (b"", DATA),
    "a word": (b"hello", DATA),
    "html": (b"<html>\r\n</html>", DATA),
    "no calendar": (event().encode(), DATA),
    "a card": (b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", DATA),
    "latin-1": (calendar(event("DTSTART:20260617T120000Z\nSUMMARY:é")).decode().encode("latin-1"), DATA),
    "utf-16": (calendar(event()).decode().encode("utf-16"), DATA),
    "a NUL": (calendar(event("DTSTART:20260617T120000Z\nSUMMARY:\0")), DATA),
    "what XML can't carry": (calendar(event("DTSTART:20260617T120000Z\nSUMMARY:\ufffe")), DATA),
    "a bare CR": (calendar(event("DTSTART:20260617T120000Z\nSUMMARY:a\rb")), DATA),
    "cut off": (calendar(event())[:-20], DATA),
    "crossed components": (calendar("BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\nEND:VALARM"), DATA),
    "one END too many": (calendar(event(), "END:VEVENT"), DATA),
    "text around": (b"X-A:b\r\n" + calendar(event()), DATA),
    "a line without a colon": (calendar(event("DTSTART:20260617T120000Z\nhello")), DATA),
    "an open quote": (calendar(event('DTSTART:20260617T120000Z\nSUMMARY;X="a:b')), DATA),
    "no date": (calendar(event("DTSTART:tomorrow")), DATA),
    "no such day": (calendar(event("DTSTART:20260230T120000Z")), DATA),
    "a digit too many": (calendar(event("DTSTART;TZID=America/New_York:20260617T1000000")), DATA),
    "a digit too many at the end": (
        calendar(event("DTSTART:20260617T100000Z\nDTEND;TZID=America/New_York:20260617T1100000")),
        DATA,
    ),
    "two starts": (calendar(event("DTSTART:20260617T120000Z\nDTSTART:20260618T120000Z")), DATA),
    "a start that is a span": (calendar(event("DTSTART:PT1H")), DATA),
    "a start that is a period": (calendar(event("DTSTART;VALUE=PERIOD:20260617T120000Z/PT1H")), DATA),
    "a length that is a time": (calendar(event("DTSTART:20260617T120000Z\nDURATION:20260617T120000Z")), DATA),
    "a rule without FREQ": (calendar(event("DTSTART:20260617T120000Z\nRRULE:COUNT=2")), DATA),
    "a rule that stands still": (
        calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=DAILY;INTERVAL=0")),
        DATA,
    ),
    "rubbish as a rule": (calendar(event("DTSTART:20260617T120000Z\nRRULE:sometimes")), DATA),
    "a rule of another calendar": (
        calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=YEARLY;RSCALE=CHINESE")),
        DATA,
    ),
    "a rule for the 13th month": (
        calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=YEARLY;BYMONTH=13")),
        DATA,
    ),
    "a time of day as a date": (calendar(event("DTSTART:20260617T120000Z\nRDATE;VALUE=TIME:083000")), DATA),
    "a period that ends before it starts": (
        calendar(event("DTSTART:20260617T120000Z\nRDATE;VALUE=PERIOD:20260617T120000Z/-PT1H")),
        DATA,
    ),
    "another date in the year 1": (calendar(event("DTSTART:20260617T120000Z\nRDATE:00010101")), DATA),
    "a parameter without a name": (calendar(event("DTSTART;;VALUE=DATE:20260617")), DATA),
    "a zone that begins on no day": (calendar(SOMEWHERE.replace("19700101", "19700231"), event()), DATA),
    "rubbish as an exception": (calendar(event("DTSTART:20260617T120000Z\nEXDATE:never")), DATA),
    "a zone without a name": (calendar(SOMEWHERE.replace("TZID:Somewhere\n", ""), event()), DATA),
    "a zone without observances": (calendar("BEGIN:VTIMEZONE\nTZID:A\nEND:VTIMEZONE", event()), DATA),
    "a zone without offsets": (calendar(SOMEWHERE.replace("TZOFFSETTO:+0100\n", ""), event()), DATA),
    "a zone that changes by the second": (calendar(yearly("FREQ=SECONDLY"), event()), DATA),
    "and one that hides it": (calendar(yearly("FREQ=YEARLY;BYSECOND=1,2,3"), event()), DATA),
    "a zone that stands still": (calendar(yearly("FREQ=YEARLY;INTERVAL=0"), event()), DATA),
    "deep nesting": (calendar("BEGIN:VEVENT\n" * 50 + "END:VEVENT\n" * 50), DATA),
    # not iCalendar 2.0
    "vCalendar 1.0": (calendar(event()).replace(b"VERSION:2.0", b"VERSION:1.0"), "C:supported-calendar-data"),
    # not one object
    "METHOD": (calendar("METHOD:REQUEST", event()), OBJECT),
    "two calendars": (calendar(event()) * 2, OBJECT),
    "two UIDs": (calendar(event(), event(uid="UID:b")), OBJECT),
    "no UID": (calendar(event(uid="X-A:b")), OBJECT),
    "an empty UID": (calendar(event(uid="UID: ")), OBJECT),
    "a UID too long for an index": (calendar(event(uid="UID:" + "a" * 2000)), OBJECT),
    "a UID of too many octets": (calendar(event(uid="UID:" + "\u4e2d" * 334)), OBJECT),
    "the same instance twice": (calendar(event(), event()), OBJECT),
    "no component": (calendar("X-A:b"), OBJECT),
    "a zone only": (calendar(SOMEWHERE), OBJECT),
    "events and tasks": (calendar(event(), "BEGIN:VTODO\nUID:a\nEND:VTODO"), OBJECT),
    "no start": (calendar(event("DTEND:20260617T120000Z")), OBJECT),
    "end and duration": (
        calendar(event("DTSTART:20260617T120000Z\nDTEND:20260617T130000Z\nDURATION:PT1H")),
        OBJECT,
    ),
    "ends before it starts": (calendar(event("DTSTART:20260617T120000Z\nDTEND:20260617T115959Z")), OBJECT),
    "the same across zones": (
        calendar(event("DTSTART;TZID=Europe/London:20260617T120000\nDTEND;TZID=Asia/Tokyo:20260617T130000")),
        OBJECT,
    ),
    "the same in zones of Windows'": (
        calendar(
            event(
                "DTSTART;TZID=GMT Standard Time:20260617T120000\nDTEND;TZID=Tokyo Standard Time:20260617T130000"
            )
        ),
        OBJECT,
    ),
    "the same in its own zone": (
        calendar(
            SOMEWHERE, event("DTSTART;TZID=Somewhere:20260617T120000\nDTEND;TZID=Somewhere:20260617T110000")
        ),
        OBJECT,
    ),
    "the day before": (calendar(event("DTSTART;VALUE=DATE:20260617\nDTEND;VALUE=DATE:20260616")), OBJECT),
    "a negative length": (calendar(event("DTSTART:20260617T120000Z\nDURATION:-PT1H")), OBJECT),
    "a day until a time": (calendar(event("DTSTART;VALUE=DATE:20260617\nDTEND:20260618T120000Z")), OBJECT),
    "an undefined zone": (calendar(event("DTSTART;TZID=Middle Earth:20260617T120000")), OBJECT),
    "another one than is defined": (
        calendar(SOMEWHERE, event("DTSTART;TZID=Elsewhere:20260617T120000")),
        OBJECT,
    ),
    "an undefined zone in an exception": (
        calendar(event("DTSTART:20260617T120000Z\nEXDATE;TZID=Elsewhere:20260618T120000")),
        OBJECT,
    ),
    "a path for a zone": (calendar(event("DTSTART;TZID=../../etc/passwd:20260617T120000")), OBJECT),
    "a folder for a zone": (calendar(event("DTSTART;TZID=America:20260617T120000")), OBJECT),
    # not an event
    "a task": (calendar("BEGIN:VTODO\nUID:a\nEND:VTODO"), COMPONENT),
    "a journal": (calendar("BEGIN:VJOURNAL\nUID:a\nEND:VJOURNAL"), COMPONENT),
    "free-busy": (calendar("BEGIN:VFREEBUSY\nUID:a\nEND:VFREEBUSY"), COMPONENT),
    # too much
    "two megabytes": (calendar(event("DTSTART:20260617T120000Z\nSUMMARY:" + "a" * 2_000_000)), SIZE),
    "too many lines": (calendar(event("DTSTART:20260617T120000Z\n" + "X:\n" * 30_000)), SIZE),
    "every second": (calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=SECONDLY")), INSTANCES),
    "every minute": (calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=MINUTELY;COUNT=9")), INSTANCES),
    "every minute, hidden": (
        calendar(event("DTSTART:20260617T120000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5")),
        INSTANCES,
    ),
    "too many rules": (calendar(event("DTSTART:20260617T120000Z" + "\nRRULE:FREQ=DAILY" * 6)), INSTANCES),
    "too many dates": (
        calendar(event("DTSTART:20260617T120000Z\nRDATE:" + ",".join(["20260617T120000Z"] * 6000))),
        INSTANCES,
    ),
    "in the year 1": (calendar(event("DTSTART:00010101T000000")), "C:min-date-time"),
    "in the year 9999": (calendar(event("DTSTART:99991231T235959Z")), "C:max-date-time"),
    "until the year 9999": (
        calendar(event("DTSTART:20260617T120000Z\nDURATION:P9999999D")),
        "C:max-date-time",
    ),
}


@pytest.mark.parametrize(("body", "precondition"), BAD.values(), ids=BAD)
def test_a_refusal_names_its_precondition(body: bytes, precondition: str) -> None:
    assert refusal(body) == precondition


def test_a_refusal_is_a_403_and_no_valueerror() -> None:
    """Radicale commits the transaction of a PUT that raised a ValueError."""
    with pytest.raises(Refused) as caught:
        ics.check(b"")
    assert caught.value.status == 403
    assert not isinstance(caught.value, ValueError)


def test_a_reason_never_repeats_what_was_sent() -> None:
    with pytest.raises(ics.Unacceptable) as caught:
        ics.check(calendar(event("DTSTART;TZID=Marias Home:20260617T120000\nSUMMARY:Maria Santos")))
    assert "Maria" not in str(caught.value)


def test_checking_leaves_nothing_behind_in_the_process() -> None:
    """icalendar would keep a client's zone for everybody who uses its name later."""
    from icalendar.timezone import tzp

    parts = f"{SOMEWHERE}\n{event('DTSTART;TZID=Somewhere:20260617T120000')}"
    ics.check(calendar(parts.replace("Somewhere", "Nowhere else")))
    assert tzp.timezone("Nowhere else") is None


LONG = 1_048_000
HOSTILE = {
    "one long line": event("DTSTART:20260617T120000Z\nSUMMARY:" + "a" * LONG),
    "one long name": event("DTSTART:20260617T120000Z\n" + "a" * LONG),
    "one long parameter": event("DTSTART:20260617T120000Z\nSUMMARY;X=" + "a," * (LONG // 2) + ":b"),
    "many parameters": event("DTSTART;" + "X=a;" * (LONG // 4) + "X=a:20260617T120000Z"),
    "many time zones": event("DTSTART" + ";TZID=UTC" * (LONG // 9) + ":20260617T120000Z"),
    "many quotes": event('DTSTART;X="' + '"' * LONG + ":20260617T120000Z"),
    "many semicolons": event("DTSTART" + ";" * LONG),
    "many folds": event("DTSTART:20260617T120000Z\nSUMMARY:" + "\n " * (LONG // 3)),
    "many empty lines": "\n" * (LONG // 2) + event(),
    "many components": "BEGIN:VEVENT\n" * (LONG // 14),
    "many events": "\n".join(
        event(f"RECURRENCE-ID:20260617T{number:06}Z\nDTSTART:20260617T120000Z")
        for number in range(100_000, 103_000)
    ),
    "many dates": "\n".join(
        event(
            f"DTSTART:{year}0617T120000Z\nRECURRENCE-ID:{year}0617T120000Z\nRDATE:"
            + ",".join(["20260617T120000Z"] * 4000)
        )
        for year in range(2000, 2014)
    ),
    "a long rule": event("DTSTART:20260617T120000Z\nRRULE:FREQ=DAILY;BYMONTHDAY=" + "1," * (LONG // 2)),
    "backslashes": event("DTSTART:20260617T120000Z\nUID:" + "\\" * LONG),
}


@pytest.mark.parametrize("parts", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_mischief_takes_no_second(parts: str) -> None:
    """All take less than 0.6 s where the bound was set."""
    slowness = pace()
    start = time.process_time()
    try:
        ics.check(calendar(parts))
    except ics.Unacceptable as refused:
        assert refused.precondition.startswith("C:")  # noqa: PT017  (whether it is refused matters less than when)
    assert time.process_time() - start < 5 * slowness


pieces = st.sampled_from(
    """\
BEGIN:VCALENDAR|END:VCALENDAR|BEGIN:VEVENT|END:VEVENT|BEGIN:VTIMEZONE|END:VTIMEZONE|BEGIN:STANDARD|END:STANDARD
BEGIN:VTODO|END:VTODO|BEGIN:|END:|UID:a|UID:b|UID:|TZID:A|VERSION:2.0|VERSION:1.0|METHOD:PUBLISH|X|:|;|| x
DTSTART:20260617T120000Z|DTSTART:x|DTSTART;TZID=A:20260617T120000|DTSTART;VALUE=DATE:20260617
DTSTART;VALUE=TEXT:a|DTSTART;VALUE=:a|DTEND:20260617T120000|DTEND;VALUE=DATE:20260617|DURATION:PT1H
DURATION:P99999999999W|DTSTART:19700101T000000|TZOFFSETFROM:+0100|TZOFFSETTO:+0100|RRULE:FREQ=YEARLY|RRULE:
RDATE:|RRULE:FREQ=DAILY;INTERVAL=x|RRULE:FREQ=DAILY;UNTIL=x|RRULE:FREQ=DAILY;INTERVAL=|EXDATE;VALUE=PERIOD:a/b
RDATE;VALUE=PERIOD:20260617T120000Z/PT1H|RECURRENCE-ID:20260617T120000Z|RECURRENCE-ID:
DTSTART;TZID=UTC:00010101T000000|DTSTART;TZID=Asia/Tokyo:99991231T235959|DTEND:99991231T235959Z""".replace(
        "\n", "|"
    ).split("|")
)


@given(st.lists(pieces | st.text(max_size=20), max_size=25), st.booleans())
@settings(max_examples=120, deadline=None)
def test_no_body_makes_check_fail_otherwise(lines: list[str], whole: bool) -> None:
    body = "\r\n".join(
        ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""] if whole else lines
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            ics.check(body.encode(errors="replace"))
        except ics.Unacceptable as refused:
            assert refused.fields["precondition"] == refused.precondition  # noqa: PT017


@pytest.mark.parametrize("zone", ["America/New_York", "Africa/Casablanca", "Pacific/Apia", "UTC"])
def test_our_own_zones_pass(zone: str) -> None:
    ics.check(calendar(zones.vtimezone(zone).replace("\r\n", "\n").rstrip(), event()))
