"""People in their calendars: at the provider's, and with a calendar app at our own door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.core.remote import Reply, Showing
from tests.caldav.client import calendar as object_of
from tests.caldav.editing import edited
from tests.simulation.app import some_booking, some_length, some_time
from tests.simulation.appointments import Appointment
from tests.simulation.invariants import wanted
from tests.simulation.provider import Calendar, Edit, Entry
from tests.simulation.stage import ALICE, BOB
from tests.simulation.world import World

_ZONES = ("America/New_York", "Europe/Berlin", "UTC")


def some_calendar(world: World) -> Calendar:
    mailbox = world.chance.choice(list(world.company.mailboxes.values()))
    calendars = list(mailbox.calendars.values())
    return calendars[0] if world.chance.random() < 0.8 else world.chance.choice(calendars)


# Bookings' events


def some_event(world: World) -> tuple[Calendar, Entry] | None:
    found = [
        (one, entry)
        for mailbox in world.company.mailboxes.values()
        for one in mailbox.calendars.values()
        for entry in one.bookings()
    ]
    return world.chance.choice(found) if found else None


def move_event(world: World) -> None:
    if found := some_event(world):
        shown = found[1].shown
        start = some_time(world) if world.chance.random() < 0.7 else shown.starts_at
        length = shown.ends_at - shown.starts_at if world.chance.random() < 0.7 else some_length(world)
        _edit(world, found, "move", starts_at=start, ends_at=start + length)


def reword_event(world: World) -> None:
    if found := some_event(world):
        kind = world.chance.choice(["title", "notes", "place", "all day", "recurs", "untagged", "nothing"])
        shown = found[1].shown
        change = {
            "title": {"summary": f"{shown.summary}!"},
            "notes": {"description": f"{shown.description}\nBring cake"},
            "place": {"location": "Elsewhere"},
            "all day": {"all_day": True},
            "recurs": {"recurs": True},
            "untagged": {"additions": ("untagged",)},
        }.get(kind, {})
        _edit(world, found, kind, **change)


def decline_event(world: World) -> None:
    if found := some_event(world):
        _edit(world, found, "decline", declined=True)


def delete_event(world: World) -> None:
    if found := some_event(world):
        _delete(world, *found)


def delete_many(world: World) -> None:
    """More at once than can be believed."""
    calendar = some_calendar(world)
    for entry in calendar.bookings()[:5]:
        _delete(world, calendar, entry)


def _edit(world: World, found: tuple[Calendar, Entry], what: str, **change: object) -> None:
    calendar, entry = found
    if entry.shown is None:
        return
    entry.shown = replace(entry.shown, **change)  # type: ignore[arg-type]
    _noted(world, calendar, entry, what)
    calendar.touch(entry)
    world.company.changed(calendar)
    told = f" to {entry.shown.starts_at:%m-%d %H:%M}-{entry.shown.ends_at:%H:%M}" if what == "move" else ""
    world.tell(f"human in {calendar.id}: {what} {entry.booking_id}{told}")


def _delete(world: World, calendar: Calendar, entry: Entry) -> None:
    entry.gone = True
    _noted(world, calendar, entry, "delete")
    calendar.touch(entry)
    world.company.changed(calendar)
    world.tell(f"human in {calendar.id}: delete {entry.booking_id}")


def _noted(world: World, calendar: Calendar, entry: Entry, what: str) -> None:
    span = (entry.shown.starts_at, entry.shown.ends_at) if entry.shown else None
    edit = Edit(entry.booking_id, what, world.mark(), span)
    edit.idle = not _is_wanted(world, calendar, entry)
    entry.edits.append(edit)
    world.edits.append(edit)


def _is_wanted(world: World, calendar: Calendar, entry: Entry) -> bool:
    """Whether the booking shall be there, by the connection that has put it there."""
    shall = wanted(world).get((calendar.id, entry.booking_id))
    found = world.sql(
        "SELECT k.staff_member_id FROM daybridge.calendar_event_mappings m"
        " JOIN daybridge.calendar_connections k ON k.id = m.connection_id WHERE m.remote_id IN (%s, %s)",
        entry.id, entry.key or entry.id,
    )  # fmt: skip
    return shall is not None and (shall[2],) in found


# Calendars


def rearrange(world: World) -> None:
    """A calendar is shared with us no more, or again, or only for reading."""
    mailbox = world.chance.choice(list(world.company.mailboxes.values()))
    if mailbox.vanished:
        mailbox.mend()
        world.tell(f"{mailbox.name}: all calendars are back")
        return
    second = list(mailbox.calendars.values())[1]
    if world.chance.random() < 0.5:
        second.writable = not second.writable
        world.tell(f"{second.id} is {'writable' if second.writable else 'read only'}")
    else:
        mailbox.vanished[second.id] = mailbox.calendars.pop(second.id)
        world.tell(f"{second.id} vanishes")


# Events of their own


def add_appointment(world: World) -> None:
    calendar, chance = some_calendar(world), world.chance
    zone = chance.choice(_ZONES)
    start = some_time(world).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # Not in the hours that the clocks leave out or show twice.
    start = start.replace(hour=chance.randrange(7, 19))
    all_day = chance.random() < 0.2
    if all_day:
        start = datetime.combine(start, time())
    every = chance.choice([0, 0, 0, 1, 2, 7])
    made = Appointment(
        f"own{calendar.version}x{chance.randrange(10**6)}",
        zone,
        start,
        timedelta(days=chance.randint(1, 2)) if all_day else some_length(world),
        all_day,
        every,
        chance.choice([0, 3, 5, 12]) if every else 1,
        chance.choice(
            [*[Showing.BUSY] * 6, Showing.FREE, Showing.OUT_OF_OFFICE, Showing.FOCUS, Showing.WORKING_LOCATION]
        ),
        chance.choice([*[Reply.NONE] * 6, Reply.ACCEPTED, Reply.TENTATIVE, Reply.UNANSWERED, Reply.DECLINED]),
    )  # fmt: skip
    calendar.touch(Entry(made.key, made.key, appointment=made))
    world.company.changed(calendar)
    world.tell(f"human in {calendar.id}: adds {made.key} at {start:%m-%d %H:%M} for {made.length}, every {every} days,"
               f" {made.count} times, {made.showing}, {made.reply}")  # fmt: skip


def change_appointment(world: World) -> None:
    calendar = some_calendar(world)
    mains = [
        one for one in calendar.entries.values() if one.appointment and one.number is None and not one.gone
    ]
    if not mains:
        return
    main = world.chance.choice(mains)
    if main.appointment is None:
        return
    acts = [_move_all, _delete_all, _show_otherwise]
    if main.appointment.every:
        acts += [_move_one, _move_one, _drop_one]
    world.chance.choice(acts)(world, calendar, main, main.appointment)
    world.company.changed(calendar)


def _move_all(world: World, calendar: Calendar, main: Entry, appointment: Appointment) -> None:
    """Instances that differed don't any more, as it is with Google."""
    appointment.start += timedelta(days=world.chance.choice([-1, 1, 3]))
    appointment.moved.clear()
    appointment.dropped.clear()
    parts = [one for one in calendar.parts(main.id) if not one.gone]
    if world.chance.random() < 0.5:
        calendar.touch(main)
    for part in parts:
        part.gone = True
        calendar.touch(part)
    calendar.touch(main)
    world.tell(f"human in {calendar.id}: moves {main.id} to {appointment.start:%m-%d %H:%M}")


