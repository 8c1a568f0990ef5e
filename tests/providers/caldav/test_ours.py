"""Our events as calendar objects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.providers.caldav import ours, translate
from gateway.providers.caldav.translate import TAG
from tests.providers.caldav.samples import BERLIN, EVENT, HOUR, NOW, NOWHERE, TEN

A_TASK = b"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTODO\nUID:t\nEND:VTODO\nEND:VCALENDAR\n".replace(
    b"\n", b"\r\n"
)
ALARM = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:Soon\r\nEND:VALARM\r\n"


def test_ours_is_read_back_as_it_was_written() -> None:
    text = ours.written(EVENT, b"", NOW).body
    for place in (BERLIN, NOWHERE):
        [found] = translate.events("x.ics", '"1"', text, place).events
        assert (found.tag, found.series, found.title) == (EVENT.uid, "x.ics", "")
        assert found.wanted
        assert (found.wanted.starts_at, found.wanted.ends_at) == (TEN, TEN + HOUR)
        assert (found.wanted.summary, found.wanted.description) == (EVENT.summary, EVENT.description)
        assert (found.wanted.location, found.wanted.url) == (EVENT.location, EVENT.url)
        assert (found.wanted.categories, found.wanted.tentative) == (EVENT.categories, False)
    for word in (b"ATTENDEE", b"ORGANIZER", b"VALARM", b"METHOD"):
        assert word not in text
    assert b"BEGIN:VTIMEZONE" in text
    assert ours.says_when(text, EVENT)
    assert not ours.says_when(text, replace(EVENT, starts_at=TEN - HOUR))
    assert not ours.says_when(b"nonsense", EVENT)


def test_an_object_keeps_the_uid_that_it_has() -> None:
    text = ours.written(EVENT, b"", NOW, uid="booking-7@here.apart").body
    for before, uid in (
        (text, b"booking-7@here.apart"),
        (b"nonsense", b"booking-7@here"),
        (b"", b"booking-7@here"),
    ):
        after = ours.written(replace(EVENT, summary="New"), before, NOW).body
        assert b"UID:%b\r\n" % uid in after
        assert translate.tag_of(after) == EVENT.uid


def test_what_its_owner_keeps_in_ours_stays() -> None:
    mine = (
        "X-APPLE-TRAVEL-ADVISORY:AUTOMATIC\r\nCOLOR:red\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\n"
        "DESCRIPTION:Soon\r\nEND:VALARM\r\n"
    )
    before = ours.written(EVENT, b"", NOW).body.replace(b"END:VEVENT", mine.encode() + b"END:VEVENT")
    after = ours.written(replace(EVENT, summary="New"), before, NOW).body
    for line in mine.split("\r\n"):
        assert line.encode() in after
    assert after.count(TAG.encode()) == 1
    assert b"SEQUENCE:1\r\n" in after
    assert ours.written(EVENT, after, NOW).body.count(b"BEGIN:VALARM") == 1


@pytest.mark.parametrize("before", [b"nonsense", A_TASK])
def test_ours_is_written_over_whatever_is_there(before: bytes) -> None:
    assert b"SUMMARY:Haircut" in ours.written(EVENT, before, NOW).body


# Over what we have written ourselves, unread


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_unread_it_becomes_the_same_as_read(titles: list[str]) -> None:
    """However often it is written over: the same object, and its SEQUENCE goes on."""
    read = unread = ours.written(EVENT, b"", NOW)
    for title in titles:
        event = replace(EVENT, summary=title)
        read, unread = ours.written(event, read.body, NOW), ours.rewritten(event, unread.kept, NOW)
        assert unread == read
    assert f"SEQUENCE:{len(titles)}\r\n".encode() in unread.body


@pytest.mark.parametrize("more", [ALARM, b"COLOR:red\r\n", b"X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\r\n"])
def test_what_holds_something_of_its_owners_has_to_be_read(more: bytes) -> None:
    before = ours.written(EVENT, b"", NOW)
    assert before.kept
    after = ours.written(EVENT, before.body.replace(b"END:VEVENT", more + b"END:VEVENT"), NOW)
    assert not after.kept
    # Until they have taken it away again.
    assert ours.written(EVENT, after.body.replace(more, b""), NOW).kept


def test_what_has_another_uid_has_to_be_read() -> None:
    apart = ours.written(EVENT, b"", NOW, uid="booking-7@here.apart")
    assert not apart.kept
    assert not ours.written(EVENT, apart.body, NOW).kept
