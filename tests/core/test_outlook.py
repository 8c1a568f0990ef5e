"""What a calendar's events would close and overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.outlook import Span, overlapping, united

START = datetime(2026, 11, 23, tzinfo=UTC)


def span(start: int, minutes: int) -> Span:
    return START + timedelta(minutes=start), START + timedelta(minutes=start + minutes)


SPANS = st.lists(st.builds(span, st.integers(0, 300), st.integers(1, 90)), max_size=12)


@given(SPANS, SPANS)
def test_what_overlaps_is_found_and_nothing_else(candidates: list[Span], taken: list[Span]) -> None:
    found = [one for one in candidates if any(t[0] < one[1] and one[0] < t[1] for t in taken)]
    assert overlapping(candidates, taken) == found


def test_touching_is_no_overlap() -> None:
    assert overlapping([span(0, 30), span(60, 30)], [span(30, 30)]) == []


@given(SPANS)
def test_united_time_is_the_same_time_without_overlaps(spans: list[Span]) -> None:
    together = united(spans)
    assert all(one[1] < other[0] for one, other in pairwise(together))
    minutes = range(400)
    inside = [any(s[0] <= START + timedelta(minutes=m) < s[1] for s in spans) for m in minutes]
    assert inside == [any(s[0] <= START + timedelta(minutes=m) < s[1] for s in together) for m in minutes]
