"""What a person does in a calendar app to an event, and how one sees afterwards what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from gateway.core.booking import LogEntry
from gateway.core.wire import unfold
from gateway.services import timeline
from tests.caldav.client import DB, Answer, C, Client, D
from tests.conftest import Town
from tests.essence import essence

# In New York it is seven in the morning of the Sunday before the town's week; 10:00 there is 15:00 UTC.
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
NEEDED = f"{D}need-privileges"
CONFLICT, NOT_EDITABLE = {NEEDED, f"{DB}booking-conflict"}, {NEEDED, f"{DB}not-editable"}
NO_BOOKING = {f"{C}valid-calendar-object-resource"}

ALICES, BOBS, TEAM = "/dav/s11/bookings/", "/dav/s12/bookings/", "/dav/s11/team/"
HAIRCUT, COLOURING, BOBS_HAIRCUT = "booking-1001.ics", "booking-1002.ics", "booking-1005.ics"


def at(town: Town, now: datetime, **settings: Any) -> Town:
    """The same town at a moment of its own."""
    deps = replace(town.deps, now=lambda: now, settings=replace(town.deps.settings, **settings))
    return replace(town, deps=deps)


def working(town: Town) -> Town:
    """Everyone works from nine to five, Monday to Friday."""
    hours = {day: [{"start": "09:00", "end": "17:00"}] for day in WEEKDAYS}
    town.sql("UPDATE staff_members SET availability = %s", Jsonb(hours))
    return town


def edited(body: str, **lines: str) -> str:
    """An event with other content lines, as `NAME="value"` or `NAME=";PARAM=x:value"`; "" takes one out."""
    head, begin, rest = unfold(body).partition("BEGIN:VEVENT\r\n")
    inner, end, tail = rest.partition("END:VEVENT\r\n")
    for name, value in lines.items():
        said = value if value.startswith(";") else f":{value}"
        line = f"{name.replace('_', '-')}{said}\r\n" if value else ""
        pattern = rf"^{name.replace('_', '-')}[;:][^\r]*\r\n"
        inner, found = re.subn(pattern, lambda _, line=line: line, inner, count=1, flags=re.MULTILINE)
        inner += "" if found else line
    return head + begin + inner + end + tail


def moved(body: str, start: str, end: str) -> str:
    """To other times; "20261124T160000Z" is in UTC, and any other in New York."""
    return edited(body, DTSTART=_moment(start), DTEND=_moment(end))


def _moment(moment: str) -> str:
    return moment if moment.endswith("Z") else f";TZID=America/New_York:{moment}"


def added(body: str, text: str) -> str:
    """An event with whole lines more, such as an alarm."""
    return unfold(body).replace("END:VEVENT\r\n", f"{text}END:VEVENT\r\n", 1)


def alarm(words: str = "Soon", before: str = "-PT15M") -> str:
    return f"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:{words}\r\nTRIGGER:{before}\r\nEND:VALARM\r\n"


@dataclass(frozen=True)
class Row:
    """What the booking app has of a booking, moments in UTC."""

    span: str
    status: int
    notes: str | None
    override: bool | None
    staff_id: int
    cancelled_by: int | None
    reason: str | None


def row(town: Town, booking_id: int) -> Row:
    [found] = town.sql(
        "SELECT to_char(start_time, 'DD HH24:MI') || to_char(end_time, '-HH24:MI'), status, notes, manager_override,"
        " staff_member_id, cancelled_by, cancellation_reason FROM bookings WHERE id = %s",
        booking_id,
    )
    return Row(*found)  # type: ignore[arg-type]


def story(town: Town, booking_id: int) -> list[LogEntry]:
    return timeline.of_booking(town.deps, 1, booking_id)


def outcomes(town: Town, booking_id: int) -> list[tuple[str, str, str, str]]:
    """The timeline in short: who, by which door, what, and what became of it."""
    return [(one.who, one.via.value, one.action, one.outcome.value) for one in story(town, booking_id)]


def codes(town: Town, booking_id: int) -> list[object]:
    """Why the last line of the timeline ended as it did."""
    return [reason["code"] for reason in story(town, booking_id)[-1].reasons]


def is_refused(answer: Answer, preconditions: set[str], word: str = "") -> None:
    assert answer.status == 403, (answer.status, answer.text)
    assert answer.preconditions == preconditions, answer.text
    assert len(answer.reason) > 20, "a person should be told why"
    assert word in answer.reason, answer.reason


def sequence(body: str) -> int:
    return int(re.findall(r"^SEQUENCE:(\d+)", body, flags=re.MULTILINE)[0])


class Sight:
    """What a client has seen of an event and of its calendar."""

    def __init__(self, client: Client, folder: str, name: str) -> None:
        self.client, self.folder, self.path = client, folder, folder + name
        self.body, self.etag = "", ""
        self.look()

    def look(self) -> Sight:
        self.token = self.client.sync(self.folder).token
        got = self.client("GET", self.path)
        self.body, self.etag = got.text, got.headers.get("ETag", "")
        return self

    def put(self, body: str, **headers: str) -> Answer:
        """A change of what was seen, as apps send it."""
        return self.client("PUT", self.path, body, **{"If_Match": self.etag, **headers})

    def move(self, start: str, end: str) -> Answer:
        return self.put(moved(self.body, start, end))

    def delete(self) -> Answer:
        return self.client("DELETE", self.path, If_Match=self.etag)

    def is_shown_again(self) -> None:
        """The next sync brings the event as it was, under another ETag and as a later revision."""
        changed = self.client.sync(self.folder, self.token).members
        assert list(changed) == [self.path]
        told = changed[self.path].found[f"{D}getetag"].text
        got = self.client("GET", self.path)
        assert told == got.headers["ETag"] != self.etag
        assert sequence(got.text) > sequence(self.body)
        assert essence(got.text) == essence(self.body)


def soon(minutes: int) -> datetime:
    return SUNDAY + timedelta(minutes=minutes)
