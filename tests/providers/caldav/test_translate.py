"""Objects as real programs write them, and ours as they are read back."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core import foreign
from gateway.core.blocking import BlockRules
from gateway.core.foreign import Piece
from gateway.core.remote import RemoteEvent, Reply, Showing, Window
from gateway.providers.caldav import ours, translate
from gateway.providers.caldav.translate import TAG, Place, Unreadable
from tests.providers.caldav.samples import BERLIN, EVENT, HOUR, NOW, NOWHERE, TEN

DAY = timedelta(days=1)
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))

# What Outlook calls its own time zones, with a definition that begins in the year 1601.
OUTLOOK = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
FAR = """BEGIN:VTIMEZONE
TZID:Camp
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0545
TZOFFSETTO:+0545
END:STANDARD
END:VTIMEZONE"""


def vevent(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", "UID:u", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT"])


def body(*parts: str, head: str = "PRODID:-//test//EN") -> bytes:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", head, *parts, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def told(*parts: str, place: Place = BERLIN) -> tuple[RemoteEvent, ...]:
    found = translate.events("x.ics", '"1"', body(*parts), place)
    assert not found.faults
    return found.events


def one(*lines: str, place: Place = BERLIN) -> RemoteEvent:
    [found] = told(vevent(*lines), place=place)
    return found


def spans(events: tuple[RemoteEvent, ...], zone: str = "Europe/Berlin") -> list[datetime]:
    pieces = [Piece(each.times, each.showing, each.reply) for each in events]
    held = foreign.held(pieces, zone=zone, rules=BlockRules(), window=WINDOW)
    assert not held.problem
    return [start for start, _ in held.spans]


# When it is


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        (
            ["DTSTART:20261201T090000Z", "DTEND:20261201T100000Z"],
            ["DTSTART:20261201T090000Z", "DTEND:20261201T100000Z"],
        ),
        (["DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H"],) * 2,
        (
            ["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"],
            ["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"],
        ),
        (
            ["DTSTART;TZID=W. Europe Standard Time:20261201T100000", "DURATION:PT1H"],
            ["DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H"],
        ),
        (
            ["DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261201T100000", "DURATION:PT1H"],
            ["DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H"],
        ),
        (
            ["DTSTART;TZID=America/New_York:20261201T040000", "DTEND;TZID=Europe/Berlin:20261201T110000"],
            ["DTSTART;TZID=America/New_York:20261201T040000", "DTEND;TZID=Europe/Berlin:20261201T110000"],
        ),
        (["DTSTART;TZID=UTC:20261201T090000"], ["DTSTART:20261201T090000Z"]),
        (["DTSTART:20261201T090000Z", "STATUS:CANCELLED"], ["DTSTART:20261201T090000Z", "STATUS:CANCELLED"]),
    ],
)
def test_when_it_is(lines: list[str], times: list[str]) -> None:
    assert one(*lines).times.decode().split("\r\n")[:-1] == times


@pytest.mark.parametrize("end", ["DTEND;VALUE=DATE:20261202", "DTEND:20261201T080000Z"])
def test_an_end_that_is_none_is_counted(end: str) -> None:
    """Whoever mixes kinds, or ends before they begin, has told the beginning at least."""
    found = translate.events("x.ics", "", body(vevent("DTSTART:20261201T090000Z", end)), BERLIN)
    assert (found.events[0].times, found.faults) == (b"DTSTART:20261201T090000Z\r\n", 1)


def test_a_time_without_a_zone_is_meant_in_the_calendars() -> None:
    assert one("DTSTART:20261201T100000").times == b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\n"
    assert one("DTSTART:20261201T100000", place=NOWHERE).times == b"DTSTART:20261201T100000\r\n", (
        "none is guessed"
    )
    assert translate.needs_zone(body(vevent("DTSTART:20261201T100000")))
    for known in (
        "DTSTART:20261201T100000Z",
        "DTSTART;VALUE=DATE:20261201",
        "DTSTART;TZID=Asia/Tokyo:20261201T100000",
    ):
        assert not translate.needs_zone(body(vevent(known)))


def test_a_zone_of_a_programs_own_is_reckoned_by_its_definition() -> None:
    [found] = told(
        FAR, vevent("DTSTART;TZID=Camp:20261201T144500", "DTEND;TZID=Camp:20261201T154500"), place=NOWHERE
    )
    assert found.times == b"DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n"
    assert found.unknown_zone == ""


def test_a_series_in_a_zone_of_a_programs_own_is_doubtful() -> None:
    series = vevent("DTSTART;TZID=Camp:20261201T144500", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    [found] = told(FAR, series)
    assert found.times.startswith(b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\n")
    assert found.unknown_zone == "Camp"
    assert spans((found,)) == [TEN, TEN + DAY]


def test_but_not_where_it_is_the_calendars_under_another_name() -> None:
    series = vevent(
        "DTSTART;TZID=Customized Time Zone:20261020T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=10"
    )
    zone = OUTLOOK.format(name="Customized Time Zone")
    [found] = told(zone, series)
    assert (found.unknown_zone, b"TZID=Europe/Berlin" in found.times) == ("", True)
    assert spans((found,))[0] == datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
    assert spans((found,))[-1] == datetime(2026, 10, 29, 9, 0, tzinfo=UTC)
    [located] = told(
        zone.replace("BEGIN:STANDARD", "X-LIC-LOCATION:Europe/Berlin\nBEGIN:STANDARD"), series, place=NOWHERE
    )
    assert (located.unknown_zone, b"TZID=Europe/Berlin" in located.times) == ("", True)


def test_a_zone_that_nobody_defines_is_named() -> None:
    found = one("DTSTART;TZID=Somewhere:20261201T100000")
    assert (found.unknown_zone, found.times) == (
        "Somewhere",
        b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\n",
    )


def test_a_definition_that_cannot_be_reckoned_with() -> None:
    broken = FAR.replace("+0545", "a lot")
    with pytest.raises(Unreadable):
        translate.events("x.ics", "", body(broken, vevent("DTSTART;TZID=Camp:20261201T144500")), BERLIN)


# What recurs


MASTER = vevent("DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")


def test_a_series_with_a_moved_and_a_cancelled_instance() -> None:
    moved = vevent(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261202T100000",
        "DTSTART;TZID=Europe/Berlin:20261202T150000",
        "DURATION:PT1H",
    )
    cancelled = vevent(
        "RECURRENCE-ID:20261203T090000Z",
        "DTSTART;TZID=Europe/Berlin:20261203T100000",
        "DURATION:PT1H",
        "STATUS:CANCELLED",
    )
    for parts in itertools.permutations([MASTER, moved, cancelled]):
        found = told(*parts)
        assert found[0].id == "x.ics"
        assert {each.id for each in found} == {"x.ics", "x.ics#20261202T100000", "x.ics#20261203T090000Z"}
        assert {(each.series, each.whole, each.etag) for each in found} == {("x.ics", True, '"1"')}
        assert spans(found) == [TEN, TEN + DAY + 5 * HOUR, TEN + 3 * DAY]


def test_dates_that_are_added_and_left_out() -> None:
    found = told(
        MASTER.replace(
            "END:VEVENT",
            "EXDATE;TZID=Europe/Berlin:20261202T100000,20261203T100000\nRDATE;TZID=Europe/Berlin:20261210T100000\n"
            "RDATE;VALUE=PERIOD:20261211T090000Z/PT2H\nEND:VEVENT",
        )
    )
    assert spans(found) == [TEN, TEN + 3 * DAY, TEN + 9 * DAY, TEN + 10 * DAY]


def test_only_some_instances_were_ours_to_see() -> None:
    """Who is invited to one instance of a series gets an object without the series."""
    found = told(
        vevent("RECURRENCE-ID:20261202T090000Z", "DTSTART:20261202T150000Z", "DURATION:PT1H"),
        vevent("RECURRENCE-ID:20261203T090000Z", "DTSTART:20261203T150000Z", "DURATION:PT1H"),
    )
    assert {each.series for each in found} == {"x.ics"}
    assert spans(found) == [TEN + DAY + 6 * HOUR, TEN + 2 * DAY + 6 * HOUR]


def test_all_that_follow_too() -> None:
    later = vevent(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261203T100000",
        "DTSTART;TZID=Europe/Berlin:20261203T120000",
        "DURATION:PT1H",
    )
    assert spans(told(MASTER, later)) == [TEN, TEN + DAY, TEN + 2 * DAY + 2 * HOUR, TEN + 3 * DAY + 2 * HOUR]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=WEEKLY;BYDAY=XX", "nonsense", "FREQ=DAILY\\nX", "FREQ=MINUTELY"]
)
def test_a_rule_that_nobody_follows_is_counted_and_passed_on(rule: str) -> None:
    found = translate.events("x.ics", "", body(vevent("DTSTART:20261201T090000Z", f"RRULE:{rule}")), BERLIN)
    assert found.faults == 1
    assert b"\r\nRRULE:" in found.events[0].times


def test_one_instance_that_cannot_be_read_does_not_stop_the_series() -> None:
    broken = vevent("RECURRENCE-ID:20261202T090000Z", "DTSTART:nonsense")
    found = translate.events("x.ics", "", body(MASTER, broken), BERLIN)
    assert (len(found.events), found.faults) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        body("BEGIN:VEVENT"),
        body(vevent("SUMMARY:No time")),
        body(vevent("DTSTART:20261301T000000Z")),
        body(vevent("DTSTART:00010101T000000Z")),
        body(vevent("DTSTART:99991231T235959Z")),
        body(vevent("DTSTART:20261201T090000Z", "DURATION:nonsense")),
        body(vevent("DTSTART:20261201T090000Z", "DTEND:nonsense")),
        b"\xff\xfe" + body(MASTER),
        body(
            *(
                vevent(f"RECURRENCE-ID:2026120{1 + n % 9}T{n:06}Z", "DTSTART:20261201T000000Z")
                for n in range(2_100)
            )
        ),
        body(vevent("DTSTART:20261201T000000Z", "DESCRIPTION:" + "x" * 1_100_000)),
    ],
)
def test_what_cannot_be_read(text: bytes) -> None:
    with pytest.raises(Unreadable):
        translate.events("x.ics", "", text, BERLIN)


def test_a_task_is_no_event() -> None:
    assert told("BEGIN:VTODO\nUID:t\nEND:VTODO") == ()


# What it shows


@pytest.mark.parametrize(
    ("line", "showing"),
    [
        ("TRANSP:OPAQUE", Showing.BUSY),
        ("TRANSP:TRANSPARENT", Showing.FREE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", Showing.FREE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", Showing.OUT_OF_OFFICE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", Showing.WORKING_ELSEWHERE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", Showing.BUSY),
        ("X-NEXTCLOUD-BC-FIELD-TYPE:BDAY", Showing.BIRTHDAY),
    ],
)
def test_what_it_shows(line: str, showing: Showing) -> None:
    assert one("DTSTART:20261201T090000Z", line).showing is showing


ME, HOST = "mailto:Ann@Example.com", "mailto:host@example.org"


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([], Reply.NONE),
        (["STATUS:TENTATIVE"], Reply.TENTATIVE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"], Reply.TENTATIVE),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=ACCEPTED:{ME}"], Reply.ACCEPTED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=DECLINED:{ME}"], Reply.DECLINED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=DELEGATED:{ME}"], Reply.DECLINED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=DECLINED:{ME}", "STATUS:TENTATIVE"], Reply.DECLINED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=TENTATIVE:{ME}"], Reply.TENTATIVE),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;RSVP=TRUE:{ME}"], Reply.UNANSWERED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:{ME}"], Reply.UNANSWERED),
        ([f"ORGANIZER:{HOST}", f"ATTENDEE;PARTSTAT=DECLINED:{HOST}"], Reply.NONE),
        ([f"ORGANIZER:{ME}", f"ATTENDEE:{ME}", f"ATTENDEE;PARTSTAT=DECLINED:{HOST}"], Reply.NONE),
        (["ORGANIZER:/p/host/", "ATTENDEE;PARTSTAT=DECLINED;EMAIL=ann@example.com:/p/ann/"], Reply.DECLINED),
    ],
)
def test_what_its_owner_answered(lines: list[str], reply: Reply) -> None:
    assert one("DTSTART:20261201T090000Z", *lines).reply is reply


def test_titles() -> None:
    assert one("DTSTART:20261201T090000Z", "SUMMARY:Den\\,tist").title == "Den,tist"
    for private in ("PRIVATE", "CONFIDENTIAL"):
        assert one("DTSTART:20261201T090000Z", "SUMMARY:Dentist", f"CLASS:{private}").title == ""
    assert one("DTSTART:20261201T090000Z", "SUMMARY:Dentist", place=Place()).title == ""


def test_nothing_private_is_in_the_times() -> None:
    found = one(
        "DTSTART;X-SECRET=yes:20261201T090000Z",
        "DTEND:20261201T100000Z",
        "LOCATION:Secret",
        "DESCRIPTION:Secret",
    )
    assert b"ecret" not in found.times.replace(b"X-SECRET", b"secret")
    assert b"SECRET" not in found.times


def test_what_is_over() -> None:
    window = Window(TEN, TEN + 30 * DAY)
    long_ago = "DTSTART:20200101T090000Z"
    assert translate.is_over(told(vevent(long_ago, "DURATION:PT1H")), window)
    assert translate.is_over(told(vevent(long_ago, "RRULE:FREQ=DAILY;COUNT=3")), window)
    for still in ("RRULE:FREQ=DAILY", "DURATION:P4000D", "RRULE:FREQ=SECONDLY"):
        found = translate.events("x.ics", "", body(vevent(long_ago, still)), BERLIN)
        assert not translate.is_over(found.events, window)
    assert not translate.is_over(told(vevent("DTSTART;VALUE=DATE:20261201")), window), (
        "it is still that day somewhere"
    )


# Ours


@pytest.mark.parametrize("mark", [TAG, "UID"])
def test_ours_is_known_by_its_mark_or_by_its_uid(mark: str) -> None:
    text = ours.written(EVENT, b"", NOW).body
    if mark == "UID":  # a server that drops what it doesn't know
        text = b"\r\n".join(line for line in text.split(b"\r\n") if TAG.encode() not in line)
    else:  # a copy
        text = text.replace(b"UID:booking-7@here", b"UID:copy")
    assert translate.events("x.ics", "", text, BERLIN).events[0].tag == EVENT.uid
    assert translate.tag_of(text) == EVENT.uid


def test_what_somebody_made_of_ours_is_told_as_one_event() -> None:
    text = ours.written(EVENT, b"", NOW).body.replace(
        b"END:VEVENT\r\n", b"RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\n"
    )
    instance = vevent("RECURRENCE-ID:20261202T090000Z", "DTSTART:20261202T150000Z").replace(
        "UID:u", "UID:booking-7@here"
    )
    text = text.replace(b"END:VCALENDAR", instance.replace("\n", "\r\n").encode() + b"\r\nEND:VCALENDAR")
    [found] = translate.events("x.ics", "", text, BERLIN).events
    assert found.wanted
    assert found.wanted.recurs


def test_a_declined_one_of_ours() -> None:
    text = ours.written(EVENT, b"", NOW).body.replace(
        b"END:VEVENT", b"ATTENDEE;PARTSTAT=DECLINED:mailto:ann@example.com\r\nEND:VEVENT"
    )
    [found] = translate.events("x.ics", "", text, BERLIN).events
    assert found.wanted
    assert found.wanted.declined


def test_what_a_server_drops_asks_for_nothing() -> None:
    text = ours.written(replace(EVENT, categories=(), url=""), b"", NOW).body
    [found] = translate.events("x.ics", "", text, BERLIN).events
    assert found.wanted
    assert (found.wanted.categories, found.wanted.url) == (None, None)
