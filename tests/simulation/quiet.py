"""When the weather is calm again: time passes until nothing is left to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.services import blocks
from tests.simulation.world import World

# As many rounds; an engine that needs more never comes to rest.
MOST_ROUNDS = 60


class Restless(Exception):
    """It never comes to an end."""


def quiet(world: World) -> None:
    world.weather.calm = True
    world.company.emptied = world.company.lying = False
    world.company.notices.clear()
    world.tell("--- quiet ---")
    world.stage.clock.advance(timedelta(seconds=310))
    if world.left:
        # What was left behind is found by the next whole reading; by then a week has gone by.
        world.sql(
            "UPDATE daybridge.connection_calendars SET read_whole_at = read_whole_at - interval '8 days'"
        )
    began = world.now()
    for _ in range(MOST_ROUNDS):
        world.answer()
        world.work()
        if is_settled(world, began):
            blocks.extend(world.deps)
            return
        world.stage.clock.set(max(_next(world), world.now()))
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
    [(moment,)] = world.sql(
        "SELECT least((SELECT min(greatest(lease_until, not_before, queued_at + interval '61 s'))"
        " FROM daybridge.calendar_connections WHERE closed_at IS NULL AND"
        " greatest(lease_until, not_before, queued_at + interval '61 s') > %s),"
        " (SELECT min(not_before) FROM daybridge.calendar_event_mappings WHERE not_before > %s))",
        now, now,
    )  # fmt: skip
    return (moment if moment is not None else now + timedelta(seconds=2)) + timedelta(milliseconds=5)
