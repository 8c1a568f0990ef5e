"""What was promised for CalDAV, and what this run says of it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.caldav.operations import OPERATIONS, OURS, STOCK
from tests.bench.section import Figures, Goal

TITLES = {operation.key: operation.title for operation in OPERATIONS}
# How many times faster than stock Radicale, at the largest size.
_TIMES = {
    100: ("poll", "ctag", "sync_none", "sync_one", "sync_waiting", "week"),
    30: ("listing", "sync_first", "sync_first_data"),
}
_POLLS = ("poll", "ctag", "sync_none")
_MOST_GROWTH = 1.3
_MOST_CPU_MS = 1.0
# Python's allocator and PostgreSQL's client library never return to exactly where they were.
_FLAT = 1.05


def goals(figures: Figures) -> list[Goal]:
    return [*_faster(figures), *_growth(figures), *_cpu(figures), _memory(figures)]


def growth(figures: Figures, key: str, server: str) -> float | None:
    """How many times longer an operation takes at the largest size than at the smallest; None with one size."""
    smallest, largest = _ends(figures)
    if smallest == largest or server not in figures["latency"][smallest][key]:
        return None
    before, after = (figures["latency"][size][key][server]["median"] for size in (smallest, largest))
    return float(after / before)


def _ends(figures: Figures) -> tuple[str, str]:
    sizes = sorted(figures["latency"], key=int)
    return sizes[0], sizes[-1]


def _faster(figures: Figures) -> Iterator[Goal]:
    largest = _ends(figures)[1]
    for times, keys in _TIMES.items():
        for key in keys:
            measured = figures["latency"][largest][key]
            ratio = measured[STOCK]["median"] / measured[OURS]["median"]
            promise = f"{TITLES[key]}: at least {times} times faster than stock, {int(largest):,} bookings"
            yield Goal(promise, f"{ratio:,.0f} times", ratio >= times)


def _growth(figures: Figures) -> Iterator[Goal]:
    smallest, largest = _ends(figures)
    for key in _POLLS:
        promise = f"{TITLES[key]}: at most {_MOST_GROWTH} times slower with {int(largest):,} bookings"
        grown = growth(figures, key, OURS)
        if grown is None:
            yield Goal(promise, "only one size was measured", None)
        else:
            yield Goal(f"{promise} than with {int(smallest):,}", f"{grown:.2f} times", grown <= _MOST_GROWTH)


def _cpu(figures: Figures) -> Iterator[Goal]:
    for size, spent in figures["cpu"].items():
        promise = f"A poll of {int(size):,} bookings: at most {_MOST_CPU_MS:g} ms of processor time in Python"
        yield Goal(promise, f"{spent['python']:.2f} ms", spent["python"] <= _MOST_CPU_MS)


def _memory(figures: Figures) -> Goal:
    memory, largest = figures["memory"], _ends(figures)[1]
    promise = f"Memory stays flat while eight clients list {int(largest):,} bookings again and again"
    if not memory:
        return Goal(promise, "this system has no /proc", None)
    first, last = memory["rounds"][0], memory["rounds"][-1]
    told = f"{first['now']:.0f} MiB after the first round, {last['now']:.0f} MiB after the last"
    return Goal(promise, told, last["now"] <= first["now"] * _FLAT)
