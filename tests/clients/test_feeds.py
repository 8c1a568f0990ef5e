"""Secret feeds, read as Google Calendar, Outlook and Apple Calendar read them: a GET now and then."""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

import icalendar
import pytest
import requests
import vobject

import wsgi
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from gateway.services.grant import Granted
from tests.clients import office
from tests.clients.web import TestApp, TestResponse
from tests.conftest import LiveServer, Town

pytestmark = pytest.mark.client

CUSTOMERS = (b"maria", b"santos", b"555-0101", b"wei", b"chen", b"555-0102", b"@example.com", b"latex")
NEXT_DOOR = (b"mallory", b"oil change", b"winter tyres", b"kiel")


@dataclass(frozen=True)
class Reader:
    """Whoever was given a feed's address."""

    app: TestApp
    path: str
    granted: Granted

    @property
    def token(self) -> str:
        return self.path.removeprefix("/feeds/").removesuffix(".ics")

    def get(self, *, status: int = 200, **headers: str) -> TestResponse:
        return self.app.get(
            self.path, headers={name.replace("_", "-"): v for name, v in headers.items()}, status=status
        )

    def events(self) -> dict[str, icalendar.Event]:
        """The events by the number of their booking."""
        events = icalendar.Calendar.from_ical(self.get().body).walk("VEVENT")
        return {re.match(r"booking-(\d+)@", event["UID"])[1]: event for event in events}


Hand = Callable[..., Reader]


@pytest.fixture
def app(the_town: Town) -> TestApp:
    """The whole application; WebTest's lint watches that it keeps to WSGI."""
    return TestApp(wsgi.mount(the_town.deps))


@pytest.fixture
def hand(app: TestApp, the_town: Town) -> Hand:
    """Gives out a feed's address."""

    def give(
        kind=CalendarKind.BOOKINGS, staff_id: int | None = 11, detail=Detail.FULL, business_id: int = 1
    ) -> Reader:
        granted = grant.feed(the_town.deps, business_id, kind, staff_id, detail, "phone")
        return Reader(app, "/feeds/" + granted.secret.rpartition("/")[2], granted)

    return give


@pytest.fixture
def feed(hand: Hand) -> Reader:
    """Alice's bookings with everything in them."""
    return hand()


class TestContent:
    def test_it_holds_the_bookings_that_the_calendar_shows(self, feed):
        times = {
            id_: (e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC))
            for id_, e in feed.events().items()
        }
        assert times == {
            str(id_): (datetime.fromisoformat(start), datetime.fromisoformat(end))
            for id_, (start, end) in office.SHOWN.items()
        }

    def test_two_libraries_read_the_same(self, feed):
        body = feed.get().body.decode()
        theirs = vobject.readOne(body).vevent_list
        ours = icalendar.Calendar.from_ical(body).walk("VEVENT")
        assert sorted((e.uid.value, e.summary.value, e.dtstart.value) for e in theirs) == sorted(
            (str(e["UID"]), str(e["SUMMARY"]), e["DTSTART"].dt) for e in ours
        )

    def test_its_name_and_how_often_to_ask_again(self, feed, hand):
        calendar = icalendar.Calendar.from_ical(feed.get().body)
        assert calendar["X-WR-CALNAME"] == "Alice Adler – Harbor Hair"
        assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in feed.get().body
        assert b"\r\nX-PUBLISHED-TTL:PT15M\r\n" in feed.get().body
        team = icalendar.Calendar.from_ical(hand(CalendarKind.TEAM, None).get().body)
        assert team["X-WR-CALNAME"] == "Team – Harbor Hair"

    def test_the_team_s_feed_holds_everyone_s_bookings(self, hand):
        assert set(hand(CalendarKind.TEAM, None).events()) == {"1001", "1002", "1003", "1005", "1006"}

    def test_lines_end_as_they_must_and_are_short_enough(self, feed):
        """RFC 5545 3.1: CRLF, and 75 octets."""
        lines = feed.get().body.split(b"\r\n")
        assert lines[-1] == b""
        assert not any(b"\n" in line or len(line) > 75 for line in lines)

    def test_a_long_feed_arrives_whole(self, the_town, feed):
        the_town.sql(
            "INSERT INTO public.bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, "
            "end_time, status, created_at, updated_at) "
            "SELECT 1, 11, 31, 61, at, at + interval '45 minutes', 1, now(), now() "
            "FROM generate_series(timestamp '2027-01-01', timestamp '2027-01-25', interval '1 hour') at"
        )
        the_town.settle()
        assert len(feed.events()) == 3 + 24 * 24 + 1


