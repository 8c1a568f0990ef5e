"""Which events a list shows: the filters of events.list, one function for first and incremental requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.servers.google import recurrence, times
from tests.servers.google.calendars import Calendar, Event

Json = dict[str, Any]

# Longer than any series pauses.
_LONG = timedelta(days=3660)
_SEARCHED = ("summary", "description", "location")


@dataclass(frozen=True, slots=True)
class Window:
    """Between two times, either of which may be open."""

    after: datetime | None = None
    before: datetime | None = None

    @classmethod
    def of(cls, query: Json) -> Window:
        return cls(
            *(times.instant(query[name], name) if name in query else None for name in ("timeMin", "timeMax"))
        )

    @property
    def empty(self) -> bool:
        return self.after is not None and self.before is not None and self.after >= self.before

    def touches(self, event: Event) -> bool:
        return (self.after is None or event.ends > self.after) and (
            self.before is None or event.begins < self.before
        )


def select(calendar: Calendar, query: Json, since: int | None, window: Window) -> list[Event]:
    """The events that the query asks for; with `since`, those that changed after that revision."""
    found = [event for event in calendar.changed_after(since or 0) if _wanted(event, calendar, query, since)]
    if query.get("singleEvents"):
        return _in_order(_spread(found, calendar, window), query)
    return _in_order([event for event in found if _inside(event, calendar, window)], query)


def _wanted(event: Event, calendar: Calendar, query: Json, since: int | None) -> bool:
    if event.cancelled and since is None and not _shows_cancelled(event, calendar, query):
        return False
    resource = event.resource
    if "eventTypes" in query and resource["eventType"] not in query["eventTypes"]:
        return False
    if "iCalUID" in query and resource["iCalUID"] != query["iCalUID"]:
        return False
    if "updatedMin" in query and event.updated < times.instant(query["updatedMin"], "updatedMin"):
        return False
    return _has_properties(resource, query) and _mentions(resource, query.get("q"))


def _shows_cancelled(event: Event, calendar: Calendar, query: Json) -> bool:
    if query.get("showDeleted") or "updatedMin" in query:
        return True
    return calendar.living(event.master_id) and not query.get("singleEvents")


def _has_properties(resource: Json, query: Json) -> bool:
    own = resource.get("extendedProperties", {})
    for kind in ("private", "shared"):
        for pair in query.get(f"{kind}ExtendedProperty", ()):
            name, _, value = pair.partition("=")
            if own.get(kind, {}).get(name) != value:
                return False
    return True


def _mentions(resource: Json, sought: str | None) -> bool:
    if not sought:
        return True
    texts = [resource.get(name, "") for name in _SEARCHED]
    texts += [f"{one.get('displayName', '')} {one['email']}" for one in resource.get("attendees", ())]
    return all(word in " ".join(texts).lower() for word in sought.lower().split())


def _inside(event: Event, calendar: Calendar, window: Window) -> bool:
    if not event.recurs or window == Window():
        return window.touches(event)
    before = window.before or max(window.after or event.begins, event.begins) + _LONG
    return next(recurrence.occurrences(event.resource, calendar.zone, window.after, before), None) is not None


def _spread(events: list[Event], calendar: Calendar, window: Window) -> Iterator[Event]:
    for event in events:
        if event.recurs and not event.cancelled:
            yield from instances(event, calendar, window)
        elif not event.recurs and window.touches(event):
            yield event


def instances(master: Event, calendar: Calendar, window: Window) -> Iterator[Event]:
    """The occurrences of a series that nobody has changed."""
    for moment in recurrence.occurrences(master.resource, calendar.zone, window.after, window.before):
        event = calendar.occurrence(master, moment)
        if event.id not in calendar.events:
            yield event


def _in_order(events: Iterator[Event] | list[Event], query: Json) -> list[Event]:
    if query.get("orderBy") == "startTime":
        return sorted(events, key=lambda event: (event.begins, event.id))
    return list(events)  # the order of the last change, which is also that of orderBy=updated
