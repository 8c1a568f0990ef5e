"""What a practice calendar holds, in our words and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.remote import Reply, Showing
from gateway.db.practice import Kept
from gateway.providers.practice import translate
from gateway.providers.practice.cursor import Cursor
from gateway.providers.practice.translate import Entry, stored
from tests.providers.practice.conftest import EVENT

TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TIMES = translate.times(TEN, TEN + HOUR)


def entry_of(entry: Entry, tag: str = "", series: str = "") -> Kept:
    return Kept("id", '"1"', series or "id", tag, 1, False, entry.content)


entries = st.builds(
    Entry,
    times=st.just(TIMES),
    title=st.text(),
    description=st.text(),
    categories=st.lists(st.text()).map(tuple),
    showing=st.sampled_from(Showing),
    reply=st.sampled_from(Reply),
    tentative=st.booleans(),
)


@given(entries)
def test_what_is_stored_comes_back(entry: Entry) -> None:
    assert stored(json.loads(json.dumps(entry.content))) == entry


def test_what_an_older_version_did_not_store_is_as_if_unsaid() -> None:
    assert stored({"times": TIMES, "colour": "red"}) == Entry(TIMES)


@given(st.integers(-20 * 366, 80 * 366 * 24), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_a_booking_is_told_as_it_was_written(hours: int, zone: str) -> None:
    moment = TEN + hours * HOUR
    event = replace(EVENT, starts_at=moment, ends_at=moment + HOUR, zone=zone)
    wanted = translate.remote(entry_of(translate.written(event), tag=event.uid), titles=False).wanted
    assert wanted
    assert (wanted.starts_at, wanted.ends_at) == (event.starts_at, event.ends_at)
    assert (wanted.all_day, wanted.recurs, wanted.free, wanted.declined) == (False,) * 4


@pytest.mark.parametrize(
    ("reply", "tentative", "told"),
    [
        (Reply.NONE, True, Reply.TENTATIVE),
        (Reply.ACCEPTED, True, Reply.TENTATIVE),
        (Reply.DECLINED, True, Reply.DECLINED),
        (Reply.UNANSWERED, False, Reply.UNANSWERED),
    ],
)
def test_what_is_not_certain_is_told_as_such(reply: Reply, tentative: bool, told: Reply) -> None:
    entry = Entry(TIMES, reply=reply, tentative=tentative)
    assert translate.remote(entry_of(entry), titles=False).reply is told


def test_declined_and_free_are_what_a_booking_is_asked() -> None:
    entry = Entry(TIMES, reply=Reply.DECLINED, showing=Showing.FREE)
    assert (entry.wanted().declined, entry.wanted().free) == (True, True)


@pytest.mark.parametrize("by", [HOUR, -25 * HOUR, timedelta(minutes=15)])
def test_an_event_is_moved(by: timedelta) -> None:
    entry = Entry(TIMES, title="Dentist")
    moved = translate.shifted(entry, by)
    assert moved.span == (TEN + by, TEN + HOUR + by)
    assert translate.shifted(moved, -by) == entry


def test_whole_days_are_moved_as_days() -> None:
    entry = Entry(translate.times(date(2026, 12, 24), date(2026, 12, 27)), zone="America/New_York")
    moved = translate.shifted(entry, 2 * DAY)
    assert moved.times == "DTSTART;VALUE=DATE:20261226\r\nDTEND;VALUE=DATE:20261229\r\n"
    assert moved.all_day


def test_an_instance_stays_one_when_it_is_moved_or_left_out() -> None:
    line = "RECURRENCE-ID;TZID=Europe/Berlin:20261201T100000\r\n"
    instance = Entry(TIMES + line)
    assert translate.shifted(instance, HOUR).times == translate.times(TEN + HOUR, TEN + 2 * HOUR) + line
    left_out = translate.without(instance)
    assert left_out.cancelled
    assert line in left_out.times


def test_what_is_over_by_then() -> None:
    single = Entry(TIMES)
    assert translate.is_over(entry_of(single), TEN + 2 * DAY)
    assert not translate.is_over(entry_of(single), TEN + 2 * HOUR), "a day to spare for other zones"
    recurs = Entry(f"{TIMES}RRULE:FREQ=WEEKLY\r\n")
    for kept in (
        entry_of(recurs),
        entry_of(single, tag="booking-7@here"),
        entry_of(single, series="another"),
    ):
        assert not translate.is_over(kept, TEN + 900 * DAY)


@given(st.booleans(), st.integers(-1, 2**62 - 1), st.integers(0, 2**62 - 1), st.text())
def test_a_cursor_is_read_as_it_was_written(whole: bool, began: int, at: int, id_: str) -> None:
    cursor = Cursor(whole, began, at, id_)
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1", "[]", "[true,1,2]", '[true,1,-1,""]', '[true,-2,1,""]', '[1,1,1,""]',
                                  '[true,1,99999999999999999999,""]', '[true,1,1,null]', '{"whole":true}'])  # fmt: skip
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError):
        Cursor.read(text)
