"""Who holds whose time: the app writes by plain SQL, and no two bookings get the same time of a staff member."""

from __future__ import annotations

import psycopg
import pytest

from tests.diary import BATH, Diary, at, changed, insert, moved, refused, troubles

# Who holds time


@pytest.mark.parametrize(
    ("status", "holds"),
    [(0, True), (1, True), (2, False), (3, True), (4, False), (5, False), (9, False), (None, False)],
)
def test_pending_confirmed_and_completed_bookings_hold_their_time(
    diary: Diary, status: int | None, holds: bool
) -> None:
    booking = diary.book("10:00", "11:00", status=status)
    assert diary.held() == ({booking: (11, "10:00", "11:00")} if holds else {})
    diary.set(booking, "status = 1")
    assert diary.held() == {booking: (11, "10:00", "11:00")}
    diary.set(booking, f"status = {'NULL' if status is None else status}")
    assert (booking in diary.held()) is holds


def test_what_is_held_follows_the_row(diary: Diary) -> None:
    booking = diary.book("10:00", "11:00")
    diary.move(booking, "12:00", "13:30")
    assert diary.held() == {booking: (11, "12:00", "13:30")}
    diary.set(booking, "staff_member_id = 12")
    assert diary.held() == {booking: (12, "12:00", "13:30")}
    diary.set(booking, "id = 77")
    assert diary.held() == {77: (12, "12:00", "13:30")}
    diary.set(77, "business_id = 2, staff_member_id = 21")
    assert diary.rows("SELECT business_id, staff_member_id FROM daybridge.busy") == [(2, 21)]
    diary.set(77, "staff_member_id = NULL")
    assert diary.held() == {}
    diary.set(77, "staff_member_id = 21")
    assert set(diary.held()) == {77}
    diary.run("DELETE FROM bookings WHERE id = 77")
    assert diary.held() == {}
    assert not diary.warnings


WHO_GOES = {
    "bookings truncated": "TRUNCATE bookings CASCADE",
    "the customers truncated": "TRUNCATE tenant_customers CASCADE",
    "the staff member deleted": "DELETE FROM staff_members WHERE id = 11",
    "the business deleted": "DELETE FROM businesses WHERE id = 1",
    "the business deleted, as the app does it": (
        "UPDATE bookings SET status = 5, business_id = NULL, service_id = NULL, staff_member_id = NULL"
        " WHERE business_id = 1"
    ),
}


@pytest.mark.parametrize("what", WHO_GOES)
@pytest.mark.parametrize("how", ["observe", "enforce"])
def test_whoever_goes_leaves_no_time_taken(diary: Diary, what: str, how: str) -> None:
    diary.enforce(how=how)
    diary.book("10:00", "11:00")
    diary.book("11:00", "12:00", service=BATH)
    diary.book("11:00", "12:00", service=BATH)
    # Whatever else of the app's keeps a row from being deleted.
    diary.run("UPDATE users SET business_id = NULL; DELETE FROM service_variants")
    diary.run(WHO_GOES[what])
    assert diary.held() == {}
    assert not diary.warnings


@pytest.mark.parametrize("how", ["observe", "enforce"])
def test_a_service_can_always_be_deleted(diary: Diary, how: str) -> None:
    """Those who shared a session's time then overlap: nobody is turned away, and a person can see it."""
    diary.enforce(how=how)
    first, second = (diary.book("10:00", "11:00", service=BATH) for _ in range(2))
    diary.run("DELETE FROM services WHERE id = %s", BATH)
    assert set(diary.held()) == {first, second}
    assert diary.flagged() == {second}
    assert troubles(diary.connection) == []
    diary.cancel(first)
    assert diary.flagged() == set()


# What is refused


OVERLAPS = [
    ("10:30", "11:30"),
    ("09:30", "10:01"),
    ("10:00", "11:00"),
    ("10:15", "10:45"),
    ("09:00", "12:00"),
]


@pytest.mark.parametrize(("start", "end"), OVERLAPS)
def test_a_time_that_is_taken_is_refused(strict: Diary, start: str, end: str) -> None:
    booking = strict.book("10:00", "11:00")
    other = strict.book("15:00", "16:00")
    theirs = strict.book(start, end, staff=12)
    before = strict.held()
    why = [("OVERLAP", f"booking {booking}")]
    assert refused(strict, insert(start, end)) == why
    assert refused(strict, moved(other, start, end)) == why
    assert refused(strict, changed(theirs, "staff_member_id = 11")) == why
    cancelled = strict.book(start, end, status=2)
    assert refused(strict, changed(cancelled, "status = 1")) == why
    assert strict.held() == before
    assert strict.noted() == []


def test_one_ends_where_the_next_begins(strict: Diary) -> None:
    booked = [strict.book(*hours) for hours in (("10:00", "11:00"), ("11:00", "12:00"), ("09:00", "10:00"))]
    assert set(strict.held()) == set(booked)


def test_a_time_is_free_again_as_soon_as_nobody_holds_it(strict: Diary) -> None:
    for leave in ("status = 2", "status = 4", "staff_member_id = 12", "business_id = 2"):
        booking = strict.book("10:00", "11:00")
        strict.set(booking, leave)
        again = strict.book("10:00", "11:00")
        strict.run("DELETE FROM bookings WHERE id = ANY (%s)", [booking, again])
    strict.book("10:00", "11:00")


