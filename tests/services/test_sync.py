"""Bookings and a Google calendar, in step: what each side's changes come to, over real sockets.

Every fault of the providers that breaks products, and every state that a connection can be in, is here or beside.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import wsgi
from gateway.core.connection import State
from gateway.core.errors import NotEditable, NotYours
from gateway.core.model import Detail
from gateway.services import accounts, connect, disconnect, rules, seals
from gateway.services.accounts import Owner
from tests.caldav.client import InProcess
from tests.conftest import Town
from tests.linked import SESSION, Linked, event, ours, starts
from tests.servers.google import Human
from tests.servers.google import start as start_google


@pytest.fixture
def world(the_town: Town, tmp_path: Path) -> Iterator[Linked]:
    with start_google(allow_http=True) as google:
        yield Linked.build(the_town, google, tmp_path)


@pytest.fixture
def alice(world: Linked) -> Human:
    return world.account()


@pytest.fixture
def owner(world: Linked) -> Owner:
    return world.owner(world.town.alice)


@pytest.fixture
def connection(world: Linked, alice: Human, owner: Owner) -> int:
    """Alice's account, connected and in step."""
    made = world.connect(owner)
    world.settle()
    assert world.state(made) is State.IN_STEP
    return made


def put(world: Linked, days: int = 3) -> int:
    """A booking that is there."""
    made = world.book(world.in_days(days))
    world.settle()
    return made


def event_of(world: Linked, person: Human, booking_id: int) -> dict[str, object]:
    """The one event that shows a booking."""
    [found] = [one for one in ours(person) if f"booking-{booking_id}@" in str(one["extendedProperties"])]
    return found


