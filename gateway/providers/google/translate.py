"""Events of Google's in our words, and ours in theirs. Pure.

https://developers.google.com/workspace/calendar/api/v3/reference/events. What a staff member sets for themselves stays
as it is when we write over an event: reminders, colour, visibility, other programs' properties.

Nothing that can be read stops the rest: an event whose recurrence can't be read is told as far as it can, its first
occurrence at least, and one whose times can't be told isn't told at all, so that what is known of it from before stays.
Either is counted (`Told.faults`), never kept quiet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Reply, Showing
from gateway.core.wanted import Wanted
from gateway.core.wire import is_link, one_line
from gateway.providers.google import markup
from gateway.providers.google.times import Unreadable, cancelled_instance, is_all_day, span, times
from gateway.providers.told import Json, objects, text, within

# The name of the private property that an event of ours is known by; its value is the event's UID.
TAG: Final = "daybridge"

# What is read of an event, for the parameter `fields`. Of guests no names and addresses, of others' events no texts
# but these three, which are forgotten at once unless the event is ours (or titles are wanted).
FIELDS: Final = (
    "id,etag,status,recurringEventId,originalStartTime,start,end,recurrence,eventType,transparency,visibility,"
    "summary,description,location,extendedProperties/private,organizer/self,"
    "attendees(self,organizer,responseStatus),attendeesOmitted,attachments/fileUrl,conferenceData/conferenceId,"
    "hangoutLink"
)

_LONGEST_TITLE: Final = 255
_LONGEST_TAG: Final = 1_024

_KINDS: Final = {"workingLocation": Showing.WORKING_LOCATION, "birthday": Showing.BIRTHDAY}
_BUSY_KINDS: Final = {"outOfOffice": Showing.OUT_OF_OFFICE, "focusTime": Showing.FOCUS}
_REPLIES: Final = {
    "accepted": Reply.ACCEPTED,
    "tentative": Reply.TENTATIVE,
    "declined": Reply.DECLINED,
    "needsAction": Reply.UNANSWERED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The events of a page, and how many of it could not be read, or not whole."""

    events: tuple[RemoteEvent, ...]
    faults: int


def new_event(event: Event, key: str) -> dict[str, Any]:
    """The body of an insert. Nobody is invited, and reminders are the calendar's own."""
    body = {
        "id": key,
        "summary": event.summary,
        "description": markup.written(event.description),
        "location": event.location,
        "start": _point(event.starts_at, event.zone),
        "end": _point(event.ends_at, event.zone),
        "status": "tentative" if event.tentative else "confirmed",
        "transparency": "opaque",
        "extendedProperties": {"private": {TAG: event.uid}},
    }
    if is_link(event.url):
        body["source"] = {"title": "Video", "url": event.url}
    return body


def changed_event(event: Event) -> dict[str, Any]:
    """The body of a patch: the same, and null for what somebody may have made of the event and a booking never is."""
    body = new_event(event, "")
    del body["id"]
    for end in ("start", "end"):
        body[end] |= {"date": None}
    return {
        "source": None,
        "recurrence": None,
        "attendees": [],
        "attachments": [],
        "conferenceData": None,
        **body,
    }


def events(items: Iterable[object], zone: str, *, titles: bool) -> Told:
    """A page's events in order; `zone` is the calendar's, an IANA name."""
    found: list[RemoteEvent] = []
    faults = 0
    for item in items:
        try:
            event, whole = _event(item, zone, titles=titles)
            found.append(event)
            faults += not whole
        except Unreadable:
            faults += 1
    return Told(tuple(found), faults)


def event(item: Json, zone: str, *, titles: bool) -> RemoteEvent:
    """One event. Raises Unreadable."""
    return _event(item, zone, titles=titles)[0]


def tag(item: Json) -> str:
    """The UID of the booking's event if this is one of ours, else empty."""
    return text(within(within(item, "extendedProperties"), "private"), TAG)[:_LONGEST_TAG]


def _event(item: object, zone: str, *, titles: bool) -> tuple[RemoteEvent, bool]:
    if not isinstance(item, dict) or not text(item, "id"):
        raise Unreadable
    id_, etag = text(item, "id"), text(item, "etag")
    series = text(item, "recurringEventId") or id_
    if text(item, "status") == "cancelled":
        # An instance that was taken out of its series is a fact about that, to be kept as long as the series is.
        out = cancelled_instance(item, zone) if series != id_ else b""
        return RemoteEvent(id_, etag, series, gone=not out, times=out), True
    when = times(item, zone)
    ours = tag(item)
    told = RemoteEvent(
        id=id_,
        etag=etag,
        series=series,
        times=when.lines,
        showing=_showing(item),
        reply=_reply(item),
        tag=ours,
        wanted=_wanted(item, zone) if ours else None,
        title=_title(item) if titles else "",
        unknown_zone=when.unknown_zone,
    )
    return told, when.whole


def _point(moment: datetime, zone: str) -> dict[str, Any]:
    local = moment.astimezone(ZoneInfo(zone))
    return {"dateTime": local.isoformat(timespec="seconds"), "timeZone": zone}


def _showing(item: Json) -> Showing:
    kind = text(item, "eventType")
    if kind in _KINDS:
        return _KINDS[kind]
    if text(item, "transparency") == "transparent":
        return Showing.FREE
    # An event out of a mail (fromGmail) is one like others, and so is a kind that we don't know yet.
    return _BUSY_KINDS.get(kind, Showing.BUSY)


def _reply(item: Json) -> Reply:
    """Their own answer, and "maybe" for an event that isn't certain itself."""
    own = next((guest for guest in objects(item.get("attendees")) if guest.get("self") is True), {})
    reply = _REPLIES.get(text(own, "responseStatus"), Reply.NONE)
    hosts = own.get("organizer") is True or within(item, "organizer").get("self") is True
    if reply is Reply.UNANSWERED and hosts:
        reply = Reply.NONE
    if text(item, "status") == "tentative" and reply is not Reply.DECLINED:
        return Reply.TENTATIVE
    return reply


def _title(item: Json) -> str:
    """Not even for those who want titles where the event itself is private."""
    if text(item, "visibility") in ("private", "confidential"):
        return ""
    return one_line(text(item, "summary"), _LONGEST_TITLE)


def _wanted(item: Json, zone: str) -> Wanted:
    starts_at, ends_at = span(item, zone)
    return Wanted(
        starts_at=starts_at,
        ends_at=ends_at,
        summary=text(item, "summary"),
        description=markup.read(text(item, "description")),
        location=text(item, "location"),
        all_day=is_all_day(item),
        recurs=bool(item.get("recurrence") or item.get("recurringEventId")),
        declined=_reply(item) is Reply.DECLINED,
        free=text(item, "transparency") == "transparent",
        attendees=_others(item),
        additions=tuple(_additions(item)),
        tentative={"tentative": True, "confirmed": False}.get(text(item, "status")),
    )


def _others(item: Json) -> tuple[str, ...]:
    """One word for each guest beside the staff member; who they are was not asked."""
    others = sum(guest.get("self") is not True for guest in objects(item.get("attendees")))
    return ("guest",) * max(others, item.get("attendeesOmitted") is True)


def _additions(item: Json) -> Iterable[str]:
    if item.get("attachments"):
        yield "attachments"
    if item.get("conferenceData") or item.get("hangoutLink"):
        yield "video link"
