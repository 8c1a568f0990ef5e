"""What the simulation has found of edits, one by one: each went wrong once, and is told here as shortly as can be."""

from __future__ import annotations

import pytest

from tests.simulation.conftest import Calm
from tests.simulation.deeds import (
    DAY,
    HOUR,
    NOON,
    bin_,
    book,
    change,
    choose,
    drag,
    edit,
    first,
    ids_of,
    is_well,
    later,
    lines,
    move,
    row,
)
from tests.simulation.quiet import settle

# Whose edit is it?


def test_a_move_whose_answer_was_lost_is_not_taken_for_a_persons(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    move(world, booking, NOON + DAY)
    world.weather.planned["put", "after"] = "unavailable"
    later(world)
    move(world, booking, NOON)
    is_well(world)
    assert row(world, booking) == (NOON, 1)


def test_a_deletion_whose_answer_was_lost_is_not_taken_for_a_persons(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    change(world, booking, "status = 2")
    world.weather.planned["delete", "after"] = "unavailable"
    later(world)
    change(world, booking, "status = 1")
    is_well(world)
    assert row(world, booking) == (NOON, 1)


def test_a_write_of_our_own_whose_answer_was_lost_is_no_conflict(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    move(world, booking, NOON + DAY)
    world.weather.planned["put", "after"] = "unavailable"
    later(world)
    is_well(world)
    assert lines(world, booking) == []


@pytest.mark.parametrize("what", ["put", "delete"])
def test_who_was_held_up_for_too_long_is_not_taken_for_a_person(calm: Calm, what: str) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    change(world, booking, f"start_time = '{NOON - HOUR:%F %T}'" if what == "put" else "status = 2")
    before = row(world, booking)

    def another_takes_over() -> None:
        change(world, booking, f"start_time = '{NOON:%F %T}', status = 1")
        world.overtake()

    world.act = lambda _: None
    world.weather.overtaken = another_takes_over
    world.weather.planned[what, "before"] = "overtaken"
    later(world)
    is_well(world)
    assert before != row(world, booking) == (NOON, 1)


def test_a_booking_that_was_declined_there_comes_back_undeclined(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    edit(world, booking, what="decline", declined=True)
    later(world)
    assert row(world, booking) == (NOON, 2)
    change(world, booking, "status = 1")
    is_well(world)


# Nothing is dropped without a word


def test_a_deletion_that_loses_against_the_app_is_told(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    bin_(world, booking)
    move(world, booking, NOON + DAY)
    is_well(world)
    assert lines(world, booking) == [("cancel", "BOTH_CHANGED")]


@pytest.mark.parametrize("last", range(1, 14))
def test_a_refusal_is_told_whenever_the_worker_dies(calm: Calm, last: int) -> None:
    world = calm(moves="refuse")
    booking = book(world)
    settle(world)
    drag(world, booking, NOON + DAY)
    world.weather.last = last
    later(world)
    world.weather.last = 0
    is_well(world)
    assert ("change", "NotEditable") in lines(world, booking)


def test_an_event_that_was_changed_before_we_knew_that_it_was_there(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    world.weather.planned["put", "after"] = "dies"
    world.work()
    drag(world, booking, NOON + DAY)
    is_well(world)
    assert lines(world, booking) == [("change", "UNSURE")]


def test_a_move_in_a_calendar_that_receives_no_more_is_told(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    settle(world)
    drag(world, booking, NOON + DAY)
    choose(world, first(world), ids_of(world, first(world))[1])
    is_well(world)
    assert lines(world, booking) == [("change", "BOTH_CHANGED")]


# What the app is told


def test_the_app_is_told_though_it_holds_the_row(calm: Calm) -> None:
    world = calm()
    booking = book(world)
    world.work_beside(booking)
    is_well(world)


@pytest.mark.parametrize("last", range(1, 16))
def test_the_app_is_told_whenever_the_worker_dies(calm: Calm, last: int) -> None:
    world = calm()
    book(world)
    world.weather.last = last
    world.work()
    world.weather.last = 0
    is_well(world)
