"""Secret feeds, read as Google Calendar, Outlook and Apple Calendar read them: a GET now and then."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import icalendar
import pytest
import requests
import vobject

from gateway.core.model import CalendarKind, Detail
from tests.clients import office
from tests.clients.web import Reader
from tests.conftest import LiveServer

pytestmark = pytest.mark.client


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
