"""Personal blocks with the library `caldav`: what they take, what colleagues see, and what is refused.

12:00 in New York is 17:00 UTC. After the next sync the copy that a program keeps is what the server has.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from caldav.calendarobjectresource import Event
from caldav.lib.error import ETagMismatchError, UidConflictError

from tests.caldav.editing import working
from tests.clients import office
from tests.clients.library import (
    COMPONENT,
    DATA,
    INSTANCES,
    NOT_EDITABLE,
    OBJECT,
    Copy,
    on_tuesday,
    put_at,
    refused,
    sign_in,
)
from tests.clients.office import busy
from tests.clients.training import CANCELLED, MOVED, WEEKLY, body
from tests.conftest import Town

pytestmark = pytest.mark.client

ALICE = ("Alice Adler", "caldav")


@pytest.fixture
def the_town(the_town: Town) -> Town:
    return working(the_town)


class TestABlock:
    def put(self, copy: Copy, text: bytes, name: str = "training") -> None:
        """As the library sends bytes; its `save` keeps some of the worst to itself."""
        address = str(copy.calendar.url.join(f"{name}.ics"))
        copy.calendar.client.put(address, text, {"Content-Type": "text/calendar"})

    def test_new_changed_and_deleted(self, live, copy, alice):
        lunch = {"dtstart": on_tuesday("12:00"), "dtend": on_tuesday("13:00"), "summary": "Lunch with Zoë"}
        copy.calendar.add_event(uid="lunch", **lunch)
        assert busy(live.town, "block") == "1124T1700-1124T1800"
        assert copy.sync() == (["lunch"], [])
        assert "Zoë" in copy.event("lunch").data
        put_at(copy.event("lunch"), "12:30", "13:15")
        assert busy(live.town, "block") == "1124T1730-1124T1815"
        # The ETag that the PUT was answered with is that of the library's own bytes.
        assert copy.sync() == ([], [])
        copy.event("lunch").delete(if_match=True)
        assert busy(live.town, "block") == ""
        assert copy.sync() == ([], ["lunch"])
        assert office.log(live.town) == [
            (*ALICE, "block", "accepted"),
            (*ALICE, "change block", "accepted"),
            (*ALICE, "unblock", "accepted"),
        ]

    def test_recurring_with_one_moved_and_one_cancelled(self, live, copy):
        text = body(WEEKLY, MOVED, CANCELLED)
        self.put(copy, text)
        assert busy(live.town, "block") == "1123T1700-1123T1800 1201T1300-1201T1330 1214T1700-1214T1800"
        assert copy.sync() == (["training"], [])
        assert copy.event("training").raw_data == text

    def test_one_instance_is_moved_by_the_library_itself(self, live, copy):
        self.put(copy, body(WEEKLY))
        copy.sync()
        [found] = copy.calendar.search(
            event=True,
            start=on_tuesday("00:00") + timedelta(6),
            end=on_tuesday("00:00") + timedelta(7),
            expand=True,
        )
        with found.edit_icalendar_component() as component:
            component.start, component.end = (
                component.start + timedelta(hours=2),
                component.end + timedelta(hours=2),
            )
        found.save()
        assert busy(live.town, "block") == (
            "1123T1700-1123T1800 1130T1900-1130T2000 1207T1700-1207T1800 1214T1700-1214T1800"
        )
        assert copy.sync() == (["training"], [])

    def test_whole_days(self, live, copy):
        """They are days where the business is."""
        copy.calendar.add_event(
            uid="holiday", dtstart=date(2026, 12, 24), dtend=date(2026, 12, 27), summary="Christmas"
        )
        assert busy(live.town, "block") == "1224T0500-1227T0500"
        assert copy.sync() == (["holiday"], [])

    def test_a_colleague_s_program_is_told_when_and_not_what(self, live, copy, bob):
        theirs = bob.principal().calendar(name="Bookings")
        theirs.add_event(
            uid="doctor", dtstart=on_tuesday("12:00"), dtend=on_tuesday("13:00"), summary="Doctor"
        )
        with sign_in(live, live.town.alice) as client:
            [seen] = (
                client.principal()
                .calendar(name="Bob Brandt – bookings")
                .search(event=True, start=on_tuesday("12:30"), end=on_tuesday("12:45"))
            )
            assert str(seen.component["SUMMARY"]) == "Busy"
            assert "Doctor" not in seen.data
            assert NOT_EDITABLE in refused(lambda: put_at(seen, "14:00", "15:00")).preconditions
            assert NOT_EDITABLE in refused(seen.delete).preconditions
        assert busy(live.town, "block") == "1124T1700-1124T1800"

    def test_known_only_as_it_was_it_isn_t_changed(self, live, copy):
        self.put(copy, body(WEEKLY))
        copy.sync()
        stale = copy.event("training")
        with sign_in(live, live.town.alice) as phone:
            same = phone.calendar(url=copy.calendar.url).event_by_url(copy.calendar.url.join("training.ics"))
            same.load()
            same.save(raw_data=body(WEEKLY.replace("COUNT=4", "COUNT=2")))
        for attempt in (lambda: stale.save(raw_data=body(WEEKLY)), lambda: stale.delete(if_match=True)):
            with pytest.raises(ETagMismatchError):
                attempt()
        assert busy(live.town, "block") == "1123T1700-1123T1800 1130T1700-1130T1800"
        assert copy.sync() == (["training"], [])

    @pytest.mark.parametrize(
        ("text", "precondition"),
        [
            (body("BEGIN:VTODO\nUID:training\nDTSTAMP:20261101T000000Z\nSUMMARY:Tax\nEND:VTODO"), COMPONENT),
            (b"Lunch at noon", DATA),
            (body(WEEKLY)[:-40], DATA),
            (body(WEEKLY.replace("20261123T", "20261323T")), DATA),
            (body(WEEKLY.replace("WEEKLY;COUNT=4", "SECONDLY")), INSTANCES),
            (
                body(WEEKLY.replace("WEEKLY;COUNT=4", "DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5,6")),
                INSTANCES,
            ),
            (body("METHOD:REQUEST", WEEKLY), OBJECT),
            (body(WEEKLY, MOVED.replace("UID:training", "UID:other")), OBJECT),
        ],
        ids=[
            "task",
            "garbage",
            "cut off",
            "no date",
            "each second",
            "thirty a day",
            "invitation",
            "two events",
        ],
    )
    def test_what_can_t_be_kept_is_refused_and_changes_nothing(self, live, copy, text, precondition):
        taken = busy(live.town)
        assert precondition in refused(lambda: self.put(copy, text)).preconditions
        assert copy.sync() == ([], [])
        self.put(copy, body(WEEKLY))
        copy.sync()
        with_block = busy(live.town)
        assert with_block != taken
        assert precondition in refused(lambda: self.put(copy, text)).preconditions
        assert busy(live.town) == with_block
        copy.sync()
        assert copy.event("training").raw_data == body(WEEKLY)

    def test_the_same_uid_elsewhere_is_a_conflict_that_the_library_knows(self, live, copy):
        self.put(copy, body(WEEKLY))
        event = Event(
            client=copy.calendar.client, url=copy.calendar.url.join("copy.ics"), parent=copy.calendar
        )
        with pytest.raises(UidConflictError) as error:
            event.save(raw_data=body(WEEKLY))
        assert error.value.status == 403
        assert copy.sync() == (["training"], [])
