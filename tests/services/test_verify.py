"""Whatever went wrong with the calendars is found, told and mended; and readers learn of it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

import psycopg
import pytest

from gateway import wiring
from gateway.core import sync
from gateway.core.errors import InvalidSyncToken, SetupError
from gateway.core.model import CalendarKind, Holder
from gateway.services import collection
from gateway.services.project import project_everything
from gateway.services.verify import verify
from tests.conftest import Person, Town, name_of


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
    "an object lies at another time than its event": (
        "UPDATE daybridge.calendar_objects SET starts_at = '2000-01-01', ends_at = 'infinity' WHERE booking_id = 1001"
    ),
    "an object has another event's UID": "UPDATE daybridge.calendar_objects SET uid = 'x' WHERE booking_id = 1001",
    "an object has another name": "UPDATE daybridge.calendar_objects SET href = 'x.ics' WHERE booking_id = 1001",
    "an object is said to be another booking's": (
        "UPDATE daybridge.calendar_objects SET booking_id = 99999 WHERE booking_id = 1001"
    ),
    "an object is there twice": (
        "INSERT INTO daybridge.calendar_objects SELECT business_id, calendar_id, 'copy.ics', 'copy', booking_id, etag,"
        " starts_at, ends_at, revision, false, fingerprint, modified_at, body"
        " FROM daybridge.calendar_objects WHERE booking_id = 1001"
    ),
    "a body and its ETag were altered": (
        "UPDATE daybridge.calendar_objects SET body = 'x', etag = '\"' || left(encode(sha256('x'), 'hex'), 32) || '\"'"
        " WHERE booking_id = 1001"
    ),
    "what was written last is forgotten": "DELETE FROM daybridge.event_revisions WHERE booking_id = 1001",
    "what was written last is wrong": "UPDATE daybridge.event_revisions SET sequence = 7 WHERE booking_id = 1001",
    "an object is from the future": "UPDATE daybridge.calendar_objects SET revision = 999 WHERE booking_id = 1001",
    "a calendar forgot more than there is": "UPDATE daybridge.calendars SET floor_revision = 99 WHERE kind = 'team'",
    "a business was never met": (
        "ALTER TABLE businesses DISABLE TRIGGER USER; ALTER TABLE staff_members DISABLE TRIGGER USER;"
        " INSERT INTO businesses (id, name, created_at, updated_at) VALUES (3, 'Unseen', now(), now());"
        " INSERT INTO staff_members (id, business_id, name, created_at, updated_at) VALUES (31, 3, 'U', now(), now());"
        " ALTER TABLE businesses ENABLE TRIGGER USER; ALTER TABLE staff_members ENABLE TRIGGER USER"
    ),
    "a trigger is gone, and changes with it": (
        "DROP TRIGGER daybridge_bookings_update ON bookings; UPDATE bookings SET notes = 'unseen' WHERE id = 1001"
    ),
    "a trigger is switched off": "ALTER TABLE bookings DISABLE TRIGGER USER",
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


@dataclass
class Reader:
    """A calendar app that knows only what its sync tokens told it."""

    town: Town
    person: Person
    token: str = ""
    known: dict[str, bytes] = field(default_factory=dict)

    def sync(self) -> None:
        """Ask what is new; start over when the token isn't good any more."""
        database, now = self.town.deps.database, self.town.deps.now
        with collection.visit(database, self.holder(), now) as visit:
            calendar = visit.calendar(CalendarKind.BOOKINGS, self.person.staff_id)
            try:
                since = sync.parse(self.token, calendar)
            except InvalidSyncToken:
                since = None
            if since is None:
                self.known = {}
            changes = visit.changes(calendar, since, with_bodies=True)
        self.known |= {change.href: change.body for change in changes.changes if not change.deleted}
        for change in changes.changes:
            if change.deleted:
                self.known.pop(change.href, None)
        self.token = str(changes.token)

    def holder(self) -> Holder:
        query = "SELECT id FROM daybridge.app_passwords WHERE staff_member_id = %s"
        [(password_id,)] = self.town.sql(query, self.person.staff_id)
        return Holder(self.person.business_id, password_id)


def stored(town, staff_id: int) -> dict[str, bytes]:
    return dict(
        town.sql(
            "SELECT o.href, o.body FROM daybridge.calendar_objects o JOIN daybridge.calendars c ON c.id = o.calendar_id"
            " WHERE c.kind = 'bookings' AND c.staff_member_id = %s AND NOT o.deleted",
            staff_id,
        )
    )


@pytest.mark.parametrize("spoiling", SPOILING.values(), ids=SPOILING)
def test_a_reader_with_a_token_ends_with_what_is_there(the_town, spoiling: str) -> None:
    readers = [Reader(the_town, the_town.alice), Reader(the_town, the_town.bob)]
    for reader in readers:
        reader.sync()
    untouched = [dict(reader.known) for reader in readers]
    the_town.sql(spoiling)
    run(the_town, repair=True)
    for reader in readers:
        reader.sync()
        assert reader.known == stored(the_town, reader.person.staff_id)
    if "unseen" not in spoiling and "Unseen'" not in spoiling and "event_revisions" not in spoiling:
        assert [reader.known for reader in readers] == untouched, "all is as it was"


def test_no_token_is_trusted_across_revisions_that_were_given_twice(the_town) -> None:
    """The revision went back, and the next changes were given numbers that a reader had seen before."""
    reader = Reader(the_town, the_town.alice)
    for note in "abc":
        the_town.sql("UPDATE bookings SET notes = %s WHERE id = 1002", note)
        the_town.settle()
    reader.sync()
    the_town.sql("UPDATE daybridge.calendars SET revision = 1")
    the_town.sql("UPDATE bookings SET notes = 'missed' WHERE id = 1001")
    the_town.settle()
    assert run(the_town, repair=True).count == 5, "each one that held more than revision 1"
    reader.sync()
    assert reader.known == stored(the_town, 11)
    assert b"missed" in reader.known["booking-1001.ics"]


def test_without_our_views_nothing_can_be_compared(the_town) -> None:
    the_town.sql("DROP VIEW daybridge.bookings")
    with pytest.raises(SetupError, match="view bookings is missing") as raised:
        run(the_town)
    assert "attach" in raised.value.remedy
    assert [str(told) for told in run(the_town, repair=True).differences] == [
        "view bookings is missing, is switched off, or is out of date"
    ]
    assert run(the_town).count == 0


def test_looking_needs_no_right_to_write(the_town) -> None:
    the_town.sql("DELETE FROM daybridge.calendars WHERE kind = 'team'")
    name = name_of(the_town.url)
    the_town.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    deps = wiring.build(the_town.deps.settings)
    assert verify(deps.database, deps.now()).count > 0
    deps.database.close()


def test_writers_and_the_worker_go_on_while_it_mends(the_town) -> None:
    """Whatever is changed at the same time is shown in the end, and mending is never undone by it."""
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(the_town.url, autocommit=True) as app:
            for number in itertools.count():
                if stop.is_set():
                    return
                app.execute("UPDATE public.bookings SET notes = %s WHERE business_id = 1", [f"note {number}"])

    def work() -> None:
        while not stop.is_set():
            project_everything(the_town.deps.database, the_town.deps.now)

    threads = [threading.Thread(target=do) for do in (write, work)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        the_town.sql("UPDATE daybridge.calendar_objects SET body = 'x' WHERE booking_id = 1003")
        run(the_town, repair=True)
    stop.set()
    for thread in threads:
        thread.join()
    the_town.settle()
    assert run(the_town).count == 0


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
