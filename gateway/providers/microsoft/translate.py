"""Events of Outlook's in our words, and ours in theirs. Pure.

https://learn.microsoft.com/graph/api/resources/event. What a staff member sets for themselves stays as it is when we
write over an event: reminder, colour, sensitivity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Reply, Showing
from gateway.core.wanted import Wanted
from gateway.core.wire import one_line
from gateway.providers.microsoft import times
from gateway.providers.microsoft.times import Unreadable
from gateway.providers.told import Json, listed, text, within

__all__ = [
    "Unreadable",
    "changed_event",
    "event",
    "is_key",
    "made_with",
    "new_event",
    "says",
    "tag",
    "wanted",
]


# Extended properties have a namespace of one's own, which has to stay the same for ever.
_OURS: Final = "{8f1d3c5e-6a54-4f0f-9d62-0c7f6b2a9e41}"
# The event's UID, by which it is known as ours; and the key that it was made with.
TAG: Final = f"String {_OURS} Name daybridge"
KEY: Final = f"String {_OURS} Name daybridge-key"
EXPAND: Final = f"singleValueExtendedProperties($filter=id eq '{TAG}' or id eq '{KEY}')"
# What `core.keys.event_key` makes; no id of Graph's is that short.
_KEY: Final = re.compile(r"[0-9a-v]{40}")
_TRANSACTION: Final = re.compile(r"[0-9a-v]{40}-[0-9a-f]{16}")

_LONGEST_TITLE: Final = 255
_LONGEST_TAG: Final = 1_024

_SHOWINGS: Final = {
    "free": Showing.FREE,
    "oof": Showing.OUT_OF_OFFICE,
    "workingElsewhere": Showing.WORKING_ELSEWHERE,
}
_REPLIES: Final = {
    "tentativelyAccepted": Reply.TENTATIVE,
    "accepted": Reply.ACCEPTED,
    "declined": Reply.DECLINED,
    "notResponded": Reply.UNANSWERED,
}


def is_key(text: str) -> bool:
    """Whether this is a name that we chose, and no id of theirs."""
    return _KEY.fullmatch(text) is not None


def is_ours(item: Json) -> bool:
    """Whether it may be an event that we made: what we were doing then is written in it, and stays."""
    return _TRANSACTION.fullmatch(text(item, "transactionId")) is not None


def transaction(key: str, calendar: str) -> str:
    """The same for each attempt to make the same event; no two calendars of a mailbox may have one in common."""
    return f"{key}-{sha256(calendar.encode()).hexdigest()[:16]}"


def made_with(key: str) -> str:
    """The condition that finds the event of a key of ours."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"


def new_event(event: Event, key: str, calendar: str) -> dict[str, Any]:
    """The body of a POST. Nobody is invited, and the reminder is the mailbox's own."""
    return {
        **_shown(event),
        "transactionId": transaction(key, calendar),
        "singleValueExtendedProperties": [{"id": TAG, "value": event.uid}, {"id": KEY, "value": key}],
    }


def changed_event(event: Event) -> dict[str, Any]:
    """The body of a PATCH: the same, and nothing of what somebody may have made of it and a booking never is."""
    return {
        **_shown(event),
        "attendees": [],
        "recurrence": None,
        "singleValueExtendedProperties": [{"id": TAG, "value": event.uid}],
    }


def says(item: Json, event: Event) -> bool:
    """Whether an event shows just what it should."""
    try:
        shown = wanted(item)
    except Unreadable:
        return False
    same = (shown.starts_at, shown.ends_at, shown.summary) == (event.starts_at, event.ends_at, event.summary)
    rest = (shown.description, shown.location, shown.tentative) == (
        event.description,
        event.location,
        event.tentative,
    )
    return same and rest and not (shown.all_day or shown.recurs or shown.free)


def event(item: Json, *, titles: bool, master: Json | None = None) -> RemoteEvent:
    """One event; an occurrence with the series that it is of, since it says nothing but when it is itself. Raises
    Unreadable."""
    id_ = text(item, "id")
    if not id_:
        raise Unreadable
    whole = {**master, **_own(item)} if master is not None else item
    ours = tag(item) if master is None else ""
    return RemoteEvent(
        id=id_,
        etag=text(item, "@odata.etag"),
        series=text(item, "seriesMasterId") or id_,
        times=times.lines(whole),
        showing=_SHOWINGS.get(text(whole, "showAs"), Showing.BUSY),
        reply=_reply(whole, ours=bool(ours)),
        tag=ours,
        wanted=wanted(item) if ours else None,
        title=_title(whole) if titles else "",
        unknown_zone=times.strange_zone(whole),
    )


def tag(item: Json) -> str:
    """The UID of the booking's event if this is one of ours, else empty."""
    return _property(item, TAG)[:_LONGEST_TAG]


def wanted(item: Json) -> Wanted:
    """What one of our own events shows. Raises Unreadable."""
    starts_at, ends_at = times.span(item)
    return Wanted(
        starts_at=starts_at,
        ends_at=ends_at,
        summary=text(item, "subject"),
        description=_plain(text(within(item, "body"), "content")),
        location=text(within(item, "location"), "displayName"),
        all_day=item.get("isAllDay") is True,
        recurs=bool(item.get("recurrence") or item.get("seriesMasterId")),
        cancelled=item.get("isCancelled") is True,
        declined=_reply(item, ours=True) is Reply.DECLINED,
        free=text(item, "showAs") == "free",
        attendees=("guest",) * len(listed(item, "attendees")),
        additions=tuple(_additions(item)),
        tentative={"tentative": True, "busy": False}.get(text(item, "showAs")),
        categories=tuple(one for one in listed(item, "categories") if isinstance(one, str)),
    )


def _shown(event: Event) -> dict[str, Any]:
    return {
        "subject": event.summary,
        "body": {"contentType": "text", "content": event.description},
        "location": {"displayName": event.location},
        "start": times.written(event.starts_at, event.zone),
        "end": times.written(event.ends_at, event.zone),
        "isAllDay": False,
        "showAs": "tentative" if event.tentative else "busy",
        "categories": list(event.categories),
    }


def _own(item: Json) -> dict[str, Any]:
    """What an occurrence tells of itself; nulls are no more than silence."""
    return {name: value for name, value in item.items() if value is not None}


def _reply(item: Json, *, ours: bool) -> Reply:
    """Their own answer, and "maybe" for an event of theirs that they show as tentative."""
    response = text(within(item, "responseStatus"), "response")
    reply = Reply.NONE if item.get("isOrganizer") is True else _REPLIES.get(response, Reply.NONE)
    if not ours and reply in (Reply.NONE, Reply.ACCEPTED) and text(item, "showAs") == "tentative":
        return Reply.TENTATIVE
    return reply


def _title(item: Json) -> str:
    """Not even for those who want titles where the event itself is private."""
    if text(item, "sensitivity") in ("private", "confidential"):
        return ""
    return one_line(text(item, "subject"), _LONGEST_TITLE)


def _additions(item: Json) -> Iterable[str]:
    if item.get("hasAttachments") is True:
        yield "attachments"
    if item.get("isOnlineMeeting") is True or item.get("onlineMeeting"):
        yield "video link"


def _plain(text: str) -> str:
    """Outlook keeps texts as pages, and gives them back with line ends of its own."""
    return text.replace("\r\n", "\n").rstrip()


def _property(item: Json, name: str) -> str:
    for one in listed(item, "singleValueExtendedProperties"):
        # Some answers write the braces' letters otherwise.
        if isinstance(one, dict) and text(one, "id").lower() == name.lower():
            return text(one, "value")
    return ""
