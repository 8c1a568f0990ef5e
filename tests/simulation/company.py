"""A calendar company, as a model in memory: three kinds of accounts that differ as real ones do.

| | google | graph | caldav |
|---|---|---|---|
| who chooses an event's id | we | they | we |
| an id that was used | is never free again | – | is free again |
| a series | its instances are told one by one | as google | is told whole |
| a removal that is told | is one | may be none, and tells only the id | is one |

Whoever asks for changes is told the present, page by page: what changes between two pages is told in whatever state it
is by then, and once more in the next round. Every write makes another ETag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from gateway.core.wanted import Wanted
from tests.simulation.appointments import Appointment

HOST: Final = "Modelcal"
STYLES: Final = ("google", "graph", "caldav")
LIFE: Final = timedelta(hours=1)


@dataclass
class Edit:
    """What a person did to a booking's event. `mark`: how far the timeline was then; `seen`: we were told of it."""

    booking_id: int
    what: str
    mark: int
    span: tuple[datetime, datetime] | None = None
    seen: bool = False
    idle: bool = False  # the booking was not wanted there any more


@dataclass
class Entry:
    """One thing in a calendar: a booking's event, somebody's own event, or (`number`) an instance of that."""

    id: str
    key: str = ""
    version: int = 0
    gone: bool = False
    tag: str = ""
    shown: Wanted | None = None
    base: Wanted | None = None  # what it said when we last wrote or read it
    edits: list[Edit] = field(default_factory=list)
    appointment: Appointment | None = None
    number: int | None = None

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    @property
    def says(self) -> Wanted:
        """What a booking's event says."""
        if self.shown is None:
            raise ValueError(f"{self.id} is no booking's event")
        return self.shown

    @property
    def booking_id(self) -> int:
        return int(self.tag.partition("@")[0].removeprefix("booking-")) if self.tag else 0


@dataclass
class Calendar:
    id: str
    style: str
    name: str = "Calendar"
    writable: bool = True
    main: bool = True
    version: int = 0
    floor: int = 0  # what was told before is forgotten
    entries: dict[str, Entry] = field(default_factory=dict)
    rounds: dict[str, tuple[list[str], int]] = field(default_factory=dict)

    def touch(self, entry: Entry) -> Entry:
        self.version += 1
        entry.version = self.version
        self.entries[entry.id] = entry
        return entry

    def bookings(self) -> list[Entry]:
        """The events of bookings that are there."""
        return [one for one in self.entries.values() if one.tag and not one.gone]

    def appointments(self) -> list[Appointment]:
        return [
            one.appointment
            for one in self.entries.values()
            if one.appointment and one.number is None and not one.gone
        ]

    def parts(self, key: str) -> list[Entry]:
        """The instances of a series that are told by themselves."""
        return [one for one in self.entries.values() if one.number is not None and one.key == key]


@dataclass
class Mailbox:
    """An account. `revoked`: nobody is let in before its owner agrees anew."""

    name: str
    calendars: dict[str, Calendar]
    revoked: bool = False
    was_revoked: bool = False
    grants: int = 0

    vanished: dict[str, Calendar] = field(default_factory=dict)

    @property
    def every(self) -> dict[str, Calendar]:
        return {**self.calendars, **self.vanished}

    def mend(self) -> None:
        """All calendars are there, and can be written into."""
        self.calendars |= self.vanished
        self.vanished = {}
        for calendar in self.calendars.values():
            calendar.writable = True

    def shut(self) -> None:
        self.revoked = self.was_revoked = True


@dataclass
class Watching:
    id: str
    secret: str
    calendar: str


@dataclass
class Company:
    """The provider: its accounts, whom it calls (`notices` are on their way), and what it was asked (`writes`)."""

    now: Callable[[], datetime]
    chance: Random
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    watches: list[Watching] = field(default_factory=list)
    notices: list[Watching] = field(default_factory=list)
    obligations: list[Edit] = field(default_factory=list)
    whole_parts: bool = True  # a listing tells instances too that were moved into the past
    writes: int = 0
    cut: bool = False  # the next list of calendars is cut short
    emptied: bool = False  # the next whole listing is empty
    lying: bool = False  # the next changes tell removals that are none

    def add(self, name: str, style: str) -> Mailbox:
        main = Calendar(name, style, "Main")
        other = Calendar(f"{name}/family", style, "Family", main=False)
        self.mailboxes[name] = Mailbox(name, {main.id: main, other.id: other})
        return self.mailboxes[name]

    def listed(self, mailbox: Mailbox) -> list[Calendar]:
        """An account's calendars, or not all of them."""
        every, cut = list(mailbox.calendars.values()), self.cut
        self.cut = False
        return every[: self.chance.randrange(len(every))] if cut else every

    def changed(self, calendar: Calendar) -> None:
        """Tell whoever wants to be told."""
        told = [one for one in self.watches if one.calendar == calendar.id]
        self.notices += [one for one in told if one not in self.notices]

    def see(self, entry: Entry) -> None:
        """We learn what a person made of a booking's event: from now on something must become of it."""
        if not entry.edits:
            return
        last = entry.edits[-1]
        if entry.gone or entry.shown != entry.base:
            last.seen = True
            self.obligations.append(last)
        entry.edits, entry.base = [], entry.shown
