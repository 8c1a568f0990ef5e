"""Whatever happened while the triggers were away: `misheld` finds it, and `rehold` makes it as they would have."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from gateway.db import busy
from gateway.db.engine import Session
from tests.diary import BATH, Diary, troubles

OFF, ON = "ALTER TABLE bookings DISABLE TRIGGER USER", "ALTER TABLE bookings ENABLE TRIGGER USER"


@pytest.fixture
def ours(diary: Diary) -> Diary:
    diary.run("SET LOCAL daybridge.business_id = '1'")
    return diary


def session(diary: Diary) -> Session:
    return Session(diary.connection)


def everything(diary: Diary) -> list[int]:
    """Every booking that there is or that holds time."""
    rows = diary.rows(
        "SELECT id FROM bookings UNION SELECT source_id FROM daybridge.busy WHERE source = 'booking'"
    )
    return [id_ for (id_,) in rows]


def statements(chance: random.Random, count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        one = f"id = {chance.randint(1, number)}"
        start = chance.randint(0, 40)
        span = f"timestamp '2032-01-05' + {start} * interval '15 min'"
        end = f"timestamp '2032-01-05' + {start + chance.choice([-1, 0, 1, 2, 3, 4])} * interval '15 min'"
        staff = chance.choice(["11", "11", "12", "NULL"])
        service = chance.choice([31, 32, BATH])
        yield chance.choice(
            [
                "INSERT INTO bookings (id, business_id, staff_member_id, service_id, start_time, end_time, status,"
                f" created_at, updated_at) VALUES ({number}, 1, {staff}, {service}, {span}, {end},"
                f" {chance.choice(['0', '1', '3', '2', 'NULL', '9'])}, now(), now())",
                f"UPDATE bookings SET start_time = {span}, end_time = {end} WHERE {one}",
                f"UPDATE bookings SET staff_member_id = {staff} WHERE {one}",
                f"UPDATE bookings SET status = {chance.choice([0, 1, 2, 2, 3, 4, 5])} WHERE {one}",
                f"UPDATE bookings SET service_id = {chance.choice(['31', str(BATH), 'NULL'])} WHERE {one}",
                f"DELETE FROM bookings WHERE {one}",
                "UPDATE bookings SET end_time = end_time + interval '30 min' WHERE staff_member_id = 11",
            ]
        )


@pytest.mark.parametrize("how", ["observe", "enforce"])
@pytest.mark.parametrize("seed", range(12))
def test_any_history_without_triggers_is_healed(ours: Diary, seed: int, how: str) -> None:
    chance = random.Random(seed)
    for statement in statements(chance, 40):
        ours.run(statement)
    assert troubles(ours.connection) == [], "with triggers all is well all the time"
    ours.enforce(how=how)
    ours.run(OFF)
    for statement in statements(chance, 40):
        if "INSERT" not in statement:
            ours.run(statement)
    ours.run(ON)
    ids = everything(ours)
    chance.shuffle(ids)
    wrong = busy.misheld(session(ours), ids)
    cut = len(ids) // 2
    assert busy.rehold(session(ours), ids[:cut]) + busy.rehold(session(ours), ids[cut:]) >= len(wrong)
    for _ in range(2):
        busy.rehold(session(ours), ids)
    assert troubles(ours.connection) == []
    assert busy.misheld(session(ours), ids) == []
    assert not ours.warnings


@pytest.mark.parametrize("seed", range(4))
def test_time_that_was_never_held_is_held_as_the_triggers_would_have(ours: Diary, seed: int) -> None:
    """To the letter where the bookings' numbers are in the order in which they came."""
    for statement in statements(random.Random(seed), 60):
        if "INSERT" in statement:
            ours.run(statement)
    before = ours.rows("SELECT * FROM daybridge.busy ORDER BY source_id")
    assert before
    ours.run("DELETE FROM daybridge.busy")
    assert busy.rehold(session(ours), everything(ours)) == len(before)
    assert ours.rows("SELECT * FROM daybridge.busy ORDER BY source_id") == before


SPOILS = {
    "lost": "DELETE FROM daybridge.busy",
    "moved": "UPDATE daybridge.busy SET during = tstzrange('2031-01-01', '2031-01-02')",
    "given away": "UPDATE daybridge.busy SET staff_member_id = 99",
    "in another session": "UPDATE daybridge.busy SET session = 'session 0 0'",
    "flagged for nothing": "UPDATE daybridge.busy SET conflict = true",
    "of a booking that is gone": "UPDATE daybridge.busy SET source_id = source_id + 500",
}


@pytest.mark.parametrize("how", SPOILS)
def test_what_is_held_wrongly_is_found_and_mended(ours: Diary, how: str) -> None:
    booking = ours.book("10:00", "11:00")
    ours.run(SPOILS[how])
    ids = [booking, booking + 500]
    assert busy.misheld(session(ours), ids)
    assert busy.rehold(session(ours), ids) > 0
    assert busy.misheld(session(ours), ids) == []
    assert ours.held() == {booking: (11, "10:00", "11:00")}
    assert ours.flagged() == set()


def test_it_says_nothing_in_the_timeline_and_turns_nobody_away(ours: Diary) -> None:
    ours.enforce()
    ours.run(OFF)
    one, two = ours.book("10:00", "11:00"), ours.book("10:30", "11:30")
    odd = ours.book("12:00", "11:00")
    ours.run(ON)
    assert busy.rehold(session(ours), [one, two, odd]) == 2
    assert ours.flagged() == {two}
    assert ours.noted() == []


def test_blocks_and_events_are_left_alone(ours: Diary) -> None:
    ours.run(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
        " SELECT 1, 11, source, 7, tstzrange('2032-01-05 10:00+0', '2032-01-05 11:00+0'), source || ' 7'"
        " FROM unnest('{block,external}'::text[]) source"
    )
    assert busy.misheld(session(ours), [7]) == []
    assert busy.rehold(session(ours), [7]) == 0


def test_no_bookings_and_no_tenant_are_nothing_to_do(diary: Diary) -> None:
    booking = diary.book("10:00", "11:00")
    diary.run("DELETE FROM daybridge.busy")
    assert busy.rehold(session(diary), [booking]) == 0, "nobody's"
    diary.run("SET LOCAL daybridge.business_id = '1'")
    assert busy.rehold(session(diary), []) == 0
    assert busy.rehold(session(diary), [booking, booking, -1]) == 1
