"""The booking app, at its own tables, and the API at the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from gateway.core.booking import Actor, BookingChange, NewBooking, Via
from gateway.core.errors import NotEditable, SlotTaken
from gateway.services import bookings
from tests.simulation.stage import ALICE, BOB, BUSINESS
from tests.simulation.world import World

_QUARTER = timedelta(minutes=15)


def some_time(world: World) -> datetime:
    """On the quarter of an hour, mostly within the next days."""
    now = world.now().replace(minute=0, second=0, microsecond=0)
    hours = world.chance.choice([2, 30, 60, 100, 200, 300]) + world.chance.randrange(12)
    return now + timedelta(hours=hours) + _QUARTER * world.chance.randrange(4)


def some_length(world: World) -> timedelta:
    return _QUARTER * world.chance.randint(1, 5)


def some_booking(world: World, *, status: str = "0, 1") -> tuple[Any, ...] | None:
    """(id, staff, start, end, status)"""
    found = world.sql(
        "SELECT id, staff_member_id, start_time AT TIME ZONE 'UTC', end_time AT TIME ZONE 'UTC', status FROM bookings"
        f" WHERE business_id = 1 AND staff_member_id IS NOT NULL AND status IN ({status}) ORDER BY id"
    )
    return world.chance.choice(found) if found else None


def attempt(world: World, words: str, statement: str, *values: object) -> bool:
    """A statement of the app's; whether it was let through."""
    try:
        world.sql(statement, *values)
    except psycopg.errors.ExclusionViolation:
        world.tell(f"app: {words}: refused")
        return False
    world.tell(f"app: {words}")
    return True


def insert(world: World) -> None:
    staff, start = world.chance.choice([ALICE, BOB]), some_time(world)
    if world.chance.random() < 0.1:
        start -= timedelta(days=3)
    end = start + some_length(world)
    attempt(
        world,
        f"books {staff} at {start:%m-%d %H:%M}-{end:%H:%M}",
        "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
        " status, created_at, updated_at) VALUES (1, %s, %s, %s, %s, %s, %s, now(), now())",
        staff, world.chance.choice([31, 32]), world.chance.choice([61, 62]), _naive(start), _naive(end),
        world.chance.choice([0, 1, 1]),
    )  # fmt: skip


def move(world: World) -> None:
    if found := some_booking(world):
        start = some_time(world)
        _set_span(world, found, start, start + (found[3] - found[2]), "moves")


def resize(world: World) -> None:
    if found := some_booking(world):
        _set_span(world, found, found[2], found[2] + some_length(world), "resizes")


def move_back(world: World) -> None:
    """To a time that it had before."""
    if found := some_booking(world):
        spans = world.spans.get(found[0], [])
        if spans:
            _set_span(world, found, *world.chance.choice(spans), "moves back")


def _set_span(world: World, found: tuple[Any, ...], start: datetime, end: datetime, word: str) -> None:
    world.spans.setdefault(found[0], []).append((found[2], found[3]))
    attempt(
        world,
        f"{word} {found[0]} to {start:%m-%d %H:%M}-{end:%H:%M}",
        "UPDATE bookings SET start_time = %s, end_time = %s WHERE id = %s",
        _naive(start), _naive(end), found[0],
    )  # fmt: skip


def cancel(world: World) -> None:
    if found := some_booking(world):
        attempt(world, f"cancels {found[0]}", "UPDATE bookings SET status = 2 WHERE id = %s", found[0])
        world.wanted(found[0], False)


def revive(world: World) -> None:
    found = some_booking(world, status="2")
    confirm = "UPDATE bookings SET status = 1 WHERE id = %s"
    if found and attempt(world, f"confirms {found[0]} again", confirm, found[0]):
        world.wanted(found[0], True)


def close(world: World) -> None:
    """Completed, or nobody came."""
    if found := some_booking(world, status="1"):
        status = world.chance.choice([3, 4])
        attempt(
            world,
            f"sets {found[0]} to {status}",
            "UPDATE bookings SET status = %s WHERE id = %s",
            status,
            found[0],
        )


