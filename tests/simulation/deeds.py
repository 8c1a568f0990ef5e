"""What people, the app and owners do in a calm place, each in a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.core.blocking import BlockRules
from gateway.core.model import Detail
from gateway.services import accounts, disconnect
from tests.simulation import people
from tests.simulation.company import Calendar, Entry
from tests.simulation.invariants import problems
from tests.simulation.quiet import quiet
from tests.simulation.stage import ALICE
from tests.simulation.world import World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOON = datetime(2026, 11, 26, 17, tzinfo=UTC)


def book(world: World, start: datetime = NOON, staff: int = ALICE) -> int:
    [(id_,)] = world.sql(
        "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
        " status, created_at, updated_at) VALUES (1, %s, 31, 61, %s, %s, 1, now(), now()) RETURNING id",
        staff, start.replace(tzinfo=None), (start + HOUR).replace(tzinfo=None),
    )  # fmt: skip
    return int(id_)


def change(world: World, booking: int, assignment: str) -> None:
    world.sql(f"UPDATE bookings SET {assignment} WHERE id = %s", booking)


def move(world: World, booking: int, start: datetime) -> None:
    change(world, booking, f"start_time = '{start:%F %T}', end_time = '{start + HOUR:%F %T}'")


def row(world: World, booking: int) -> tuple[datetime, int]:
    """When it begins, and its status."""
    [found] = world.sql("SELECT start_time AT TIME ZONE 'UTC', status FROM bookings WHERE id = %s", booking)
    return found[0], found[1]


def lines(world: World, booking: int, *, via: str = "provider") -> list[tuple[str, str]]:
    found = world.sql(
        "SELECT action, outcome, reasons->0->>'code' FROM daybridge.calendar_sync_logs"
        " WHERE booking_id = %s AND via = %s ORDER BY id",
        booking, via,
    )  # fmt: skip
    return [(action, code or outcome) for action, outcome, code in found]


def main_of(world: World, name: str = "alice") -> Calendar:
    return world.company.mailboxes[name].calendars[name]


def second_of(world: World, name: str = "alice") -> Calendar:
    return world.company.mailboxes[name].every[f"{name}/family"]


def event(world: World, booking: int, calendar: Calendar | None = None) -> Entry:
    [found] = [one for one in (calendar or main_of(world)).bookings() if one.booking_id == booking]
    return found


def edit(
    world: World, booking: int, calendar: Calendar | None = None, what: str = "move", **changed: object
) -> None:
    place = calendar or main_of(world)
    people.edit(world, (place, event(world, booking, place)), what, **changed)


def drag(world: World, booking: int, start: datetime, calendar: Calendar | None = None) -> None:
    edit(world, booking, calendar, starts_at=start, ends_at=start + HOUR)


def bin_(world: World, booking: int, calendar: Calendar | None = None) -> None:
    place = calendar or main_of(world)
    people.delete(world, place, event(world, booking, place))


def later(world: World, by: timedelta = timedelta(seconds=310)) -> None:
    world.stage.clock.advance(by)
    world.work()


def choose(world: World, connection: int, receives: int | None) -> None:
    [blocks] = [
        [id_ for (id_,) in world.sql(
            "SELECT id FROM daybridge.connection_calendars WHERE connection_id = %s AND blocks", connection
        )]
    ]  # fmt: skip
    accounts.choose(
        world.deps, world.manager, connection, receives=receives, blocks=blocks, detail=Detail.FULL,
        rules=BlockRules(), titles=False,
    )  # fmt: skip


def ids_of(world: World, connection: int) -> list[int]:
    """The calendars of a connection, the main one first."""
    return [id_ for (id_,) in world.sql(
        "SELECT id FROM daybridge.connection_calendars WHERE connection_id = %s ORDER BY main DESC, id", connection
    )]  # fmt: skip


def first(world: World) -> int:
    return world.open_connections()[0][0]


def is_well(world: World) -> None:
    quiet(world)
    assert problems(world) == []


def leave(world: World, *, remove: bool) -> None:
    disconnect.begin(world.deps, world.manager, first(world), remove=remove)
