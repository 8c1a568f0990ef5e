"""What a calendar program keeps for its own user comes back in every rendering, and nothing else does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from gateway.core import edit, ics, personal
from gateway.core.model import Event, EventRevision
from gateway.core.wire import unfold

REVISION = EventRevision(3, datetime(2026, 6, 1, 8, 30, 15, tzinfo=UTC))
EVENT = Event(
    uid="booking-4711@here.example",
    starts_at=datetime(2026, 6, 17, 14, tzinfo=UTC),
    ends_at=datetime(2026, 6, 17, 15, tzinfo=UTC),
    zone="America/New_York",
    tentative=False,
    summary="Haircut (Long) – Maria Santos",
    description="Customer: Maria Santos\n\n— notes —\nEND:VEVENT\r\nWindow seat",
    location="1 Pier Road, Salem",
    categories=("Bookings",),
    url="",
)
ALARM = """\
BEGIN:VALARM
X-WR-ALARMUID:5E1F
UID:5E1F
TRIGGER;RELATED=START:-PT15M
ACTION:AUDIO
ATTACH;VALUE=URI:Chord
ACKNOWLEDGED:20260617T134500Z
X-APPLE-DEFAULT-ALARM:TRUE
END:VALARM"""
MAIL = "BEGIN:VALARM\nACTION:email\nTRIGGER:-P1D\nATTENDEE:mailto:maria@example.com\nSUMMARY:x\nEND:VALARM"


def render(**changes: Any) -> bytes:
    return ics.render(replace(EVENT, **changes), REVISION)


RENDERED = render()


def sent(lines: str) -> bytes:
    """Our event as a program sends it back with lines of its own."""
    more = "".join(f"{line}\r\n" for line in lines.split("\n") if line)
    return RENDERED.replace(b"\r\nEND:VEVENT\r\n", f"\r\n{more}END:VEVENT\r\n".encode())


def kept(lines: str) -> list[str]:
    return unfold(personal.kept(RENDERED, sent(lines))).split("\r\n")[:-1]


KEPT = {
    "a reminder": ALARM,
    "two reminders": f"{ALARM}\n{ALARM.replace('-PT15M', '-P1D')}",
    "a colour": "COLOR:turquoise",
    "Apple's": "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
    "Mozilla's": "X-MOZ-LASTACK:20260617T134500Z\nX-MOZ-SNOOZE-TIME:20260617T135000Z",
    "libical's": "X-LIC-THING:1",
    "any": 'X-EVOLUTION-CALDAV-COLOR;X-A="b;c:d":#ff0000',
    "a reminder with parts": ALARM.replace(
        "END:VALARM", "BEGIN:VLOCATION\nNAME:Salem\nEND:VLOCATION\nEND:VALARM"
    ),
    "a long line in many scripts": "X-NOTE:" + "żółw 🐢 " * 40 + "end",
}


@pytest.mark.parametrize("lines", KEPT.values(), ids=KEPT)
def test_it_is_kept_word_for_word(lines: str) -> None:
    assert kept(lines) == lines.split("\n")


@pytest.mark.parametrize("lines", KEPT.values(), ids=KEPT)
def test_it_comes_back_in_every_rendering(lines: str) -> None:
    moved = render(starts_at=datetime(2026, 6, 17, 14, 30, tzinfo=UTC))
    body = personal.merge(moved, personal.kept(RENDERED, sent(lines)))
    ics.check(body)
    event = unfold(body.decode()).partition("BEGIN:VEVENT")[2]
    assert lines.replace("\n", "\r\n") in event
    assert "DTSTART;TZID=America/New_York:20260617T103000" in event
    assert len(Calendar.from_ical(body).events[0].alarms.times) >= lines.count("BEGIN:VALARM")


def test_properties_come_before_reminders() -> None:
    assert kept(f"{ALARM}\nCOLOR:red") == ["COLOR:red", *ALARM.split("\n")]


NOT_KEPT = {
    "nothing": "",
    "the booking's own": "SUMMARY:Mine\nLOCATION:Mine\nCOMMENT:x\nCLASS:PRIVATE\nPRIORITY:1\nCATEGORIES:x",
    "guests": "ATTENDEE:mailto:maria@example.com\nORGANIZER:mailto:dana@example.com",
    "the description once more": "X-ALT-DESC;FMTTYPE=text/html:<p>Customer: John</p>",
    "the place once more": "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Elsewhere:geo:1,2",
    "a repetition": "RRULE:FREQ=DAILY",
    "mails": MAIL,
}


@pytest.mark.parametrize("lines", NOT_KEPT.values(), ids=NOT_KEPT)
def test_it_is_not_kept(lines: str) -> None:
    assert personal.kept(RENDERED, sent(lines)) == ""


@pytest.mark.parametrize(
    "alarm",
    [
        MAIL,
        ALARM.replace("ACTION:AUDIO", "ATTENDEE:mailto:maria@example.com"),
        ALARM.replace("END:VALARM", "BEGIN:X-B\nATTENDEE:mailto:maria@example.com\nEND:X-B\nEND:VALARM"),
        ALARM.replace("ACTION:AUDIO", "ACTION;X-A=1: Email "),
    ],
)
def test_a_reminder_never_mails_and_that_is_said(alarm: str) -> None:
    body = sent(f"{alarm}\n{ALARM}")
    assert kept(f"{alarm}\n{ALARM}") == ALARM.split("\n")
    assert personal.left_out(body) == ("e-mail reminders",)
    assert personal.left_out(sent(ALARM)) == ()


def test_our_own_private_properties_are_not_theirs() -> None:
    ours = sent("X-DAYBRIDGE:1")
    assert personal.kept(ours, sent("X-DAYBRIDGE:1\nX-THEIRS:2")) == "X-THEIRS:2\r\n"


def test_what_its_program_removes_is_gone() -> None:
    first = personal.merge(RENDERED, personal.kept(RENDERED, sent(f"COLOR:red\n{ALARM}")))
    assert (
        personal.kept(RENDERED, first.replace(b"COLOR:red\r\n", b"")) == ALARM.replace("\n", "\r\n") + "\r\n"
    )


def test_lines_of_other_programs_are_read_as_well() -> None:
    body = sent(f"x-a:b\n{ALARM}").replace(b"VALARM", b"valarm").replace(b"\r\n", b"\n")
    assert personal.kept(RENDERED, body).split("\r\n")[:2] == ["X-A:b", "BEGIN:VALARM"]


# Bounds


def test_twenty_reminders_are_enough() -> None:
    assert len(kept("\n".join([ALARM] * 20))) == 20 * len(ALARM.split("\n"))
    with pytest.raises(ics.Unacceptable, match="20 reminders at most") as caught:
        kept("\n".join([ALARM] * 21))
    assert caught.value.precondition == "C:max-resource-size"


def test_sixteen_kilobytes_are_enough() -> None:
    assert kept("X-A:" + "x" * 15_000)
    with pytest.raises(ics.Unacceptable, match="too long"):
        kept("X-A:" + "x" * 16_384)


# Properties

value = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=90
)
private = st.tuples(st.sampled_from(["X-A", "COLOR", "X-MOZ-B", "x-c"]), value).map(":".join)
foreign = st.tuples(st.sampled_from(["SUMMARY", "ATTENDEE", "X-ALT-DESC", "COMMENT"]), value).map(":".join)
alarm = st.lists(
    st.tuples(st.sampled_from(["X-A", "TRIGGER", "ATTENDEE", "SUMMARY"]), value), max_size=4
).map(lambda lines: "\n".join(["BEGIN:VALARM", *map(":".join, lines), "END:VALARM"]))
lines = st.lists(private | foreign | alarm, max_size=8).map("\n".join)


@given(lines)
@settings(max_examples=90)
def test_merging_and_keeping_come_to_rest(lines: str) -> None:
    once = personal.kept(RENDERED, sent(lines))
    merged = personal.merge(RENDERED, once)
    assert personal.kept(RENDERED, merged) == once
    assert personal.merge(RENDERED, personal.kept(RENDERED, merged)) == merged


@given(lines)
@settings(max_examples=100)
def test_what_may_be_stored_may_be_stored_with_what_is_kept(lines: str) -> None:
    body = sent(lines)
    merged = personal.merge(RENDERED, personal.kept(RENDERED, body))
    ics.check(merged)
    assert all(len(line) <= 75 for line in merged.split(b"\r\n"))


@given(lines)
@settings(max_examples=100)
def test_it_changes_nothing_of_the_booking(lines: str) -> None:
    own = personal.kept(RENDERED, sent(lines))
    said = edit.read(personal.merge(RENDERED, own), zone="UTC")
    assert said == edit.read(RENDERED, zone="UTC")


@given(value, value)
@settings(max_examples=50)
def test_merging_nothing_changes_nothing(summary: str, description: str) -> None:
    body = render(summary=summary, description=description)
    assert personal.merge(body, "") == body


@given(value)
@settings(max_examples=50)
def test_only_the_event_itself_is_added_to(description: str) -> None:
    body = render(description=f"{description}\r\nEND:VEVENT\r\n")
    merged = personal.merge(body, "COLOR:red\r\n")
    assert re.sub(rb"COLOR:red\r\n(?=END:VEVENT\r\nEND:VCALENDAR\r\n$)", b"", merged) == body
    assume(description)
