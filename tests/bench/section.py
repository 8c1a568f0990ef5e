"""What a part of the bench is: something that measures, and pure functions that tell what was measured.

A new issue adds its own `Section` to the list in `__main__`; figures of sections that a run leaves out are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Plain JSON values: what was measured, and nothing that was concluded from it.
Figures = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured. The defaults are the real run; the self-test takes far less of everything."""

    sizes: tuple[int, ...] = (1_000, 10_000)
    rounds: int = 40
    # A slow operation takes part in fewer rounds: as many as fit into so many seconds, but never fewer than these.
    fewest: int = 5
    patience: float = 8.0
    load_seconds: float = 5.0
    clients: int = 8
    listings: int = 5
    polls: int = 2_000


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that was promised. `met` is None when this run could not tell."""

    promise: str
    measured: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Section:
    """`measure` does the work; `report` gives Markdown, `goals` what was promised, `charts` SVG by file name."""

    name: str
    measure: Callable[[Options, Say], Figures]
    report: Callable[[Figures], str]
    goals: Callable[[Figures], list[Goal]]
    charts: Callable[[Figures], Mapping[str, str]]
