"""Weekly hours are wall-clock time: what they stand for on ordinary days, on the two odd nights, and when misspelt."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import hours
from gateway.core.errors import Invalid
from gateway.core.hours import ALWAYS, NEVER, Unreadable
from tests.oracle import DAYS, World

NEW_YORK = "America/New_York"


def times(*spans: str) -> list[dict[str, str]]:
    return [dict(zip(("start", "end"), span.split("-"), strict=True)) for span in spans]


def opened(zone: str, day: date, *spans: str, overnight: bool = False) -> list[tuple[str, str]]:
    """What these hours of every day are on one day, in UTC."""
    parsed = hours.parse({name: times(*spans) for name in DAYS}, overnight=overnight)
    found = hours.open_between(parsed, zone, day, day)
    return [(f"{utc(start):%d %H:%M}", f"{utc(end):%d %H:%M}") for start, end, _ in found]


def utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


# What is written


def test_split_shifts_stay_apart_and_neighbours_become_one() -> None:
    parsed = hours.parse({"Monday": times("13:00-17:00", "09:00-12:00", "12:00-12:30", "16:00-18:00")})
    assert parsed.week[0] == ((540, 750), (780, 1080))
    assert parsed.week[1:] == ((),) * 6


def test_an_exception_replaces_its_weekday_wholly() -> None:
    parsed = hours.parse(
        {"monday": times("09:00-17:00"), "exceptions": {"2026-11-23": times("12:00-13:00"), "2026-11-30": []}}
    )
    assert parsed.on(date(2026, 11, 16)) == ((540, 1020),)
    assert parsed.on(date(2026, 11, 23)) == ((720, 780),)
    assert parsed.on(date(2026, 11, 30)) == ()


@pytest.mark.parametrize("end", ["23:59", "24:00"])
def test_a_minute_to_midnight_is_midnight(end: str) -> None:
    assert hours.parse({"friday": times(f"00:00-{end}")}).week[4] == ((0, 1440),)


@pytest.mark.parametrize("value", [None, {}, {"monday": None}, {"exceptions": None}, {"monday": []}])
def test_who_has_no_hours_never_works(value: object) -> None:
    assert hours.parse(value) == NEVER
    assert hours.of_staff(json.dumps(value)) == NEVER


def test_null_is_an_empty_text() -> None:
    assert hours.of_staff("") == NEVER


@pytest.mark.parametrize("text", ["", "null", "{}", "[]", '""'])
def test_a_service_without_hours_is_always_offered(text: str) -> None:
    assert hours.of_service(text, enforced=True) is ALWAYS


def test_a_services_hours_count_only_where_they_are_enforced() -> None:
    text = json.dumps({"monday": times("09:00-10:00")})
    assert hours.of_service(text, enforced=True).week[0] == ((540, 600),)
    assert hours.of_service(text, enforced=False) is ALWAYS
    assert hours.of_service("{broken", enforced=False) is ALWAYS


def test_only_services_go_on_through_the_night() -> None:
    night = {"friday": times("22:00-02:00")}
    assert hours.parse(night, overnight=True).week[4] == ((1320, 1560),)
    with pytest.raises(Unreadable, match="Friday has a time that ends before it starts"):
        hours.parse(night)


@pytest.mark.parametrize(
    "value",
    [
        [],
        "monday",
        7,
        {"mondy": []},
        {"monday": [], "Monday": []},
        {"monday": "09:00-17:00"},
        {"monday": {"start": "09:00", "end": "17:00"}},
        {"monday": ["09:00"]},
        {"monday": [{"start": "09:00"}]},
        {"monday": [{"start": "09:00", "end": None}]},
        {"monday": [{"start": 9, "end": 17}]},
        {"monday": [{"start": "09:00", "end": "17:00", "only": "by phone"}]},
        {"monday": times("9:00-17:00")},
        {"monday": times("09:00-24:01")},
        {"monday": times("09:60-17:00")},
        {"monday": times("24:00-24:00")},
        {"monday": times("17:00-09:00")},
        {"monday": times("09:00-09:00")},
        {"monday": times("٠٩:٠٠-17:00")},
        {"monday": times("09:00\n-17:00")},
        {"monday": times(*["09:00-17:00"] * 97)},
        {"exceptions": []},
        {"exceptions": {"23.11.2026": []}},
        {"exceptions": {"2026-02-30": []}},
        {"exceptions": {"20261123": []}},
        {"exceptions": {"2026-11-23": "closed"}},
        {"exceptions": {f"{1000 + n}-01-01": [] for n in range(4001)}},
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_might_be_misunderstood_is_not_read(value: object) -> None:
    with pytest.raises(Unreadable):
        hours.parse(value)
    with pytest.raises(Unreadable):
        hours.of_staff(json.dumps(value))


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "9" * 5_000, " " * 500_001, "nan{"])
def test_what_is_no_json_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable):
        hours.of_staff(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["09:00", "17:00"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*DAYS, "exceptions", "start", "end", "2026-11-23"]), inner)
        ),
    ),
    st.booleans(),
)
def test_any_value_is_read_or_refused(value: object, overnight: bool) -> None:
    try:
        parsed = hours.parse(value, overnight=overnight)
    except Unreadable:
        return
    for shifts in (*parsed.week, *parsed.exceptions.values()):
        for start, end in shifts:
            assert 0 <= start < end <= 2 * 1440
        assert list(shifts) == sorted(shifts)


# What it stands for


def test_an_ordinary_day() -> None:
    assert opened(NEW_YORK, date(2026, 11, 23), "09:00-17:00") == [("23 14:00", "23 22:00")]
    assert opened("Asia/Kolkata", date(2026, 11, 23), "09:00-17:00") == [("23 03:30", "23 11:30")]


# In New York 02:00-03:00 is lost on 8 March 2026; in Berlin on 29 March; on Lord Howe 02:00-02:30 on 4 October.
@pytest.mark.parametrize(
    ("zone", "day", "span", "expected"),
    [
        (NEW_YORK, date(2026, 3, 8), "01:00-04:00", ("08 06:00", "08 08:00")),
        (NEW_YORK, date(2026, 3, 8), "02:30-04:00", ("08 07:00", "08 08:00")),
        (NEW_YORK, date(2026, 3, 8), "01:00-02:30", ("08 06:00", "08 07:00")),
        (NEW_YORK, date(2026, 3, 8), "03:00-04:00", ("08 07:00", "08 08:00")),
        ("Europe/Berlin", date(2026, 3, 29), "02:15-03:30", ("29 01:00", "29 01:30")),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:15-03:00", ("03 15:30", "03 16:00")),
    ],
)
def test_in_the_lost_hour(zone: str, day: date, span: str, expected: tuple[str, str]) -> None:
    assert opened(zone, day, span) == [expected]


def test_what_lies_wholly_in_the_lost_hour_does_not_happen() -> None:
    assert opened(NEW_YORK, date(2026, 3, 8), "02:10-02:50", "12:00-13:00") == [("08 16:00", "08 17:00")]


# In New York 01:00-02:00 comes twice on 1 November 2026 (05:00 and 06:00 UTC), in Berlin 02:00-03:00 on 25 October
# (00:00 and 01:00 UTC), on Lord Howe 01:30-02:00 on 5 April (14:30 and 15:00 UTC of the day before).
@pytest.mark.parametrize(
    ("zone", "day", "span", "expected"),
    [
        (NEW_YORK, date(2026, 11, 1), "00:00-04:00", ("01 04:00", "01 09:00")),
        (NEW_YORK, date(2026, 11, 1), "01:30-04:00", ("01 05:30", "01 09:00")),
        (NEW_YORK, date(2026, 11, 1), "00:00-01:30", ("01 04:00", "01 06:30")),
        (NEW_YORK, date(2026, 11, 1), "01:00-02:00", ("01 05:00", "01 07:00")),
        (NEW_YORK, date(2026, 11, 1), "00:00-01:00", ("01 04:00", "01 05:00")),
        (NEW_YORK, date(2026, 11, 1), "02:00-03:00", ("01 07:00", "01 08:00")),
        ("Europe/Berlin", date(2026, 10, 25), "02:30-02:45", ("25 00:30", "25 01:45")),
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:00-01:45", ("04 14:00", "04 15:15")),
    ],
)
def test_in_the_hour_that_comes_twice(zone: str, day: date, span: str, expected: tuple[str, str]) -> None:
    assert opened(zone, day, span) == [expected]


def test_a_break_in_the_hour_that_comes_twice_is_filled_by_it() -> None:
    parsed = hours.parse({"sunday": times("00:00-01:15", "01:45-04:00")})
    [stretch] = hours.merged(hours.open_between(parsed, NEW_YORK, date(2026, 11, 1), date(2026, 11, 1)))
    assert [f"{utc(at):%H:%M}" for at in stretch] == ["04:00", "09:00"]


def test_the_day_that_samoa_skipped() -> None:
    assert opened("Pacific/Apia", date(2011, 12, 30), "00:00-23:59") == []
    assert opened("Pacific/Apia", date(2011, 12, 29), "09:00-23:59") == [("29 19:00", "30 10:00")]
    assert opened("Pacific/Apia", date(2011, 12, 31), "00:00-09:00") == [("30 10:00", "30 19:00")]
    assert hours.begins("Pacific/Apia", date(2011, 12, 30)) == hours.begins(
        "Pacific/Apia", date(2011, 12, 31)
    )


@pytest.mark.parametrize(
    "zone", [NEW_YORK, "Africa/Cairo", "America/Havana", "America/Santiago", "Pacific/Apia"]
)
@pytest.mark.parametrize("year", [2011, 2024, 2026])
def test_days_and_nights_without_a_break_are_one_stretch(zone: str, year: int) -> None:
    openings = hours.open_between(ALWAYS, zone, date(year, 1, 1), date(year, 12, 31))
    assert hours.merged(openings) == [
        (hours.begins(zone, date(year, 1, 1)), hours.begins(zone, date(year + 1, 1, 1)))
    ]


def test_a_night_belongs_to_the_day_that_it_began_on() -> None:
    parsed = hours.parse({"friday": times("22:00-02:00"), "exceptions": {"2026-11-28": []}}, overnight=True)
    found = hours.open_between(parsed, "UTC", date(2026, 11, 27), date(2026, 11, 28))
    assert [(f"{utc(start):%d %H:%M}", f"{utc(end):%d %H:%M}", day) for start, end, day in found] == [
        ("27 22:00", "28 02:00", date(2026, 11, 27))
    ]


def test_years_at_once_are_refused() -> None:
    with pytest.raises(Invalid):
        hours.open_between(ALWAYS, "UTC", date(2026, 1, 1), date(2028, 1, 1))


# Changes of the clock, and an ordinary day.
NIGHTS = [
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),  # midnight itself is lost
    ("America/Havana", date(2026, 11, 1)),  # and comes twice
    ("America/Santiago", date(2026, 4, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Asia/Kolkata", date(2026, 7, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
]
CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")
SPANS = st.lists(st.tuples(CLOCKS, CLOCKS | st.just("23:59")), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NIGHTS), SPANS, st.booleans())
def test_openings_are_what_the_clock_on_the_wall_shows(
    night: tuple[str, date], spans: list[tuple[str, str]], overnight: bool
) -> None:
    zone, day = night
    written = times(*(f"{start}-{end}" for start, end in spans if overnight or start < end))
    value: dict[str, object] = dict.fromkeys(DAYS, written)
    parsed = hours.parse(value, overnight=overnight)
    found = hours.open_between(parsed, zone, day - timedelta(days=1), day)

    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    world = World(zone, noon, value, {}, 30, None)
    seen = world.openings(value, noon, noon + timedelta(days=2))
    expected = [(int(first.timestamp()), int(last.timestamp()) + 60, when) for first, last, when in seen]
    assert found == [one for one in expected if one[2] in (day - timedelta(days=1), day)]


Stretches = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=8).map(
    lambda pairs: [(start, start + length, date(2026, 1, 1)) for start, length in pairs]
)


@given(Stretches, Stretches)
def test_what_is_common_is_in_both(ones: list[hours.Opening], others: list[hours.Opening]) -> None:
    def covered(stretches: list[hours.Stretch]) -> set[int]:
        return {second for start, end in stretches for second in range(start, end)}

    left, right = hours.merged(ones), hours.merged(others)
    assert covered(left) == {second for start, end, _ in ones for second in range(start, end)}
    both = hours.common(left, right)
    assert covered(both) == covered(left) & covered(right)
    for stretches in (left, right):
        assert all(end < start for (_, end), (start, _) in pairwise(stretches))


@pytest.mark.parametrize(
    ("shifts", "words"),
    [
        (((540, 1020),), "09:00-17:00"),
        (((0, 1440),), "00:00-24:00"),
        (((540, 720), (780, 1560)), "09:00-12:00 and 13:00-02:00"),
    ],
)
def test_hours_in_words(shifts: hours.Shifts, words: str) -> None:
    assert hours.said(shifts) == words
