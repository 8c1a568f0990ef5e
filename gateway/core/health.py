"""How well the accounts of a business are kept in step: how long changes take to get there, and how many tries go
through; by provider, by the hour or by the day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from babel.numbers import format_decimal

from gateway.core.language import _, locale

# Seconds. A change is counted under the first bound that it kept; under none of them: after the last one.
BOUNDS: Final[tuple[float, ...]] = (
    0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 450, 600, 900, 1200, 1800, 2700, 3600,
    5400, 7200, 10_800, 14_400, 21_600, 43_200, 86_400,
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What a turn at a provider comes to: what went through, what didn't, and how long each booking's change took to
    get there. Counted as it happens and written down once, since all turns of a business write to the same hour."""

    well: int = 0
    failed: int = 0
    waits: list[timedelta] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hour:
    """What was asked of a provider in an hour. `waits` counts changes by `BOUNDS`, and may end before them."""

    provider: str
    begins_at: datetime
    well: int
    failed: int
    waits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """An hour or a day of a provider. `half` and `most`: within how many seconds half of the changes, and 95 of 100,
    got there; None where there were none, infinity for longer than the last bound."""

    begins_at: datetime
    well: int = 0
    failed: int = 0
    waits: tuple[int, ...] = ()

    @property
    def changes(self) -> int:
        return sum(self.waits)

    @property
    def half(self) -> float | None:
        return within(self.waits, 50)

    @property
    def most(self) -> float | None:
        return within(self.waits, 95)

    @property
    def share(self) -> float | None:
        """How much of what was asked went through, from 0 to 1; None where nothing was asked."""
        tries = self.well + self.failed
        return self.well / tries if tries else None


def counted(waits: Iterable[timedelta]) -> list[int]:
    """Changes that took so long, as `Hour.waits` counts them."""
    places = [bisect_left(BOUNDS, max(wait.total_seconds(), 0)) for wait in waits]
    return [places.count(place) for place in range(max(places, default=-1) + 1)]


def within(waits: Sequence[int], of_100: int) -> float | None:
    """The bound that so many of 100 changes kept; None without a change, infinity where they kept none."""
    wanted, seen = -(-sum(waits) * of_100 // 100), 0
    for place, count in enumerate(waits):
        seen += count
        if seen >= wanted > 0:
            return BOUNDS[place] if place < len(BOUNDS) else float("inf")
    return None


def together(stretches: Iterable[Stretch], begins_at: datetime) -> Stretch:
    """Several as one."""
    well = failed = 0
    waits: tuple[int, ...] = ()
    for one in stretches:
        well, failed = well + one.well, failed + one.failed
        waits = tuple(a + b for a, b in zip_longest(waits, one.waits, fillvalue=0))
    return Stretch(begins_at, well, failed, waits)


def by_provider(hours: Iterable[Hour], begins: Sequence[datetime]) -> Mapping[str, tuple[Stretch, ...]]:
    """Each provider's stretches, one for each beginning (in order; the last one is open), empty ones too. What is
    before the first beginning is left out."""
    found: dict[str, dict[int, list[Stretch]]] = {}
    for hour in hours:
        place = _place(begins, hour.begins_at)
        if place >= 0:
            one = Stretch(hour.begins_at, hour.well, hour.failed, hour.waits)
            found.setdefault(hour.provider, {}).setdefault(place, []).append(one)
    return {
        provider: tuple(together(places.get(place, ()), begin) for place, begin in enumerate(begins))
        for provider, places in sorted(found.items())
    }


def _place(begins: Sequence[datetime], moment: datetime) -> int:
    return bisect_left(begins, moment + timedelta.resolution) - 1


def hours_until(now: datetime, count: int = 24) -> list[datetime]:
    """The beginnings of the present hour and of those before it, in the zone of `now`."""
    present = now.replace(minute=0, second=0, microsecond=0)
    utc = present.timestamp()
    return [datetime.fromtimestamp(utc - 3600 * back, now.tzinfo) for back in reversed(range(count))]


def days_until(now: datetime, count: int = 30) -> list[datetime]:
    """Midnights on the clock of `now`: today's and those before it."""
    return list(_midnights(now, count))


def _midnights(now: datetime, count: int) -> Iterator[datetime]:
    for back in reversed(range(count)):
        day = now.date() - timedelta(days=back)
        yield datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)


def duration(seconds: float) -> str:
    """ "0.5 s", "45 s", "2 min", "1.5 h", and "more than a day"."""
    if seconds < 60:
        return _("{n} s").format(n=_number(seconds))
    if seconds < 3600:
        return _("{n} min").format(n=_number(seconds / 60))
    return _("{n} h").format(n=_number(seconds / 3600)) if seconds <= BOUNDS[-1] else _("more than a day")


def _number(value: float) -> str:
    return format_decimal(value, "0.##", locale=locale())
