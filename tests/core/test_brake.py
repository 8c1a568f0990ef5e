"""What is too much to be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.brake import OF_BOOKINGS, OF_OTHERS, Limit, stops


@pytest.mark.parametrize("limit", [OF_BOOKINGS, OF_OTHERS])
@pytest.mark.parametrize("of", [3, 4, 10, 64, 5_000])
def test_a_calendar_that_is_suddenly_empty_stops(limit: Limit, of: int) -> None:
    assert stops(of, of, limit)


@pytest.mark.parametrize("limit", [OF_BOOKINGS, OF_OTHERS])
@given(st.integers(0, 10_000))
def test_a_single_removal_never_stops(limit: Limit, of: int) -> None:
    assert not stops(1, of, limit)
    assert not stops(0, of, limit)


def test_bookings_are_dearer_than_other_events() -> None:
    assert stops(11, 50, OF_BOOKINGS)
    assert not stops(11, 50, OF_OTHERS)
    assert stops(61, 64, OF_OTHERS)


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_gone_is_never_more_believable(gone: int, of: int) -> None:
    for limit in (OF_BOOKINGS, OF_OTHERS):
        assert not stops(gone, of, limit) or stops(gone + 1, of, limit)
