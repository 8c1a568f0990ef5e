"""The Python library `caldav`: following changes, keeping properties, and being refused what nobody can write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from caldav.calendarobjectresource import Event
from caldav.elements import dav, ical
from caldav.lib.error import AuthorizationError

from tests.clients import office
from tests.clients.library import at, ids, sign_in
from tests.essence import essence

pytestmark = pytest.mark.client


class TestSyncing:
    @pytest.fixture
    def copy(self, bookings):
        """A client's copy of the calendar, by sync token; never by the library's own fallback."""
        return bookings.get_objects_by_sync_token(load_objects=True, disable_fallback=True)

    def test_the_first_time_everything_comes(self, copy):
        assert ids(copy) == ["1001", "1002", "1003"]
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
    """What can't be written by anyone: test_edits_by_library.py has what can. Each attempt leaves all as it was."""

    @pytest.fixture
    def untouched(self, alice):
        def everything():
            return {
                str(event.url): essence(event.data)
                for calendar in alice.principal().calendars()
                for event in calendar.get_events()
            }

        before = everything()
        yield
        assert everything() == before

    @pytest.mark.usefixtures("untouched")
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("Busy elsewhere", "can only be read"),
            ("Bob Brandt – bookings", "into your own calendar"),
            ("Team – Harbor Hair", "into your own calendar"),
        ],
    )
    def test_a_new_event_goes_into_a_calendar_of_one_s_own(self, alice, name, words):
        calendar = alice.principal().calendar(name=name)
        with pytest.raises(AuthorizationError) as refused:
            calendar.add_event(dtstart=at("18:00:00"), dtend=at("19:00:00"), summary="Lunch")
        check_refusal(refused.value, words)

    @pytest.mark.usefixtures("untouched")
    def test_a_new_event_never_becomes_a_booking(self, bookings):
        """One that was cancelled meanwhile can't be brought back by a program that still has it."""
        event = bookings.event_by_url(bookings.url.join("booking-1001.ics")).load()
        text = event.data.replace("booking-1001@", "booking-1004@").encode()
        lost = Event(client=bookings.client, url=bookings.url.join("booking-1004.ics"), parent=bookings)
        with pytest.raises(AuthorizationError) as refused:
            lost.save(raw_data=text)
        check_refusal(refused.value, "booking system")

    def test_what_was_refused_comes_again_with_the_next_sync(self, bookings):
        """So that a calendar app which kept the person's edit shows the truth again."""
        copy = bookings.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
        event = bookings.event_by_url(bookings.url.join("booking-1001.ics")).load()
        with event.edit_icalendar_component() as component:
            component.add("RRULE", {"FREQ": "DAILY"})
        with pytest.raises(AuthorizationError):
            event.save()
        changed, gone = copy.sync()
        assert (ids(changed), gone) == (["1001"], [])
        assert "RRULE" not in changed[0].component

    @pytest.mark.usefixtures("untouched")
    def test_neither_made_nor_deleted_is_a_calendar(self, alice, bookings):
        for attempt in (lambda: alice.principal().make_calendar(name="Mine"), bookings.delete):
            with pytest.raises(AuthorizationError) as refused:
                attempt()
            check_refusal(refused.value, "booking system")
        assert len(alice.principal().calendars()) == 4


def check_refusal(error, words):
    """403, the precondition that a machine reads (RFC 3744 7.1.1), and a sentence for the person."""
    assert error.status == 403
    assert "{DAV:}need-privileges" in error.preconditions
    assert words in (error.body if isinstance(error.body, str) else error.body.decode())
