"""What a VFREEBUSY says is what is taken: no second more, none less, and nothing but time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from gateway.core.freebusy import Stretch, periods, render

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = datetime(2026, 11, 22, 8, 30, 15, 999, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def taken(start: float, end: float, *, tentative: bool = False) -> Stretch:
    return Stretch(at(start), at(end), tentative)


def told(stretches: list[Stretch], since: float = 0, until: float = 3600) -> list[tuple[float, float, bool]]:
    found = periods(stretches, at(since), at(until))
    return [
        ((one.starts_at - NOON).total_seconds(), (one.ends_at - NOON).total_seconds(), one.tentative)
        for one in found
    ]


def test_what_touches_or_overlaps_is_one_period() -> None:
    assert told([taken(60, 120), taken(0, 60), taken(110, 180), taken(300, 360)]) == [
        (0, 180, False),
        (300, 360, False),
    ]


def test_a_short_time_within_a_long_one_ends_nothing() -> None:
    assert told([taken(0, 600), taken(60, 120)]) == [(0, 600, False)]


def test_only_what_is_asked_for_is_told() -> None:
    assert told([taken(-60, 60), taken(3500, 4000), taken(-100, 0), taken(3600, 3700)]) == [
        (0, 60, False),
        (3500, 3600, False),
    ]


def test_what_is_certain_hides_what_is_not() -> None:
    stretches = [taken(0, 600, tentative=True), taken(100, 200), taken(300, 400), taken(590, 700)]
    assert told(stretches) == [
        (0, 100, True),
        (100, 200, False),
        (200, 300, True),
        (300, 400, False),
        (400, 590, True),
        (590, 700, False),
    ]


def test_a_second_that_is_taken_in_part_is_taken() -> None:
    assert told([taken(1.5, 2.000001)]) == [(1, 3, False)]


def test_no_zone_is_ever_guessed() -> None:
    with pytest.raises(TypeError):
        Stretch(NOON.replace(tzinfo=None), NOON)


def test_one_component_with_its_span_in_utc() -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    body = render(
        [Stretch(NOON.astimezone(east), at(2700)), taken(3600, 7200, tentative=True)],
        at(-3600).astimezone(east),
        at(86_400),
        stamp=STAMP,
        uid="free-busy-1@harbor, Salem",
    )
    assert body.decode().split("BEGIN:VFREEBUSY\r\n")[1].split("\r\n") == [
        "UID:free-busy-1@harbor\\, Salem",
        "DTSTAMP:20261122T083015Z",
        "DTSTART:20261124T110000Z",
        "DTEND:20261125T120000Z",
        "FREEBUSY;FBTYPE=BUSY:20261124T120000Z/20261124T124500Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T130000Z/20261124T140000Z",
        "END:VFREEBUSY",
        "END:VCALENDAR",
        "",
    ]


def test_no_line_is_longer_than_a_line_may_be() -> None:
    body = render([taken(0, 60, tentative=True)], at(0), at(60), stamp=STAMP, uid="ö" * 200)
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert Calendar.from_ical(body).walk("VFREEBUSY")[0]["UID"] == "ö" * 200


seconds = st.integers(-100, 300)
stretches_ = st.lists(
    st.tuples(seconds, st.integers(1, 150), st.booleans()).map(
        lambda drawn: taken(drawn[0], drawn[0] + drawn[1], tentative=drawn[2])
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(stretches_, st.integers(-50, 100), st.integers(1, 200))
def test_second_by_second_the_answer_is_the_truth(stretches: list[Stretch], since: int, length: int) -> None:
    until = since + length
    found = periods(stretches, at(since), at(until))
    for second in range(since - 2, until + 2):
        here = {one.tentative for one in stretches if one.starts_at <= at(second) < one.ends_at}
        said = [one.tentative for one in found if one.starts_at <= at(second) < one.ends_at]
        assert said == ([min(here)] if here and since <= second < until else [])


@settings(max_examples=100, deadline=None)
@given(stretches_)
def test_no_two_periods_of_a_kind_could_be_one(stretches: list[Stretch]) -> None:
    found = periods(stretches, at(-500), at(500))
    assert found == sorted(found)
    for kind in (False, True):
        ends = [one for one in found if one.tentative is kind]
        assert all(one.ends_at < following.starts_at for one, following in pairwise(ends))


@settings(max_examples=100, deadline=None)
@given(stretches_)
def test_another_parser_reads_the_same_times(stretches: list[Stretch]) -> None:
    found = periods(stretches, at(-500), at(500))
    parsed = Calendar.from_ical(render(found, at(-500), at(500), stamp=STAMP, uid="a"))
    (component,) = parsed.walk("VFREEBUSY")
    lines = component.get("FREEBUSY", [])
    lines = lines if isinstance(lines, list) else [lines]
    assert [(one.start, one.end, one.params["FBTYPE"] == "BUSY-TENTATIVE") for one in lines] == [
        (one.starts_at, one.ends_at, one.tentative) for one in found
    ]
