"""Who has an account here, and which calendars each of them sees in which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.servers.google.calendars import Calendar
from tests.servers.google.refusal import not_found

Json = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """A calendar as it stands in somebody's list."""

    email: str
    calendar: Calendar
    role: str
    revision: int
    hidden: bool = False
    selected: bool = True
    deleted: bool = False

    def shown(self) -> Json:
        calendar = self.calendar
        said: Json = {
            "kind": "calendar#calendarListEntry",
            "etag": f'"{self.revision:013d}"',
            "id": calendar.id,
        }
        if self.deleted:
            return said | {"deleted": True}
        said |= {"summary": calendar.summary, "timeZone": calendar.zone, "accessRole": self.role}
        said |= {"colorId": "14", "backgroundColor": "#9fe1e7", "foregroundColor": "#000000"}
        said |= {
            "defaultReminders": [],
            "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        }
        flags = {"selected": self.selected, "primary": calendar.id == self.email, "hidden": self.hidden}
        return said | {name: True for name, is_so in flags.items() if is_so}


@dataclass(slots=True)
class Account:
    email: str
    zone: str
    entries: dict[str, Entry] = field(default_factory=dict)
    revision: int = 1

    def add(self, calendar: Calendar, role: str, hidden: bool = False, selected: bool = True) -> Entry:
        self.revision += 1
        entry = self.entries[calendar.id] = Entry(self.email, calendar, role, self.revision, hidden, selected)
        return entry

    def drop(self, calendar_id: str) -> None:
        self.revision += 1
        entry = self.entry(calendar_id)
        entry.deleted, entry.revision = True, self.revision

    def entry(self, calendar_id: str) -> Entry:
        """The calendar of that id, or `primary`; to somebody who may not see it, it does not exist."""
        wanted = self.email if calendar_id == "primary" else calendar_id
        entry = self.entries.get(wanted) or self.entries.get(wanted.lower())
        if entry is None or entry.deleted:
            raise not_found()
        return entry
