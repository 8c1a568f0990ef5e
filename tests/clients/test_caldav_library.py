"""The Python library `caldav`, as scripts and Home Assistant use it: finding, reading and searching calendars."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from caldav import DAVClient
from caldav.lib.error import AuthorizationError, NotFoundError

from tests.clients import office
from tests.clients.library import at, ids, sign_in

pytestmark = pytest.mark.client

ALL = ["1001", "1002", "1003"]


@pytest.fixture
def live(looked_at):
    """Nothing is changed here, so all of this file shares one server."""
    return looked_at


class TestDiscovery:
    @pytest.mark.parametrize(
        "path", ["", "/", "/dav", "/dav/", "/.well-known/caldav", "/.well-known/caldav/"]
    )
    def test_any_address_leads_to_the_same_person(self, live, path):
        with sign_in(live, live.town.alice, path) as client:
            assert client.principal().url == live.address + live.town.alice.home

    def test_a_manager_has_her_colleagues_calendars_and_the_team_s(self, alice):
        assert [calendar.get_display_name() for calendar in alice.principal().calendars()] == [
            "Bookings",
            "Busy elsewhere",
            "Bob Brandt – bookings",
            "Team – Harbor Hair",
        ]

    def test_a_colleague_has_his_own_calendars_only(self, bob):
        assert [calendar.get_display_name() for calendar in bob.principal().calendars()] == [
            "Bookings",
            "Busy elsewhere",
        ]

    def test_a_principal_says_who_they_are(self, alice):
        principal = alice.principal()
        assert principal.get_display_name() == "Alice Adler"
        assert principal.calendar_user_address_set() == ["mailto:alice@harbor.example", "/dav/s11/"]

    def test_a_calendar_holds_events_and_nothing_else(self, bookings):
        assert bookings.get_supported_components() == ["VEVENT"]
        assert bookings.get_todos() == []
        assert bookings.get_journals() == []

    def test_the_server_claims_what_it_can(self, alice):
        assert alice.check_cdav_support()
        assert not alice.supports_scheduling()

    @pytest.mark.parametrize("name", ["alice@harbor.example", "bob@harbor.example", "nobody@harbor.example"])
    def test_a_wrong_password_is_an_authorization_error(self, live, name):
        wrong = "wrong" if name.startswith("alice") else live.town.alice.password
        with (
            DAVClient(url=live.address, username=name, password=wrong) as client,
            pytest.raises(AuthorizationError) as refused,
        ):
            client.principal()
        assert refused.value.status == 401

    def test_a_stranger_s_calendar_is_not_there(self, live):
        with sign_in(live, live.town.mallory) as client, pytest.raises(NotFoundError):
            client.calendar(url=live.address + live.town.alice.bookings).get_events()


class TestReading:
    def test_every_booking_is_an_event(self, bookings):
        assert ids(bookings.get_events()) == ALL

    def test_the_team_s_calendar_says_whose_each_event_is(self, alice):
        team = alice.principal().calendar(name="Team – Harbor Hair")
        titles = {str(event.component["SUMMARY"]) for event in team.get_events()}
        assert {"Alice Adler: Haircut – Maria Santos", "Bob Brandt: Haircut – Maria Santos"} <= titles

    def test_an_event_by_its_uid(self, bookings):
        uid = str(bookings.search(event=True)[0].component["UID"])
        assert str(bookings.get_event_by_uid(uid).component["UID"]) == uid
        with pytest.raises(NotFoundError):
            bookings.get_event_by_uid(uid.replace("booking-100", "booking-1"))

    def test_an_object_by_its_address_is_what_is_stored(self, live, bookings):
        alice = live.town.alice
        address = f"{live.address}{alice.bookings}booking-1001.ics"
        event = bookings.event_by_url(address)
        event.load()
        assert event.raw_data == requests.get(address, auth=(alice.email, alice.password), timeout=5).content
        assert str(event.component["SUMMARY"]) == "Haircut – Maria Santos"

    def test_several_at_once(self, bookings):
        found = bookings.multiget([bookings.url.join(f"booking-{id_}.ics") for id_ in (1003, 1001)])
        assert ids(found) == ["1001", "1003"]
        assert all(event.etag and "BEGIN:VEVENT" in event.data for event in found)

    def test_one_of_many_that_is_missing_is_named(self, bookings):
        addresses = [bookings.url.join(f"booking-{id_}.ics") for id_ in (1001, 1004)]
        with pytest.raises(NotFoundError, match="booking-1004"):
            bookings.multiget(addresses, raise_notfound=True)

    def test_a_missing_object_is_not_found(self, bookings):
        with pytest.raises(NotFoundError):
            bookings.event_by_url(bookings.url.join("booking-1004.ics")).load(multiget_fallback=False)


class TestSearching:
    """Booking 1001 lasts from 15:00 to 15:45 UTC (RFC 4791 9.9: a range overlaps, touching is not enough)."""

    @pytest.mark.parametrize(
        ("since", "until", "found"),
        [
            ("14:00:00", "15:00:00", False),
            ("14:00:00", "15:00:01", True),
            ("15:44:59", "16:00:00", True),
            ("15:45:00", "16:00:00", False),
            ("15:10:00", "15:20:00", True),
            ("15:00:00", "15:45:00", True),
            ("00:00:00", "23:59:59", True),
        ],
    )
    def test_the_edges_of_a_time_range(self, bookings, since, until, found):
        events = bookings.search(event=True, start=at(since), end=at(until), post_filter=False)
        assert ids(events) == (["1001"] if found else [])

    def test_an_open_side(self, bookings):
        assert ids(bookings.search(event=True, start=at("15:45:00"), post_filter=False)) == ["1002", "1003"]
        assert ids(bookings.search(event=True, end=at("15:00:01"), post_filter=False)) == ["1001"]

    @pytest.mark.parametrize("where", ["expand", "server_expand"])
    def test_expanding_what_does_not_recur_changes_nothing(self, bookings, where):
        whole = {"event": True, "start": at("00:00:00"), "end": datetime(2027, 1, 1, tzinfo=UTC)}
        events = bookings.search(**whole, **{where: True}, post_filter=False)
        assert ids(events) == ALL
        starts = sorted(event.component["DTSTART"].dt.astimezone(UTC) for event in events)
        assert starts == [datetime.fromisoformat(start) for start, _ in office.SHOWN.values()]

    def test_expanded_events_are_in_utc(self, bookings):
        """RFC 4791 9.6.5: no VTIMEZONE, no local time."""
        [event] = bookings.search(
            event=True, start=at("15:00:00"), end=at("16:00:00"), server_expand=True, post_filter=False
        )
        assert "DTSTART:20261124T150000Z" in event.data
        assert "DTEND:20261124T154500Z" in event.data
        assert "VTIMEZONE" not in event.data

    @pytest.mark.parametrize(
        ("property_", "words", "found"),
        [("SUMMARY", "Maria", ["1001"]), ("SUMMARY", "Lunch", []), ("CATEGORIES", "Colour", ["1002"])],
    )
    def test_words(self, bookings, property_, words, found):
        def search(looked_for, *, case_sensitive):
            searcher = bookings.searcher(event=True)
            searcher.add_property_filter(property_, looked_for, case_sensitive=case_sensitive)
            return ids(searcher.search(bookings, post_filter=False))

        assert search(words, case_sensitive=True) == found
        assert search(words.upper(), case_sensitive=True) == []
        assert search(words.upper(), case_sensitive=False) == found

    def test_who_is_busy_when(self, bookings):
        """A booking that waits for confirmation is tentative."""
        answer = bookings.freebusy_request(at("00:00:00"), datetime(2027, 1, 1, tzinfo=UTC))
        assert sorted(line for line in answer.data.splitlines() if line.startswith("FREEBUSY")) == [
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261125T190000Z/20261125T203000Z",
            "FREEBUSY;FBTYPE=BUSY:20261124T150000Z/20261124T154500Z",
            "FREEBUSY;FBTYPE=BUSY:20261201T140000Z/20261201T150000Z",
        ]
