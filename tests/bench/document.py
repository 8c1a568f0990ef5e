"""docs/performance.md from the figures of all sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench.markdown import paragraph, table
from tests.bench.section import Figures, Goal, Section

FILE = "performance.md"
_INTRODUCTION = """\
# Performance

How fast Daybridge is, measured beside stock Radicale on the same machine in the same run. `make bench` repeats it in
half an hour on two cores and writes this page; it needs nothing but what `make test` needs. Its raw figures are in
`build/bench.json`, and `make bench ARGS="--sizes 1000 --rounds 20"` is a shorter run.
"""
_WORDS = {True: "met", False: "**not met**", None: "not measured"}


def write(figures: Figures, sections: Iterable[Section], folder: Path) -> list[Path]:
    """Write the page and its drawings; what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {FILE: page(figures, sections)}
    for section in _measured(figures, sections):
        texts |= section.charts(figures[section.name])
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def page(figures: Figures, sections: Iterable[Section]) -> str:
    parts = [_INTRODUCTION, _goals(figures, sections)]
    for section in _measured(figures, sections):
        parts += [section.report(figures[section.name]), _machine(figures[section.name])]
    return "\n".join(parts)


def summary(figures: Figures, sections: Iterable[Section]) -> str:
    """The goals in plain lines, for the terminal."""
    marks = {True: "met    ", False: "NOT MET", None: "unknown"}
    goals = _all_goals(figures, sections)
    return "".join(f"{marks[goal.met]}  {goal.promise}: {goal.measured}\n" for goal in goals)


def _goals(figures: Figures, sections: Iterable[Section]) -> str:
    rows = ([goal.promise, goal.measured, _WORDS[goal.met]] for goal in _all_goals(figures, sections))
    return f"## Goals\n\n{table(('goal', 'measured', ''), rows)}"


def _machine(figures: Figures) -> str:
    told = {**figures["machine"], "postgresql": figures.get("postgres", "none")}
    words = ", ".join(f"{name} {value}" for name, value in told.items())
    return paragraph(f"Measured on: {words}.")


def _all_goals(figures: Figures, sections: Iterable[Section]) -> Iterator[Goal]:
    for section in _measured(figures, sections):
        yield from section.goals(figures[section.name])


def _measured(figures: Figures, sections: Iterable[Section]) -> Iterator[Section]:
    return (section for section in sections if section.name in figures)
