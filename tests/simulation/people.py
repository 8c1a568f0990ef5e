"""People at the provider's: what they do to bookings' events."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.app import some_length, some_time
from tests.simulation.company import Calendar, Edit, Entry
from tests.simulation.invariants import wanted
from tests.simulation.world import World


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
        shown = found[1].says
        start = some_time(world) if world.chance.random() < 0.7 else shown.starts_at
        length = shown.ends_at - shown.starts_at if world.chance.random() < 0.7 else some_length(world)
        edit(world, found, "move", starts_at=start, ends_at=start + length)


def reword_event(world: World) -> None:
    if found := some_event(world):
        kind = world.chance.choice(["title", "notes", "place", "all day", "recurs", "untagged", "nothing"])
        shown = found[1].says
        changes: dict[str, dict[str, object]] = {
            "title": {"summary": f"{shown.summary}!"},
            "notes": {"description": f"{shown.description}\nBring cake"},
            "place": {"location": "Elsewhere"},
            "all day": {"all_day": True},
            "recurs": {"recurs": True},
            "untagged": {"additions": ("untagged",)},
        }
        edit(world, found, kind, **changes.get(kind, {}))


def decline_event(world: World) -> None:
    if found := some_event(world):
        edit(world, found, "decline", declined=True)


def delete_event(world: World) -> None:
    if found := some_event(world):
        delete(world, *found)


def undelete_event(world: World) -> None:
    found = [
        (one, entry)
        for mailbox in world.company.mailboxes.values()
        for one in mailbox.calendars.values()
        for entry in one.entries.values()
        if entry.tag and entry.gone
    ]
    if found:
        undelete(world, *world.chance.choice(found))


def undelete(world: World, calendar: Calendar, entry: Entry) -> None:
    """Out of the bin again."""
    _appear(world, calendar, entry, "undelete")


def copy_event(world: World) -> None:
    if found := some_event(world):
        copy(world, *found)


def copy(world: World, calendar: Calendar, entry: Entry) -> None:
    """With all that is hidden in it, as some programs do."""
    if "untagged" not in entry.says.additions:
        copied = replace(entry, id=f"copy{calendar.version}", key="", edits=[], base=entry.shown)
        _appear(world, calendar, copied, "copy")


def rename_event(world: World) -> None:
    if not world.inside and (found := some_event(world)):
        rename(world, *found)


def rename(world: World, calendar: Calendar, entry: Entry) -> None:
    """The same event under another name, as after it was moved to and fro; one reading tells both."""
    renamed = replace(entry, id=f"name{calendar.version}", key="")
    entry.gone, entry.edits = True, []
    calendar.touch(entry)
    calendar.touch(renamed)
    world.company.changed(calendar)
    world.left.add((calendar.id, "*"))  # where nobody knew of it yet, it is found by the next whole reading
    world.tell(f"human in {calendar.id}: renames {entry.booking_id}: {entry.id} to {renamed.id}")


def _appear(world: World, calendar: Calendar, entry: Entry, what: str) -> None:
    entry.gone, entry.edits = False, []
    calendar.touch(entry)
    world.company.changed(calendar)
    world.left.add((calendar.id, "*"))  # where nobody looks after the booking any more, it stays
    world.tell(f"human in {calendar.id}: {what} {entry.booking_id}: {entry.id}")


def delete_many(world: World) -> None:
    """More at once than can be believed."""
    found = some_event(world)
    if found is None:
        return
    calendar = found[0]
    for entry in calendar.bookings()[:5]:
        delete(world, calendar, entry)


def edit(world: World, found: tuple[Calendar, Entry], what: str, **change: object) -> None:
    calendar, entry = found
    if entry.shown is None:
        return
    entry.shown = replace(entry.shown, **change)  # type: ignore[arg-type]
    _noted(world, calendar, entry, what)
    calendar.touch(entry)
    world.company.changed(calendar)
    told = f" to {entry.shown.starts_at:%m-%d %H:%M}-{entry.shown.ends_at:%H:%M}" if what == "move" else ""
    world.tell(f"human in {calendar.id}: {what} {entry.booking_id}{told}")


def delete(world: World, calendar: Calendar, entry: Entry) -> None:
    entry.gone = True
    _noted(world, calendar, entry, "delete")
    calendar.touch(entry)
    world.company.changed(calendar)
    world.tell(f"human in {calendar.id}: delete {entry.booking_id}")


def _noted(world: World, calendar: Calendar, entry: Entry, what: str) -> None:
    span = (entry.shown.starts_at, entry.shown.ends_at) if entry.shown else None
    done = Edit(entry.booking_id, what, world.mark(), span)
    done.idle = not _is_wanted(world, calendar, entry)
    entry.edits.append(done)
    world.edits.append(done)


def _is_wanted(world: World, calendar: Calendar, entry: Entry) -> bool:
    """Whether the booking shall be there, by the connection that has put it there; and whether that knows of it, where
    it is gone: then nobody could tell whether it was ever there."""
    shall = wanted(world).get((calendar.id, entry.booking_id))
    found = world.sql(
        "SELECT k.staff_member_id FROM daybridge.calendar_event_mappings m"
        " JOIN daybridge.calendar_connections k ON k.id = m.connection_id WHERE m.remote_id IN (%s, %s)"
        " AND (m.etag <> '' OR NOT %s)",
        entry.id, entry.key or entry.id, entry.gone,
    )  # fmt: skip
    return shall is not None and (shall[2],) in found
