"""A step of the simulation: somebody does something, or somebody works; and time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.simulation import app, owners, people, phones, privates
from tests.simulation.world import World

Act = Callable[[World], None]

_OTHERS: tuple[tuple[Act, int], ...] = (
    (app.insert, 6), (app.move, 6), (app.resize, 3), (app.move_back, 4), (app.cancel, 4), (app.revive, 4),
    (app.close, 1), (app.delete, 2), (app.reassign, 4), (app.unassign, 1), (app.rename_customer, 1),
    (app.rename_service, 1), (app.rewrite, 2), (app.relocate, 1), (app.hold, 1), (app.api, 5),
    (people.move_event, 9), (people.reword_event, 4), (people.decline_event, 1), (people.delete_event, 4),
    (people.delete_many, 1), (people.undelete_event, 1), (people.copy_event, 1), (people.rename_event, 1),
    (privates.add_appointment, 6), (privates.change_appointment, 6), (privates.rearrange, 2), (phones.phone, 6),
    (owners.choose, 2), (owners.check_now, 1), (owners.resync, 1), (owners.answer_question, 1),
)  # fmt: skip
_RARE: tuple[tuple[Act, int], ...] = ((owners.part, 2), (owners.come, 3), (owners.revoke, 1))
_PAUSES = (1, 5, 20, 61, 100, 320, 320, 1000, 4000, 90_000, -100)


def act(world: World) -> None:
    """Somebody does something."""
    acts = [*_OTHERS, *(_RARE if not world.inside else ())]
    doing = world.chance.choices([one for one, _ in acts], [weight for _, weight in acts])[0]
    doing(world)


def step(world: World) -> None:
    if world.chance.random() < 0.6:
        act(world)
    else:
        world.deliver()
        world.work()
    if world.chance.random() < 0.1:
        owners.answer(world)
    world.stage.clock.advance(timedelta(seconds=world.chance.choice(_PAUSES)))
    if world.chance.random() < 0.01:
        world.stage.clock.advance(timedelta(days=8))
