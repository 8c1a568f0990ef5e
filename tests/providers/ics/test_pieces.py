"""Texts that nobody should have to read."""

from __future__ import annotations

import time

import pytest

from gateway.providers.ics import pieces
from gateway.providers.ics.pieces import NoCalendar
from tests.providers.ics.conftest import feed, vevent


def test_what_is_not_needed_is_not_kept() -> None:
    [piece] = pieces.cut(
        feed(
            vevent(
                "a", "DTSTART:20261201T090000Z", "DESCRIPTION:" + "x" * 5_000, "ATTENDEE:mailto:a@b.example"
            )
        )
    ).pieces
    assert b"xxx" not in piece.body
    assert b"mailto" not in piece.body


def test_reminders_and_what_else_is_inside_are_not_the_events_own() -> None:
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nSUMMARY:Not this\r\nEND:VALARM"
    [piece] = pieces.cut(feed(vevent("a", "DTSTART:20261201T090000Z", "SUMMARY:This", alarm))).pieces
    assert b"Not this" not in piece.body


def test_two_calendars_in_one_text_and_any_line_ends() -> None:
    body = (feed(vevent("a")) + feed(vevent("b"))).replace(b"\r\n", b"\n")
    assert len(pieces.cut(b"\xef\xbb\xbf" + body).pieces) == 2


def test_tasks_are_no_events() -> None:
    assert pieces.cut(feed("BEGIN:VTODO\r\nUID:a\r\nEND:VTODO")).pieces == ()


@pytest.mark.parametrize(
    "body",
    [
        feed("BEGIN:VEVENT\r\nUID:a"),
        feed("BEGIN:A\r\n" * 50),
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 100_000 + b"END:VCALENDAR\r\n",
        feed(*(vevent(str(n)) for n in range(pieces.MOST_EVENTS + 1))),
        b"BEGIN:VCALENDAR\r\n" + b"\n" * 2_500_000 + b"END:VCALENDAR",
    ],
    ids=["broken off", "deep", "deep and long", "too many", "lines"],
)
def test_bombs_are_no_calendars(body: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(NoCalendar):
        pieces.cut(body)
    assert time.monotonic() - began < 30


def test_a_long_line_is_left_out() -> None:
    assert pieces.cut(feed(vevent("a"), "X-LONG:" + "x" * 5_000_000, vevent("b"))).pieces != ()
