"""Blocks that recur for ever are held as far as the horizon, and further as time goes on; whatever else happens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.booking import Actor, Via
from gateway.db import blocks as stored
from gateway.db import outbox
from gateway.db.blocks import Place
from gateway.services import blocks
from tests.caldav.client import event
from tests.caldav.editing import SUNDAY, at
from tests.conftest import Town

BOB = Actor(1, Via.CALDAV, "Bob Brandt", 12)
MALLORY = Actor(2, Via.CALDAV, "Mallory", 21)
DAILY = event("daily", DTSTART="20261123T120000Z", DTEND="20261123T121500Z", RRULE="FREQ=DAILY")


@pytest.fixture
def town(the_town: Town) -> Town:
    return at(the_town, SUNDAY)


def store(town: Town, body: str, name: str = "mine.ics", who: Actor = BOB, uid: str = "daily") -> None:
    with town.deps.database.tenant(who.business_id) as session:
        where = place(town, name, who)
        seen = stored.sight(session, where, who.staff_id or 0, uid)
        blocks.put(session, who, where, uid, body.encode(), seen, blocks.horizon(town.deps))


def place(town: Town, name: str = "mine.ics", who: Actor = BOB) -> Place:
    [(calendar_id,)] = town.sql(
        "SELECT id FROM daybridge.calendars WHERE business_id = %s AND staff_member_id = %s AND kind = 'bookings'"
        " AND detail = 'full'",
        who.business_id,
        who.staff_id,
    )
    return Place(who.business_id, int(str(calendar_id)), who.staff_id or 0, name)


def held(town: Town, staff_id: int = 12) -> list[datetime]:
    """When the stretches begin that blocks take of a staff member's time."""
    rows = town.sql(
        "SELECT lower(during) FROM daybridge.busy WHERE staff_member_id = %s AND source = 'block' ORDER BY 1",
        staff_id,
    )
    return [start.astimezone(UTC) for (start,) in rows]  # type: ignore[attr-defined]


def horizon_of(town: Town) -> datetime:
    return town.deps.now() + timedelta(days=town.deps.settings.sync_import_days_ahead)


def days_from(first: datetime, until: datetime) -> Iterator[datetime]:
    while first < until:
        yield first
        first += timedelta(days=1)


def test_time_is_held_to_the_horizon_and_no_further(town: Town) -> None:
    store(town, DAILY)
    assert held(town) == list(days_from(datetime(2026, 11, 23, 12, tzinfo=UTC), horizon_of(town)))


@pytest.mark.parametrize("later", [2, 30, 399])
def test_as_days_go_by_it_is_held_further(town: Town, later: int) -> None:
    store(town, DAILY)
    then = at(town, SUNDAY + timedelta(days=later))
    assert blocks.extend(then.deps) == 1
    assert held(town)[-1] == horizon_of(then) - timedelta(days=1)
    assert len(set(held(town))) == len(held(town))
    assert blocks.extend(then.deps) == 0, "once a day is enough"
    assert blocks.extend(at(then, then.deps.now() + timedelta(hours=23)).deps) == 0


def test_after_years_only_what_is_near_is_held(town: Town) -> None:
    store(town, DAILY)
    then = at(town, SUNDAY + timedelta(days=3650))
    assert blocks.extend(then.deps) == 1
    reach = timedelta(days=town.deps.settings.sync_import_days_ahead)
    assert held(town)[0] >= then.deps.now() - reach - timedelta(days=1)
    assert held(town)[-1] == horizon_of(then) - timedelta(days=1)