class TestOut:
    """From bookings into the calendar."""

    def test_a_booking_appears_moves_and_goes(self, world: Linked, alice: Human, connection: int) -> None:
        booking = put(world)
        shown = event_of(world, alice, booking)
        assert (shown["summary"], starts(shown)) == ("Haircut – Maria Santos", world.in_days(3))
        world.shift(booking, hours=1)
        world.settle()
        assert starts(event_of(world, alice, booking)) == world.in_days(3, 16)
        world.town.sql("UPDATE bookings SET status = 2 WHERE id = %s", booking)
        world.settle()
        assert all(f"booking-{booking}@" not in str(one) for one in ours(alice))

    def test_a_booking_whose_row_is_deleted_leaves_no_event(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        world.town.sql("DELETE FROM bookings WHERE id = %s", booking)
        world.settle()
        assert all(f"booking-{booking}@" not in str(one) for one in ours(alice))

    def test_nobody_is_invited_and_nobody_gets_mail(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        shown = event_of(world, alice, put(world))
        assert "attendees" not in shown
        assert world.google.mails == []

    def test_a_reassigned_booking_moves_from_one_calendar_to_the_other(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        bob = world.account("bob@harbor.example")
        world.google.at_consent("bob@harbor.example")
        world.connect(world.owner(world.town.bob))
        world.settle()
        booking = put(world)
        world.town.sql("UPDATE bookings SET staff_member_id = 12 WHERE id = %s", booking)
        world.settle()
        assert all(f"booking-{booking}@" not in str(one) for one in ours(alice))
        assert starts(event_of(world, bob, booking)) == world.in_days(3)

    def test_a_cancelled_booking_that_comes_back_has_an_event_again(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        """The id of a deleted event stays taken there."""
        booking = put(world)
        for status in (2, 1, 2, 1):
            world.town.sql("UPDATE bookings SET status = %s WHERE id = %s", status, booking)
            world.settle()
        assert starts(event_of(world, alice, booking)) == world.in_days(3)

    def test_the_past_is_not_put_there_and_not_taken_away(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world, days=1)
        old = world.book(world.in_days(-5))
        world.later(days=4)
        world.town.sql("UPDATE bookings SET status = 3 WHERE id = %s", booking)
        world.settle()
        assert "Completed" in str(event_of(world, alice, booking))
        assert all(f"booking-{old}@" not in str(one) for one in ours(alice))

    def test_how_much_is_told_there_is_its_owners_choice(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        booking = put(world)
        shown = accounts.view(world.deps, owner, connection)
        assert shown.receiving is not None
        accounts.choose(
            world.deps,
            owner,
            connection,
            receives=shown.receiving.calendar.id,
            blocks=[one.calendar.id for one in shown.calendars if one.calendar.blocks],
            detail=Detail.BUSY,
            rules=shown.connection.rules,
            titles=False,
        )
        world.settle()
        told = event_of(world, alice, booking)
        assert told["summary"] == "Busy"
        assert "Maria" not in str(told)

    def test_another_calendar_can_receive_them(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        booking = put(world)
        other = alice.add_calendar("Salon", "America/New_York")
        world.town.sql("UPDATE daybridge.connection_calendars SET read_whole_at = NULL, cursor = ''")
        world.later(days=8)
        from gateway.services import turns
        from gateway.services.pull import list_calendars

        turns.take(world.deps, 1, connection, list_calendars)
        shown = accounts.view(world.deps, owner, connection)
        [chosen] = [one.calendar.id for one in shown.calendars if one.calendar.remote_id == other]
        booking = put(world)
        accounts.choose(
            world.deps, owner, connection, receives=chosen, blocks=[], detail=Detail.FULL,
            rules=shown.connection.rules, titles=False,
        )  # fmt: skip
        world.settle()
        assert all(f"booking-{booking}@" not in str(one) for one in ours(alice))
        assert [one for one in alice.events(calendar=other) if f"booking-{booking}@" in str(one)]

    def test_the_app_is_told_where_its_bookings_are(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        question = "SELECT calendar_event_id, calendar_event_status FROM bookings WHERE id = %s"
        assert world.town.sql(question, booking) == [(event_of(world, alice, booking)["id"], 2)]
        world.town.sql("UPDATE bookings SET notes = 'late' WHERE id = %s", booking)
        world.town.settle()
        assert world.town.sql(question, booking)[0][1] == 1
        world.settle()
        world.town.sql("UPDATE bookings SET status = 2 WHERE id = %s", booking)
        world.settle()
        assert world.town.sql(question, booking) == [(None, 0)]
        default = "SELECT default_calendar_connection_id FROM staff_members WHERE id = 11"
        assert world.town.sql(default) == [(connection,)]


class TestBack:
    """From the calendar into bookings: the same table as for CalDAV."""

    def test_a_moved_event_reschedules_and_nothing_goes_back_and_forth(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        alice.move(str(event_of(world, alice, booking)["id"]), timedelta(hours=2))
        writes = world.google.writes
        world.poll()
        assert world.booking(booking)[0] == world.in_days(3, 17)
        assert world.outcomes(booking) == [("Alice Adler in Google Calendar", "move", "accepted")]
        world.poll()
        assert world.google.writes == writes

    def test_a_time_that_is_taken_is_refused_and_the_event_put_back(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking, _ = put(world), put(world, days=4)
        alice.move(str(event_of(world, alice, booking)["id"]), timedelta(days=1))
        world.poll()
        assert world.booking(booking)[0] == world.in_days(3)
        assert starts(event_of(world, alice, booking)) == world.in_days(3)
        assert world.outcomes(booking)[-1][2] == "refused"
        world.poll()
        assert starts(event_of(world, alice, booking)) == world.in_days(3)

    def test_another_title_is_put_back_and_a_reminder_stays(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        id_ = str(event_of(world, alice, booking)["id"])
        alice.retitle(id_, "Lunch")
        alice.edit(
            id_, {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}}
        )
        world.poll()
        shown = event_of(world, alice, booking)
        assert shown["summary"] == "Haircut – Maria Santos"
        assert shown["reminders"]["overrides"] == [{"method": "popup", "minutes": 5}]  # type: ignore[index]
        assert world.outcomes(booking)[-1][1:] == ("change", "restored")

    @pytest.mark.parametrize(
        ("choice", "status", "outcome"),
        [("cancel", 2, "accepted"), ("ask", 1, "asked"), ("refuse", 1, "refused")],
    )
    def test_a_deleted_event_is_what_the_business_says_it_is(
        self, world: Linked, alice: Human, connection: int, choice: str, status: int, outcome: str
    ) -> None:
        world.town.sql(
            "INSERT INTO daybridge.business_settings (business_id, on_delete) VALUES (1, %s)", choice
        )
        booking = put(world)
        alice.delete(str(event_of(world, alice, booking)["id"]))
        world.poll()
        assert world.booking(booking)[2] == status
        assert outcome in [one[2] for one in world.outcomes(booking)]
        assert len([one for one in ours(alice) if f"booking-{booking}@" in str(one)]) == (status != 2)

    def test_both_changed_and_the_booking_counts(self, world: Linked, alice: Human, connection: int) -> None:
        booking = put(world)
        alice.move(str(event_of(world, alice, booking)["id"]), timedelta(hours=5))
        world.town.sql(
            "UPDATE bookings SET start_time = start_time + interval '30 min' WHERE id = %s", booking
        )
        world.settle()
        assert starts(event_of(world, alice, booking)) == world.in_days(3) + timedelta(minutes=30)
        [lost] = world.town.sql(
            "SELECT after->>'start', reasons->0->>'code' FROM daybridge.calendar_sync_logs"
            " WHERE booking_id = %s AND outcome = 'restored'",
            booking,
        )
        assert lost == (world.in_days(3, 20).isoformat(), "BOTH_CHANGED")

    def test_an_event_that_is_made_recurring_is_put_back(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        alice.edit(str(event_of(world, alice, booking)["id"]), {"recurrence": ["RRULE:FREQ=WEEKLY"]})
        world.poll()
        assert "recurrence" not in event_of(world, alice, booking)


class TestOthers:
    """Events of others become busy time."""

    def test_an_event_blocks_moves_and_frees(self, world: Linked, alice: Human, connection: int) -> None:
        start = world.in_days(2)
        made = alice.create(event("Dentist", start))
        id_ = str(made["id"] if isinstance(made, dict) else made)
        world.poll()
        assert world.busy() == [(start, start + timedelta(hours=1))]
        alice.move(id_, timedelta(hours=3))
        world.poll()
        assert world.busy() == [(start + timedelta(hours=3), start + timedelta(hours=4))]
        alice.delete(id_)
        world.poll()
        assert world.busy() == []

    def test_no_title_is_kept(self, world: Linked, alice: Human, connection: int) -> None:
        alice.create(event("Divorce lawyer", world.in_days(2), description="Room 5", location="Court"))
        world.poll()
        [(row,)] = world.town.sql("SELECT e::text FROM daybridge.external_calendar_events e")
        for private in ("lawyer", "Room", "Court"):
            assert private not in str(row)

    def test_its_time_is_seen_in_their_owner_s_calendar_apps_and_by_nobody_else(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        made = alice.create(event("Dentist", world.in_days(2)))
        alice.create(event("Free", world.in_days(3), transparency="transparent"))
        world.poll()
        phone = InProcess(wsgi.mount(world.deps), world.town.alice)
        busy = f"{world.town.alice.home}busy/"
        first = phone.sync(busy, props="<D:getetag/><C:calendar-data/>")
        [member] = [one for name, one in first.members.items() if name.endswith(".ics")]
        told = member.found["{urn:ietf:params:xml:ns:caldav}calendar-data"].text or ""
        assert f"DTSTART:{world.in_days(2):%Y%m%dT%H%M%SZ}" in told
        assert ("SUMMARY:Busy" in told, "Dentist" in told) == (True, False)
        alice.move(str(made["id"] if isinstance(made, dict) else made), timedelta(hours=1))
        world.poll()
        changed = phone.sync(busy, first.token)
        assert sorted(one.status for one in changed.members.values()) == [0, 404]
        disconnect.begin(world.deps, owner, connection, remove=False)
        world.settle()
        assert phone.names(busy) == set()
        assert InProcess(wsgi.mount(world.deps), world.town.bob).propfind(busy, "D:getetag").status in (
            403,
            404,
        )

    def test_titles_are_read_if_their_owner_wants_that_and_forgotten_when_not(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()

        def choose(titles: bool) -> list[tuple[object, ...]]:
            shown = accounts.view(world.deps, owner, connection)
            assert shown.receiving is not None
            accounts.choose(
                world.deps, owner, connection, receives=shown.receiving.calendar.id,
                blocks=[one.calendar.id for one in shown.calendars if one.calendar.blocks], detail=Detail.FULL,
                rules=shown.connection.rules, titles=titles,
            )  # fmt: skip
            now = world.town.sql("SELECT title FROM daybridge.external_calendar_events")
            world.poll()
            return [*now, *world.town.sql("SELECT title FROM daybridge.external_calendar_events")]

        assert choose(True) == [("",), ("Dentist",)]
        assert choose(False) == [("",), ("",)]
        assert len(world.busy()) == 1

    def test_our_own_events_never_block(self, world: Linked, alice: Human, connection: int) -> None:
        put(world)
        world.town.sql("UPDATE daybridge.connection_calendars SET cursor = '', read_whole_at = NULL")
        world.poll()
        assert world.busy() == []

    def test_free_declined_and_cancelled_don_t_block(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        alice.create(event("Free", world.in_days(2), transparency="transparent"))
        alice.invited(event("Declined", world.in_days(3)), "boss@example.com", "declined")
        alice.invited(event("Maybe", world.in_days(4)), "boss@example.com", "needsAction")
        world.poll()
        assert [start for start, _ in world.busy()] == [world.in_days(4)]

    def test_a_recurring_event_with_its_exceptions_blocks_when_it_happens(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        start = world.in_days(1)
        zone = {"timeZone": "America/New_York"}
        made = alice.create(
            {
                "summary": "Yoga",
                "start": {"dateTime": start.isoformat(), **zone},
                "end": {"dateTime": (start + timedelta(hours=1)).isoformat(), **zone},
                "recurrence": ["RRULE:FREQ=DAILY;COUNT=4"],
            }
        )
        id_ = str(made["id"] if isinstance(made, dict) else made)
        alice.delete(f"{id_}_{start + timedelta(days=1):%Y%m%dT%H%M%SZ}")
        alice.move(f"{id_}_{start + timedelta(days=2):%Y%m%dT%H%M%SZ}", timedelta(hours=2))
        world.poll()
        days = [start, start + timedelta(days=2, hours=2), start + timedelta(days=3)]
        assert [begin for begin, _ in world.busy()] == days
        alice.delete(id_)
        world.poll()
        assert world.busy() == []

    def test_a_calendar_that_no_longer_blocks_gives_its_time_back(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        shown = accounts.view(world.deps, owner, connection)
        accounts.choose(
            world.deps, owner, connection, receives=None, blocks=[], detail=Detail.FULL,
            rules=shown.connection.rules, titles=False,
        )  # fmt: skip
        assert world.busy() == []


class TestFaults:
    """What providers do, and must not break anything."""

    def test_an_answer_that_is_lost_after_the_write_leaves_one_event(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        world.google.faults.lose_answer(method="calendar.events.insert")
        booking = put(world)
        world.later(minutes=5)
        assert event_of(world, alice, booking)
        assert world.state(connection) is State.IN_STEP

    def test_an_answer_lost_before_a_cancellation_leaves_no_event(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        world.google.faults.lose_answer(method="calendar.events.insert")
        booking = world.book(world.in_days(3))
        world.turn()
        world.town.sql("UPDATE bookings SET status = 2 WHERE id = %s", booking)
        world.later(minutes=5)
        assert ours(alice) == [one for one in ours(alice) if f"booking-{booking}@" not in str(one)]

    def test_a_cursor_that_is_worth_nothing_any_more_means_reading_anew(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        booking = put(world)
        world.google.expire_sync_tokens()
        alice.create(event("Dentist", world.in_days(2)))
        writes = world.google.writes
        world.poll()
        assert len(world.busy()) == 1
        assert (event_of(world, alice, booking)["status"], world.google.writes) == ("confirmed", writes)

    def test_an_emptied_listing_cancels_nothing_frees_nothing_and_asks(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        world.town.sql(
            "INSERT INTO daybridge.business_settings (business_id, on_delete) VALUES (1, 'cancel')"
        )
        made = [put(world, days) for days in (3, 4, 5, 6)]
        for days in (3, 4, 5, 6):
            alice.create(event("Private", world.in_days(days, 20)))
        world.poll()
        assert len(world.busy()) == 4
        world.google.expire_sync_tokens()
        world.google.faults.empty_listing(times=-1)
        world.poll()
        assert world.state(connection) is State.STOPPED
        assert [world.booking(one)[2] for one in made] == [1, 1, 1, 1]
        assert len(world.busy()) == 4
        assert accounts.large_change(world.deps, owner, connection).gone >= 4
        world.google.faults.clear()
        accounts.go_on(world.deps, owner, connection, believe=False)
        world.settle()
        assert world.state(connection) is State.IN_STEP
        assert len(world.busy()) == 4

    def test_a_large_change_that_is_right_is_believed_when_its_owner_says_so(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        for days in range(2, 14):
            alice.create(event("Private", world.in_days(days, 20)))
        world.poll()
        alice.empty()
        world.poll()
        assert (world.state(connection), len(world.busy())) == (State.STOPPED, 12)
        accounts.go_on(world.deps, owner, connection, believe=True)
        world.settle()
        assert (world.state(connection), world.busy()) == (State.IN_STEP, [])

    def test_a_throttled_account_pauses_until_they_say_and_then_goes_on(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        world.google.faults.throttle(times=1, retry_after=600, status=429)
        booking = put(world)
        assert world.state(connection) is State.PAUSED
        assert "Google Calendar asked us to slow down" in world.told(owner, connection)
        requests = sum(world.google.requests.values())
        world.later(minutes=9)
        assert sum(world.google.requests.values()) == requests
        world.later(minutes=2)
        assert event_of(world, alice, booking)
        assert world.state(connection) is State.IN_STEP

    def test_a_revoked_permission_is_seen_at_once_and_what_waits_goes_out_after_reconnecting(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        before = put(world)
        world.google.revoke_grant("alice@harbor.example")
        booking = put(world, days=4)
        assert world.state(connection) is State.RECONNECT_NEEDED
        assert len(world.busy()) == 1, "the last copy goes on blocking"
        world.later(days=1)
        assert world.state(connection) is State.RECONNECT_NEEDED
        assert world.connect(owner, again=connection, consent=True) == connection
        world.settle()
        assert world.state(connection) is State.IN_STEP
        assert event_of(world, alice, booking)
        assert event_of(world, alice, before)

    def test_access_that_has_run_out_is_renewed_without_a_word(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        world.clock.now += timedelta(hours=2)
        world.google.expire_access_tokens()
        booking = put(world)
        assert event_of(world, alice, booking)
        assert world.state(connection) is State.IN_STEP

    def test_an_outage_is_told_as_out_of_date_and_what_was_read_goes_on_blocking(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        world.google.faults.fail(times=-1, status=503)
        world.poll()
        for _ in range(6):
            world.later(minutes=10)
        assert world.state(connection) is State.STALE
        assert len(world.busy()) == 1
        assert "The last copy keeps blocking" in world.told(owner, connection)
        world.google.faults.clear()
        world.later(hours=1)
        assert world.state(connection) is State.IN_STEP

    def test_half_an_answer_is_an_outage_and_no_deletion(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        world.google.faults.malformed(times=1)
        world.poll()
        assert len(world.busy()) == 1
        world.later(minutes=10)
        assert world.state(connection) is State.IN_STEP

    def test_a_quota_that_is_used_up_is_waited_for_and_is_no_lost_permission(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        world.google.faults.quota_exceeded(times=1)
        booking = put(world)
        assert world.state(connection) is State.PAUSED
        world.later(hours=2)
        assert event_of(world, alice, booking)

    def test_one_booking_that_they_don_t_take_keeps_no_other_waiting(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        world.google.faults.fail(times=1, status=400, method="calendar.events.insert")
        first, second = world.book(world.in_days(2)), world.book(world.in_days(3))
        world.settle()
        there = {one["id"] for one in ours(alice)}
        assert len([one for one in (first, second) if f"booking-{one}@" in str(ours(alice))]) == 1
        world.later(hours=1)
        assert event_of(world, alice, first)
        assert event_of(world, alice, second)
        assert there <= {one["id"] for one in ours(alice)}


class TestConnecting:
    """Who may connect what, and what becomes of it."""

    def test_the_first_reading_comes_before_the_first_writing(
        self, world: Linked, alice: Human, owner: Owner
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        booking = world.book(world.in_days(3))
        world.google.faults.fail(times=1, status=503, method="calendar.events.list")
        made = world.connect(owner)
        world.turn()
        assert world.state(made) is State.IMPORTING
        assert world.google.writes == 0 or ours(alice) == []
        world.later(minutes=1)
        assert len(world.busy()) == 1
        assert event_of(world, alice, booking)

    def test_an_account_that_is_connected_again_is_the_same_connection(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        booking = put(world)
        assert world.connect(owner) == connection
        world.settle()
        assert event_of(world, alice, booking)

    def test_who_unticks_a_box_is_told_which(self, world: Linked, alice: Human, owner: Owner) -> None:
        world.google.at_consent(untick=frozenset({"https://www.googleapis.com/auth/calendar.events"}))
        with pytest.raises(NotEditable, match="Daybridge also needs to"):
            world.connect(owner)
        assert accounts.listing(world.deps, owner) == []

    def test_who_says_no_is_not_connected(self, world: Linked, alice: Human, owner: Owner) -> None:
        world.google.at_consent(denies=True)
        with pytest.raises(NotEditable, match="you said no there"):
            world.connect(owner)

    def test_what_began_in_one_session_ends_in_no_other_and_only_once(
        self, world: Linked, alice: Human, owner: Owner
    ) -> None:
        url = connect.begin(world.deps, owner, "google", SESSION, staff_id=11)
        back = world.agree(url)
        with pytest.raises(NotYours):
            connect.finish(world.deps, owner, "google", "another browser", back)
        with pytest.raises(NotYours):
            connect.finish(world.deps, owner, "google", SESSION, back)
        late = world.agree(connect.begin(world.deps, owner, "google", SESSION, staff_id=11))
        world.clock.now += timedelta(minutes=11)
        with pytest.raises(NotYours):
            connect.finish(world.deps, owner, "google", SESSION, late)
        mallory = world.owner(world.town.mallory)
        fresh = world.agree(connect.begin(world.deps, owner, "google", SESSION, staff_id=11))
        with pytest.raises(NotYours):
            connect.finish(world.deps, mallory, "google", SESSION, fresh)

    def test_staff_connect_their_own_and_a_stranger_sees_nothing(
        self, world: Linked, alice: Human, connection: int
    ) -> None:
        bob, mallory = world.owner(world.town.bob), world.owner(world.town.mallory, manages=True)
        with pytest.raises(NotYours):
            connect.begin(world.deps, bob, "google", SESSION, staff_id=11)
        for stranger in (bob, mallory):
            with pytest.raises(NotYours):
                accounts.view(world.deps, stranger, connection)
            with pytest.raises(NotYours):
                disconnect.begin(world.deps, stranger, connection, remove=True)
        assert accounts.view(world.deps, world.owner(world.town.bob, manages=True), connection)

    def test_an_account_of_the_business_with_a_staff_member_s_address_serves_them(
        self, world: Linked, alice: Human
    ) -> None:
        bob = world.account("bob@harbor.example")
        world.google.at_consent("bob@harbor.example")
        boss = world.owner(world.town.alice, manages=True)
        made = world.connect(boss, staff_id=0)
        world.settle()
        assert accounts.view(world.deps, boss, made).connection.staff_id == 12
        assert [one["summary"] for one in ours(bob)] == ["Haircut – Maria Santos"] or ours(bob) == []

    def test_a_calendar_of_the_business_receives_everyone_s_bookings_and_blocks_nobody(
        self, world: Linked, alice: Human
    ) -> None:
        front = world.account("desk@harbor.example")
        front.create(event("Delivery", world.in_days(2)))
        world.google.at_consent("desk@harbor.example")
        world.connect(world.owner(world.town.alice, manages=True), staff_id=0)
        first, second = world.book(world.in_days(3)), world.book(world.in_days(3), staff_id=12)
        world.settle()
        titles = {event_of(world, front, one)["summary"] for one in (first, second)}
        assert titles == {"Alice Adler: Haircut – Maria Santos", "Bob Brandt: Haircut – Maria Santos"}
        assert world.busy() == world.busy(12) == []

    def test_the_same_account_reached_twice_gets_each_booking_once(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        boss = world.owner(world.town.alice, manages=True)
        world.town.sql("UPDATE staff_members SET email = 'other@harbor.example' WHERE id = 11")
        world.town.sql("UPDATE users SET email = 'other@harbor.example' WHERE id = 101")
        twice = world.connect(boss, staff_id=0, consent=True)
        assert twice != connection
        booking = put(world)
        assert event_of(world, alice, booking)
        disconnect.begin(world.deps, owner, connection, remove=False)
        world.settle()
        assert event_of(world, alice, booking)
        world.shift(booking, hours=1)
        world.settle()
        assert starts(event_of(world, alice, booking)) == world.in_days(3, 16)


class TestDisconnecting:
    def test_with_our_events_taken_away(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        put(world)
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        disconnect.begin(world.deps, owner, connection, remove=True)
        world.settle()
        assert ours(alice) == []
        assert [one["summary"] for one in alice.events()] == ["Dentist"]
        assert world.busy() == []
        assert world.state(connection) is State.DISCONNECTED
        assert world.town.sql("SELECT sealed FROM daybridge.calendar_connections") == [(None,)]

    def test_with_our_events_left_there(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        booking = put(world)
        disconnect.begin(world.deps, owner, connection, remove=False)
        world.settle()
        assert event_of(world, alice, booking)
        assert world.state(connection) is State.DISCONNECTED

    def test_from_an_account_that_lets_us_in_no_more(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        alice.create(event("Dentist", world.in_days(2)))
        world.poll()
        world.google.revoke_grant("alice@harbor.example")
        world.later(hours=2)
        disconnect.begin(world.deps, owner, connection, remove=True)
        assert (world.state(connection), world.busy()) == (State.DISCONNECTED, [])

    def test_from_an_account_that_shuts_us_out_while_we_are_leaving(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        put(world)
        disconnect.begin(world.deps, owner, connection, remove=True)
        world.google.revoke_grant("alice@harbor.example")
        world.clock.now += timedelta(hours=2)
        world.settle()
        assert world.state(connection) is State.DISCONNECTED
        assert world.town.sql("SELECT count(*) FROM daybridge.calendar_event_mappings") == [(0,)]

    def test_from_a_provider_that_this_installation_has_no_more(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        without = replace(world.deps, providers={})
        disconnect.begin(without, owner, connection, remove=True)
        assert world.state(connection) is State.DISCONNECTED

    def test_one_of_two_connections_of_an_account_leaves_the_other_one_its_permission(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        """Google takes back all that an account's owner has agreed to, not only what is given back."""
        world.google.behaviour.revoke_ends_grant = True
        world.town.sql("UPDATE staff_members SET email = 'other@harbor.example' WHERE id = 11")
        world.town.sql("UPDATE users SET email = 'other@harbor.example' WHERE id = 101")
        twice = world.connect(world.owner(world.town.alice, manages=True), staff_id=0, consent=True)
        world.settle()
        disconnect.begin(world.deps, owner, connection, remove=True)
        world.settle()
        booking = put(world)
        assert world.state(twice) is State.IN_STEP
        assert event_of(world, alice, booking)

    def test_and_connected_again_it_is_in_step_with_one_event_each(
        self, world: Linked, alice: Human, owner: Owner, connection: int
    ) -> None:
        booking = put(world)
        disconnect.begin(world.deps, owner, connection, remove=False)
        world.settle()
        assert world.connect(owner, consent=True) == connection
        world.settle()
        assert event_of(world, alice, booking)
        assert world.state(connection) is State.IN_STEP


def test_what_lets_us_in_is_sealed_and_can_be_sealed_anew(
    world: Linked, alice: Human, connection: int
) -> None:
    [(sealed,)] = world.town.sql("SELECT sealed FROM daybridge.calendar_connections")
    assert isinstance(sealed, bytes)
    for secret in (b"ya29", b"1//", world.google.client_secret.encode(), b"access"):
        assert secret not in sealed
    assert seals.look(world.deps).stored == 1
    file = Path(world.deps.settings.credentials_file)
    old = base64.b64encode(bytes([1]) * 32).decode()
    file.write_text(
        file.read_text().replace(f'["{old}"]', f'["{base64.b64encode(bytes([2]) * 32).decode()}", "{old}"]')
    )
    assert seals.rotate(world.deps).renewed == 1
    file.write_text(file.read_text().replace(f', "{old}"', ""))
    world.clock.now += timedelta(hours=2)
    assert event_of(world, alice, put(world))


def test_rules_of_a_business_hold_for_providers_too(world: Linked, alice: Human, connection: int) -> None:
    world.town.sql("INSERT INTO daybridge.business_settings (business_id, moves) VALUES (1, 'refuse')")
    with world.deps.database.tenant(1, read_only=True) as session:
        assert rules.of(session, 1, world.deps.settings).moves == "refuse"
    booking = put(world)
    alice.move(str(event_of(world, alice, booking)["id"]), timedelta(hours=2))
    world.poll()
    assert world.booking(booking)[0] == world.in_days(3)
    assert starts(event_of(world, alice, booking)) == world.in_days(3)
