"""What only Cyrus does, which holds each UID once in all calendars of an account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core import keys
from tests.providers.harness import EVENT, HOUR, KEY, TEN, present
from tests.providers.harness_caldav import Caldav, CaldavWorld


@pytest.fixture
def cyrus(cyrus_world: CaldavWorld) -> Caldav:
    return Caldav(cyrus_world)


def move(cyrus: Caldav, path: str, to: str) -> None:
    cyrus.person.ask("MOVE", path, headers={"Destination": cyrus.world.url + to})


def test_what_its_owner_has_moved_to_another_calendar_is_put_back(cyrus: Caldav) -> None:
    there, second = cyrus.open(), cyrus.add_calendar("Evenings")
    there.put(cyrus.main, KEY, EVENT, None)
    move(cyrus, f"{cyrus.main}{KEY}.ics", f"{second}{KEY}.ics")
    again = keys.event_key("contract", 7, 1)
    stamp = there.put(cyrus.main, again, EVENT, None)
    later = replace(EVENT, starts_at=TEN + HOUR, ends_at=TEN + 2 * HOUR)
    stamp = there.put(cyrus.main, stamp.id, later, stamp)
    [found] = present(there, cyrus.main).values()
    assert (found.id, found.etag, found.tag) == (again, stamp.etag, EVENT.uid)
    assert list(present(there, second)) == [KEY], "that one is theirs now"


def test_ours_under_another_name_is_adopted(cyrus: Caldav) -> None:
    there = cyrus.open()
    there.put(cyrus.main, KEY, EVENT, None)
    move(cyrus, f"{cyrus.main}{KEY}.ics", f"{cyrus.main}moved.ics")
    stamp = there.put(cyrus.main, keys.event_key("contract", 7, 1), replace(EVENT, summary="New"), None)
    [found] = present(there, cyrus.main).values()
    assert (found.id, found.etag) == (stamp.id, stamp.etag) == ("moved.ics", stamp.etag)
    assert found.wanted
    assert found.wanted.summary == "New"
