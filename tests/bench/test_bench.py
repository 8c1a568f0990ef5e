"""The bench itself, small and quick: that it runs and what it writes, never how long anything took."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.bench import __main__ as bench
from tests.bench import document, rounds
from tests.bench.caldav.operations import FLOOR, OPERATIONS, OURS, STOCK
from tests.bench.chart import Bars, describe, svg
from tests.bench.section import Figures, Options

# One worker of the test run measures for all tests here.
pytestmark = pytest.mark.xdist_group("bench")

SMALL = Options(
    sizes=(25, 50), rounds=2, fewest=1, patience=0.5, load_seconds=0.2, clients=2, listings=1, polls=20
)


@pytest.fixture(scope="module")
def figures() -> Figures:
    said: list[str] = []
    return bench.run(bench.SECTIONS, SMALL, {}, said.append)


def test_every_operation_is_measured_on_every_server(figures: Figures) -> None:
    for size in ("25", "50"):
        for operation in OPERATIONS:
            servers = {OURS, STOCK, FLOOR} if operation.stock else {OURS, FLOOR}
            assert set(figures["caldav"]["latency"][size][operation.key]) == servers, operation.key


def test_the_page_says_what_was_measured_on_what(figures: Figures, tmp_path: Path) -> None:
    kept = json.loads(json.dumps(figures))
    written = document.write(kept, bench.SECTIONS, tmp_path)
    assert sorted(path.name for path in written) == ["performance.md", "performance.svg"]
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    for heading in ("## Goals", "### 25 bookings", "### 50 bookings", "### Growth", "### Throughput"):
        assert f"\n{heading}\n" in page
    for operation in OPERATIONS:
        assert page.count(f"| {operation.title} |") == 3
    assert "make bench" in page
    assert "radicale 3." in page


def test_the_drawing_can_be_read_aloud(figures: Figures, tmp_path: Path) -> None:
    document.write(figures, bench.SECTIONS, tmp_path)
    root = fromstring((tmp_path / "performance.svg").read_text(encoding="utf-8"))
    told = {child.tag.rpartition("}")[2]: child.text or "" for child in root}
    assert told["title"] == "How long a request takes with 50 bookings"
    assert all(operation.title in told["desc"] for operation in OPERATIONS)


def test_figures_of_sections_that_did_not_run_are_kept() -> None:
    assert bench.run([], SMALL, {"other": {"a": 1}}, lambda _: None) == {"other": {"a": 1}}


def test_turns_are_spread_evenly_and_the_first_one_moves_on() -> None:
    asked: list[str] = []

    def player(name: str) -> float:
        asked.append(name)
        return 0.001

    players = {name: partial(player, name) for name in "abc"}
    taken = rounds.take_turns(players, {"a": 4, "b": 4, "c": 2}, 4)
    assert "".join(asked) == "ab" + "bca" + "ab" + "abc"
    assert [len(times) for times in taken.values()] == [4, 4, 2]


@pytest.mark.parametrize(("seconds", "expected"), [(0.001, 60), (1, 10), (9, 5)])
def test_slow_operations_get_fewer_turns(seconds: float, expected: int) -> None:
    assert rounds.turns(seconds, rounds=60, fewest=5, patience=10) == expected


def test_a_series_names_values_that_were_measured() -> None:
    found = rounds.series([0.001 * number for number in range(1, 101)])
    assert (found.median, found.p95, found.least, found.count) == (50.5, 95, 1, 100)


def test_bars_of_one_value_are_drawn_too() -> None:
    bars = Bars("One & only", "A note.", ["ours"], {"Poll <1>": {"ours": 1.0}})
    assert fromstring(svg(bars)) is not None
    assert describe(bars) == "A note. Poll <1>: ours 1.00 ms."
