"""The Python library `caldav`, as scripts and Home Assistant use it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from caldav import DAVClient
from caldav.collection import Calendar
from caldav.elements import dav, ical
from caldav.lib.error import AuthorizationError, NotFoundError, PutError

from tests.clients import office
from tests.clients.conftest import sign_in

pytestmark = pytest.mark.client


@pytest.fixture
def bookings(alice: DAVClient) -> Calendar:
    return alice.principal().calendar(name="Bookings")


def ids(objects) -> list[str]:
    """Which bookings these are, by the number in their address."""
    return sorted(
        str(one.url).rpartition("/")[2].removeprefix("booking-").removesuffix(".ics") for one in objects
    )


ALL = ["1001", "1002", "1003"]


class OnlyLooking:
    """For tests that change nothing: they share one server."""

    @pytest.fixture
    def live(self, looked_at):
        return looked_at


class TestDiscovery(OnlyLooking):
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


class TestReading(OnlyLooking):
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


class TestSearching(OnlyLooking):
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


def at(clock: str) -> datetime:
    """That time on the day of booking 1001, in UTC."""
    return datetime.fromisoformat(f"2026-11-24T{clock}+00:00")


class TestSyncing:
    @pytest.fixture
    def copy(self, bookings):
        """A client's copy of the calendar, by sync token; never by the library's own fallback."""
        return bookings.get_objects_by_sync_token(load_objects=True, disable_fallback=True)

    def test_the_first_time_everything_comes(self, copy):
        assert ids(copy) == ALL
        assert not copy.deleted_urls

    def test_nothing_changed(self, bookings, copy):
        again = bookings.get_objects_by_sync_token(copy.sync_token, disable_fallback=True)
        assert (len(again), again.sync_token) == (0, copy.sync_token)

    def test_a_moved_booking(self, live, copy):
        office.move(live.town, 1002)
        changed, gone = copy.sync()
        assert (ids(changed), gone) == (["1002"], [])
        assert changed[0].component["DTSTART"].dt.astimezone(UTC) == datetime(2026, 11, 25, 20, tzinfo=UTC)

    def test_a_cancelled_booking(self, live, copy):
        office.cancel(live.town, 1003)
        changed, gone = copy.sync()
        assert (changed, ids(gone)) == ([], ["1003"])
        assert copy.sync() == ([], [])

    def test_a_booking_given_to_a_colleague_leaves_one_calendar_and_appears_in_the_other(
        self, live, copy, bob
    ):
        theirs = bob.principal().calendar(name="Bookings").get_objects_by_sync_token(disable_fallback=True)
        office.reassign(live.town, 1001, live.town.bob.staff_id)
        changed, gone = copy.sync()
        assert (changed, ids(gone)) == ([], ["1001"])
        changed, gone = theirs.sync()
        assert (ids(changed), gone) == (["1001"], [])

    def test_a_change_that_no_calendar_shows_is_no_change(self, live, copy):
        live.town.sql("UPDATE public.bookings SET updated_at = now() + interval '1 day' WHERE id = 1001")
        assert copy.sync() == ([], [])

    def test_a_token_of_another_calendar_is_refused_in_words_that_the_library_knows(self, alice, copy):
        team = alice.principal().calendar(name="Team – Harbor Hair")
        with pytest.raises(AuthorizationError) as refused:
            team.get_objects_by_sync_token(copy.sync_token, disable_fallback=True)
        assert refused.value.preconditions[0] == "{DAV:}valid-sync-token"
        assert len(team.get_objects_by_sync_token(copy.sync_token)) > 0


class TestProperties:
    @pytest.mark.parametrize("made", [ical.CalendarColor("#AA00BBFF"), dav.DisplayName("Work & <play>")])
    def test_a_person_s_own_name_and_colour_are_kept_for_them_alone(self, live, bookings, bob, made):
        bookings.set_properties([made])
        assert bookings.get_properties([type(made)()]) == {made.tag: made.value}
        with sign_in(live, live.town.alice) as other_device:
            same = other_device.calendar(url=bookings.url)
            assert same.get_properties([type(made)()]) == {made.tag: made.value}
        theirs = bob.calendar(url=live.address + live.town.bob.bookings)
        assert theirs.get_properties([type(made)()]).get(made.tag) != made.value


class TestWriting:
    """Calendars can only be read: each attempt says so and leaves every event as it was."""

    @pytest.fixture
    def untouched(self, bookings):
        before = {str(event.url): event.data for event in bookings.get_events()}
        yield
        assert {str(event.url): event.data for event in bookings.get_events()} == before

    @pytest.mark.usefixtures("untouched")
    def test_a_new_event_is_refused(self, bookings):
        with pytest.raises((AuthorizationError, PutError)) as refused:
            bookings.add_event(dtstart=at("18:00:00"), dtend=at("19:00:00"), summary="Lunch")
        check_refusal(refused.value)

    @pytest.mark.usefixtures("untouched")
    def test_a_changed_event_is_refused(self, bookings):
        with pytest.raises((AuthorizationError, PutError)) as refused:
            rename(bookings, 1001)
        check_refusal(refused.value)

    @pytest.mark.usefixtures("untouched")
    def test_a_deletion_is_refused(self, bookings):
        with pytest.raises(AuthorizationError) as refused:
            bookings.event_by_url(bookings.url.join("booking-1001.ics")).delete()
        check_refusal(refused.value)

    def test_what_was_refused_comes_again_with_the_next_sync(self, bookings):
        """So that a calendar app which kept the person's edit shows the truth again."""
        copy = bookings.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
        with pytest.raises((AuthorizationError, PutError)):
            rename(bookings, 1001)
        changed, gone = copy.sync()
        assert (ids(changed), gone) == (["1001"], [])
        assert str(changed[0].component["SUMMARY"]) == "Haircut – Maria Santos"

    @pytest.mark.usefixtures("untouched")
    def test_neither_made_nor_deleted_is_a_calendar(self, alice, bookings):
        for attempt in (lambda: alice.principal().make_calendar(name="Mine"), bookings.delete):
            with pytest.raises(AuthorizationError) as refused:
                attempt()
            check_refusal(refused.value)
        assert len(alice.principal().calendars()) == 4


def rename(bookings, booking_id):
    """Give an event another title, as a person would."""
    event = bookings.event_by_url(bookings.url.join(f"booking-{booking_id}.ics"))
    event.load()
    with event.edit_icalendar_component() as component:
        component["SUMMARY"] = "Something else"
    event.save()


def check_refusal(error):
    """403, the precondition that a machine reads (RFC 3744 7.1.1), and a sentence for the person."""
    assert error.status == 403
    assert "{DAV:}need-privileges" in error.preconditions
    assert "booking system" in (error.body if isinstance(error.body, str) else error.body.decode())
