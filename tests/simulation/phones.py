"""People with calendar apps at our own door."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from tests.caldav.client import calendar as object_of
from tests.caldav.editing import edited
from tests.simulation.app import some_booking, some_length, some_time
from tests.simulation.appointments import Appointment
from tests.simulation.privates import ZONES
from tests.simulation.stage import ALICE, BOB
from tests.simulation.world import World


def phone(world: World) -> None:
    """A booking's event is moved or deleted, or a block of one's own is added, moved or removed."""
    staff = world.chance.choice([ALICE, BOB])
    world.chance.choice([_phone_move, _phone_move, _phone_delete, _phone_block, _phone_unblock])(world, staff)


def _phone_move(world: World, staff: int) -> None:
    found = some_booking(world)
    if found is None or found[1] != staff:
        return
    client, path = world.phone(staff), f"/dav/s{staff}/bookings/booking-{found[0]}.ics"
    got = client("GET", path)
    start = some_time(world)
    end = start + (found[3] - found[2])
    body = edited(got.text, DTSTART=f"{start:%Y%m%dT%H%M%SZ}", DTEND=f"{end:%Y%m%dT%H%M%SZ}")
    world.spans.setdefault(found[0], []).append((found[2], found[3]))
    answer = client("PUT", path, body, If_Match=got.headers["ETag"], Content_Type="text/calendar")
    if answer.status not in (201, 204, 403):
        raise AssertionError(f"PUT {path}: {answer.status} {answer.text}")
    world.tell(f"phone of {staff}: moves {found[0]} to {start:%m-%d %H:%M}: {answer.status}")


def _phone_delete(world: World, staff: int) -> None:
    found = some_booking(world)
    if found is None or found[1] != staff:
        return
    client, path = world.phone(staff), f"/dav/s{staff}/bookings/booking-{found[0]}.ics"
    got = client("GET", path)
    answer = client("DELETE", path, If_Match=got.headers["ETag"])
    if answer.status not in (200, 204, 403):
        raise AssertionError(f"DELETE {path}: {answer.status} {answer.text}")
    if answer.status != 403:
        world.wanted(found[0], False)
    world.tell(f"phone of {staff}: deletes {found[0]}: {answer.status}")


def _phone_block(world: World, staff: int) -> None:
    chance = world.chance
    start = some_time(world).replace(tzinfo=None).replace(hour=chance.randrange(7, 19))
    all_day = chance.random() < 0.2
    block = Appointment(
        f"block{chance.randrange(10**6)}",
        chance.choice(ZONES),
        datetime.combine(start, time()) if all_day else start,
        timedelta(days=1) if all_day else some_length(world),
        all_day,
        *chance.choice([(0, 1), (0, 1), (1, 4), (7, 0)]),
    )
    if chance.random() < 0.3 and world.blocks[staff]:
        block.key = chance.choice(list(world.blocks[staff]))
    lines = block.lines().decode()
    body = object_of(
        f"BEGIN:VEVENT\r\nUID:{block.key}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Mine\r\n{lines}END:VEVENT\r\n"
    )
    answer = world.phone(staff)(
        "PUT", f"/dav/s{staff}/bookings/{block.key}.ics", body, Content_Type="text/calendar"
    )
    if answer.status not in (201, 204):
        raise AssertionError(f"PUT {block.key}: {answer.status} {answer.text}")
    world.blocks[staff][block.key] = block
    world.tell(
        f"phone of {staff}: blocks {block.key} {block.start:%m-%d %H:%M} {block.zone} every {block.every}"
    )


def _phone_unblock(world: World, staff: int) -> None:
    if world.blocks[staff]:
        key = world.chance.choice(list(world.blocks[staff]))
        answer = world.phone(staff)("DELETE", f"/dav/s{staff}/bookings/{key}.ics")
        if answer.status not in (200, 204):
            raise AssertionError(f"DELETE {key}: {answer.status} {answer.text}")
        del world.blocks[staff][key]
        world.tell(f"phone of {staff}: unblocks {key}")
