"""events.*: what each method does once the request was found to be in order."""

from __future__ import annotations

from typing import Any

from tests.servers.google import selection, views
from tests.servers.google.calendars import Calendar, Event
from tests.servers.google.call import Call
from tests.servers.google.refusal import empty_range, invalid
from tests.servers.google.selection import Window
from tests.servers.google.wire import Answer, told
from tests.servers.google.world import Mail

Json = dict[str, Any]


def get(call: Call) -> Answer:
    entry = call.entry()
    event = entry.calendar.get(call.path["eventId"])
    etag = event.resource["etag"]
    if call.request.says("if-none-match") == etag:
        return Answer(304, b"", {"ETag": etag})
    return told(
        200, views.whole(event, entry.calendar, entry.role, call.query.get("timeZone")), {"ETag": etag}
    )


def insert(call: Call) -> Answer:
    entry = call.writable()
    return _written(call, entry.calendar.insert(_body(call), call.author), "invitation")


def update(call: Call) -> Answer:
    entry = call.writable()
    sent = call.body.get("id")
    if sent is not None and sent != call.path["eventId"]:
        raise invalid("The id of the event cannot be changed.", location="id")
    return _written(call, entry.calendar.replace(call.path["eventId"], _body(call), call.author), "update")


def patch(call: Call) -> Answer:
    entry = call.writable()
    return _written(call, entry.calendar.patch(call.path["eventId"], _body(call), call.author), "update")


def delete(call: Call) -> Answer:
    calendar = call.writable().calendar
    event = calendar.get(call.path["eventId"])
    calendar.delete(event.id, call.author)
    _mail(call, event, "cancellation")
    return Answer(204)


def _body(call: Call) -> Json:
    """The body without what counts only if a parameter says that the client understands it."""
    unread = set()
    if not call.query.get("conferenceDataVersion"):
        unread.add("conferenceData")
    if not call.query.get("supportsAttachments"):
        unread.add("attachments")
    if not call.query.get("eventLabelVersion"):
        unread.add("eventLabelId")
    return {name: value for name, value in call.body.items() if name not in unread}


def _written(call: Call, event: Event, occasion: str) -> Answer:
    _mail(call, event, occasion)
    return told(200, event.resource, {"ETag": event.resource["etag"]})


def _mail(call: Call, event: Event, occasion: str) -> None:
    """Note whom Google would have written to."""
    to = tuple(one["email"] for one in event.resource.get("attendees", ()) if not one.get("self"))
    updates = call.query.get("sendUpdates", "all" if call.query.get("sendNotifications") else "none")
    if to and updates != "none":
        call.world.mails.append(Mail(event.id, to, occasion))


def list_events(call: Call) -> Answer:
    entry, world = call.entry(), call.world
    full = "syncToken" not in call.query and "pageToken" not in call.query
    empty = full and world.faults.take(call.method.id, "empty_listing") is not None
    page = world.listing.page(entry.calendar, entry.role, call.query, world.now(), empty)
    return told(200, _head(entry.calendar, entry.role, call.query.get("timeZone")) | page)


def _head(calendar: Calendar, role: str, zone: str | None) -> Json:
    last = next(reversed(calendar.events.values()), None)
    head = {
        "kind": "calendar#events",
        "etag": f'"p{calendar.revision:012d}"',
        "summary": calendar.summary,
        "description": "",
        "timeZone": zone or calendar.zone,
        "accessRole": role,
        "defaultReminders": [],
    }
    return head | ({"updated": last.resource["updated"]} if last else {})


def instances(call: Call) -> Answer:
    """The occurrences of a series, exceptions in their places; one page, which may be cut."""
    entry = call.entry()
    calendar, window = entry.calendar, Window.of(call.query)
    if window.empty:
        raise empty_range()
    master = calendar.get(call.path["eventId"])
    found = (
        list(selection.instances(master, calendar, window)) if master.recurs and not master.cancelled else []
    )
    for exception in calendar.exceptions(master.id):
        if window.touches(exception) and (call.query.get("showDeleted") or not exception.cancelled):
            found.append(exception)
    found.sort(key=lambda event: event.begins)
    if "originalStart" in call.query:
        found = [event for event in found if _original(event) == call.query["originalStart"]]
    begin = int(call.query.get("pageToken", 0))
    end = begin + min(call.query.get("maxResults", 250), 2500)
    zone = call.query.get("timeZone")
    said: Json = {"items": [views.listed(one, calendar, entry.role, zone) for one in found[begin:end]]}
    said |= {"nextPageToken": str(end)} if end < len(found) else {}
    return told(200, _head(calendar, entry.role, zone) | said)


def _original(event: Event) -> str | None:
    moment = event.resource.get("originalStartTime", {})
    return moment.get("dateTime") or moment.get("date")


def watch(call: Call) -> Answer:
    entry = call.entry()
    return told(200, call.world.channels.watch(call.body, entry.calendar.id, call.access.pair, call.api))


METHODS = {
    "calendar.events.get": get,
    "calendar.events.insert": insert,
    "calendar.events.update": update,
    "calendar.events.patch": patch,
    "calendar.events.delete": delete,
    "calendar.events.list": list_events,
    "calendar.events.instances": instances,
    "calendar.events.watch": watch,
}
