"""A person with a Google account, who works in their calendars with their own hands: no token, no quota, no mishaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.servers.google import views
from tests.servers.google.accounts import Account
from tests.servers.google.calendars import Author, Calendar, Event
from tests.servers.google.world import World

Json = dict[str, Any]


class Human:
    """Every change is a change like any other: new etags, new revisions, notifications."""

    def __init__(self, world: World, account: Account) -> None:
        self._world = world
        self._account = account
        # People can bring back what they deleted.
        self._author = Author(account.email, revives=True, by_hand=True)

    @property
    def email(self) -> str:
        return self._account.email

    def calendar(self, calendar_id: str = "primary") -> Calendar:
        return self._account.entry(calendar_id).calendar

    def create(self, event: Json, calendar: str = "primary") -> Json:
        """Any event that the API would take as well; its resource."""
        with self._world.lock:
            return self.calendar(calendar).insert(event, self._author).resource

    def invited(self, event: Json, by: str, response: str = "needsAction") -> Json:
        """An event of somebody elsewhere, to which the person is invited."""
        own = {"email": self.email, "responseStatus": response}
        guests = [{"email": by, "responseStatus": "accepted", "organizer": True}, own]
        with self._world.lock:
            author = Author(self.email, organizer=by)
            return self.calendar().insert({**event, "attendees": guests}, author).resource

    def edit(self, event_id: str, changes: Json, calendar: str = "primary") -> Json:
        """Change an event, a series, or one occurrence; nulls remove."""
        with self._world.lock:
            return self.calendar(calendar).patch(event_id, changes, self._author).resource

    def retitle(self, event_id: str, title: str, calendar: str = "primary") -> Json:
        return self.edit(event_id, {"summary": title}, calendar)

    def move(self, event_id: str, by: timedelta, calendar: str = "primary") -> Json:
        """Somewhat later or earlier; whole days for all-day events."""
        event = self.get(event_id, calendar)
        return self.edit(event_id, {name: _later(event[name], by) for name in ("start", "end")}, calendar)

    def respond(self, event_id: str, response: str, calendar: str = "primary") -> Json:
        """Accept, decline… an invitation; for events without guests the person becomes their own."""
        event = self.get(event_id, calendar)
        own = self.calendar(calendar).id
        others = [one for one in event.get("attendees", ()) if one["email"] != own]
        answered = {"email": own, "responseStatus": response}
        return self.edit(event_id, {"attendees": [*others, answered]}, calendar)

    def delete(self, event_id: str, calendar: str = "primary") -> None:
        with self._world.lock:
            self.calendar(calendar).delete(event_id, self._author)

    def delete_many(self, event_ids: Iterable[str], calendar: str = "primary") -> None:
        with self._world.lock:
            for event_id in event_ids:
                self.delete(event_id, calendar)

    def empty(self, calendar: str = "primary") -> int:
        """Delete everything; how many events that were."""
        with self._world.lock:
            living = [one["id"] for one in self.events(calendar) if "recurringEventId" not in one]
            self.delete_many(living, calendar)
            return len(living)

    def get(self, event_id: str, calendar: str = "primary") -> Json:
        with self._world.lock:
            return dict(self.calendar(calendar).get(event_id).resource)

    def events(self, calendar: str = "primary", tombstones: bool = False) -> list[Json]:
        """What is stored, the last changed last; deleted ones with all that is left of them."""
        with self._world.lock:
            stored: list[Event] = list(self.calendar(calendar).events.values())
            return [dict(one.resource) for one in stored if tombstones or not one.cancelled]

    def add_calendar(
        self, summary: str, zone: str | None = None, hidden: bool = False, selected: bool = True
    ) -> str:
        """A further calendar of one's own; its id."""
        with self._world.lock:
            made = self._world.second_calendar(self._account, summary, zone)
            self._account.add(made, "owner", hidden, selected)
            return made.id

    def share(self, calendar: str, email: str, role: str) -> None:
        """Put one of one's calendars into somebody else's list."""
        if role not in views.ROLES:
            raise ValueError(f"there is no role {role}")
        with self._world.lock:
            self._world.accounts[email].add(self.calendar(calendar), role)

    def drop_calendar(self, calendar: str) -> None:
        """Take a calendar out of one's list."""
        with self._world.lock:
            self._account.drop(self.calendar(calendar).id)


def _later(moment: Json, by: timedelta) -> Json:
    if "date" in moment:
        day = datetime.fromisoformat(moment["date"]) + timedelta(days=by.days)
        return {"date": str(day.date())}
    return {**moment, "dateTime": (datetime.fromisoformat(moment["dateTime"]) + by).isoformat()}