class TestPrivacy:
    def test_the_whole_truth(self, feed):
        body = words(feed)
        assert all(word in body for word in CUSTOMERS)

    @pytest.mark.parametrize("kind", [CalendarKind.BOOKINGS, CalendarKind.TEAM])
    @pytest.mark.parametrize("detail", [Detail.SERVICE, Detail.BUSY])
    def test_lower_levels_say_nothing_of_the_customer(self, hand, kind, detail):
        body = words(hand(kind, 11 if kind is CalendarKind.BOOKINGS else None, detail))
        assert b"begin:vevent" in body
        assert not [word for word in CUSTOMERS if word in body]

    def test_the_service_level_says_what_is_done_and_where(self, hand):
        body = words(hand(detail=Detail.SERVICE))
        assert b"summary:haircut (long hair)\r\n" in body
        assert b"1 pier road" in body
        assert b"completed" not in body

    def test_the_busy_level_says_when_and_nothing_else(self, hand):
        events = hand(detail=Detail.BUSY).events()
        assert {str(event["SUMMARY"]) for event in events.values()} == {"Busy"}
        told = {name for event in events.values() for name in event}
        needed = {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY"}
        assert told <= needed | {"STATUS", "TRANSP"}
        assert {str(event.get("STATUS", "CONFIRMED")) for event in events.values()} == {"CONFIRMED"}

    def test_what_is_new_is_no_less_private(self, the_town, hand):
        quiet = hand(detail=Detail.SERVICE)
        office.book(the_town, 1010, 11, "2026-11-27 15:00", "2026-11-27 15:45", notes="Allergic to latex too")
        the_town.sql("UPDATE public.bookings SET status = 3 WHERE id = 1001")
        body = words(quiet)
        assert b"booking-1010@" in body
        assert not [word for word in CUSTOMERS if word in body]

    @pytest.mark.parametrize("detail", list(Detail))
    def test_the_business_next_door_stays_next_door(self, hand, detail):
        """Mallory has a booking with the same customer, at another business."""
        for reader in (hand(detail=detail), hand(CalendarKind.TEAM, None, detail)):
            assert not [word for word in NEXT_DOOR if word in words(reader)]
        theirs = words(hand(CalendarKind.TEAM, None, detail, business_id=2))
        assert b"haircut" not in theirs
        assert theirs.count(b"begin:vevent") == 1


def words(reader: Reader) -> bytes:
    """A feed without its line folds, in small letters."""
    return re.sub(rb"\r\n[ \t]", b"", reader.get().body).lower()


class TestFreshness:
    """Whatever the booking app writes is there at the next request."""

    def test_a_moved_booking(self, the_town, feed):
        before = feed.get().headers["ETag"]
        office.move(the_town, 1001)
        assert feed.events()["1001"]["DTSTART"].dt.astimezone(UTC) == datetime(2026, 11, 24, 16, tzinfo=UTC)
        assert feed.get().headers["ETag"] != before

    def test_a_new_one_and_one_of_a_colleague_s(self, the_town, feed):
        office.book(the_town, 1010, 11, "2026-11-27 15:00", "2026-11-27 15:45")
        office.reassign(the_town, 1005, 11)
        assert set(feed.events()) == {"1001", "1002", "1003", "1005", "1010"}

    @pytest.mark.parametrize(
        "end",
        [
            "UPDATE public.bookings SET status = 2 WHERE id = 1001",
            "UPDATE public.bookings SET status = 5 WHERE id = 1001",
            "UPDATE public.bookings SET staff_member_id = 12 WHERE id = 1001",
            "DELETE FROM public.bookings WHERE id = 1001",
        ],
        ids=["cancelled", "business deleted", "a colleague's", "deleted"],
    )
    def test_what_is_over_vanishes(self, the_town, feed, end):
        feed.get()
        the_town.sql(end)
        assert set(feed.events()) == {"1002", "1003"}

    def test_what_is_shown_of_others(self, the_town, feed):
        the_town.sql("UPDATE public.tenant_customers SET first_name = 'Marion' WHERE id = 61")
        the_town.sql("UPDATE public.services SET name = 'Cut & shave' WHERE id = 31")
        assert str(feed.events()["1001"]["SUMMARY"]) == "Cut & shave – Marion Santos"

    def test_a_new_name_of_the_calendar(self, the_town, feed):
        """A name stands in the feed, so it is part of what the ETag stands for."""
        before = feed.get().headers["ETag"]
        the_town.sql("UPDATE public.staff_members SET name = 'Alice Abel' WHERE id = 11")
        again = feed.get(If_None_Match=before)
        assert icalendar.Calendar.from_ical(again.body)["X-WR-CALNAME"] == "Alice Abel – Harbor Hair"


class TestCaching:
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', 'W/"other" , W/{}', "*"])
    def test_who_has_it_already_gets_304(self, feed, form):
        etag = feed.get().headers["ETag"].removeprefix("W/")
        answer = feed.get(If_None_Match=form.format(etag), status=304)
        assert answer.body == b""
        assert answer.headers["ETag"].removeprefix("W/") == etag
        assert "Content-Length" not in answer.headers or answer.headers["Content-Length"] == "0"

    def test_who_has_an_older_one_gets_the_whole(self, the_town, feed):
        etag = feed.get().headers["ETag"]
        office.move(the_town, 1001)
        assert feed.get(If_None_Match=etag).body

    def test_another_feed_of_the_same_calendar_is_as_new(self, feed, hand):
        etag = feed.get().headers["ETag"]
        assert hand().get(If_None_Match=etag, status=304)
        assert hand(detail=Detail.BUSY).get(If_None_Match=etag).body

    def test_what_else_it_says_of_itself(self, feed):
        answer = feed.get()
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
        changed = parsedate_to_datetime(answer.headers["Last-Modified"])
        assert abs((datetime.now(UTC) - changed).total_seconds()) < 3600

    def test_compressed_when_the_reader_can(self, live, feed):
        plain = read(live, feed, accept="identity")
        packed = read(live, feed, accept="gzip, deflate")
        assert "Content-Encoding" not in plain.headers
        assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert len(packed.content) < len(plain.content) / 2
        assert gzip.decompress(packed.content) == plain.content == feed.get().body
        assert "Content-Encoding" not in read(live, feed, accept="gzip;q=0, identity").headers

    @pytest.mark.parametrize("accept", ["identity", "gzip"])
    def test_head_is_get_without_the_body(self, live, feed, accept):
        head, whole = (read(live, feed, accept=accept, method=method) for method in ("HEAD", "GET"))
        assert head.content == b""
        assert int(head.headers["Content-Length"]) == len(whole.content)
        assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}


