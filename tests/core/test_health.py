"""How well accounts are kept in step: counts, and what is told of them, against numbers counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.health import (
    BOUNDS,
    Hour,
    Stretch,
    by_provider,
    counted,
    days_until,
    duration,
    hours_until,
    together,
    within,
)

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 23, 12, 34, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(-3, 0), (0, 0), (0.5, 0), (0.51, 1), (1, 1), (7.6, 8), (86_400, 31), (86_401, 32), (1e9, 32)],
)
def test_a_change_counts_under_the_first_bound_that_it_kept(seconds: float, place: int) -> None:
    assert counted([timedelta(seconds=seconds)]) == [0] * place + [1]


def test_where_nobody_waited_nothing_is_counted() -> None:
    assert counted([]) == []


def test_bounds_rise() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))


@given(st.lists(st.integers(0, 200_000_000), min_size=1, max_size=60), st.sampled_from([50, 95, 99, 100]))
def test_what_is_told_is_kept_by_so_many_and_no_smaller_bound_is(waits: list[int], of_100: int) -> None:
    """`waits` in milliseconds."""
    each = [Stretch(NOON, waits=tuple(counted([timedelta(milliseconds=wait)]))) for wait in waits]
    assert together(each, NOON).waits == tuple(counted(timedelta(milliseconds=wait) for wait in waits))
    told = within(together(each, NOON).waits, of_100)
    kept = [
        bound for bound in BOUNDS if 100 * sum(wait <= bound * 1000 for wait in waits) >= of_100 * len(waits)
    ]
    assert told == min(kept, default=float("inf"))


def test_without_a_change_there_is_nothing_to_tell() -> None:
    empty = Stretch(NOON)
    assert (empty.half, empty.most, empty.share, empty.changes) == (None, None, None, 0)


def test_twenty_changes() -> None:
    """Ten within 0.5 s, nine within 1 s, one within 5 s: half kept 0.5 s, and 95 of 100 are 19 of 20, so 1 s."""
    one = Stretch(NOON, well=3, failed=1, waits=(10, 9, 0, 0, 0, 0, 1))
    assert (one.half, one.most, one.share, one.changes) == (0.5, 1, 0.75, 20)


def test_hours_become_days_on_the_clock_of_the_business() -> None:
    begins = days_until(NOON, 2)
    assert [f"{one:%d %H:%M}" for one in begins] == ["22 00:00", "23 00:00"]
    hours = [
        Hour("google", datetime(2026, 11, 22, 4, tzinfo=UTC), 9, 9, (9,)),  # 21 November, 23:00
        Hour("google", datetime(2026, 11, 22, 5, tzinfo=UTC), 1, 0, (1,)),
        Hour("google", datetime(2026, 11, 23, 4, tzinfo=UTC), 1, 2, (0, 3)),
        Hour("google", datetime(2026, 11, 23, 5, tzinfo=UTC), 4, 0, ()),
        Hour("caldav", datetime(2026, 11, 23, 17, tzinfo=UTC), 5, 0, ()),
    ]
    found = by_provider(hours, begins)
    assert list(found) == ["caldav", "google"]
    assert found["google"] == (Stretch(begins[0], 2, 2, (1, 3)), Stretch(begins[1], 4, 0, ()))
    assert found["caldav"] == (Stretch(begins[0]), Stretch(begins[1], 5, 0, ()))


def test_the_last_hours_end_with_the_present_one() -> None:
    begins = hours_until(NOON, 3)
    assert [f"{one:%H:%M}" for one in begins] == ["10:00", "11:00", "12:00"]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 11, 1, 3, 10, tzinfo=NEW_YORK), ["00:00", "01:00", "01:00", "02:00", "03:00"]),
        (datetime(2026, 3, 8, 4, 10, tzinfo=NEW_YORK), ["23:00", "00:00", "01:00", "03:00", "04:00"]),
    ],
    ids=["back", "forth"],
)
def test_no_hour_is_lost_or_told_twice_when_clocks_change(now: datetime, told: list[str]) -> None:
    begins = hours_until(now, 5)
    assert [f"{one:%H:%M}" for one in begins] == told
    assert {one.timestamp() - begins[0].timestamp() for one in begins} == {0, 3600, 7200, 10_800, 14_400}
    hours = [Hour("google", one.astimezone(UTC), 1, 0, ()) for one in begins]
    assert [one.well for one in by_provider(hours, begins)["google"]] == [1] * 5


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.5, "0.5 s"), (45, "45 s"), (90, "1.5 min"), (5400, "1.5 h"), (86_400, "24 h"),
     (float("inf"), "more than a day")],
)  # fmt: skip
def test_durations_in_words(seconds: float, told: str) -> None:
    assert duration(seconds) == told
