"""Whatever went wrong with the calendars is found, told and mended; and readers learn of it."""

from __future__ import annotations

import pytest

from gateway.services.verify import verify


def run(town, *, repair: bool = False):
    return verify(town.deps.database, town.deps.now(), repair=repair)


def bodies(town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT c.kind, c.staff_member_id, o.href, o.fingerprint, convert_from(o.body, 'UTF8')"
        " FROM daybridge.calendar_objects o JOIN daybridge.calendars c ON c.id = o.calendar_id"
        " WHERE NOT o.deleted ORDER BY 1, 2, 3"
    )


SPOILING = {
    "an object is gone": "DELETE FROM daybridge.calendar_objects WHERE booking_id = 1001",
    "a tombstone stands where an event should": "UPDATE daybridge.calendar_objects SET deleted = true, body = ''",
    "a body was altered": "UPDATE daybridge.calendar_objects SET body = body || 'X' WHERE booking_id = 1001",
    "an ETag was altered": "UPDATE daybridge.calendar_objects SET etag = '\"x\"' WHERE booking_id = 1001",
    "a fingerprint is wrong": "UPDATE daybridge.calendar_objects SET fingerprint = 'x' WHERE booking_id = 1005",
    "a calendar is gone": "DELETE FROM daybridge.calendars WHERE kind = 'bookings' AND staff_member_id = 12",
    "a calendar's revision went back": "UPDATE daybridge.calendars SET revision = 1 WHERE kind = 'team'",
    "an event is shown that no booking has": (
        "INSERT INTO daybridge.calendar_objects SELECT business_id, calendar_id, 'booking-9.ics', 'u9', 9, etag,"
        " starts_at, ends_at, revision, false, fingerprint, modified_at, body"
        " FROM daybridge.calendar_objects WHERE booking_id = 1001"
    ),
    "a change was not noted": (
        "ALTER TABLE bookings DISABLE TRIGGER USER; UPDATE bookings SET notes = 'unseen' WHERE id = 1001;"
        " DELETE FROM bookings WHERE id = 1005; ALTER TABLE bookings ENABLE TRIGGER USER"
    ),
    "a customer's change was not noted": (
        "ALTER TABLE tenant_customers DISABLE TRIGGER USER; UPDATE tenant_customers SET last_name = 'Unseen';"
        " ALTER TABLE tenant_customers ENABLE TRIGGER USER"
    ),
}


def test_a_town_in_order_has_no_differences(the_town) -> None:
    found = run(the_town)
    assert (found.businesses, found.bookings, found.count, found.waiting) == (2, 7, 0, 0)


@pytest.mark.parametrize("spoiling", SPOILING.values(), ids=SPOILING)
def test_what_is_spoilt_is_found_and_mended(the_town, spoiling: str) -> None:
    the_town.sql(spoiling)
    before = bodies(the_town)
    found = run(the_town)
    assert found.count > 0
    assert found.differences[0].words
    assert bodies(the_town) == before, "looking changes nothing"
    assert run(the_town, repair=True).count >= found.count
    again = run(the_town)
    assert (again.count, again.differences) == (0, [])


def test_readers_learn_of_what_was_mended(the_town) -> None:
    revision = "SELECT revision FROM daybridge.calendars WHERE kind = 'bookings' AND staff_member_id = 11"
    before = the_town.sql(revision)
    the_town.sql(SPOILING["a change was not noted"])
    run(the_town, repair=True)
    assert the_town.sql(revision) > before


def test_what_waits_is_no_difference(the_town) -> None:
    the_town.sql("UPDATE bookings SET notes = 'soon' WHERE id = 1001")
    the_town.sql("UPDATE services SET name = 'Oil' WHERE id = 41")
    found = run(the_town)
    assert (found.count, found.waiting) == (0, 4)


def test_rows_that_make_no_sense_are_named(the_town) -> None:
    the_town.sql("UPDATE bookings SET end_time = start_time WHERE id = 1002")
    the_town.sql("UPDATE bookings SET start_time = '-infinity' WHERE id = 2001")
    the_town.settle()
    assert run(the_town).unreadable == [(1, 1002), (2, 2001)]


def test_thousands_of_differences_are_counted_and_some_are_told(
    the_town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.verify.MOST_TOLD", 3)
    the_town.sql("DELETE FROM daybridge.calendar_objects")
    found = run(the_town)
    assert len(found.differences) == 3
    assert found.count == 12
