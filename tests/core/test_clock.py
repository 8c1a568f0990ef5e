"""Times as people say them: the weekday where it helps, the year where it is another one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import clock

NEW_YORK = ZoneInfo("America/New_York")
# Tuesday.
NOW = datetime(2026, 11, 24, 13, 52, tzinfo=NEW_YORK)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(2026, 11, 27, 10, 0), "Friday 27 November, 10:00"),
        (at(2026, 12, 1, 9, 5), "Tuesday 1 December, 09:05"),
        (at(2027, 1, 3, 0, 0), "Sunday 3 January 2027, 00:00"),
    ],
)
def test_a_day_and_a_time(moment: datetime, words: str) -> None:
    assert clock.day_and_time(moment, NOW) == words


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (at(2026, 11, 27, 10, 45), "Friday 27 November, 10:00 to 10:45"),
        (at(2026, 11, 28, 0, 0), "Friday 27 November, 10:00 to Saturday 28 November, 00:00"),
    ],
)
def test_a_span_names_the_second_day_only_where_there_is_one(until: datetime, words: str) -> None:
    assert clock.span(at(2026, 11, 27, 10, 0), until, NOW) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(2026, 11, 24, 0, 0), "today at 00:00"),
        (at(2026, 11, 23, 23, 59), "on Monday at 23:59"),
        (at(2026, 11, 18, 12, 40), "on Wednesday at 12:40"),
        (at(2026, 11, 17, 12, 40), "on 17 November at 12:40"),
        (at(2025, 11, 24, 12, 40), "on 24 November 2025 at 12:40"),
        (at(2026, 11, 25, 12, 40), "on 25 November at 12:40"),
    ],
)
def test_what_was_lately_is_told_by_its_weekday(moment: datetime, words: str) -> None:
    assert clock.lately(moment, NOW) == words


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=6)))
def test_a_weekday_alone_names_one_day_only(before: timedelta) -> None:
    """Never the weekday of today for a day that isn't today."""
    told = clock.lately(NOW - before, NOW)
    assert "Tuesday" not in told


def test_a_zone_that_nobody_knows_is_utc() -> None:
    assert clock.zone_of("Eastern Time (US & Canada)") == NEW_YORK
    for name in ("Mars/Olympus", "", "../../etc/passwd"):
        assert clock.zone_of(name) == ZoneInfo("UTC")


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 24)  # noqa: DTZ001
    for say in (clock.day_and_time, clock.lately):
        with pytest.raises(TypeError, match="naive"):
            say(naive, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 23), date(2026, 11, 29), "23 to 29 November 2026"),
        (date(2026, 11, 30), date(2026, 12, 6), "30 November to 6 December 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 December 2026 to 3 January 2027"),
    ],
)
def test_days_in_a_row(first: date, last: date, words: str) -> None:
    assert clock.days(first, last) == words


@pytest.mark.parametrize(
    ("day", "minute", "moments"),
    [
        (date(2026, 11, 24), 14 * 60, ["2026-11-24T19:00:00+00:00"]),
        (date(2026, 3, 8), 2 * 60 + 30, []),
        (date(2026, 3, 8), 3 * 60, ["2026-03-08T07:00:00+00:00"]),
        (date(2026, 11, 1), 90, ["2026-11-01T05:30:00+00:00", "2026-11-01T06:30:00+00:00"]),
    ],
)
def test_when_clocks_show_a_time(day: date, minute: int, moments: list[str]) -> None:
    assert [one.isoformat() for one in clock.at_wall(NEW_YORK, day, minute)] == moments


def test_which_of_two_times_it_is_is_told() -> None:
    twice = [clock.told_time(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=fold)) for fold in (0, 1)]
    assert twice == ["01:30 (first time)", "01:30 (second time)"]
    assert clock.told_time(NOW) == "13:52"