def delete(world: World) -> None:
    if found := some_booking(world, status="0, 1, 2"):
        attempt(world, f"deletes {found[0]}", "DELETE FROM bookings WHERE id = %s", found[0])
        world.wanted(found[0], False)


def reassign(world: World) -> None:
    if found := some_booking(world):
        other = ALICE + BOB - found[1]
        if attempt(
            world, f"gives {found[0]} to {other}",
            "UPDATE bookings SET staff_member_id = %s WHERE id = %s", other, found[0],
        ):  # fmt: skip
            world.wanted(found[0], False, True)


def unassign(world: World) -> None:
    """Nobody's any more, or somebody's again."""
    nobodys = world.sql(
        "SELECT id FROM bookings WHERE business_id = 1 AND staff_member_id IS NULL ORDER BY id"
    )
    if nobodys:
        [id_] = world.chance.choice(nobodys)
        attempt(world, f"gives {id_} to 11", "UPDATE bookings SET staff_member_id = 11 WHERE id = %s", id_)
        world.wanted(id_, True)
    elif found := some_booking(world):
        attempt(
            world,
            f"takes {found[0]} from all",
            "UPDATE bookings SET staff_member_id = NULL WHERE id = %s",
            found[0],
        )
        world.wanted(found[0], False)


def hold(world: World) -> None:
    """A long transaction of the app's."""
    if not world.inside and (found := some_booking(world)):
        world.work_beside(found[0])


def rename_customer(world: World) -> None:
    name = world.chance.choice(["Maria", "Marie", "Mara"])
    attempt(
        world, f"calls a customer {name}", "UPDATE tenant_customers SET first_name = %s WHERE id = 61", name
    )


def rename_service(world: World) -> None:
    name = world.chance.choice(["Colour", "Tint", "Dye"])
    attempt(world, f"calls a service {name}", "UPDATE services SET name = %s WHERE id = 32", name)


def rewrite(world: World) -> None:
    """Another service, another customer, other notes."""
    if found := some_booking(world):
        column, value = world.chance.choice(
            [
                ("service_id", 31),
                ("service_id", 32),
                ("tenant_customer_id", 62),
                ("notes", "Comes late"),
                ("notes", None),
            ]
        )
        attempt(
            world,
            f"sets {column} of {found[0]}",
            f"UPDATE bookings SET {column} = %s WHERE id = %s",
            value,
            found[0],
        )


def relocate(world: World) -> None:
    zone = world.chance.choice(["Eastern Time (US & Canada)", "Europe/Berlin", "Asia/Tokyo"])
    attempt(world, f"is in {zone} now", "UPDATE businesses SET time_zone = %s WHERE id = 1", zone)


def api(world: World) -> None:
    """The booking website, by our API."""
    actor, start = Actor(BUSINESS, Via.API, "website"), some_time(world)
    found = some_booking(world)
    kind = world.chance.choice(["book", "book", "move", "cancel"])
    try:
        if kind == "book" or found is None:
            staff = world.chance.choice([ALICE, BOB])
            made = bookings.book(
                world.deps, actor, NewBooking(staff, 31, start, start + some_length(world), 61)
            )
            world.tell(f"api: books {made.id} for {staff} at {start:%m-%d %H:%M}")
        elif kind == "move":
            world.spans.setdefault(found[0], []).append((found[2], found[3]))
            bookings.change(world.deps, actor, found[0], BookingChange(start))
            world.tell(f"api: moves {found[0]} to {start:%m-%d %H:%M}")
        else:
            bookings.cancel(world.deps, actor, found[0])
            world.wanted(found[0], False)
            world.tell(f"api: cancels {found[0]}")
    except (SlotTaken, NotEditable) as error:
        world.tell(f"api: {kind}: refused: {error}")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
