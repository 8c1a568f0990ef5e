"""Which calendar objects follow from which bookings: a plan, made without touching anything.

The projector (`services.project`) gathers, asks `plan`, and writes what it says. `verify` asks the same and only
compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.core import event as events
from gateway.core.model import Booking, Business, CalendarKind, Detail, Event, EventRevision

_HREF = re.compile(r"booking-([1-9][0-9]{0,17})\.ics")
# What a booking's fingerprint is while no calendar shows it; so that its return counts as a change.
NOT_SHOWN = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A calendar that bookings are projected into. `staff_id` is None for the team's."""

    calendar_id: int
    kind: CalendarKind
    staff_id: int | None
    detail: Detail

    def takes(self, booking: Booking) -> bool:
        if self.kind is CalendarKind.TEAM:
            return True
        return self.kind is CalendarKind.BOOKINGS and self.staff_id == booking.staff_id


@dataclass(frozen=True, slots=True)
class Held:
    """What a calendar shows of a booking at present."""

    calendar_id: int
    booking_id: int
    href: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Written:
    """When a booking's event last changed, and what it looked like then."""

    fingerprint: str
    revision: EventRevision


@dataclass(frozen=True, slots=True)
class Put:
    """An object to be written into a calendar."""

    calendar_id: int
    booking_id: int
    href: str
    fingerprint: str
    event: Event
    revision: EventRevision


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: objects that appear or change, objects that go, and the bookings' new revisions."""

    puts: tuple[Put, ...]
    removals: tuple[Held, ...]
    written: Mapping[int, Written]

    @property
    def calendars(self) -> list[int]:
        """The calendars that this plan touches, in the order in which they are to be locked."""
        return sorted({put.calendar_id for put in self.puts} | {held.calendar_id for held in self.removals})


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a plan is made from: the business, its calendars, and for some bookings what is and what is shown."""

    business: Business
    installation: str
    targets: tuple[Target, ...]
    booking_ids: tuple[int, ...]
    bookings: Mapping[int, Booking]
    held: tuple[Held, ...]
    written: Mapping[int, Written]


def href(booking_id: int) -> str:
    """The name of a booking's object in its calendar, the same in each."""
    return f"booking-{booking_id}.ics"


def booking_of(name: str) -> int | None:
    """The id of the booking that has, had or will have an object of this name; None for any other name."""
    found = _HREF.fullmatch(name)
    return int(found[1]) if found else None


def plan(scene: Scene, now: datetime) -> Plan:
    """What makes the calendars show the bookings as they are. Repeated on its own outcome it is empty."""
    held = {(h.calendar_id, h.booking_id): h for h in scene.held}
    puts: list[Put] = []
    written: dict[int, Written] = {}
    wanted: set[tuple[int, int]] = set()
    for booking_id in scene.booking_ids:
        booking = scene.bookings.get(booking_id)
        shown = booking if booking is not None and events.is_shown(booking) else None
        before = scene.written.get(booking_id)
        after = _revise(before, _fingerprint(scene, shown), now)
        if after != before and not (before is None and after.fingerprint == NOT_SHOWN):
            written[booking_id] = after
        if shown is None:
            continue
        for target, event in _events(scene, shown):
            key = (target.calendar_id, booking_id)
            wanted.add(key)
            mark = events.fingerprint(event)
            if key not in held or held[key].fingerprint != mark:
                puts.append(
                    Put(target.calendar_id, booking_id, href(booking_id), mark, event, after.revision)
                )
    removals = tuple(h for key, h in held.items() if key not in wanted)
    return Plan(tuple(puts), removals, written)


def missing_calendars(
    staff_ids: Iterable[int], present: Iterable[Target]
) -> Iterator[tuple[CalendarKind, int | None, Detail]]:
    """The calendars that every business and every staff member has, less those that exist."""
    there = {(target.kind, target.staff_id, target.detail) for target in present}
    wanted: list[tuple[CalendarKind, int | None, Detail]] = [(CalendarKind.TEAM, None, Detail.FULL)]
    for staff_id in staff_ids:
        wanted.append((CalendarKind.BOOKINGS, staff_id, Detail.FULL))
        wanted.append((CalendarKind.BUSY, staff_id, Detail.FULL))
    return (calendar for calendar in wanted if calendar not in there)


def _events(scene: Scene, booking: Booking) -> Iterator[tuple[Target, Event]]:
    for target in scene.targets:
        if target.takes(booking):
            yield (
                target,
                events.from_booking(
                    booking,
                    scene.business,
                    target.detail,
                    installation=scene.installation,
                    team=target.kind is CalendarKind.TEAM,
                ),
            )


def _fingerprint(scene: Scene, booking: Booking | None) -> str:
    """Of the most that any calendar can tell about the booking: whatever changes anywhere changes this."""
    if booking is None:
        return NOT_SHOWN
    return events.fingerprint(
        events.from_booking(booking, scene.business, Detail.FULL, installation=scene.installation, team=True)
    )


def _revise(before: Written | None, fingerprint: str, now: datetime) -> Written:
    if before is None:
        return Written(fingerprint, EventRevision(0, now))
    if before.fingerprint == fingerprint:
        return before
    return Written(fingerprint, EventRevision(before.revision.sequence + 1, now))
