"""What of an event is shown: to whom, in which zone, and how little of one that was deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.servers.google import times
from tests.servers.google.calendars import Calendar, Event

Json = dict[str, Any]

ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
_FREE_BUSY = ("kind", "etag", "id", "status", "start", "end", "transparency", "visibility", "recurrence",
              "recurringEventId", "originalStartTime", "iCalUID", "eventType", "updated", "created")  # fmt: skip
_HIDDEN = frozenset({"private", "confidential"})


def at_least(role: str, wanted: str) -> bool:
    return ROLES.index(role) >= ROLES.index(wanted)


def whole(event: Event, calendar: Calendar, role: str, zone: str | None = None) -> Json:
    """An event that was asked for by its id: with all its details, even if it was deleted."""
    resource = event.resource
    if not at_least(role, "reader") or (
        not at_least(role, "writer") and resource.get("visibility") in _HIDDEN
    ):
        resource = {name: resource[name] for name in _FREE_BUSY if name in resource}
        resource["visibility"] = "private"
    return in_zone(resource, zone) if zone and zone != calendar.zone else resource


def listed(event: Event, calendar: Calendar, role: str, zone: str | None = None) -> Json:
    """An event in a list. Of deleted ones Google guarantees the id only, and this server gives no more."""
    if not event.cancelled:
        return whole(event, calendar, role, zone)
    of_series = ("recurringEventId", "originalStartTime") if calendar.living(event.master_id) else ()
    names = ("id", "status", *of_series)
    return {name: event.resource[name] for name in names}


def in_zone(resource: Json, zone: str) -> Json:
    shown = dict(resource)
    for name in ("start", "end", "originalStartTime"):
        if "dateTime" in shown.get(name, {}):
            moment = datetime.fromisoformat(shown[name]["dateTime"])
            shown[name] = {**shown[name], "dateTime": times.written(moment, zone)}
    return shown
