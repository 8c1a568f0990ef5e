"""Two hundred seeds of the simulation in each run of the tests; `make simulate SEEDS=10000` plays more."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.db import embedded
from tests.simulation.many import chunk

SEEDS, TOGETHER = 200, 10


@pytest.mark.parametrize("first", range(1, SEEDS + 1, TOGETHER))
def test_everything_agrees_when_the_weather_has_calmed_down(
    server: embedded.EmbeddedServer, tmp_path: Path, first: int
) -> None:
    """What went wrong is told step by step, with the command that plays it again."""
    _, words = chunk((server.url, str(tmp_path / "seeds"), first, TOGETHER, False))
    assert not words, words
