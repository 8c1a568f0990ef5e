"""calendarList.*, calendars.get, freebusy.query and channels.stop."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.servers.google import selection, times, views
from tests.servers.google.accounts import Account, Entry
from tests.servers.google.calendars import Calendar
from tests.servers.google.call import Call
from tests.servers.google.listing import gone
from tests.servers.google.refusal import Refusal, empty_range, invalid, required
from tests.servers.google.selection import Window
from tests.servers.google.wire import Answer, told

Json = dict[str, Any]
Span = tuple[datetime, datetime]

_LONGEST = timedelta(days=92)


def get_entry(call: Call) -> Answer:
    return told(200, call.account.entry(call.path["calendarId"]).shown())


def get_calendar(call: Call) -> Answer:
    calendar = call.account.entry(call.path["calendarId"]).calendar
    said = {"kind": "calendar#calendar", "etag": f'"{calendar.revision:013d}"', "id": calendar.id}
    return told(200, said | {"summary": calendar.summary, "timeZone": calendar.zone})


def list_entries(call: Call) -> Answer:
    """The caller's calendars, or with a sync token those that came, changed or went since."""
    query, account = call.query, call.account
    since = _since(query, account)
    found = [one for one in account.entries.values() if _listed(one, query, since)]
    begin = int(query["pageToken"]) if query.get("pageToken", "x").isdigit() else 0
    end = begin + min(query.get("maxResults", 100), 250)
    said: Json = {"kind": "calendar#calendarList", "etag": f'"p{account.revision:012d}"'}
    said["items"] = [entry.shown() for entry in found[begin:end]]
    if end < len(found):
        return told(200, said | {"nextPageToken": str(end)})
    token = base64.urlsafe_b64encode(
        json.dumps([account.email, account.revision, call.world.listing.era]).encode()
    )
    return told(200, said | ({} if "minAccessRole" in query else {"nextSyncToken": token.decode()}))


def _since(query: Json, account: Account) -> int | None:
    if "syncToken" not in query:
        return None
    if "minAccessRole" in query:
        raise invalid("Sync token cannot be used with minAccessRole.", location="minAccessRole")
    try:
        email, revision, _ = json.loads(base64.urlsafe_b64decode(query["syncToken"]))
    except (ValueError, TypeError) as error:
        raise gone() from error
    if email != account.email:
        raise gone()
    return int(revision)


def _listed(entry: Entry, query: Json, since: int | None) -> bool:
    if since is not None:
        return entry.revision > since
    if (entry.deleted and not query.get("showDeleted")) or (entry.hidden and not query.get("showHidden")):
        return False
    return views.at_least(entry.role, query.get("minAccessRole", "none"))


def free_busy(call: Call) -> Answer:
    body = call.body
    for name in ("timeMin", "timeMax"):
        if not body.get(name):
            raise required(f"Missing {name}.", name)
    after, before = (times.instant(body[name], name) for name in ("timeMin", "timeMax"))
    zone = body.get("timeZone") or "UTC"
    if not times.known(zone):
        raise invalid("Invalid time zone.", location="timeZone")
    if before <= after:
        raise empty_range()
    if before - after > _LONGEST:
        raise Refusal(400, "timeRangeTooLong", "The requested time range is too long.", domain="calendar")
    items = [item["id"] for item in body.get("items") or () if item.get("id")]
    if len(items) > min(body.get("calendarExpansionMax") or 50, 50):
        raise Refusal(400, "tooManyCalendarsRequested", "Too many calendars.", domain="calendar")
    shown = {wanted: _busy_of(call, wanted, Window(after, before), zone) for wanted in items}
    said = {"kind": "calendar#freeBusy", "timeMin": times.precise(after), "timeMax": times.precise(before)}
    return told(200, said | {"calendars": shown})


def _busy_of(call: Call, wanted: str, window: Window, zone: str) -> Json:
    try:
        calendar = call.account.entry(wanted).calendar
    except Refusal:
        return {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    spans = _joined(sorted(_busy(calendar, window)))
    return {"busy": [{"start": times.written(a, zone), "end": times.written(b, zone)} for a, b in spans]}


def _busy(calendar: Calendar, window: Window) -> Iterator[Span]:
    assert window.after
    assert window.before
    for event in selection.select(calendar, {"singleEvents": True}, None, window):
        resource = event.resource
        declined = any(
            one.get("self") and one["responseStatus"] == "declined" for one in resource.get("attendees", ())
        )
        if resource.get("transparency") != "transparent" and not declined:
            yield max(event.begins, window.after), min(event.ends, window.before)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for begins, ends in spans:
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        else:
            joined.append((begins, ends))
    return joined


def stop(call: Call) -> Answer:
    call.world.channels.stop(call.body, call.access.pair)
    return Answer(204)


METHODS = {
    "calendar.calendarList.get": get_entry,
    "calendar.calendarList.list": list_entries,
    "calendar.calendars.get": get_calendar,
    "calendar.freebusy.query": free_busy,
    "calendar.channels.stop": stop,
}
