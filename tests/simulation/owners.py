"""Owners at their pages: connect, choose, check, answer, disconnect."""

from __future__ import annotations

from typing import Any

from gateway.core.blocking import BlockRules
from gateway.core.errors import NotEditable
from gateway.core.model import Detail
from gateway.services import accounts, disconnect, questions, serve
from gateway.services import connect as connecting
from gateway.services.connect import Return
from gateway.services.grant import Member
from tests.simulation.stage import ALICE, BUSINESS
from tests.simulation.world import NAME, World


def connect(world: World, name: str, staff_id: int | None) -> int:
    deps, owner = world.deps, world.manager
    if name not in world.company.mailboxes:
        world.company.add(name, world.plan.styles[len(world.company.mailboxes)])
    state = connecting.begin(deps, owner, NAME, "session", staff_id=staff_id)
    made = connecting.finish(deps, owner, NAME, "session", Return(state, code=name))
    world.tell(f"{name} is connected for {staff_id or 'the business'}: {made}")
    return made


def answer(world: World) -> None:
    """The owners look at their pages: they sign in again, and say whether a large change is right."""
    waiting = world.sql(
        "SELECT id, account_key, staff_member_id, refused_at, stop FROM daybridge.calendar_connections"
        " WHERE closed_at IS NULL AND (refused_at IS NOT NULL OR stopped_at IS NOT NULL) ORDER BY id"
    )
    for id_, name, staff_id, refused, stopped in waiting:
        if refused:
            connect(world, name, staff_id)
        if stopped:
            believe = _is_right(world, name, stopped)
            world.tell(f"large change of {id_}: {stopped} is {'right' if believe else 'wrong'}")
            accounts.go_on(world.deps, world.manager, id_, believe=believe)


def _is_right(world: World, name: str, found: dict[str, Any]) -> bool:
    """Whether what was said to be gone is gone."""
    [(remote_id,)] = world.sql(
        "SELECT remote_id FROM daybridge.connection_calendars WHERE id = %s", found["calendar_id"]
    )
    calendar = world.company.mailboxes[name].every[remote_id]
    if found["what"] == "bookings":
        known = world.sql(
            "SELECT remote_id FROM daybridge.calendar_event_mappings WHERE calendar_id = %s AND etag <> ''",
            found["calendar_id"],
        )
        return sum(calendar.entries[id_].gone for (id_,) in known) >= int(found["gone"])
    keys = world.sql(
        "SELECT series_key FROM daybridge.external_calendar_events WHERE calendar_id = %s",
        found["calendar_id"],
    )
    there = {one.key for one in calendar.appointments()}
    return sum(key not in there for (key,) in keys) >= int(found["gone"])


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
    connect(world, name, staff_id)
    everything_turns(world)


def revoke(world: World) -> None:
    world.chance.choice(list(world.company.mailboxes.values())).shut()
    world.tell("an account is closed to us")


def check_now(world: World) -> None:
    for id_, _, _ in world.open_connections():
        accounts.check_now(world.deps, world.manager, id_)


def resync(world: World) -> None:
    serve.sweep_all(world.deps, BUSINESS)
    world.tell("operator: has everything compared")


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