@pytest.mark.parametrize("rule", ["", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY;UNTIL=20300101T000000Z"])
def test_what_ends_is_held_whole_at_once(town: Town, rule: str) -> None:
    store(town, event("daily", DTSTART="20261123T120000Z", DTEND="20261123T121500Z", RRULE=rule))
    before = held(town)
    assert blocks.extend(at(town, SUNDAY + timedelta(days=300)).deps) == 0
    assert held(town) == before
    assert town.sql("SELECT expanded_until FROM daybridge.blocks") == [(None,)]


def rows_of(town: Town) -> list[tuple[object, ...]]:
    """What is held, row by row, and by whom each was written."""
    return town.sql(
        "SELECT xmin::text, instance, staff_member_id, during FROM daybridge.busy WHERE source = 'block' ORDER BY 2"
    )


def test_other_words_leave_the_time_as_it_is_held(town: Town) -> None:
    """Most changes of an event are of its words: its rows, hundreds for one that recurs, are not written anew."""
    store(town, DAILY)
    before = rows_of(town)
    store(town, DAILY.replace("SUMMARY:Dentist", "SUMMARY:Gym"))
    assert rows_of(town) == before


@pytest.mark.parametrize(
    "other",
    [
        DAILY.replace("T121500Z", "T121600Z"),
        DAILY.replace("FREQ=DAILY", "FREQ=DAILY;COUNT=3"),
        DAILY.replace("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"),
        DAILY.replace("SUMMARY:Dentist", "SUMMARY:Dentist\r\nTRANSP:TRANSPARENT"),
    ],
    ids=["longer", "fewer", "seldom", "free"],
)
def test_other_times_are_held_as_if_there_had_been_none_before(town: Town, other: str) -> None:
    store(town, other, "new.ics", uid="daily")
    fresh = [row[1:] for row in rows_of(town)]
    with town.deps.database.tenant(1) as session:
        blocks.remove(session, BOB, place(town, "new.ics"))
    store(town, DAILY)
    store(town, other)
    assert [row[1:] for row in rows_of(town)] == fresh


def test_every_business_has_its_turn_and_many_blocks_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BATCH", 2)
    for number in range(5):
        store(town, event(f"{number}", RRULE="FREQ=MONTHLY"), f"{number}.ics", uid=f"{number}")
    store(town, DAILY, who=MALLORY)
    then = at(town, SUNDAY + timedelta(days=60))
    assert blocks.extend(then.deps) == 6
    assert held(town, 21)[-1] == horizon_of(then) - timedelta(days=1)


def test_one_that_can_not_be_held_further_stops_no_other(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """A rule was let in that is too much to follow: what is held stays, the others go on, and somebody is told."""
    store(town, DAILY, "bad.ics")
    store(town, DAILY.replace("UID:daily", "UID:good"), "good.ics", uid="good")
    hourly = DAILY.replace("FREQ=DAILY", "FREQ=HOURLY").encode()
    town.sql("UPDATE daybridge.personal_objects SET body = %s WHERE href = 'bad.ics'", hourly)
    before, then = held(town), at(town, SUNDAY + timedelta(days=30))
    with caplog.at_level(logging.ERROR):
        assert blocks.extend(then.deps) == 2
    assert "can't be held further" in caplog.text
    assert len(held(town)) == len(before) + 30
    assert blocks.extend(then.deps) == 0


def test_what_is_deleted_meanwhile_is_not_held(town: Town) -> None:
    store(town, DAILY)
    then = at(town, SUNDAY + timedelta(days=30))
    extending = threading.Thread(target=blocks.extend, args=(then.deps,))
    with town.deps.database.tenant(1) as session:
        outbox.claim(session, 1, wait=True)
        blocks.remove(session, BOB, place(town))
        extending.start()
        town.until_somebody_waits()
    extending.join(20)
    assert not extending.is_alive()
    assert held(town) == []


def test_whole_days_and_floating_times_are_those_of_the_business(town: Town) -> None:
    every_day = event("daily", DTSTART="20261123T090000", DTEND="20261123T100000", RRULE="FREQ=DAILY")
    store(town, every_day)
    assert held(town)[0] == datetime(2026, 11, 23, 14, tzinfo=UTC)
    town.sql("UPDATE businesses SET time_zone = 'Asia/Tokyo' WHERE id = 1")
    blocks.extend(at(town, SUNDAY + timedelta(days=2)).deps)
    assert held(town)[0] == datetime(2026, 11, 23, 0, tzinfo=UTC)


def test_in_a_zone_that_nobody_knows_it_is_utc(town: Town) -> None:
    town.sql("UPDATE businesses SET time_zone = 'Atlantis' WHERE id = 1")
    store(town, event("daily", DTSTART="20261123T090000", DTEND="20261123T100000"))
    assert held(town) == [datetime(2026, 11, 23, 9, tzinfo=UTC)]