@dataclass(frozen=True)
class Answer:
    """What came over the wire, as it came."""

    headers: dict[str, str]
    content: bytes


def read(live: LiveServer, feed: Reader, *, accept: str, method: str = "GET") -> Answer:
    address = live.address + feed.path
    with requests.request(
        method, address, headers={"Accept-Encoding": accept}, stream=True, timeout=5
    ) as answer:
        return Answer(dict(answer.headers), answer.raw.read(decode_content=False))


class TestTheToken:
    def revoke(self, town: Town, feed: Reader) -> None:
        grant.revoke(town.deps, "feed", 1, feed.granted.id)

    def test_a_wrong_one_and_a_revoked_one_look_the_same(self, the_town, app, feed):
        feed.get()
        self.revoke(the_town, feed)
        revoked = feed.get(status=404)
        wrong = app.get(f"/feeds/{'a' * len(feed.token)}.ics", status=404)
        assert (revoked.body, dict(revoked.headers)) == (wrong.body, dict(wrong.headers))
        assert feed.token.encode() not in revoked.body

    def test_revoking_one_leaves_the_others(self, the_town, feed, hand):
        other = hand()
        self.revoke(the_town, feed)
        feed.get(status=404)
        assert other.get().body

    @pytest.mark.parametrize(
        "leave",
        [
            "UPDATE public.staff_members SET active = false WHERE id = 11",
            "UPDATE public.businesses SET active = false WHERE id = 1",
        ],
    )
    def test_whoever_has_left_shows_nothing(self, the_town, app, feed, leave):
        etag = feed.get().headers["ETag"]
        the_town.sql(leave)
        gone = feed.get(status=404)
        feed.get(If_None_Match=etag, status=404)
        assert gone.body == app.get(f"/feeds/{'a' * len(feed.token)}.ics", status=404).body

    @pytest.mark.parametrize(
        "path", ["/feeds/.ics", "/feeds/", "/feeds/%00.ics", "/feeds/a%2Fb.ics", "/feeds/%ff.ics"]
    )
    def test_odd_addresses_are_not_there(self, app, path):
        app.get(path, status=404)
        app.get(f"/feeds/{'x' * 5000}.ics", status=404)

    def test_it_is_for_reading(self, feed):
        for method in (feed.app.post, feed.app.put, feed.app.delete):
            method(feed.path, status=405)

    def test_it_is_kept_as_its_hash_alone(self, the_town, feed):
        feed.get()
        kept = "\n".join(everything_in(the_town))
        assert sha256(feed.token.encode()).hexdigest() in kept
        assert feed.token not in kept
        assert feed.token.encode().hex() not in kept

    def test_it_is_in_no_log(self, the_town, live, feed, caplog):
        caplog.set_level(logging.DEBUG)
        feed.get()
        requests.get(live.address + feed.path, timeout=5)
        self.revoke(the_town, feed)
        feed.get(status=404)
        the_town.deps.database.close()
        ours = [record for record in caplog.records if not record.name.startswith("urllib3")]
        assert feed.token not in "\n".join(f"{record.getMessage()} {record.exc_text}" for record in ours)


def everything_in(town: Town) -> Iterator[str]:
    """Each row of each table of ours, as text."""
    tables = town.sql("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'daybridge'")
    for (table,) in tables:
        for (row,) in town.sql(f"SELECT t::text FROM daybridge.{table} t"):
            yield str(row)
