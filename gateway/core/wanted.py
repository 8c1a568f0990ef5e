"""What a calendar's version of a booking's event says, as far as it matters to the booking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar.prop import vDDDTypes

from gateway.core import reading
from gateway.core.client_zone import ClientZone
from gateway.core.language import N_, _
from gateway.core.model import require_aware
from gateway.core.reading import Line, Part
from gateway.core.recurrence import Budget, TooMany
from gateway.core.unacceptable import DATA, OBJECT, Unacceptable
from gateway.core.zone_names import known

_RECURRING: Final = ("RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID")
# Properties that an event of ours never has, and values that programs write without being asked.
_ADDITIONS: Final = {
    "ATTACH": (N_("attachments"), ()),
    "CLASS": (N_("privacy"), ("PUBLIC",)),
    "COMMENT": (N_("comments"), ()),
    "CONFERENCE": (N_("video link"), ()),
    "PRIORITY": (N_("priority"), ("0", "5")),
}

# Around a time, the changes of the clocks that decide what it is.
_AROUND: Final = timedelta(days=400)

# A local time (of whatever zone) to the instant in UTC.
_Clock = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event as somebody's calendar has it. What is None isn't told by that calendar, so it asks for nothing.

    `declined`: the staff member has declined it. `additions` names what events of ours never have.
    """

    starts_at: datetime
    ends_at: datetime
    summary: str = ""
    description: str = ""
    location: str = ""
    all_day: bool = False
    recurs: bool = False
    cancelled: bool = False
    declined: bool = False
    free: bool = False
    attendees: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()
    tentative: bool | None = None
    categories: tuple[str, ...] | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


def read(body: bytes, *, zone: str, owner: str = "") -> Wanted:
    """What an object says that has passed `intake.check`. Its floating times are times in `zone`, the business's.

    `owner` is the e-mail address of the staff member whose calendar it is.
    """
    calendar = reading.calendar(body)
    event = reading.event(calendar)
    status = event.value("STATUS").upper()
    starts_at, ends_at = _span(event, _Clocks(zone, calendar.parts("VTIMEZONE")))
    return Wanted(
        starts_at=starts_at,
        ends_at=ends_at,
        summary=reading.text(event.value("SUMMARY")),
        description=reading.text(event.value("DESCRIPTION")),
        location=reading.text(event.value("LOCATION")),
        all_day=not isinstance(_value(_start(event)), datetime),
        recurs=len(calendar.parts("VEVENT")) > 1 or any(event.all(name) for name in _RECURRING),
        cancelled=status == "CANCELLED",
        declined=bool(owner) and any(_declines(line, owner) for line in event.all("ATTENDEE")),
        free=event.value("TRANSP").upper() == "TRANSPARENT",
        attendees=tuple(line.value.strip() for line in event.lines if line.name in ("ATTENDEE", "ORGANIZER")),
        additions=tuple(_additions(event)),
        tentative={"TENTATIVE": True, "CONFIRMED": False}.get(status),
        categories=tuple(item for line in event.all("CATEGORIES") for item in reading.texts(line.value)),
        url=event.value("URL"),
    )


def _additions(event: Part) -> Iterator[str]:
    for name, (called, harmless) in _ADDITIONS.items():
        if any(line.value.strip().upper() not in harmless for line in event.all(name)):
            yield called


def _declines(attendee: Line, owner: str) -> bool:
    addresses = {attendee.value.strip().casefold(), attendee.param("EMAIL").casefold()}
    refused = attendee.param("PARTSTAT").upper() == "DECLINED"
    return refused and not addresses.isdisjoint({owner.casefold(), f"mailto:{owner}".casefold()})


def _start(event: Part) -> Line:
    for line in event.all("DTSTART"):
        return line
    raise Unacceptable(OBJECT, _("An event needs a DTSTART."))


def _span(event: Part, clocks: _Clocks) -> tuple[datetime, datetime]:
    start, clock = _local(_start(event)), clocks.of(_start(event))
    try:
        for end in event.all("DTEND"):
            return clock(start), clocks.of(end)(_local(end))
        for length in event.all("DURATION"):
            return clock(start), _after(start, length, clock)
        return clock(start), clock(start)
    except OverflowError:
        raise Unacceptable("C:max-date-time", _("The event is too long.")) from None


def _after(start: datetime, length: Line, clock: _Clock) -> datetime:
    """Days and weeks are counted on the calendar, hours on a stopwatch (RFC 5545 3.3.6)."""
    duration = _value(length)
    if not isinstance(duration, timedelta):
        raise Unacceptable(DATA, _("A DURATION can't be read."))
    days = timedelta(duration.days) if re.search("[DW]", length.value) else timedelta(0)
    return clock(start + days) + (duration - days)


def _local(line: Line) -> datetime:
    """A date or time as clocks show it, or in UTC; a date is its first moment."""
    moment = _value(line)
    if isinstance(moment, datetime):
        return moment
    if isinstance(moment, date):
        return datetime.combine(moment, time())
    raise Unacceptable(DATA, _("The {name} can't be read.").format(name=line.name))


def _value(line: Line) -> object:
    try:
        value: object = vDDDTypes.from_ical(line.value)  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, _("The {name} can't be read.").format(name=line.name)) from None
    return value


@dataclass(frozen=True, slots=True)
class _Clocks:
    """The zones that an object's times are told in."""

    floating: str
    definitions: list[Part]

    def of(self, line: Line) -> _Clock:
        tzid = line.param("TZID")
        named = (part for part in self.definitions if reading.text(part.value("TZID")) == tzid)
        definition = next(named, None)

        def clock(local: datetime) -> datetime:
            if local.tzinfo is not None:
                return local.astimezone(UTC)
            # A business whose zone nobody knows is shown in UTC too.
            if name := known(tzid) if tzid else known(self.floating) or "UTC":
                return local.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
            if definition is not None:
                return local.replace(tzinfo=_defined(definition, local)).astimezone(UTC)
            raise Unacceptable(OBJECT, _("The time zone of {name} isn't defined.").format(name=line.name))

        return clock


def _defined(definition: Part, local: datetime) -> ClientZone:
    """A program's own definition counts only where nobody else knows the zone's name."""
    try:
        return ClientZone(definition, local - _AROUND, local + _AROUND, Budget())
    except (TooMany, ValueError, OverflowError, IndexError):
        raise Unacceptable(DATA, _("The definition of a time zone can't be read.")) from None
