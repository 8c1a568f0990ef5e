"""What somebody wants an event to be: checked as Google checks it, and completed as Google completes it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.servers.google import recurrence, times
from tests.servers.google.refusal import empty_range, invalid, required

Json = dict[str, Any]

# What Google fills in itself; in a request these are read over.
GIVEN = frozenset(
    {
        "kind",
        "etag",
        "htmlLink",
        "created",
        "updated",
        "creator",
        "organizer",
        "hangoutLink",
        "locked",
        "gadget",
    }
    | {"attendeesOmitted", "endTimeUnspecified", "recurringEventId", "originalStartTime"}
)
# What an event keeps for its whole life.
KEPT = ("kind", "id", "htmlLink", "created", "creator", "organizer", "iCalUID", "eventType", "recurringEventId",
        "originalStartTime")  # fmt: skip
_CHOICES = {
    "status": ("confirmed", "tentative", "cancelled"),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
    "eventType": ("default", "focusTime", "outOfOffice", "workingLocation", "birthday", "fromGmail"),
}
# Left out of answers when they say nothing new.
_DEFAULTS = {
    "transparency": "opaque",
    "visibility": "default",
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
    "anyoneCanAddSelf": False,
    "privateCopy": False,
}
_RESPONSES = ("needsAction", "declined", "tentative", "accepted")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_ID = re.compile(r"[a-v0-9]{5,1024}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the event shall stand: what its content depends on."""

    zone: str
    calendar_id: str
    primary: bool


def check_id(event_id: str) -> None:
    if not _ID.fullmatch(event_id):
        raise invalid("Invalid resource id value.", location="id")


def wishes(body: Json) -> Json:
    """A body without nulls and without what only Google fills in."""
    return {name: value for name, value in _without_nulls(body).items() if name not in GIVEN}


def merged(old: Json, patch: Json) -> Json:
    """PATCH: objects grow together, arrays are replaced, null removes."""
    result = dict(old)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


def _without_nulls(value: Json) -> Json:
    return {
        name: _without_nulls(inner) if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if inner is not None
    }


def completed(wanted: Json, place: Place) -> Json:
    """The event's changeable part as it is stored and shown; refused if Google would refuse it."""
    event = {"status": "confirmed", "eventType": "default", "reminders": {"useDefault": True}, **wanted}
    for name, allowed in _CHOICES.items():
        if name in event and event[name] not in allowed:
            raise invalid(f"Invalid value '{event[name]}' for {name}.", location=name)
    _set_times(event, place)
    _check_kind(event, place)
    _check_reminders(event["reminders"])
    if "attendees" in event:
        event["attendees"] = [_attendee(one, place) for one in event["attendees"]]
    if "extendedProperties" in event:
        event["extendedProperties"] = _properties(event["extendedProperties"])
    return {name: value for name, value in event.items() if not _says_nothing(name, value)}


def _says_nothing(name: str, value: Any) -> bool:
    return _DEFAULTS.get(name, ...) == value or value in ([], {}, "")


def _set_times(event: Json, place: Place) -> None:
    recurs = bool(event.get("recurrence"))
    moments = {}
    for name in ("start", "end"):
        if not event.get(name):
            raise required(f"Missing {name} time.", name)
        moments[name] = _moment(name, event[name], place, recurs)
    begins, ends = moments["start"], moments["end"]
    if begins.all_day != ends.all_day:
        raise invalid("Start and end times must either both be date or both be dateTime.")
    if ends.at <= begins.at:
        raise empty_range()
    event |= {"start": begins.shown, "end": ends.shown}
    if recurs:
        first, _, _ = recurrence.local(event, place.zone)
        recurrence.check(event["recurrence"], first, begins.all_day)


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    all_day: bool
    shown: Json


def _moment(name: str, value: Json, place: Place, recurs: bool) -> _Moment:
    named = value.get("timeZone")
    if named is not None and not times.known(named):
        raise invalid(f"Invalid time zone definition for {name} time.", location=name)
    if ("date" in value) == ("dateTime" in value):
        raise invalid(f"Invalid {name} time: either date or dateTime.", location=name)
    if "date" in value:
        day = times.day(value["date"], name)
        return _Moment(times.midnight(day, place.zone), True, {"date": str(day)})
    if recurs and named is None:
        raise required(f"Missing time zone definition for {name} time.", name)
    given = times.stamp(value["dateTime"], name)
    if given.tzinfo is None and named is None:
        raise required(f"Missing time zone definition for {name} time.", name)
    at = (given if given.tzinfo else given.replace(tzinfo=times.zone(named or place.zone))).astimezone(UTC)
    return _Moment(at, False, {"dateTime": times.written(at, place.zone), "timeZone": named or place.zone})


def _check_kind(event: Json, place: Place) -> None:
    kind, all_day = event["eventType"], "date" in event["start"]
    if kind in ("focusTime", "outOfOffice", "workingLocation", "birthday") and not place.primary:
        raise invalid(f"A {kind} event can only be on a primary calendar.", "eventTypeRestriction")
    if kind in ("focusTime", "outOfOffice") and all_day:
        raise invalid(f"A {kind} event must be a timed event.", "eventTypeRestriction")
    if kind == "workingLocation":
        if event.get("transparency") != "transparent" or event.get("visibility") != "public":
            raise invalid("A working location event must be public and transparent.", "eventTypeRestriction")
        if not event.get("workingLocationProperties", {}).get("type"):
            raise required("Missing workingLocationProperties.", "workingLocationProperties")
    if kind == "birthday" and not all_day:
        raise invalid("A birthday event must be an all-day event.", "eventTypeRestriction")


def _check_reminders(reminders: Json) -> None:
    overrides = reminders.get("overrides") or []
    if reminders.get("useDefault") and overrides:
        raise invalid(
            "Cannot specify both default reminders and overrides at the same time.",
            "cannotUseDefaultRemindersAndSpecifyOverride",
        )
    if len(overrides) > 5:
        raise invalid("Too many override reminders.", location="reminders.overrides")
    for one in overrides:
        if one.get("method") not in ("email", "popup") or not 0 <= one.get("minutes", -1) <= 40320:
            raise invalid("Invalid override reminder.", location="reminders.overrides")


def _attendee(one: Json, place: Place) -> Json:
    if not one.get("email"):
        raise required("Missing attendee email.", "attendees")
    if not _MAIL.fullmatch(one["email"]):
        raise invalid("Invalid attendee email.", location="attendees")
    made = {"responseStatus": "needsAction", **{k: v for k, v in one.items() if v is not None}}
    if made["responseStatus"] not in _RESPONSES:
        raise invalid("Invalid attendee responseStatus.", location="attendees")
    if one["email"].lower() == place.calendar_id.lower():
        return made | {"self": True}
    return {name: value for name, value in made.items() if name != "self"}


def _properties(given: Json) -> Json:
    """Names too long are dropped and values too long are cut, both without a word."""
    kept = {
        kind: {name: value[:1024] for name, value in pairs.items() if len(name) <= 44}
        for kind, pairs in given.items()
    }
    if sum(len(name) + len(value) for pairs in kept.values() for name, value in pairs.items()) > 32_768:
        raise invalid("Extended properties are too large.", location="extendedProperties")
    return {kind: pairs for kind, pairs in kept.items() if pairs}
