"""Two at one time: flagged as long as they overlap; and blocks and other calendars' events, which bar bookings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.db import busy
from gateway.db.engine import Session
from tests.diary import Diary, changed, insert, moved, refused, troubles

LEAVINGS = {
    "cancelled": "UPDATE bookings SET status = 2 WHERE id = {id}",
    "moved": "UPDATE bookings SET start_time = '2032-01-05 20:00', end_time = '2032-01-05 21:00' WHERE id = {id}",
    "shortened": "UPDATE bookings SET end_time = start_time + interval '10 min' WHERE id = {id}",
    "given to another": "UPDATE bookings SET staff_member_id = 12 WHERE id = {id}",
    "given to nobody": "UPDATE bookings SET staff_member_id = NULL WHERE id = {id}",
    "made senseless": "UPDATE bookings SET end_time = start_time WHERE id = {id}",
    "deleted": "DELETE FROM bookings WHERE id = {id}",
    "moved to another business": "UPDATE bookings SET business_id = 2 WHERE id = {id}",
    "lost in a truncate": "TRUNCATE bookings CASCADE",
}  # fmt: skip


@pytest.mark.parametrize("how", LEAVINGS)
def test_a_flag_goes_with_the_overlap(diary: Diary, how: str) -> None:
    first, second = diary.book("10:00", "11:00"), diary.book("10:30", "11:30")
    assert diary.flagged() == {second}
    diary.run(LEAVINGS[how].format(id=first))
    assert diary.flagged() == set()
    assert troubles(diary.connection) == []


@pytest.mark.parametrize("how", LEAVINGS)
def test_the_flagged_one_may_leave_too(diary: Diary, how: str) -> None:
    _, second = diary.book("10:00", "11:00"), diary.book("10:45", "11:30")
    diary.run(LEAVINGS[how].format(id=second))
    assert diary.flagged() <= ({second} if how == "shortened" else set())
    assert troubles(diary.connection) == []


def test_a_chain_of_three_loosens_link_by_link(diary: Diary) -> None:
    first = diary.book("10:00", "11:00")
    middle = diary.book("10:30", "11:30")
    last = diary.book("11:00", "12:00")
    assert diary.flagged() == {middle}
    diary.cancel(first)
    assert diary.flagged() == {middle}, "it still overlaps the last one"
    diary.cancel(last)
    assert diary.flagged() == set()


def test_of_three_over_each_other_one_holds_the_time(diary: Diary) -> None:
    first, second, third = (diary.book("10:00", "11:00") for _ in range(3))
    assert diary.flagged() == {second, third}
    diary.cancel(first)
    assert diary.flagged() == {third}, "the second one's turn"
    diary.cancel(second)
    assert diary.flagged() == set()


def test_a_flag_is_cleared_by_the_statement_that_moves_both(diary: Diary) -> None:
    diary.book("10:00", "11:00"), diary.book("10:30", "11:30")
    diary.run(
        "UPDATE bookings SET start_time = start_time + (id % 2) * interval '3 h',"
        " end_time = end_time + (id % 2) * interval '3 h'"
    )
    assert diary.flagged() == set()


def test_whoever_is_flagged_bars_others(diary: Diary) -> None:
    _, second = diary.book("10:00", "11:00"), diary.book("10:30", "11:30")
    diary.enforce()
    assert refused(diary, insert("11:15", "12:00")) == [("OVERLAP", f"booking {second}")]


def test_confirming_one_of_two_changes_no_flag(diary: Diary) -> None:
    first, second = diary.book("10:00", "11:00", status=0), diary.book("10:30", "11:30", status=0)
    for booking in (second, first):
        diary.set(booking, "status = 1")
        assert diary.flagged() == {second}


# What is taken as it comes

MOMENT = datetime(2032, 1, 5, tzinfo=UTC)


def take(diary: Diary, source: str, source_id: int, *hours: tuple[int, int]) -> None:
    spans = [(MOMENT.replace(hour=start), MOMENT.replace(hour=end)) for start, end in hours]
    session = Session(diary.connection)
    busy.lock_staff(session, 1, [11])
    busy.take(session, 1, 11, source, source_id, spans)


@pytest.mark.parametrize(("source", "code"), [("block", "BLOCK"), ("external", "EXTERNAL")])
def test_it_is_accepted_over_a_booking_and_bars_others(diary: Diary, source: str, code: str) -> None:
    diary.enforce()
    booking = diary.book("10:00", "11:00")
    take(diary, source, 5, (10, 12))
    assert diary.flagged() == set()
    why = [(code, f"{source} 5")]
    assert refused(diary, insert("11:00", "11:30")) == why
    other = diary.book("14:00", "15:00")
    assert refused(diary, moved(other, "11:30", "12:30")) == why
    for kept in ("status = 0", "end_time = end_time - interval '10 min'"):
        diary.set(booking, kept)
    assert refused(diary, changed(booking, "end_time = end_time + interval '1 min'")) == why
    busy.release(Session(diary.connection), 1, source, 5)
    diary.book("11:00", "11:30")


def test_blocks_and_events_lie_over_each_other(diary: Diary) -> None:
    """Also with the same number; a recurring one takes several stretches, which may overlap too."""
    diary.book("10:00", "11:00")
    for source in ("block", "external"):
        for source_id in (1, 2):
            take(diary, source, source_id, (10, 12), (11, 13), (15, 16))
    assert diary.rows("SELECT count(*) FROM daybridge.busy") == [(13,)]
    take(diary, "block", 1)
    assert diary.rows("SELECT count(*) FROM daybridge.busy WHERE source = 'block'") == [(3,)]


def test_a_booking_keeps_its_buffer_from_what_comes_after_it_only(diary: Diary) -> None:
    diary.enforce()
    diary.buffer(30)
    take(diary, "block", 1, (12, 13))
    assert refused(diary, insert("11:00", "11:45")) == [("BLOCK", "block 1")]
    diary.book("11:00", "11:30")
    diary.book("13:00", "14:00")


def test_what_comes_from_elsewhere_is_observed_too(diary: Diary) -> None:
    take(diary, "external", 5, (10, 12))
    booking = diary.book("10:00", "11:00")
    assert diary.noted() == [("observed", booking, ["EXTERNAL"])]
    assert diary.flagged() == set(), "it bars bookings, and is no booking"


def test_conflicts_are_listed_with_what_they_overlap(diary: Diary) -> None:
    first, second = diary.book("10:00", "11:00"), diary.book("10:30", "11:30")
    take(diary, "block", 5, (11, 12))
    listed = busy.conflicts(Session(diary.connection), 1, MOMENT)
    assert [(one.booking_id, one.source, one.source_id) for one in listed] == [
        (first, "booking", second), (second, "block", 5), (second, "booking", first)
    ]  # fmt: skip
    assert busy.conflicts(Session(diary.connection), 1, MOMENT.replace(hour=12)) == []
