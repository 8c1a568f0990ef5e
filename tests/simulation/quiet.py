"""When the weather is calm again: time passes until nothing is left to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.services import blocks
from tests.simulation.owners import answer
from tests.simulation.world import World

# As many rounds; an engine that needs more never comes to rest.
MOST_ROUNDS = 60


class Restless(Exception):
    """It never comes to an end."""


def quiet(world: World) -> None:
    world.weather.calm = True
    world.company.emptied = world.company.lying = world.company.cut = False
    world.company.notices.clear()
    for mailbox in world.company.mailboxes.values():
        mailbox.mend()
    world.tell("--- quiet ---")
    settle(world)
    if world.left:
        # What was left behind is found by the next whole reading, when a week has gone by.
        old = "read_whole_at = read_whole_at - interval '8 days'"
        world.sql(f"UPDATE daybridge.connection_calendars SET {old}")
        settle(world)
    blocks.extend(world.deps)


def settle(world: World) -> None:
    """Have everything read, and whatever waits done."""
    world.stage.clock.advance(timedelta(seconds=310))
    began = world.now()
    for _ in range(MOST_ROUNDS):
        answer(world)
        world.work()
        if is_settled(world, began):
            return
        world.stage.clock.moment = max(_next(world), world.now())
    raise Restless(f"not settled after {MOST_ROUNDS} rounds")


def is_settled(world: World, began: datetime) -> bool:
    """Whether everything was read since, and nothing waits."""
    waiting = world.sql("SELECT 1 FROM daybridge.outbox LIMIT 1")
    mappings = world.sql(
        "SELECT 1 FROM daybridge.calendar_event_mappings m JOIN daybridge.calendar_connections k"
        " ON k.id = m.connection_id WHERE k.closed_at IS NULL AND (m.wanted > m.pushed OR m.look) LIMIT 1"
    )
    unread = world.sql(
        "SELECT 1 FROM daybridge.calendar_connections WHERE closed_at IS NULL"
        " AND (pulled_at IS NULL OR pulled_at < %s OR leaving OR refused_at IS NOT NULL OR stopped_at IS NOT NULL"
        "      OR failures > 0) LIMIT 1",
        began,
    )
    return not (waiting or mappings or unread)


def _next(world: World) -> datetime:
    """The next moment at which something may be due."""
    now = world.now()
    due = "greatest(lease_until, not_before, queued_at + interval '61 s', pulled_at + interval '301 s')"
    [(moment,)] = world.sql(
        f"SELECT least((SELECT min({due}) FROM daybridge.calendar_connections WHERE closed_at IS NULL AND {due} > %s),"
        " (SELECT min(not_before) FROM daybridge.calendar_event_mappings WHERE not_before > %s))",
        now, now,
    )  # fmt: skip
    return (moment if moment is not None else now + timedelta(seconds=2)) + timedelta(milliseconds=5)
