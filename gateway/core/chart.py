"""Shapes of the charts, in the units of their drawing: labels are words beside it, so that they stay legible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from babel.numbers import format_decimal

from gateway.core.language import _, locale

WIDTH: Final = 600
HEIGHT: Final = 100
BAR_HEIGHT: Final = 28
# A bar and the gap beside it.
_STEP, _BAR = 10, 7.4
# Seconds; a scale ends at one of these, so that its half is as round a number.
_TOPS: Final = (
    1, 2, 4, 10, 20, 40, 60, 120, 240, 600, 1200, 2400, 3600, 7200, 14_400, 28_800, 43_200, 86_400,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a row; `tone` is what it means: ok, wait, bad, or none where nothing was asked."""

    x: float
    y: float
    width: float
    height: float
    tone: str


def top(values: Sequence[float | None]) -> int:
    """Where a scale ends that has room for these; the longest one for what is longer still."""
    highest = max((value for value in values if value is not None), default=0)
    return next((end for end in _TOPS if highest <= end), _TOPS[-1])


def lines(values: Sequence[float | None], end: float) -> list[str]:
    """The points of each unbroken line, from left to right; a value that stands alone is a short line."""
    step = WIDTH / max(len(values), 1)
    places = [(place * step + step / 2, value) for place, value in enumerate(values)]
    found = []
    for there, group in groupby(places, key=lambda place: place[1] is not None):
        if there:
            found.append(_points(list(group), end, step))
    return found


def _points(places: Sequence[tuple[float, float | None]], end: float, step: float) -> str:
    told = [(x, HEIGHT - min(value or 0, end) / end * HEIGHT) for x, value in places]
    if len(told) == 1:
        [(x, y)] = told
        told = [(x - step / 4, y), (x + step / 4, y)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in told)


def bars(shares: Sequence[float | None]) -> list[Bar]:
    """A bar for each share (0 to 1) of what went through: the less did, the lower it is."""
    return list(_bars(shares))


def _bars(shares: Sequence[float | None]) -> Iterator[Bar]:
    for place, share in enumerate(shares):
        tone = tone_of(share)
        height = {"ok": 28, "wait": 18, "bad": 10, "none": 3}[tone]
        yield Bar(place * _STEP, BAR_HEIGHT - height, _BAR, height, tone)


def bars_width(count: int) -> float:
    return max(count, 1) * _STEP - (_STEP - _BAR)


def tone_of(share: float | None) -> str:
    """Everything went through, most of it, less than that; or nothing was asked."""
    if share is None:
        return "none"
    if share == 1:
        return "ok"
    return "wait" if share >= 0.5 else "bad"


def percent(share: float | None) -> str:
    """ "97.9 %"; never 100 where something is missing."""
    if share is None:
        return "–"
    number = "100" if share == 1 else format_decimal(int(share * 1000) / 10, "0.0", locale=locale())
    return _("{number} %").format(number=number)
