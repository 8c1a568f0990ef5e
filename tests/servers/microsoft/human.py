"""A person with a Microsoft account, who works in their calendars with their own hands: no token, no quota, no mishaps.

Events are called by their immutable ids, and shown as Graph would show them, in UTC and as text.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.microsoft import draft, names, recurrence
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.mailbox import Mailbox, drafted
from tests.servers.microsoft.preferences import Preferences
from tests.servers.microsoft.views import View, extended
from tests.servers.microsoft.world import World

Json = dict[str, Any]

# How Outlook marks the time of an invitation, by what was answered.
_SHOWN = {
    "accepted": "busy",
    "tentativelyAccepted": "tentative",
    "notResponded": "tentative",
    "declined": "free",
}


class Human:
    """Every change is a change like any other: new etags, new revisions, notifications."""

    def __init__(self, world: World, mailbox: Mailbox) -> None:
        self._world = world
        self._mailbox = mailbox
        self._view = View(mailbox, Preferences(lasting_ids=True, body="text"))

    @property
    def email(self) -> str:
        return self._mailbox.email

    def calendar_id(self, name: str = "default") -> str:
        found = [
            one
            for one in self._mailbox.calendars.values()
            if name == ("default" if one.default else one.name)
        ]
        return names.calendar(found[0].key)

    def _calendar(self, calendar: str | None) -> Calendar:
        return self._mailbox.calendar(calendar) if calendar else self._mailbox.default

    def _shown(self, item: Item) -> Json:
        return self._view.event(item) | extended(item, item.properties)

    def create(self, body: Json, calendar: str | None = None) -> Json:
        """Any event that Graph would take as well, and what comes in from elsewhere: isCancelled, organizer…"""
        with self._world.lock:
            made, _ = self._mailbox.create(self._calendar(calendar), draft.new(body, by_hand=True))
            return self._shown(made)

    def invited(
        self, body: Json, by: str, response: str = "notResponded", calendar: str | None = None
    ) -> Json:
        """An event of somebody elsewhere, to which the person is invited; `response` in Graph's words."""
        host, time = {"emailAddress": {"name": by, "address": by}}, "2026-11-20T10:00:00Z"
        status = {
            "response": response,
            "time": "0001-01-01T00:00:00Z" if response == "notResponded" else time,
        }
        guest = {
            "type": "required",
            "status": status,
            "emailAddress": {"name": self.email, "address": self.email},
        }
        known = {
            "showAs": _SHOWN[response],
            "isOrganizer": False,
            "organizer": host,
            "responseStatus": status,
            "attendees": [{**host, "type": "required", "status": {"response": "none", "time": time}}, guest],
        }
        return self.create(known | body, calendar)

    def edit(self, event_id: str, changes: Json) -> Json:
        """Change an event, a series, or one occurrence; nulls bring back what is usual."""
        with self._world.lock:
            calendar, item = self._mailbox.locate(event_id)
            made = draft.changed(drafted(item), changes, part_of_series=bool(item.series), by_hand=True)
            return self._shown(self._mailbox.write(calendar, item, made))

    def retitle(self, event_id: str, title: str) -> Json:
        return self.edit(event_id, {"subject": title})

    def respond(self, event_id: str, response: str) -> Json:
        status = {"response": response, "time": "2026-11-24T10:00:00Z"}
        return self.edit(event_id, {"responseStatus": status, "showAs": _SHOWN[response]})

    def cancel(self, event_id: str) -> Json:
        """Its organizer cancels it: it stays, marked, until it is taken away."""
        event = self.get(event_id)
        return self.edit(
            event_id, {"isCancelled": True, "subject": f"Canceled: {event['subject']}", "showAs": "free"}
        )

    def move(self, event_id: str, by: timedelta) -> Json:
        """Somewhat later or earlier; whole days for all-day events. Of a series, every occurrence."""
        with self._world.lock:
            calendar, item = self._mailbox.locate(event_id)
            span = item.span.later(by, local=item.recurrence is not None)
            content = item.content
            days = span.start.date() - item.span.start.date()
            if item.recurrence and days:
                content = {**content, "recurrence": recurrence.shifted(item.recurrence, days)}
            return self._shown(calendar.store(replace(item, span=span, content=content), "updated"))

    def _occurrence(self, series_id: str, starts: datetime) -> str:
        """The id of the occurrence that begins then, or once began then."""
        _, master = self._mailbox.locate(series_id)
        day = starts.astimezone(UTC)
        for ahead in (-1, 0, 1):
            one = master.occurrence((day + timedelta(days=ahead)).date())
            if one.span.begins == starts:
                return self._view.id(one.key, one.place)
        raise ValueError(f"no occurrence begins at {starts}")

    def move_one(self, series_id: str, starts: datetime, by: timedelta) -> Json:
        return self.move(self._occurrence(series_id, starts), by)

    def cancel_one(self, series_id: str, starts: datetime) -> None:
        self.delete(self._occurrence(series_id, starts))

    def delete(self, event_id: str) -> None:
        with self._world.lock:
            calendar, item = self._mailbox.locate(event_id)
            calendar.remove(item)

    def move_to(self, event_id: str, calendar: str) -> Json:
        """Into another calendar: its usual id is another one then, the immutable one stays."""
        with self._world.lock:
            place, item = self._mailbox.locate(event_id)
            return self._shown(self._mailbox.move(place, item, self._calendar(calendar)))

    def empty(self, calendar: str | None = None) -> int:
        """Delete everything; how many events that were."""
        with self._world.lock:
            place = self._calendar(calendar)
            living = place.living()
            for item in living:
                place.remove(item)
            return len(living)

    def get(self, event_id: str) -> Json:
        with self._world.lock:
            return self._shown(self._mailbox.locate(event_id)[1])

    def events(self, calendar: str | None = None) -> list[Json]:
        """Single events and series, the last changed last."""
        with self._world.lock:
            return [self._shown(item) for item in self._calendar(calendar).living()]

    def add_calendar(self, name: str) -> str:
        """A further calendar of one's own; its id."""
        with self._world.lock:
            return names.calendar(self._mailbox.add(name).key)

    def share(self, name: str, owner: str = "boss@example.com", *, can_edit: bool = False) -> str:
        """A calendar of somebody else's, which the person may read and perhaps not write; its id."""
        with self._world.lock:
            return names.calendar(self._mailbox.add(name, owner=owner, can_edit=can_edit).key)

    def drop_calendar(self, calendar: str) -> None:
        with self._world.lock:
            self._mailbox.drop(self._calendar(calendar))
