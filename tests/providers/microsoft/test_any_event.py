"""Every event of ours comes back as it was written, and nothing that Graph could say stops us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import intake
from gateway.core.keys import event_key
from gateway.core.model import Event
from gateway.core.remote import Reply, Showing
from gateway.core.wanted import Wanted
from gateway.providers.microsoft import translate
from gateway.providers.microsoft.round import Round
from gateway.providers.microsoft.translate import Unreadable
from tests.providers.microsoft.test_times import ZONES
from tests.servers.microsoft import Human, start

Json = dict[str, Any]

numbers = count(1)

# Our own texts: rendered before, so without control characters, and with nothing at the end that nobody sees.
line = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60).map(str.strip)
moments = st.integers(0, 3 * 365 * 24 * 12).map(
    lambda fives: datetime(2026, 1, 1, tzinfo=UTC) + fives * timedelta(minutes=5)
)
events = st.builds(
    lambda starts_at, minutes, summary, lines, categories, **more: Event(
        uid="booking-7@harbor.example",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        summary=summary,
        description="\n".join(lines).rstrip(),
        categories=tuple(categories),
        url="",
        **more,
    ),
    moments,
    st.integers(0, 3_000),
    line,
    st.lists(line | st.just("<b>tea</b> & co; «ß»"), max_size=5),
    st.lists(line.filter(bool), max_size=2, unique=True),
    zone=st.sampled_from(ZONES),
    tentative=st.booleans(),
    location=line,
)


@pytest.fixture(scope="module")
def ann() -> Iterator[Human]:
    with start() as server:
        yield server.account("ann@harborhair.example", "Europe/Berlin")


def shown(event: Event) -> Wanted:
    return Wanted(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        summary=event.summary,
        description=event.description,
        location=event.location,
        tentative=event.tentative,
        categories=event.categories,
    )


# Round trips


@settings(max_examples=150, deadline=None)
@given(event=events, later=events)
def test_what_is_written_is_read(ann: Human, event: Event, later: Event) -> None:
    """Made, shown, changed, shown again; `create` and `edit` take what a POST and a PATCH do."""
    key = event_key("harbor.example", next(numbers), 0)
    there = ann.create(translate.new_event(event, key, "c"))
    assert translate.wanted(there) == shown(event)
    assert translate.says(there, event)
    assert translate.is_ours(there)
    found = translate.event(there, titles=False)
    assert (found.tag, found.reply, found.unknown_zone, found.title) == (event.uid, Reply.NONE, "", "")
    changed = ann.edit(there["id"], translate.changed_event(later))
    assert translate.wanted(changed) == shown(later)
    assert translate.tag(changed) == event.uid


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"isAllDay": True}, "all_day"),
        ({"showAs": "free"}, "free"),
        ({"isCancelled": True}, "cancelled"),
    ],
)
def test_what_somebody_made_of_it_is_named_and_written_over(ann: Human, change: Json, named: str) -> None:
    event = Event(
        uid="booking-8@harbor.example",
        starts_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
        ends_at=datetime(2026, 12, 1, 10, tzinfo=UTC),
        zone="Europe/Berlin",
        tentative=False,
        summary="Haircut",
        description="",
        location="",
        categories=(),
        url="",
    )
    there = ann.create(translate.new_event(event, event_key("harbor.example", next(numbers), 0), "c"))
    days = {
        edge: {"dateTime": f"2026-12-0{at}T00:00:00", "timeZone": "UTC"}
        for edge, at in (("start", 1), ("end", 2))
    }
    edited = ann.edit(there["id"], change | (days if "isAllDay" in change else {}))
    assert getattr(translate.wanted(edited), named) is True
    if named != "cancelled":  # which is its organizer's to take back
        assert translate.says(ann.edit(there["id"], translate.changed_event(event)), event)


@pytest.mark.parametrize("letters", [str.upper, str.lower, str.title])
def test_the_mark_is_known_however_its_letters_are_written(letters: Any) -> None:
    told = {"singleValueExtendedProperties": [7, {"id": "x", "value": "y"}, {"id": letters(translate.TAG)}]}
    told["singleValueExtendedProperties"][2]["value"] = "booking-7@harbor.example"  # type: ignore[index]
    assert translate.tag(told) == "booking-7@harbor.example"
    assert translate.tag({"singleValueExtendedProperties": [{"id": translate.KEY, "value": "k"}]}) == ""


# What they could say

odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(
        ["UTC", "2026-12-01T09:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "a\r\nATTACH:x",
         "tentative", "exception", "occurrence", "seriesMaster", f"{'0' * 40}-{'0' * 16}", translate.TAG]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["dateTime", "timeZone", "content", "displayName", "response", "id", "value"]), inner
    ),
    max_leaves=6,
)  # fmt: skip
names = st.sampled_from(
    ["id", "@odata.etag", "@removed", "type", "seriesMasterId", "originalStart", "originalStartTimeZone", "start",
     "end", "isAllDay", "isCancelled", "isOrganizer", "showAs", "responseStatus", "subject", "body", "location",
     "attendees", "categories", "recurrence", "sensitivity", "hasAttachments", "onlineMeeting", "transactionId",
     "singleValueExtendedProperties"]
)  # fmt: skip
WHOLE: Json = {
    "id": "AAMkAGIAAAoZDOFAAA=",
    "@odata.etag": 'W/"ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw=="',
    "type": "singleInstance",
    "subject": "Dentist",
    "start": {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "UTC"},
}
items = st.dictionaries(names, odd, max_size=4).map(lambda change: {**WHOLE, **change})


@settings(max_examples=300, deadline=None)
@given(items | st.dictionaries(names, odd), items)
def test_an_event_is_read_or_is_unreadable(item: Json, master: Json) -> None:
    for whole in (None, master):
        try:
            found = translate.event(item, titles=True, master=whole)
        except Unreadable:
            continue
        assert found.times.startswith(b"DTSTART")
        lines = found.times.split(b"\r\n")
        assert not any(b"\n" in one or b"ATTACH" in one for one in lines)
        assert "\n" not in found.title + found.unknown_zone
        assert isinstance(found.showing, Showing)
        if not found.tag:
            body = b"\r\n".join(
                [b"BEGIN:VEVENT", b"UID:x", b"DTSTAMP:20261201T000000Z", *lines[:-1], b"END:VEVENT"]
            )
            intake.check(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + body + b"\r\nEND:VCALENDAR\r\n")


class _Api:
    """Says of each event that it is asked for what a test wants."""

    def __init__(self, said: Iterable[Json | None]) -> None:
        self._said = iter(said)

    def many(self, paths: Iterable[str]) -> list[Json | None]:
        return [next(self._said, None) for _ in paths]


@settings(max_examples=300, deadline=None)
@given(st.lists(items | st.dictionaries(names, odd), max_size=4), st.lists(st.none() | items, max_size=4))
def test_a_page_is_told_but_for_what_is_unreadable(page: list[Json], asked: list[Json | None]) -> None:
    api: Any = _Api(asked)
    told = Round(api, "c", titles=False).told(page)
    assert told.faults <= len(page) + len(asked)
    assert all(one.gone or one.times for one in told.events)


def test_an_event_of_ours_that_is_deleted_while_we_read_is_gone() -> None:
    """And isn't taken for somebody else's: nothing but its mark, which can't be seen any more, tells them apart."""
    api: Any = _Api([None])
    told = Round(api, "c", titles=False).told([{**WHOLE, "transactionId": f"{'0' * 40}-{'0' * 16}"}])
    assert [(one.id, one.gone) for one in told.events] == [(WHOLE["id"], True)]
