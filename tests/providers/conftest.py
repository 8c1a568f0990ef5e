"""Servers that play what a test writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.providers.outside import Outside, starting


@pytest.fixture
def outside() -> Iterator[Callable[..., Outside]]:
    with starting() as start:
        yield start
