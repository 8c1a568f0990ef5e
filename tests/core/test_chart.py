"""The charts' shapes: what stands where, against places worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import chart

VALUES = st.lists(st.none() | st.floats(0, 200_000) | st.just(float("inf")), min_size=1, max_size=40)


def test_a_line_is_drawn_through_the_middles() -> None:
    """Four places of 150 units; 0 is at the bottom, 100, and the end of the scale at the top, 0."""
    assert chart.lines([0, 1, 2, 4], 4) == ["75.0,100.0 225.0,75.0 375.0,50.0 525.0,0.0"]


def test_it_breaks_where_there_is_nothing() -> None:
    assert chart.lines([1, 1, None, 2, 2, None], 2) == ["50.0,50.0 150.0,50.0", "350.0,0.0 450.0,0.0"]


def test_what_stands_alone_is_a_short_line() -> None:
    assert chart.lines([None, 1], 2) == ["375.0,50.0 525.0,50.0"]


def test_nothing_is_no_line() -> None:
    assert chart.lines([], 1) == []
    assert chart.lines([None, None], 1) == []


@given(VALUES)
def test_everything_stays_within_the_drawing(values: list[float | None]) -> None:
    for points in chart.lines(values, chart.top(values)):
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= chart.WIDTH
            assert 0 <= y <= chart.HEIGHT


@pytest.mark.parametrize(
    ("values", "end"),
    [([], 1), ([None], 1), ([0.5], 1), ([1, 3], 4), ([7.5, None], 10), ([61], 120), ([float("inf")], 86_400)],
)
def test_a_scale_has_room_for_the_highest(values: list[float | None], end: int) -> None:
    assert chart.top(values) == end


def test_bars_are_lower_the_less_went_through() -> None:
    found = chart.bars([1, 0.98, 0.49, 0, None])
    assert [one.tone for one in found] == ["ok", "wait", "bad", "bad", "none"]
    assert [one.height for one in found] == [28, 18, 10, 10, 3]
    assert all(one.y + one.height == chart.BAR_HEIGHT for one in found)
    assert [one.x for one in found] == [0, 10, 20, 30, 40]
    assert chart.bars_width(len(found)) == pytest.approx(47.4)


@pytest.mark.parametrize(
    ("share", "told"),
    [(None, "–"), (1, "100 %"), (0.9999, "99.9 %"), (0.979, "97.9 %"), (0.5, "50.0 %"), (0, "0.0 %")],
)
def test_a_share_is_never_told_as_more_than_it_is(share: float | None, told: str) -> None:
    assert chart.percent(share) == told
