"""What the simulation has found of accounts: each went wrong once, and is told here as shortly as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest

from gateway.core.remote import Showing
from gateway.services import disconnect
from tests.simulation import people, privates
from tests.simulation.appointments import Appointment
from tests.simulation.company import Calendar, Entry
from tests.simulation.conftest import Calm
from tests.simulation.deeds import (
    DAY,
    HOUR,
    NOON,
    bin_,
    book,
    change,
    choose,
    edit,
    event,
    first,
    ids_of,
    is_well,
    later,
    leave,
    main_of,
    row,
    second_of,
)
from tests.simulation.owners import connect
from tests.simulation.quiet import settle
from tests.simulation.stage import ALICE, BOB
from tests.simulation.world import World

MORNING = datetime.fromisoformat("2026-11-25T09:00")  # on whatever clock
# One account, by two ways.
SHARED = (("alice", ALICE), ("alice", BOB))
TWICE = (("alice", None), ("alice", ALICE))


# Other people's events


def own(world: World, **like: object) -> tuple[Calendar, Entry]:
    calendar = main_of(world)
    made = Appointment("own", "America/New_York", MORNING, HOUR, **like)  # type: ignore[arg-type]
    return calendar, calendar.touch(Entry("own", "own", appointment=made))


def test_a_business_that_moves_takes_whole_days_along(calm: Calm) -> None:
    world = calm()
    calendar = main_of(world)
    made = Appointment("day", "UTC", MORNING.replace(hour=0), DAY, all_day=True, showing=Showing.BUSY)
    calendar.touch(Entry("day", "day", appointment=made))
    settle(world)
    world.sql("UPDATE businesses SET time_zone = 'Asia/Tokyo' WHERE id = 1")
    is_well(world)


def test_instances_that_are_there_no_more_give_their_time_back(calm: Calm) -> None:
    world = calm()
    calendar, main = own(world, every=1, count=4)
    settle(world)
    privates.move_instance(world, calendar, main, 1, 5 * DAY)
    settle(world)
    privates.move_series(world, calendar, main, DAY)
    calendar.floor = calendar.version + 1
    is_well(world)


def test_an_instance_that_was_moved_out_of_sight_leaves_its_time_free(calm: Calm) -> None:
    world = calm(whole_parts=False)
    calendar, main = own(world, every=1, count=8)
    settle(world)
    privates.move_instance(world, calendar, main, 5, -9 * DAY)
    settle(world)
    calendar.floor = calendar.version + 1
    is_well(world)


# One account, several connections


def test_a_booking_that_changes_hands_within_one_account(calm: Calm) -> None:
    world = calm(connections=SHARED)
    booking = book(world)
    settle(world)
    change(world, booking, f"staff_member_id = {BOB}")
    is_well(world)
    assert row(world, booking) == (NOON, 1)


def test_an_own_connection_takes_over_from_the_businesss(calm: Calm) -> None:
    world = calm(connections=TWICE[:1])
    book(world)
    settle(world)
    connect(world, "alice", ALICE)
    is_well(world)


@pytest.mark.parametrize("remove", [True, False])
def test_the_other_connection_takes_over_what_one_leaves(calm: Calm, remove: bool) -> None:
    world = calm(connections=TWICE)
    book(world)
    settle(world)
    own_one = next(id_ for id_, _, staff in world.open_connections() if staff == ALICE)
    disconnect.begin(world.deps, world.manager, own_one, remove=remove)
    is_well(world)


def test_an_event_that_lost_its_mark_is_nobody_elses(calm: Calm) -> None:
    world = calm(connections=SHARED)
    booking = book(world)
    settle(world)
    edit(world, booking, additions=("untagged",))
    is_well(world)


# Parting


def test_what_was_left_there_is_taken_over_when_its_owner_comes_back(calm: Calm) -> None:
    world = calm(styles=("caldav",) * 4)
    booking = book(world)
    settle(world)
    bin_(world, booking)
    later(world)
    change(world, booking, "status = 1")
    settle(world)
    leave(world, remove=False)
    settle(world)
    connect(world, "alice", ALICE)
    is_well(world)


def test_who_is_at_it_while_its_owner_parts_leaves_nothing_behind(calm: Calm) -> None:
    world = calm()
    book(world)
    world.weather.meanwhile = lambda: leave(world, remove=True)
    world.weather.planned["put", "before"] = "meanwhile"
    world.work()
    settle(world)
    assert main_of(world).bookings() == []


def test_a_second_event_of_a_booking_is_taken_away(calm: Calm) -> None:
    """Left behind by force; then the booking is somebody's who has the same account."""
    world = calm(connections=SHARED)
    booking = book(world, staff=BOB)
    settle(world)
    world.company.mailboxes["alice"].shut()
    later(world)
    disconnect.begin(world.deps, world.manager, world.open_connections()[1][0], remove=True)
    change(world, booking, f"staff_member_id = {ALICE}")
    connect(world, "alice", ALICE)
    settle(world)
    world.left.add(("alice", "*"))
    is_well(world)
    assert Counter(one.booking_id for one in main_of(world).bookings()) == {booking: 1}


def test_who_was_held_up_until_all_was_over_leaves_no_doubt_behind(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    leave(world, remove=True)
    world.act = lambda _: None
    world.weather.planned["delete", "before"] = "overtaken"
    later(world)
    is_well(world)
    assert world.sql("SELECT calendar_event_status FROM bookings WHERE id = %s", booking) == [(0,)]


# Names, calendars


def test_an_event_that_has_another_name_is_the_same(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    people.rename(world, main_of(world), event(world, booking))
    is_well(world)
    assert row(world, booking) == (NOON, 1)
    assert event(world, booking).id.startswith("name")


@pytest.mark.parametrize("how", [people.undelete, people.copy])
def test_an_event_that_is_there_twice(calm: Calm, how: Callable[[World, Calendar, Entry], None]) -> None:
    world = calm(on_delete="ask")
    booking = book(world)
    settle(world)
    before = event(world, booking)
    if how is people.undelete:
        bin_(world, booking)
        settle(world)
    how(world, main_of(world), before)
    later(world)
    assert event(world, booking)
    is_well(world)


def test_a_booking_that_comes_back_again_and_again_is_there_at_once(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    for _ in range(6):
        settle(world)
        change(world, booking, "status = 2")
        settle(world)
        change(world, booking, "status = 1")
        later(world)
        assert event(world, booking)


def test_a_calendar_that_vanishes_and_comes_back(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    choose(world, first(world), ids_of(world, first(world))[1])
    settle(world)
    mailbox = world.company.mailboxes["alice"]
    second = second_of(world)
    mailbox.vanished[second.id] = mailbox.calendars.pop(second.id)
    later(world)
    later(world)
    assert world.sql("SELECT calendar_event_status FROM bookings WHERE id = %s", booking) == [(0,)]
    mailbox.mend()
    later(world, DAY + HOUR)
    is_well(world)
    assert event(world, booking, second_of(world))


def test_a_list_of_calendars_that_is_cut_short_is_not_believed(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    for _ in range(4):
        world.company.cut = True
        later(world, DAY + HOUR)
        assert event(world, booking)
    is_well(world)
