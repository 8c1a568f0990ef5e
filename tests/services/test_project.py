"""Whatever is done to the booking app's tables shows in the calendars, and nothing else does."""

from __future__ import annotations

import threading

import psycopg
import pytest

from gateway.services.project import project


def shown(town, calendar: str = "bookings", staff_id: int | None = 11) -> dict[int, str]:
    """What a calendar holds: the body of each booking's object, by booking."""
    rows = town.sql(
        "SELECT o.booking_id, convert_from(o.body, 'UTF8') FROM daybridge.calendar_objects o"
        " JOIN daybridge.calendars c ON c.id = o.calendar_id"
        " WHERE c.kind = %s AND c.staff_member_id IS NOT DISTINCT FROM %s AND c.detail = 'full' AND NOT o.deleted",
        calendar,
        staff_id,
    )
    return dict(rows)


def changed(town, statement: str) -> dict[int, str]:
    town.sql(statement)
    town.settle()
    return shown(town)


def test_the_towns_bookings_are_shown_to_begin_with(the_town) -> None:
    assert set(shown(the_town)) == {1001, 1002, 1003}, "the cancelled one is not"
    assert set(shown(the_town, "team", None)) == {1001, 1002, 1003, 1005, 1006, 2001}
    assert set(shown(the_town, "busy")) == set()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE bookings SET notes = 'Bring the dog' WHERE id = 1001", "Bring the dog"),
        ("UPDATE bookings SET start_time = '2026-11-24 15:15' WHERE id = 1001", "20261124T101500"),
        ("UPDATE bookings SET status = 0 WHERE id = 1001", "STATUS:TENTATIVE"),
        ("UPDATE bookings SET service_id = 32 WHERE id = 1001", "Colour"),
        ("UPDATE bookings SET service_variant_id = 51 WHERE id = 1001", "Long hair"),
        ("UPDATE bookings SET tenant_customer_id = 62 WHERE id = 1001", "Wei Chen"),
        ("UPDATE bookings SET video_meeting_url = 'https://meet.example/1' WHERE id = 1001", "https://meet.example/1"),
        ("UPDATE tenant_customers SET last_name = 'Silva' WHERE id = 61", "Maria Silva"),
        ("UPDATE tenant_customers SET phone = '555-0199' WHERE id = 61", "555-0199"),
        ("UPDATE services SET name = 'Trim' WHERE id = 31", "Trim"),
        ("UPDATE businesses SET address = '2 Pier Road' WHERE id = 1", "2 Pier Road"),
        ("UPDATE businesses SET time_zone = 'Europe/Berlin' WHERE id = 1", "TZID=Europe/Berlin:20261124T160000"),
    ],
)  # fmt: skip
def test_a_change_of_anything_that_shows_shows(the_town, statement: str, words: str) -> None:
    unfolded = changed(the_town, statement)[1001].replace("\r\n ", "")
    assert words in unfolded
    assert "SEQUENCE:1" in unfolded


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookings SET status = 2 WHERE id = 1001",
        "DELETE FROM bookings WHERE id = 1001",
        "UPDATE bookings SET staff_member_id = NULL WHERE id = 1001",
        "UPDATE bookings SET staff_member_id = 12 WHERE id = 1001",
        "UPDATE bookings SET status = 5, business_id = NULL, staff_member_id = NULL, service_id = NULL WHERE id = 1001",
        "UPDATE bookings SET end_time = start_time WHERE id = 1001",
        "UPDATE bookings SET start_time = '-infinity' WHERE id = 1001",
        "UPDATE bookings SET status = NULL WHERE id = 1001",
        "UPDATE bookings SET status = 77 WHERE id = 1001",
        "DELETE FROM staff_members WHERE id = 11",
    ],
)
def test_what_should_no_longer_show_goes(the_town, statement: str) -> None:
    assert 1001 not in changed(the_town, statement)


