"""What an event of a request may hold: names and kinds of values, as the metadata of Graph v1.0 has them.

https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.servers.microsoft.refusal import bad

Json = dict[str, Any]
Kind = type | frozenset[str] | str | tuple[Any, ...]
"""A type; the words allowed; a structure's name; or a one-tuple for an array of these."""

_SHOW_AS = frozenset({"unknown", "free", "tentative", "busy", "oof", "workingElsewhere"})
_SENSITIVITY = frozenset({"normal", "personal", "private", "confidential"})
_IMPORTANCE = frozenset({"low", "normal", "high"})
_PROVIDERS = frozenset({"unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"})

STRUCTURES: dict[str, dict[str, Kind]] = {
    "event": {
        "subject": str,
        "body": "itemBody",
        "start": dict,
        "end": dict,
        "isAllDay": bool,
        "location": "location",
        "locations": ("location",),
        "recurrence": dict,
        "attendees": ("attendee",),
        "categories": (str,),
        "showAs": _SHOW_AS,
        "sensitivity": _SENSITIVITY,
        "importance": _IMPORTANCE,
        "isReminderOn": bool,
        "reminderMinutesBeforeStart": int,
        "responseRequested": bool,
        "allowNewTimeProposals": bool,
        "hideAttendees": bool,
        "isOnlineMeeting": bool,
        "onlineMeetingProvider": _PROVIDERS,
        "transactionId": str,
        "singleValueExtendedProperties": ("extendedProperty",),
    },
    "itemBody": {"contentType": frozenset({"text", "html"}), "content": str},
    "location": {
        **dict.fromkeys(("displayName", "locationType", "uniqueId", "uniqueIdType"), str),
        **dict.fromkeys(("locationEmailAddress", "locationUri"), str),
        "address": dict,
        "coordinates": dict,
    },
    "attendee": {
        "emailAddress": "emailAddress",
        "type": frozenset({"required", "optional", "resource"}),
        "status": dict,
        "proposedNewTime": dict,
    },
    "emailAddress": {"name": str, "address": str},
    "extendedProperty": {"id": str, "value": str},
}
# Known, and not for clients to write.
READ_ONLY = frozenset(
    {"id", "createdDateTime", "lastModifiedDateTime", "changeKey", "originalStart", "originalStartTimeZone"}
    | {
        "originalEndTimeZone",
        "iCalUId",
        "hasAttachments",
        "bodyPreview",
        "isCancelled",
        "isOrganizer",
        "webLink",
    }
    | {
        "seriesMasterId",
        "type",
        "onlineMeetingUrl",
        "isDraft",
        "onlineMeeting",
        "responseStatus",
        "organizer",
    }
    | {"occurrenceId", "cancelledOccurrences"}
)
# These a person's calendar has from elsewhere, and so may be set by hand.
BY_HAND = frozenset(
    {"isCancelled", "isOrganizer", "responseStatus", "organizer", "onlineMeeting", "originalStartTimeZone"}
)
KNOWN = READ_ONLY | STRUCTURES["event"].keys()

_PROPERTY = re.compile(
    r"(String|Integer|Boolean|Double|SystemTime|CLSID) "
    r"(\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\} (?:Name .+|Id 0x[0-9A-Fa-f]+)|0x[0-9A-Fa-f]+)"
)


def check(body: Any, *, by_hand: bool = False) -> Json:
    """The properties of an event in a request; refused if Graph does not know one, or none of its kind."""
    allowed = STRUCTURES["event"] | (dict.fromkeys(BY_HAND, object) if by_hand else {})
    for name in body if isinstance(body, dict) else ():
        if name in READ_ONLY and name not in allowed:
            raise bad(f"Set action is invalid for property '{name}'.", "ErrorInvalidPropertySet")
    return _structure(body, allowed, "event")


def _structure(value: Any, known: Mapping[str, Kind], name: str) -> Json:
    if not isinstance(value, dict):
        raise bad(f"Cannot read a value as microsoft.graph.{name}.", "UnableToDeserializePostBody")
    made = {}
    for key, inner in value.items():
        if key.startswith("@odata."):
            continue
        if key not in known:
            raise bad(
                f"The property '{key}' does not exist on type 'microsoft.graph.{name}'. Make sure to only use "
                "property names that are defined by the type or mark the type as open type.",
                "RequestBodyRead",
            )
        made[key] = None if inner is None else _value(inner, known[key], key)
    return made


def _value(value: Any, kind: Kind, where: str) -> Any:
    if isinstance(kind, tuple):
        if not isinstance(value, list):
            raise _wrong(where)
        return [_value(one, kind[0], where) for one in value]
    if isinstance(kind, str):
        return _structure(value, STRUCTURES[kind], kind)
    if isinstance(kind, frozenset):
        return _word(value, kind, where)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _wrong(where)
    return value


def _word(value: Any, words: frozenset[str], where: str) -> str:
    """Capital or small is the same to Graph here, and it shows its own spelling."""
    found = {word.lower(): word for word in words}.get(value.lower() if isinstance(value, str) else "")
    if found is None:
        raise bad(f"Requested value '{value}' of '{where}' was not found.", "RequestBodyRead")
    return found


def _wrong(where: str) -> Exception:
    return bad(f"Cannot convert the value of '{where}' to the expected type.", "RequestBodyRead")


def property_id(text: str) -> str:
    """An extended property's id as it is shown: letters of a GUID small, those of a name as they are."""
    matched = _PROPERTY.fullmatch(text)
    if not matched:
        raise bad("PropertyId values may only be in one of the documented formats.", "ErrorInvalidProperty")
    guid, space, rest = matched[2].partition(" ")
    return f"{matched[1]} {guid.lower()}{space}{rest}"
