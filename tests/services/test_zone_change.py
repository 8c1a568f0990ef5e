"""A business that moves to another time zone: whole days and floating times of personal blocks move with it."""

from __future__ import annotations

from gateway.core.conditions import Conditions
from gateway.core.model import CalendarKind, Holder
from gateway.services import blocks, edits
from gateway.services.collection import visit
from gateway.services.edits import Wish
from tests.conftest import Town

DAY_OFF = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Example//EN\r
BEGIN:VEVENT\r
UID:off@example.com\r
DTSTAMP:20261101T080000Z\r
DTSTART;VALUE=DATE:20261207\r
SUMMARY:Day off\r
END:VEVENT\r
END:VCALENDAR\r
"""


def held(town: Town) -> list[object]:
    rows = town.sql("SELECT lower(during) AT TIME ZONE 'UTC' FROM daybridge.busy WHERE source = 'block'")
    return [str(since) for (since,) in rows]


def test_a_day_off_is_a_day_of_the_businesss_own_zone(the_town: Town) -> None:
    deps = the_town.deps
    [(password_id,)] = the_town.sql("SELECT id FROM daybridge.app_passwords WHERE staff_member_id = 11")
    with visit(deps.database, Holder(1, int(str(password_id))), deps.now) as found:
        calendar = found.calendar(CalendarKind.BOOKINGS, 11)
        edits.put(deps, Wish(found.visitor, calendar, "off.ics", Conditions()), DAY_OFF)
    assert held(the_town) == ["2026-12-07 05:00:00"]
    assert blocks.extend(deps) == 0, "nothing has changed"

    the_town.sql("UPDATE businesses SET time_zone = 'Pacific Time (US & Canada)' WHERE id = 1")
    assert blocks.extend(deps) == 1
    assert held(the_town) == ["2026-12-07 08:00:00"]
    assert blocks.extend(deps) == 0, "done once"
