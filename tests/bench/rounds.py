"""Turns in a circle, so that whatever else the machine does hits everyone alike; and what the turns come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import TypeVar

Key = TypeVar("Key")
Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Series:
    """What a number of measurements comes to, in milliseconds."""

    median: float
    p95: float
    least: float
    count: int

    def figures(self) -> dict[str, float]:
        return asdict(self)


def series(seconds: Sequence[float]) -> Series:
    """Raises ValueError when nothing was measured."""
    ordered = sorted(1000 * one for one in seconds)
    # The nearest rank: a value that was really measured, the largest one below 20 measurements.
    rank = -(-len(ordered) * 95 // 100) - 1
    return Series(round(median(ordered), 4), round(ordered[rank], 4), round(ordered[0], 4), len(ordered))


def turns(seconds: float, rounds: int, fewest: int, patience: float) -> int:
    """In how many rounds something that takes so long takes part."""
    affordable = int(patience / max(seconds, 1e-6))
    return min(rounds, max(fewest, affordable))


def has_turn(number: int, of: int, rounds: int) -> bool:
    """Whether one that has `of` turns in so many rounds has one in this round: spread evenly over all of them."""
    return (number + 1) * of // rounds > number * of // rounds


def take_turns(
    players: Mapping[Key, Callable[[], Measured]], shares: Mapping[Key, int], rounds: int
) -> dict[Key, list[Measured]]:
    """Ask everyone round after round; who begins moves on by one each time. What they said, by player."""
    taken: dict[Key, list[Measured]] = {key: [] for key in players}
    order = list(players)
    for number in range(rounds):
        first = number % len(order)
        for key in order[first:] + order[:first]:
            if has_turn(number, shares[key], rounds):
                taken[key].append(players[key]())
    return taken
