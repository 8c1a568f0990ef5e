"""Blocks that one reader or another can't read: programs write such things, and they are kept byte for byte.

Whatever is wrong with one of them, a search finds the others.
"""

from __future__ import annotations

import pytest

from tests.caldav.client import C, InProcess, between, event

LUNCH = event("lunch", SUMMARY="Lunch")
HARD = {
    "an empty rule": event("hard", SUMMARY="Hard").replace("END:VEVENT", "RRULE:\r\nEND:VEVENT"),
    "an empty list of dates": event("hard", SUMMARY="Hard").replace("END:VEVENT", "RDATE:\r\nEND:VEVENT"),
    "a day among times": event("hard", SUMMARY="Hard").replace("END:VEVENT", "RDATE:20261201\r\nEND:VEVENT"),
    "an exception in UTC to a floating start": event(
        "hard", SUMMARY="Hard", DTSTART="20261130T120000", DTEND="20261130T130000"
    ).replace("END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20261201T120000Z\r\nEND:VEVENT"),
    "a reminder at no time": event("hard", SUMMARY="Hard").replace(
        "END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER;VALUE=ODD:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"
    ),
    "only an exception": event("hard", SUMMARY="Hard", RECURRENCE_ID="").replace(
        "END:VEVENT", "RECURRENCE-ID:20261129T120000Z\r\nEND:VEVENT"
    ),
}
WORD = (
    '<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match>{}</C:text-match></C:prop-filter>'
    "</C:comp-filter>"
)
EXPANDED = '<C:calendar-data><C:expand start="20261129T000000Z" end="20261215T000000Z"/></C:calendar-data>'
ALARM = (
    '<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20261101T000000Z" '
    'end="20261231T000000Z"/></C:comp-filter></C:comp-filter>'
)


@pytest.fixture(params=HARD.values(), ids=HARD)
def stored(request: pytest.FixtureRequest, alice: InProcess) -> str:
    for name, body in (("lunch", LUNCH), ("hard", request.param)):
        assert alice("PUT", f"{alice.person.bookings}{name}.ics", body).status == 201
    return alice.person.bookings


def test_a_search_by_a_word_finds_the_others(alice, stored):
    assert set(alice.query(stored, WORD.format("Lunch")).members) == {f"{stored}lunch.ics"}


def test_a_search_by_reminders_is_answered(alice, stored):
    assert alice.query(stored, ALARM).status == 207


@pytest.mark.parametrize("bad", [WORD.format("x").replace("text-match", "no-match"), "<C:comp-filter/>"])
def test_a_question_without_sense_is_refused_as_ever(alice, stored, bad):
    plain = alice.query("/dav/s11/team/", bad)
    assert alice.query(stored, bad).status == plain.status


@pytest.mark.parametrize("name", ["an empty rule", "an empty list of dates"])
def test_what_recurs_in_name_only_is_told_once(alice, name):
    folder = alice.person.bookings
    assert alice("PUT", f"{folder}hard.ics", HARD[name]).status == 201
    found = alice.query(folder, between("20261130T000000Z", "20261201T000000Z"), EXPANDED)
    assert found.status == 207
    [member] = found.members.values()
    assert member.found[f"{C}calendar-data"].text.count("BEGIN:VEVENT") == 1
