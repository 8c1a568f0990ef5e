"""A calm place in which one thing goes wrong, when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.conftest import Databases
from tests.simulation.owners import connect
from tests.simulation.plan import Plan
from tests.simulation.stage import ALICE, Stage, stage
from tests.simulation.world import World, begin

CALM = {
    "start": datetime(2026, 11, 23, 14, tzinfo=UTC),
    "steps": 0,
    "rate": 0.0,
    "deaths": 0.0,
    "on_delete": "cancel",
    "moves": "accept",
    "buffer": 0,
    "enforced": True,
    "short_hours": False,
    "skews": (0.0,),
    "batch": 50,
    "budget": 10**6,
    "whole_parts": True,
    "connections": (("alice", ALICE),),
    "styles": ("google",) * 4,
}

Calm = Callable[..., World]


@pytest.fixture(scope="module")
def place(databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = databases.create(template)
    made = stage(url, tmp_path_factory.mktemp("place"))
    yield made
    made.close()
    databases.drop(url)


@pytest.fixture
def calm(place: Stage) -> Calm:
    """A world with these accounts connected, each on its plan."""

    def make(**otherwise: object) -> World:
        world = begin(1, place, Plan(**{**CALM, **otherwise}))  # type: ignore[arg-type]
        for name, staff in world.plan.connections:
            connect(world, name, staff)
        return world

    return make
