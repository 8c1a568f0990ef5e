"""Personal blocks that recur, in questions about a span of time (RFC 4791 9.9)."""

from __future__ import annotations

import requests

from tests.conftest import LiveServer

WEEKLY = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Example//EN\r
BEGIN:VEVENT\r
UID:choir@example.com\r
DTSTAMP:20261101T080000Z\r
DTSTART;TZID=America/New_York:20261102T190000\r
DTEND;TZID=America/New_York:20261102T210000\r
RRULE:FREQ=WEEKLY\r
EXDATE;TZID=America/New_York:20261116T190000\r
SUMMARY:Choir\r
TRANSP:{transp}\r
END:VEVENT\r
END:VCALENDAR\r
"""
QUERY = """<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/>{data}</prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{start}" end="{end}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""


def found(live: LiveServer, start: str, end: str, data: str) -> bool:
    alice = live.town.alice
    answer = requests.request(
        "REPORT",
        live.address + alice.bookings,
        auth=(alice.email, alice.password),
        headers={"Depth": "1"},
        data=QUERY.format(start=start, end=end, data=data),
        timeout=20,
    )
    assert answer.status_code == 207
    return "choir.ics" in answer.text


def store(live: LiveServer, transp: str) -> None:
    alice = live.town.alice
    stored = requests.put(
        f"{live.address}{alice.bookings}choir.ics",
        auth=(alice.email, alice.password),
        data=WEEKLY.format(transp=transp),
        timeout=20,
    )
    assert stored.status_code == 201


def test_a_recurring_block_is_found_when_it_happens_and_only_then(live: LiveServer) -> None:
    for transp in ("OPAQUE", "TRANSPARENT"):
        store(live, transp)
        for data in ("", "<C:calendar-data/>"):
            assert found(live, "20261110T000000Z", "20261110T013000Z", data), "the evening of the ninth"
            assert not found(live, "20261110T030000Z", "20261116T000000Z", data), "between two evenings"
            assert not found(live, "20261116T120000Z", "20261117T120000Z", data), "the evening left out"
            assert not found(live, "20261001T000000Z", "20261102T000000Z", data), "before the first"
            assert found(live, "20311110T000000Z", "20311112T000000Z", data), "in five years"
        alice = live.town.alice
        gone = requests.delete(
            f"{live.address}{alice.bookings}choir.ics", auth=(alice.email, alice.password), timeout=20
        )
        assert gone.status_code == 204