def test_staff_members_and_businesses_are_apart(strict: Diary) -> None:
    strict.enforce(2)
    strict.book("10:00", "11:00")
    strict.book("10:00", "11:00", staff=12)
    strict.book("10:00", "11:00", staff=21, business=2)
    # Nothing in the app's schema keeps a staff member to one business.
    strict.book("10:00", "11:00", staff=11, business=2)
    assert len(strict.held()) == 4


def test_the_refusal_says_what_and_why(strict: Diary) -> None:
    booking = strict.book("10:00", "11:00")
    with pytest.raises(psycopg.errors.ExclusionViolation) as raised, strict.connection.transaction():
        strict.book("10:30", "11:30")
    told = raised.value.diag
    assert (told.sqlstate, told.constraint_name) == ("23P01", "never_booked_twice")
    assert (told.schema_name, told.table_name) == ("daybridge", "busy")
    assert told.message_primary == (
        "staff member 11 is not free from 2032-01-05 10:30:00 to 2032-01-05 11:30:00 UTC"
    )
    assert told.message_hint == "Choose another time or staff member, or cancel what stands there first."
    assert f'"source": "booking {booking}"' in (told.message_detail or "")
    assert '"2032-01-05T10:00:00+00:00"' in (told.message_detail or "")


def test_a_crowded_time_gives_ten_reasons_at_most(diary: Diary) -> None:
    for _ in range(15):
        diary.book("10:00", "11:00")
    diary.enforce()
    assert len(refused(diary, insert("10:00", "11:00"))) == 10


def test_who_has_a_time_may_confirm_it_shorten_it_and_pay_for_it(diary: Diary) -> None:
    """Also where two overlap from before the business enforced anything."""
    first, second = diary.book("10:00", "11:00", status=0), diary.book("10:30", "11:30", status=0)
    diary.enforce()
    diary.buffer(30)
    for booking in (first, second):
        diary.set(booking, "status = 1")
        diary.set(booking, "start_time = start_time + interval '5 min'")
        diary.set(booking, "end_time = end_time - interval '5 min'")
        diary.set(booking, "status = 3, notes = 'paid'")
    assert diary.held() == {first: (11, "10:05", "10:55"), second: (11, "10:35", "11:25")}
    assert diary.flagged() == {second}
    assert refused(diary, changed(second, "end_time = end_time + interval '1 min'"))
    diary.move(second, "12:00", "13:00")
    assert diary.flagged() == set()


def test_two_bookings_can_be_swapped_in_one_statement(strict: Diary) -> None:
    one, two = strict.book("10:00", "11:00"), strict.book("11:00", "12:00")
    strict.run(
        "UPDATE bookings b SET start_time = o.start_time, end_time = o.end_time FROM bookings o"
        " WHERE o.id <> b.id AND o.id IN (%s, %s) AND b.id IN (%s, %s)",
        one, two, one, two,
    )  # fmt: skip
    assert strict.held() == {one: (11, "11:00", "12:00"), two: (11, "10:00", "11:00")}
    assert strict.flagged() == set()


@pytest.mark.parametrize("its_end", ["12:00", "11:50"])
def test_nobody_is_pushed_aside_by_a_statement_that_confirms_or_shortens_them(
    strict: Diary, its_end: str
) -> None:
    mover, stays = strict.book("10:00", "11:00", status=0), strict.book("11:00", "12:00", status=0)
    why = refused(
        strict,
        f"UPDATE bookings SET status = 1, start_time = '{at('11:00')}',"
        f" end_time = CASE id WHEN {stays} THEN timestamp '{at(its_end)}' ELSE '{at('12:00')}' END",
    )
    assert why == [("OVERLAP", f"booking {stays}")]
    assert strict.held() == {mover: (11, "10:00", "11:00"), stays: (11, "11:00", "12:00")}


def test_one_statement_can_not_book_a_time_twice(strict: Diary) -> None:
    both = insert("10:00", "11:00") + f", (1, 11, 31, '{at('10:59')}', '{at('12:00')}', 1, now(), now())"
    assert refused(strict, both)
    assert strict.held() == {}
    assert refused(strict, f"WITH one AS ({insert('10:00', '11:00')}) {insert('10:30', '11:30')}")


def test_upserts_and_merges_are_bookings_too(strict: Diary) -> None:
    taken, other = strict.book("10:00", "11:00"), strict.book("12:00", "13:00")
    why = [("OVERLAP", f"booking {taken}")]
    upsert = (
        f"INSERT INTO bookings (id, business_id, staff_member_id, start_time, end_time, created_at, updated_at)"
        f" VALUES ({other}, 1, 11, '{at('10:00')}', '{at('11:00')}', now(), now())"
        " ON CONFLICT (id) DO UPDATE SET start_time = EXCLUDED.start_time, end_time = EXCLUDED.end_time"
    )
    assert refused(strict, upsert) == why
    merge = (
        f"MERGE INTO bookings b USING (VALUES ({other})) v (id) ON b.id = v.id"
        f" WHEN MATCHED THEN UPDATE SET start_time = '{at('10:00')}', end_time = '{at('11:00')}'"
    )
    assert refused(strict, merge) == why


def test_savepoints_give_back_what_they_took(strict: Diary) -> None:
    with strict.connection.transaction(force_rollback=True):
        strict.book("10:00", "11:00")
    booking = strict.book("10:00", "11:00")
    with strict.connection.transaction(force_rollback=True):
        strict.cancel(booking)
        strict.book("10:00", "11:00")
    assert strict.held() == {booking: (11, "10:00", "11:00")}
    assert refused(strict, insert("10:00", "11:00"))
