"""Editing bookings with the library `caldav`: what it is told, what becomes of them, and what its next sync brings.

Alice works from nine to five in New York, where 10:00 is 15:00 UTC. Whatever she tries, after the next sync her copy
is what the server has.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import icalendar
import pytest
from caldav.lib.error import ETagMismatchError

from tests.caldav.editing import SUNDAY, Row, codes, outcomes, row, working
from tests.caldav.editing import at as town_at
from tests.clients import office
from tests.clients.library import CONFLICT, NOT_EDITABLE, OBJECT, Copy, on_tuesday, put_at, refused, sign_in
from tests.clients.office import busy, busy_with, questions
from tests.conftest import LiveServer, Town
from tests.essence import essence

pytestmark = pytest.mark.client

KEPT = Row("24 15:00-15:45", 1, "Allergic to latex", None, 11, None, None)
SOON = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:Soon\r\nEND:VALARM\r\n"


@pytest.fixture
def the_town(the_town: Town) -> Town:
    return working(the_town)


def replied(outcome: str, action: str = "change") -> list[tuple[str, str, str, str]]:
    return [("Alice Adler", "caldav", action, outcome)]


class TestABooking:
    @pytest.mark.parametrize(
        ("start", "end", "span", "takes"),
        [
            ("11:00", "11:45", "24 16:00-16:45", "1124T1600-1124T1645"),
            ("10:00", "11:15", "24 15:00-16:15", "1124T1500-1124T1615"),
            ("10:15", "10:30", "24 15:15-15:30", "1124T1515-1124T1530"),
        ],
        ids=["moved", "lengthened", "shortened"],
    )
    def test_moved_or_resized_it_is_rescheduled(self, live, copy, start, end, span, takes):
        put_at(copy.event("booking-1001"), start, end)
        assert row(live.town, 1001).span == span
        assert busy_with(live.town, "booking", 1001) == takes
        assert outcomes(live.town, 1001) == replied("accepted", "move")
        assert copy.sync() == (["1001"], [])

    def test_moved_twice_it_goes_to_the_second_place(self, live, copy):
        """The answer to the first PUT has no ETag, as other bytes are kept; the library has to ask for it."""
        put_at(copy.event("booking-1001"), "11:00", "11:45")
        copy.sync()
        put_at(copy.event("booking-1001"), "12:00", "12:45")
        assert row(live.town, 1001).span == "24 17:00-17:45"
        assert copy.sync() == (["1001"], [])

    def test_deleted_it_comes_back_and_its_owner_is_asked(self, live, copy):
        error = refused(copy.event("booking-1001").delete)
        assert NOT_EDITABLE in error.preconditions
        assert "/manage/settings/calendars" in str(error.body)
        assert row(live.town, 1001) == KEPT
        assert questions(live.town) == [1001]
        assert outcomes(live.town, 1001) == replied("asked", "cancel")
        assert copy.sync() == (["1001"], [])

    def test_deleted_where_the_business_lets_staff_cancel_it_is_cancelled(self, the_town, serve):
        live = cancelling(the_town, serve)
        with sign_in(live, the_town.alice) as client:
            copy = Copy(client.principal().calendar(name="Bookings"), live)
            copy.event("booking-1001").delete()
            assert row(the_town, 1001).status == office.CANCELLED
            assert busy_with(the_town, "booking", 1001) == ""
            assert questions(the_town) == []
            assert outcomes(the_town, 1001) == replied("accepted", "cancel")
            assert copy.sync() == ([], ["1001"])

    @pytest.mark.parametrize(
        ("start", "end", "code"),
        [("12:00", "12:45", "OVERLAP"), ("08:30", "09:15", "HOURS"), ("18:00", "18:45", "HOURS")],
        ids=["over another booking", "before hours", "after hours"],
    )
    def test_where_it_can_t_be_it_isn_t(self, live, copy, start, end, code):
        office.book(live.town, 1010, 11, "2026-11-24 17:00", "2026-11-24 17:45")
        copy.sync()
        taken = busy(live.town)
        error = refused(lambda: put_at(copy.event("booking-1001"), start, end))
        assert {"{DAV:}need-privileges", CONFLICT} <= set(error.preconditions)
        assert (row(live.town, 1001), busy(live.town)) == (KEPT, taken)
        assert outcomes(live.town, 1001) == replied("refused", "change")
        assert codes(live.town, 1001) == [code]
        assert copy.sync() == (["1001"], [])

    def test_over_a_block_of_one_s_own_it_can_t_be_either(self, live, copy):
        copy.calendar.add_event(dtstart=on_tuesday("12:00"), dtend=on_tuesday("13:00"), summary="Lunch")
        refused(lambda: put_at(copy.event("booking-1001"), "12:30", "13:15"))
        assert (row(live.town, 1001), codes(live.town, 1001)) == (KEPT, ["BLOCK"])

    @pytest.mark.parametrize("edit", ["move", "delete"])
    def test_known_only_as_it_was_it_isn_t_changed(self, live, copy, edit):
        """RFC 9110 13.1.1: the booking system was faster."""
        stale = copy.event("booking-1001")
        office.move(live.town, 1001)
        with pytest.raises(ETagMismatchError) as error:
            put_at(stale, "14:00", "14:45") if edit == "move" else stale.delete(if_match=True)
        assert error.value.status == 412
        assert row(live.town, 1001).span == "24 16:00-16:45"
        assert outcomes(live.town, 1001) == []
        assert copy.sync() == (["1001"], [])
        put_at(copy.event("booking-1001"), "14:00", "14:45")
        assert row(live.town, 1001).span == "24 19:00-19:45"

    def test_gone_meanwhile_it_isn_t_changed(self, live, copy):
        stale = copy.event("booking-1001")
        office.cancel(live.town, 1001)
        with pytest.raises(ETagMismatchError):
            put_at(stale, "14:00", "14:45")
        assert row(live.town, 1001).span == KEPT.span
        assert copy.sync() == ([], ["1001"])

    def test_its_title_is_the_booking_s(self, live, copy):
        before = essence(copy.event("booking-1001").data)
        event = copy.event("booking-1001")
        with event.edit_icalendar_component() as component:
            component["SUMMARY"] = "Something else"
        event.save()
        assert row(live.town, 1001) == KEPT
        assert outcomes(live.town, 1001) == replied("restored")
        assert copy.sync() == (["1001"], [])
        assert essence(copy.event("booking-1001").data) == before

    def test_a_reminder_stays_with_whoever_set_it_also_when_the_booking_moves(self, live, copy, bob):
        event = copy.event("booking-1001")
        with event.edit_icalendar_component() as component:
            component.add_component(icalendar.Alarm.from_ical(SOON))
        event.save()
        assert copy.sync() == (["1001"], [])
        office.move(live.town, 1001)
        assert copy.sync() == (["1001"], [])
        component = copy.event("booking-1001").component
        assert component.start == on_tuesday("11:00")
        [alarm] = component.walk("VALARM")
        assert (alarm.TRIGGER, str(alarm["DESCRIPTION"])) == (timedelta(minutes=-15), "Soon")
        office.reassign(live.town, 1001, live.town.bob.staff_id)
        assert copy.sync() == ([], ["1001"])
        theirs = bob.principal().calendar(name="Bookings")
        assert "VALARM" not in theirs.event_by_url(theirs.url.join("booking-1001.ics")).load().data

    def test_it_is_never_made_recurring_or_whole_days(self, live, copy):
        for change in ({"RRULE": icalendar.vRecur(FREQ="DAILY")}, {"start": date(2026, 11, 24)}):
            event = copy.event("booking-1001")
            with event.edit_icalendar_component() as component:
                if "RRULE" in change:
                    component.add("RRULE", change["RRULE"])
                else:
                    component.start, component.end = change["start"], change["start"] + timedelta(1)
            assert OBJECT in refused(event.save).preconditions
            assert row(live.town, 1001) == KEPT
            assert copy.sync() == (["1001"], [])

    def test_a_colleague_s_booking_is_moved_by_whoever_manages(self, live, alice):
        theirs = alice.principal().calendar(name="Bob Brandt – bookings")
        event = theirs.event_by_url(theirs.url.join("booking-1005.ics"))
        event.load()
        with event.edit_icalendar_component() as component:
            component.start, component.end = (
                one + timedelta(hours=1) for one in (component.start, component.end)
            )
        event.save()
        assert row(live.town, 1005).span == "26 17:00-17:45"
        assert outcomes(live.town, 1005) == replied("accepted", "move")


def cancelling(town: Town, serve: Callable[..., str]) -> LiveServer:
    """The same business, whose staff cancel by deleting."""
    chosen = town_at(town, SUNDAY, writeback_on_delete="cancel")
    return LiveServer(serve(chosen.deps), chosen)