def _delete_all(world: World, calendar: Calendar, main: Entry, _: Appointment) -> None:
    for one in [main, *calendar.parts(main.id)]:
        if not one.gone:
            one.gone = True
            calendar.touch(one)
    world.tell(f"human in {calendar.id}: deletes {main.id}")


def _show_otherwise(world: World, calendar: Calendar, main: Entry, appointment: Appointment) -> None:
    appointment.showing = world.chance.choice([Showing.BUSY, Showing.FREE])
    for one in [main, *calendar.parts(main.id)]:
        calendar.touch(one)
    world.tell(f"human in {calendar.id}: shows {main.id} as {appointment.showing}")


def _move_one(world: World, calendar: Calendar, main: Entry, appointment: Appointment) -> None:
    number = _some_number(world, appointment)
    begin = appointment.original(number) + timedelta(days=world.chance.choice([-4, -2, 0, 1, 5]))
    begin += timedelta(0) if appointment.all_day else timedelta(minutes=15 * world.chance.randint(-8, 8))
    appointment.dropped.discard(number)
    appointment.moved[number] = begin, appointment.length
    _touch_part(calendar, main, number)
    world.tell(f"human in {calendar.id}: moves instance {number} of {main.id} to {begin:%m-%d %H:%M}")


def _drop_one(world: World, calendar: Calendar, main: Entry, appointment: Appointment) -> None:
    number = _some_number(world, appointment)
    appointment.moved.pop(number, None)
    appointment.dropped.add(number)
    _touch_part(calendar, main, number)
    world.tell(f"human in {calendar.id}: deletes instance {number} of {main.id}")


def _some_number(world: World, appointment: Appointment) -> int:
    return world.chance.randrange(min(appointment.count or 4, 4))


def _touch_part(calendar: Calendar, main: Entry, number: int) -> None:
    if calendar.style == "caldav":
        calendar.touch(main)
        return
    id_ = f"{main.id}_{number}"
    part = calendar.entries.get(id_) or Entry(id_, main.id, appointment=main.appointment, number=number)
    part.gone = False
    calendar.touch(part)


# Calendar apps at our door


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
        chance.choice(_ZONES),
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


_ = UTC
