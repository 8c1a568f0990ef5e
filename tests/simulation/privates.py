"""People at the provider's: their calendars, and events of their own."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core.remote import Reply, Showing
from tests.simulation.app import some_length, some_time
from tests.simulation.appointments import Appointment
from tests.simulation.company import Calendar, Entry
from tests.simulation.world import World

ZONES: Final = ("America/New_York", "Europe/Berlin", "UTC")


def some_calendar(world: World) -> Calendar:
    mailbox = world.chance.choice(list(world.company.mailboxes.values()))
    calendars = list(mailbox.calendars.values())
    return calendars[0] if world.chance.random() < 0.8 else world.chance.choice(calendars)


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


def add_appointment(world: World) -> None:
    calendar, chance = some_calendar(world), world.chance
    zone = chance.choice(ZONES)
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


def _move_all(world: World, calendar: Calendar, main: Entry, _: Appointment) -> None:
    move_series(world, calendar, main, timedelta(days=world.chance.choice([-1, 1, 3])))


def move_series(world: World, calendar: Calendar, main: Entry, by: timedelta) -> None:
    """Instances that differed don't any more, as it is with Google."""
    if main.appointment is None:
        return
    main.appointment.start += by
    main.appointment.moved.clear()
    main.appointment.dropped.clear()
    parts = [one for one in calendar.parts(main.id) if not one.gone]
    if world.chance.random() < 0.5:
        calendar.touch(main)
    for part in parts:
        part.gone = True
        calendar.touch(part)
    calendar.touch(main)
    world.tell(f"human in {calendar.id}: moves {main.id} to {main.appointment.start:%m-%d %H:%M}")


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
    by = timedelta(days=world.chance.choice([-4, -2, 0, 1, 5]))
    by += timedelta(0) if appointment.all_day else timedelta(minutes=15 * world.chance.randint(-8, 8))
    move_instance(world, calendar, main, _some_number(world, appointment), by)


def move_instance(world: World, calendar: Calendar, main: Entry, number: int, by: timedelta) -> None:
    if main.appointment is None:
        return
    begin = main.appointment.original(number) + by
    main.appointment.dropped.discard(number)
    main.appointment.moved[number] = begin, main.appointment.length
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
