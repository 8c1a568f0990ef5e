"""One seed from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

from gateway.services import push, serve
from tests.simulation import app, owners, privates, steps
from tests.simulation.invariants import elsewhere, problems
from tests.simulation.quiet import Restless, quiet, settle
from tests.simulation.stage import BUSINESS, Stage
from tests.simulation.world import World, begin


class Broken(AssertionError):
    """A seed that shows something wrong."""

    def __init__(self, world: World, found: list[str]) -> None:
        self.seed, self.found, self.told = world.seed, found, world.told
        super().__init__(str(self))

    def __str__(self) -> str:
        story = "\n".join(self.told[-400:])
        return (
            f"seed {self.seed}\n{story}\n\n" + "\n".join(self.found) + "\n\n"
            f"Again: python -m tests.simulation --seeds 1 --first {self.seed} --trace"
        )


@dataclass(frozen=True)
class Played:
    """What a seed that went well was like."""

    steps: int
    faults: dict[str, int]
    writes: int
    told: list[str]


def play(seed: int, stage: Stage) -> Played:
    """Raises Broken."""
    world = begin(seed, stage)
    world.act = steps.act
    try:
        with mock.patch.object(push, "BATCH", world.plan.batch):
            return _play(world)
    except Restless as error:
        raise Broken(world, [str(error), *problems(world)]) from error
    except Broken:
        raise
    except Exception as error:
        raise Broken(world, [f"{type(error).__name__}: {error}"]) from error


def _play(world: World) -> Played:
    world.tell(str(world.plan))
    _set_out(world)
    world.weather.calm = False
    for _ in range(world.plan.steps):
        steps.step(world)
    quiet(world)
    _require(world, problems(world), "when all is quiet")
    _require(world, _again(world), "one more round")
    _forget_cursors(world)
    _require(world, [*_again(world), *elsewhere(world)], "all of it read anew")
    return Played(world.plan.steps, world.weather.counts, world.company.writes, world.told)


def _set_out(world: World) -> None:
    for _ in range(world.chance.randint(2, 5)):
        app.insert(world)
    for name, staff in world.plan.connections:
        owners.connect(world, name, staff)
        if world.chance.random() < 0.6:
            privates.add_appointment(world)
        if world.chance.random() < 0.3:
            world.work()
    world.work()


def _again(world: World) -> list[str]:
    """Whatever is looked at once more stays as it is."""
    writes = world.company.writes
    settle(world)
    changed = world.company.writes - writes
    return [f"{changed} writes although nothing had changed"] if changed else []


def _forget_cursors(world: World) -> None:
    world.sql("UPDATE daybridge.connection_calendars SET read_whole_at = NULL, cursor = ''")
    for id_, _, _ in world.open_connections():
        serve.sweep(world.deps, BUSINESS, id_)


def _require(world: World, found: list[str], when: str) -> None:
    if found:
        raise Broken(world, [f"{when}:", *found])
