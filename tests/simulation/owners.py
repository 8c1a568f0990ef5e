"""Owners at their pages: connect, choose, check, disconnect; and what a step of the simulation is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from gateway.core.blocking import BlockRules
from gateway.core.errors import NotEditable
from gateway.core.model import Detail
from gateway.services import accounts, disconnect, questions
from gateway.services.grant import Member
from tests.simulation import app, people
from tests.simulation.world import ALICE, BOB, BUSINESS, World

Act = Callable[[World], None]


def choose(world: World) -> None:
    """Which calendar receives bookings, which block, how much is told."""
    open_ = world.open_connections()
    if not open_:
        return
    id_, name, staff_id = world.chance.choice(open_)
    calendars = world.sql(
        "SELECT id FROM daybridge.connection_calendars WHERE connection_id = %s AND listed ORDER BY main DESC, id",
        id_,
    )
    ids = [one for (one,) in calendars]
    receives = world.chance.choice([*ids[:1], *ids[:1], *ids, None])
    blocks = [one for one in ids if staff_id is not None and world.chance.random() < 0.7]
    rules = BlockRules(world.chance.random() < 0.7, world.chance.random() < 0.7)
    detail = world.chance.choice([Detail.FULL, Detail.FULL, Detail.SERVICE, Detail.BUSY])
    accounts.choose(
        world.deps,
        world.manager,
        id_,
        receives=receives,
        blocks=blocks,
        detail=detail,
        rules=rules,
        titles=False,
    )
    everything_turns(world)
    world.tell(f"owner of {id_} ({name}): receives {receives}, blocks {blocks}, {detail}, {rules}")


def part(world: World) -> None:
    """Disconnect, with our events or without."""
    open_ = world.open_connections()
    if not open_:
        return
    id_, name, _ = world.chance.choice(open_)
    remove = world.chance.random() < 0.5
    [(leaving,)] = world.sql("SELECT leaving FROM daybridge.calendar_connections WHERE id = %s", id_)
    if leaving:
        return
    disconnect.begin(world.deps, world.manager, id_, remove=remove)
    everything_turns(world)
    for calendar in world.company.mailboxes[name].calendars.values():
        # What was written but not noted yet is left behind too, by whoever is at it.
        world.left.add((calendar.id, "" if remove else "*"))
    world.tell(
        f"owner of {id_} ({name}): disconnects, {'taking ours away' if remove else 'leaving ours there'}"
    )


def come(world: World) -> None:
    """Connect what was disconnected, or what is connected already."""
    name, staff_id = world.chance.choice(world.plan.connections)
    if world.company.mailboxes[name].revoked and world.chance.random() < 0.5:
        return
    world.connect(name, staff_id)
    everything_turns(world)


def revoke(world: World) -> None:
    world.chance.choice(list(world.company.mailboxes.values())).shut()
    world.tell("an account is closed to us")


def check_now(world: World) -> None:
    for id_, _, _ in world.open_connections():
        accounts.check_now(world.deps, world.manager, id_)


def answer_question(world: World) -> None:
    asked = world.sql(
        "SELECT q.booking_id FROM daybridge.questions q JOIN bookings b ON b.id = q.booking_id ORDER BY 1"
    )
    if not asked:
        return
    [booking_id] = world.chance.choice(asked)
    member = Member(BUSINESS, ALICE, "Alice Adler", "alice@harbor.example")
    try:
        if world.chance.random() < 0.5:
            questions.cancel(world.deps, member, booking_id)
            world.wanted(booking_id, False)
            world.tell(f"page: {booking_id} is cancelled")
        else:
            questions.keep(world.deps, member, booking_id)
            world.tell(f"page: {booking_id} is kept")
    except NotEditable as error:
        world.tell(f"page: {booking_id}: {error}")


def everything_turns(world: World) -> None:
    for (id_,) in world.sql("SELECT id FROM bookings WHERE business_id = 1"):
        world.wanted(id_, False, True)


_OTHERS: tuple[tuple[Act, int], ...] = (
    (app.insert, 6), (app.move, 6), (app.resize, 3), (app.move_back, 4), (app.cancel, 4), (app.revive, 4),
    (app.close, 1), (app.delete, 2), (app.reassign, 4), (app.rename_customer, 1), (app.rename_service, 1),
    (app.rewrite, 2), (app.relocate, 1), (app.api, 5),
    (people.move_event, 9), (people.reword_event, 4), (people.decline_event, 1), (people.delete_event, 4),
    (people.delete_many, 1), (people.add_appointment, 6), (people.change_appointment, 6), (people.phone, 6),
    (choose, 2), (check_now, 1), (answer_question, 1),
)  # fmt: skip
_RARE: tuple[tuple[Act, int], ...] = ((part, 2), (come, 3), (revoke, 1))
_PAUSES = (1, 5, 20, 61, 100, 320, 320, 1000, 4000, 90_000)


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
        world.answer()
    world.stage.clock.advance(timedelta(seconds=world.chance.choice(_PAUSES)))


_ = BOB
