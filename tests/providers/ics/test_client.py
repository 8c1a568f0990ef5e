"""A calendar at an address: read whole, told in pieces, and never believed further than it can be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.errors import CursorExpired, NeedsReconnect, NotAccepted, RemoteGone, Unavailable
from gateway.core.model import Event
from gateway.core.remote import RemoteCalendar, RemoteEvent, Showing, Stamp
from gateway.providers.ics.client import CALENDAR
from tests.providers.ics.conftest import WINDOW, Address, door, entered, feed, opened, vevent
from tests.providers.outside import Request, reply

TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
EVENT = Event("booking-7@here", TEN, TEN + timedelta(hours=1), "UTC", False, "Haircut", "", "", (), "")


def times(events: tuple[RemoteEvent, ...]) -> list[bytes]:
    return sorted(one.times for one in events)


def test_an_address_is_let_in_and_shows_one_calendar(address: Address) -> None:
    address.text = feed(vevent("a"), head="X-WR-CALNAME:Theatre\\, small\r\nX-WR-TIMEZONE:Europe/Vienna")
    grant = entered(address.url)
    assert "a-secret" not in grant.account + repr(grant)
    assert grant.account.startswith("127.0.0.1 (")
    assert opened(grant).calendars() == [
        RemoteCalendar(CALENDAR, "Theatre, small", "Europe/Vienna", writable=False, primary=True)
    ]
    assert door().refresh(grant) == grant
    door().revoke(grant)


def test_two_addresses_of_one_server_are_two_accounts(address: Address) -> None:
    address.text = feed(vevent("a"))
    first, second = entered(address.url), entered(f"{address.url}?other")
    assert first.account != second.account
    assert entered(address.url).account == first.account


def test_everything_is_told_at_first_and_then_what_changed(address: Address) -> None:
    address.text = feed(
        vevent("a"), vevent("b", "DTSTART:20261202T090000Z"), vevent("old", "DTSTART:20200101T090000Z")
    )
    there = opened(entered(address.url))
    page = there.changes(CALENDAR, "", WINDOW)
    assert page.last
    assert times(page.events) == [
        b"DTSTART:20261201T090000Z\r\nDURATION:PT1H\r\n",
        b"DTSTART:20261202T090000Z\r\nDURATION:PT1H\r\n",
    ]
    assert there.changes(CALENDAR, page.cursor, WINDOW).events == ()
    address.text = feed(vevent("a", "DTSTART:20261201T110000Z"), vevent("c", "DTSTART:20261203T090000Z"))
    later = there.changes(CALENDAR, page.cursor, WINDOW)
    assert times(tuple(one for one in later.events if not one.gone)) == [
        b"DTSTART:20261201T110000Z\r\nDURATION:PT1H\r\n",
        b"DTSTART:20261203T090000Z\r\nDURATION:PT1H\r\n",
    ]
    assert {one.id for one in page.events if b"1202" in one.times} < {
        one.id for one in later.events if one.gone
    }
    assert there.changes(CALENDAR, later.cursor, WINDOW).events == ()
    assert later == there.changes(CALENDAR, page.cursor, WINDOW), "asked again, told again"


def test_what_is_new_in_a_text_without_changing_an_event_is_no_change(address: Address) -> None:
    address.text = feed(vevent("a"), vevent("b"))
    there = opened(entered(address.url))
    page = there.changes(CALENDAR, "", WINDOW)
    address.text = address.text.replace(b"DTSTAMP:20261101", b"DTSTAMP:20261124")
    assert there.changes(CALENDAR, page.cursor, WINDOW).events == ()


def test_a_text_that_has_not_changed_is_not_sent_again(address: Address) -> None:
    address.text, address.headers = (
        feed(vevent("a")),
        {"ETag": '"1"', "Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"},
    )
    there = opened(entered(address.url))
    page = there.changes(CALENDAR, "", WINDOW)
    assert there.changes(CALENDAR, page.cursor, WINDOW) == page.__class__((), page.cursor, True)
    assert address.outside is not None
    asked = address.outside.requests[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', "Tue, 24 Nov 2026 10:00:00 GMT")


def test_a_series_with_an_exception_is_one_series(address: Address) -> None:
    series = vevent(
        "a", "DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"
    )
    moved = vevent(
        "a", "DTSTART:20261202T150000Z", "RECURRENCE-ID;TZID=Europe/Berlin:20261202T100000", "DURATION:PT1H"
    )
    address.text = feed(moved, series)
    there = opened(entered(address.url))
    events = there.changes(CALENDAR, "", WINDOW).events
    assert len({one.series for one in events}) == 1
    assert [one.id == one.series for one in events] == [True, False]
    assert all(one.whole for one in events)
    assert there.read(CALENDAR, events[1].id) == events[1]
    with pytest.raises(RemoteGone):
        there.read(CALENDAR, "nothing")


def test_titles_and_what_an_event_shows(address: Address) -> None:
    address.text = feed(
        vevent("a", "DTSTART:20261201T090000Z", "SUMMARY:Dentist", "TRANSP:TRANSPARENT"),
        vevent(
            "b",
            "DTSTART:20261201T090000Z",
            "SUMMARY:Secret",
            "CLASS:PRIVATE",
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        ),
    )
    grant = entered(address.url)
    told = {one.showing: one.title for one in opened(grant, titles=True).changes(CALENDAR, "", WINDOW).events}
    assert told == {Showing.FREE: "Dentist", Showing.OUT_OF_OFFICE: ""}
    assert {one.title for one in opened(grant).changes(CALENDAR, "", WINDOW).events} == {""}


def test_times_are_told_by_the_feeds_own_zones(address: Address) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
        "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    )
    address.text = feed(
        zone,
        vevent("a", "DTSTART;TZID=Customized Time Zone:20261201T120000"),
        vevent("b", "DTSTART;TZID=W. Europe Standard Time:20261201T100000"),
        vevent("c", "DTSTART:20261201T100000"),
        head="X-WR-TIMEZONE:Europe/Berlin",
    )
    told = times(opened(entered(address.url)).changes(CALENDAR, "", WINDOW).events)
    assert told == [
        b"DTSTART:20261201T090000Z\r\nDURATION:PT1H\r\n",
        b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\nDURATION:PT1H\r\n",
        b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\nDURATION:PT1H\r\n",
    ]


def test_an_event_that_cannot_be_read_stays_as_it_was(address: Address) -> None:
    address.text = feed(vevent("a"), vevent("b"))
    there = opened(entered(address.url))
    page = there.changes(CALENDAR, "", WINDOW)
    address.text = feed(vevent("a", "DTSTART:nonsense"), vevent("b"))
    broken = there.changes(CALENDAR, page.cursor, WINDOW)
    assert broken.events == ()
    address.text = feed(vevent("b"))
    assert [one.gone for one in there.changes(CALENDAR, broken.cursor, WINDOW).events] == [True]


def test_nothing_can_be_written(address: Address) -> None:
    address.text = feed(vevent("a"))
    there = opened(entered(address.url))
    for seen in (None, Stamp("a", '"1"')):
        with pytest.raises(NotAccepted):
            there.put(CALENDAR, "key", EVENT, seen)
    with pytest.raises(NotAccepted):
        there.delete(CALENDAR, Stamp("a", '"1"'))
    assert there.watch(CALENDAR, "id", "https://here", "secret") is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", b"\xff\xfe\x00"]
)
def test_what_is_no_calendar_is_not_let_in_and_changes_nothing(address: Address, body: bytes) -> None:
    address.text = feed(vevent("a"))
    grant = entered(address.url)
    page = opened(grant).changes(CALENDAR, "", WINDOW)
    address.text = body
    with pytest.raises(NotAccepted):
        entered(address.url)
    for cursor in ("", page.cursor):
        with pytest.raises(Unavailable):
            opened(grant).changes(CALENDAR, cursor, WINDOW)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NeedsReconnect),
        (403, NeedsReconnect),
        (404, Unavailable),
        (410, NeedsReconnect),
        (500, Unavailable),
    ],
)
def test_an_address_that_has_ended(address: Address, status: int, error: type[Exception]) -> None:
    address.text = feed(vevent("a"))
    grant = entered(address.url)
    address.play = lambda _: reply(status)
    with pytest.raises(error) as caught:
        opened(grant).changes(CALENDAR, "", WINDOW)
    assert "secret" not in str(caught.value)


def test_an_address_may_lead_on_but_not_in_a_circle(address: Address) -> None:
    def play(request: Request) -> bytes:
        if request.target.startswith("/a-secret"):
            return reply(302, Location="/there")
        return (
            reply(200, feed(vevent("a")))
            if request.target == "/there"
            else reply(302, Location=request.target)
        )

    address.play = play
    assert len(opened(entered(address.url)).changes(CALENDAR, "", WINDOW).events) == 1
    with pytest.raises(NotAccepted):
        entered(address.url.replace("a-secret", "round"))
    assert address.asked < 20


@pytest.mark.parametrize("cursor", ["nonsense", "[]", "dav1.", "dav1.AAAA", "dav1.eJwDAAAAAAE="])
def test_a_cursor_of_somebody_elses_has_expired(address: Address, cursor: str) -> None:
    address.text = feed(vevent("a"))
    with pytest.raises(CursorExpired):
        opened(entered(address.url)).changes(CALENDAR, cursor, WINDOW)


def test_another_calendar_is_gone(address: Address) -> None:
    address.text = feed(vevent("a"))
    with pytest.raises(RemoteGone):
        opened(entered(address.url)).changes("another", "", WINDOW)
