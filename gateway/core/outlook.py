"""What a calendar's events would change: which times close, and which bookings they overlap. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

Span = tuple[datetime, datetime]


def overlapping(candidates: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Those that overlap one of the `taken`; touching is no overlap."""
    together = united(taken)
    starts = [since for since, _ in together]
    found = []
    for since, until in candidates:
        place = bisect_right(starts, since) - 1
        if any(one[0] < until and since < one[1] for one in together[max(place, 0) : place + 2]):
            found.append((since, until))
    return found


def united(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found
