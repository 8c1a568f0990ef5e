"""Whoever writes bookings, whatever of ours is broken, and however many are written at once."""

from __future__ import annotations

import os

import psycopg
import pytest

from tests.diary import Diary, insert, refused, troubles

# Who writes, and what may be broken


def test_who_may_write_bookings_need_know_nothing_of_us(strict: Diary) -> None:
    role = f"app_busy_{os.getpid()}"
    strict.run(f"CREATE ROLE {role}; GRANT {role} TO CURRENT_USER")
    strict.run(
        f"GRANT SELECT, INSERT, UPDATE ON bookings TO {role}; GRANT USAGE ON SEQUENCE bookings_id_seq TO {role}"
    )
    strict.run(
        "CREATE FUNCTION public.tstzrange(timestamptz, timestamptz) RETURNS tstzrange LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$; SET LOCAL search_path = public, pg_catalog"
    )
    strict.run(
        f"SET LOCAL ROLE {role}; SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL timezone = 'Asia/Tokyo'"
    )
    booking = strict.book("10:00", "11:00")
    assert refused(strict, insert("10:30", "11:30")) == [("OVERLAP", f"booking {booking}")]
    for ask in ("SELECT FROM daybridge.busy", "SELECT daybridge.hold('{1}', '{1}', false)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), strict.connection.transaction():
            strict.run(ask)
    strict.run("RESET ROLE")
    assert strict.held() == {booking: (11, "10:00", "11:00")}


BREAKAGES = {
    "renamed": "ALTER TABLE daybridge.busy RENAME TO lost",
    "without a column": "ALTER TABLE daybridge.busy DROP COLUMN session CASCADE",
    "full": "ALTER TABLE daybridge.busy ADD CHECK (false) NOT VALID",
    "a lost log": "DROP TABLE daybridge.calendar_sync_logs",
}


@pytest.mark.parametrize("how", sorted(BREAKAGES))
def test_what_is_broken_costs_who_observes_a_warning_only(diary: Diary, how: str) -> None:
    diary.book("10:00", "11:00")
    diary.run(BREAKAGES[how])
    diary.book("10:00", "11:00")
    [warning] = diary.warnings
    assert warning.startswith("daybridge could not hold the time of a booking: ")
    assert len(diary.rows("SELECT FROM bookings")) == 2


@pytest.mark.parametrize("how", sorted(BREAKAGES.keys() - {"a lost log"}))
def test_who_enforces_would_rather_have_no_booking_than_two(strict: Diary, how: str) -> None:
    strict.book("10:00", "11:00")
    strict.run(BREAKAGES[how])
    with pytest.raises(psycopg.Error), strict.connection.transaction():
        strict.book("10:00", "11:00")
    assert len(strict.rows("SELECT FROM bookings")) == 1


# Many at once


MANY = """
    INSERT INTO bookings (business_id, staff_member_id, service_id, start_time, end_time, status, created_at,
                          updated_at)
    SELECT 1, 11 + mod(n, 2), 31, begun, begun + interval '45 min', 0, now(), now()
    FROM generate_series(1, 10000) n, LATERAL (SELECT timestamp '2033-01-01' + n * interval '1 hour' AS begun) t
"""
LATER = (
    "UPDATE bookings SET start_time = start_time + interval '10 min', end_time = end_time + interval '10 min'"
)


@pytest.mark.parametrize("how", ["observe", "enforce"])
def test_ten_thousand_at_a_time(diary: Diary, how: str) -> None:
    diary.enforce(how=how)
    assert diary.run(MANY) == 10_000
    for statement in (
        LATER,
        "UPDATE bookings SET status = 1",
        "UPDATE bookings SET staff_member_id = 23 - staff_member_id",
    ):
        assert diary.run(statement) == 10_000
        assert troubles(diary.connection) == []
    assert diary.flagged() == set()
    assert diary.run("DELETE FROM bookings") == 10_000
    assert diary.held() == {}
    assert not diary.warnings


def test_ten_thousand_copied(strict: Diary) -> None:
    columns = "business_id, staff_member_id, start_time, end_time, status, created_at, updated_at"
    rows = [(1, 11, f"{2033 + n // 365}-01-01", n) for n in range(10_000)]

    def copy(shift: int) -> None:
        with strict.connection.cursor().copy(f"COPY bookings ({columns}) FROM STDIN".encode()) as into:
            for number, _ in enumerate(rows):
                day, slot = divmod(number, 20)
                start = f"2033-{1 + day // 28 % 12:02}-{1 + day % 28:02} {slot:02}:{shift:02}"
                end = f"2033-{1 + day // 28 % 12:02}-{1 + day % 28:02} {slot:02}:{shift + 20:02}"
                into.write_row((1, 11 + day // 336, start, end, 1, "2033-01-01", "2033-01-01"))

    copy(0)
    assert strict.rows("SELECT count(*) FROM daybridge.busy") == [(10_000,)]
    with pytest.raises(psycopg.errors.ExclusionViolation), strict.connection.transaction():
        copy(10)
    copy(30)
    assert strict.rows("SELECT count(*) FROM daybridge.busy WHERE lane = 0") == [(20_000,)]
