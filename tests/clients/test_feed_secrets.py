"""What a feed keeps to itself: the customers at lower levels of detail, other businesses, and its own address."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
import requests

from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from tests.clients import office
from tests.clients.web import Reader
from tests.conftest import Town

pytestmark = pytest.mark.client

CUSTOMERS = (b"maria", b"santos", b"555-0101", b"wei", b"chen", b"555-0102", b"@example.com", b"latex")
NEXT_DOOR = (b"mallory", b"oil change", b"winter tyres", b"kiel")


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