def test_a_deleted_business_leaves_empty_calendars(the_town) -> None:
    the_town.sql("UPDATE users SET business_id = NULL WHERE business_id = 1")
    the_town.sql("UPDATE bookings SET service_variant_id = NULL")
    the_town.sql("DELETE FROM service_variants")
    assert changed(the_town, "DELETE FROM businesses WHERE id = 1") == {}
    assert set(shown(the_town, "team", None)) == {2001}


def test_a_reassigned_booking_shows_with_its_new_staff_member(the_town) -> None:
    changed(the_town, "UPDATE bookings SET staff_member_id = 12 WHERE id = 1001")
    assert 1001 in shown(the_town, staff_id=12)
    assert 1001 in shown(the_town, "team", None)


def test_a_new_staff_member_has_calendars_before_the_first_booking(the_town) -> None:
    changed(
        the_town,
        "INSERT INTO staff_members (business_id, name, created_at, updated_at)"
        " VALUES (1, 'Cleo', now(), now())",
    )
    kinds = the_town.sql(
        "SELECT c.kind FROM daybridge.calendars c JOIN staff_members s ON s.id = c.staff_member_id"
        " WHERE s.name = 'Cleo'"
    )
    assert sorted(kinds) == [("bookings",), ("busy",)]


def test_what_does_not_show_moves_nothing(the_town) -> None:
    before = the_town.sql("SELECT id, revision FROM daybridge.calendars ORDER BY id")
    for statement in (
        "UPDATE bookings SET updated_at = now()",
        "UPDATE bookings SET notes = notes",
        "UPDATE bookings SET cancellation_reason = 'x'",
        "UPDATE staff_members SET bio = 'x', updated_at = now()",
    ):
        the_town.sql(statement)
        assert the_town.sql("SELECT count(*) FROM daybridge.outbox") == [(0,)]
    assert the_town.settle() == 0
    assert the_town.sql("SELECT id, revision FROM daybridge.calendars ORDER BY id") == before


def test_a_rolled_back_change_is_no_change(the_town) -> None:
    with psycopg.connect(the_town.url) as connection:
        connection.execute("UPDATE bookings SET notes = 'never' WHERE id = 1001")
        connection.rollback()
    assert the_town.settle() == 0


def test_two_projectors_at_once_do_the_work_once(the_town) -> None:
    """The second one waits for the first, and then finds nothing left that it could make older."""
    the_town.sql("UPDATE bookings SET notes = 'x' || id WHERE business_id = 1")
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(project(the_town.deps.database, 1, the_town.deps.now())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [0] * 7 + [6]


def test_a_projector_that_must_not_wait_leaves_a_busy_business_alone(the_town) -> None:
    the_town.sql("UPDATE bookings SET notes = 'x' WHERE id = 1001")
    with psycopg.connect(the_town.url) as connection:
        connection.execute("SELECT FROM daybridge.tenants WHERE business_id = 1 FOR NO KEY UPDATE")
        assert project(the_town.deps.database, 1, the_town.deps.now(), wait=False) == 0
    assert project(the_town.deps.database, 1, the_town.deps.now(), wait=False) == 1


def test_a_change_while_we_project_is_not_lost(the_town) -> None:
    """The row is read after the lock is held, so a note always stands for a state that is read later than it."""
    the_town.sql("UPDATE bookings SET notes = 'first' WHERE id = 1001")
    the_town.sql("UPDATE bookings SET notes = 'second' WHERE id = 1001")
    the_town.settle()
    assert "second" in shown(the_town)[1001]
    assert the_town.sql("SELECT count(*) FROM daybridge.outbox") == [(0,)]


def test_businesses_without_bookings_hold_nobody_up(the_town) -> None:
    """A hundred and twenty of them wait before the one that has something to show."""
    the_town.sql(
        "INSERT INTO businesses (id, name, created_at, updated_at)"
        " SELECT n, 'Empty ' || n, now(), now() FROM generate_series(500, 620) n"
    )
    the_town.sql("UPDATE bookings SET notes = 'last' WHERE id = 1001")
    assert the_town.settle() == 1
    assert the_town.sql("SELECT count(*) FROM daybridge.outbox") == [(0,)]
