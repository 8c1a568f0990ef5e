"""What somebody wants an event to be: checked as Graph checks it, and completed as Graph completes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from tests.servers.microsoft import markup, recurrence, schema, zones
from tests.servers.microsoft.items import Span
from tests.servers.microsoft.refusal import bad, invalid

Json = dict[str, Any]

# https://learn.microsoft.com/graph/api/resources/event, "Properties"; and what POST /events answers.
DEFAULTS: Json = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "isAllDay": False,
    "location": {"displayName": ""},
    "locations": [],
    "attendees": [],
    "categories": [],
    "showAs": "busy",
    "sensitivity": "normal",
    "importance": "normal",
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "onlineMeeting": None,
    "isCancelled": False,
    "isOrganizer": True,
    "organizer": None,
    "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
}
_NOT_CONTENT = frozenset(
    {"start", "end", "transactionId", "singleValueExtendedProperties", "originalStartTimeZone"}
)
_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Draft:
    content: Json
    span: Span
    properties: Mapping[str, str]
    shown_zones: tuple[str, str]
    transaction: str = ""


def new(body: Any, *, by_hand: bool = False) -> Draft:
    """An event that isn't there yet."""
    wanted = schema.check(body, by_hand=by_hand)
    for name in ("start", "end"):
        if wanted.get(name) is None:
            raise bad(f"The required property '{name}' is missing.", "ErrorInvalidRequest")
    content = DEFAULTS | _content(wanted)
    span, names = _span(wanted, content["isAllDay"])
    transaction = wanted.get("transactionId") or ""
    return _whole(content, span, _properties(wanted), _shown(wanted, names), transaction)


def changed(old: Draft, body: Any, *, part_of_series: bool, by_hand: bool = False) -> Draft:
    """PATCH: what isn't sent stays; structures and arrays are replaced, extended properties join the others."""
    wanted = schema.check(body, by_hand=by_hand)
    if "transactionId" in wanted:
        raise bad("Set action is invalid for property 'transactionId'.", "ErrorInvalidPropertySet")
    if part_of_series and wanted.get("recurrence") is not None:
        raise invalid("An occurrence can't recur.")
    if any(name in wanted and wanted[name] is None for name in ("start", "end")):
        raise invalid("Start and End can't be null.")
    content = old.content | _content(wanted)
    if "recurrence" in wanted and wanted["recurrence"] is None:
        content.pop("recurrence", None)
    now = {"start": _told(old, "start"), "end": _told(old, "end")}
    span, names = _span({**now, **wanted}, content["isAllDay"])
    if content.get("recurrence") and "recurrence" not in wanted:
        content["recurrence"] = recurrence.shifted(
            content["recurrence"], span.start.date() - old.span.start.date()
        )
    first, last = (
        new if name in wanted else before
        for name, new, before in zip(("start", "end"), names, old.shown_zones, strict=True)
    )
    shown = _shown(wanted, (first, last))
    return _whole(content, span, {**old.properties, **_properties(wanted)}, shown, old.transaction)


def _told(old: Draft, name: str) -> Json:
    local, zone = (old.span.start, old.span.zone) if name == "start" else (old.span.end, old.span.end_zone)
    return {"dateTime": local.isoformat(), "timeZone": zone}


def _content(wanted: Json) -> Json:
    """What a request says of everything but times; null is the default again."""
    made: Json = {
        name: DEFAULTS.get(name) if value is None else value
        for name, value in wanted.items()
        if name not in _NOT_CONTENT and (value is not None or name in DEFAULTS)
    }
    if len(made.get("subject", "")) > _SUBJECT:
        raise invalid("The subject is too long.")
    if "body" in made:
        made["body"] = markup.kept(made["body"])
    if "location" in made:
        made["locations"] = [made["location"]] if made["location"].get("displayName") else []
    elif "locations" in made:
        made["location"] = (made["locations"] or [{"displayName": ""}])[0]
    if "attendees" in made:
        made["attendees"] = [_attendee(one) for one in made["attendees"]]
    return made


def _attendee(one: Json) -> Json:
    address = (one.get("emailAddress") or {}).get("address", "")
    if "@" not in address:
        raise bad("At least one recipient isn't valid.", "ErrorInvalidRecipients")
    status = {"response": "none", "time": "0001-01-01T00:00:00Z"}
    name = one["emailAddress"].get("name") or address
    return {
        "type": one.get("type") or "required",
        "status": one.get("status") or status,
        "emailAddress": {"name": name, "address": address},
    }


def _properties(wanted: Json) -> Json:
    made = {}
    for one in wanted.get("singleValueExtendedProperties") or ():
        if not isinstance(one.get("id"), str) or not isinstance(one.get("value"), str):
            raise bad("An extended property needs id and value.", "ErrorInvalidProperty")
        made[schema.property_id(one["id"])] = one["value"]
    return made


def _span(wanted: Json, all_day: bool) -> tuple[Span, tuple[str, str]]:
    start, zone = zones.moment(wanted["start"], "start")
    end, end_zone = zones.moment(wanted["end"], "end")
    span = Span(start, end, zone, end_zone, all_day)
    if all_day:
        for name, local in (("Start", start), ("End", end)):
            if local.time() != time():
                raise invalid(f"The Event.{name} property for an all-day event needs to be set to midnight.")
        if zone != end_zone:
            raise invalid("Start and End of an all-day event need to be in the same time zone.")
        if end - start < timedelta(days=1):
            raise invalid("The duration of an event marked as All day must be at least 24 hours.")
    elif span.ends < span.begins:
        raise bad("End time is earlier than start time.", "ErrorCalendarEndDateIsEarlierThanStartDate")
    return span, (zone, end_zone)


def _shown(wanted: Json, names: tuple[str, str]) -> tuple[str, str]:
    """The author's own zones; by hand it can be one that no client may write, such as tzone://Microsoft/Custom."""
    return (wanted.get("originalStartTimeZone") or names[0], names[1])


def _whole(content: Json, span: Span, properties: Json, shown: tuple[str, str], transaction: str) -> Draft:
    given = content.get("recurrence")
    if given is not None:
        made = recurrence.completed(given, span.start.date(), span.zone)
        content = {**content, "recurrence": made}
        # The series begins on the first day that fits.
        first = next(recurrence.days(made))
        span = span.on(first)
        made["range"]["startDate"] = str(first)
    return Draft(content, span, properties, shown, transaction)
