"""Calendar objects in our words. Pure.

One object holds an event with all that is special about its instances (RFC 4791 4.1), so it is always told whole. What
can't be read doesn't stop the rest: an event whose recurrence can't be read is told as far as it can, its first
occurrence at least, and one whose times can't be told isn't told at all, so that what is known of it from before stays.
Either is counted (`Told.faults`), never kept quiet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Final

from gateway.core import foreign, reading, wanted
from gateway.core.blocking import BlockRules
from gateway.core.foreign import Piece
from gateway.core.reading import Line, Part
from gateway.core.remote import RemoteEvent, Reply, Showing, Window
from gateway.core.unacceptable import Unacceptable
from gateway.core.wanted import Wanted
from gateway.core.wire import one_line
from gateway.providers.caldav.times import Unreadable, Zones, has_strange_zone, times

__all__ = ["TAG", "Place", "Told", "Unreadable", "events", "is_over", "needs_zone", "said", "tag", "tag_of"]

# The property that an event of ours is known by, also as a copy with another UID; its value is the event's UID.
TAG: Final = "X-DAYBRIDGE-EVENT"

_INSTANT: Final = timedelta(seconds=1)
# As far as a day may be away from UTC.
_FURTHEST: Final = timedelta(hours=14)
# Some years of a daily event, each of them changed.
_MOST_OVERRIDES: Final = 2_000
_BEGINS: Final = re.compile(rb"^DTSTART[^:\r\n]*:([0-9]{8})", re.MULTILINE)
_LONGEST_TITLE: Final = 255
_LONGEST_TAG: Final = 1_024
_LONGEST_INSTANCE: Final = 40
_OURS: Final = re.compile(r"booking-[1-9][0-9]{0,17}@.+", re.IGNORECASE)

# What Outlook and those who read from it say of an event's time (MS-OXCICAL 2.1.3.1.1.20.31).
_BUSY_STATUS: Final = {
    "OOF": Showing.OUT_OF_OFFICE,
    "FREE": Showing.FREE,
    "WORKINGELSEWHERE": Showing.WORKING_ELSEWHERE,
}
# Birthdays that servers make out of address books: https://github.com/nextcloud/server (BirthdayService).
_BIRTHDAYS: Final = ("X-NEXTCLOUD-BC-FIELD-TYPE", "X-APPLE-BIRTHDAY")
_REPLIES: Final = {
    "ACCEPTED": Reply.ACCEPTED,
    "TENTATIVE": Reply.TENTATIVE,
    "DECLINED": Reply.DECLINED,
    # Somebody else goes instead.
    "DELEGATED": Reply.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object was found: the calendar's zone (an IANA name or empty), and its owner's e-mail addresses."""

    zone: str = ""
    addresses: tuple[str, ...] = ()
    titles: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The events of an object, the recurring one first, and how many of them could not be read, or not whole."""

    events: tuple[RemoteEvent, ...]
    faults: int = 0


def events(id_: str, etag: str, body: bytes, place: Place) -> Told:
    """What an object says; nothing for one that holds no event. Raises Unreadable."""
    calendar = _calendar(body)
    masters = [part for part in calendar.parts("VEVENT") if not part.value("RECURRENCE-ID")]
    overrides = [part for part in calendar.parts("VEVENT") if part.value("RECURRENCE-ID")]
    if len(overrides) > _MOST_OVERRIDES:
        raise Unreadable
    zones = Zones(calendar, place.zone)
    if masters and (ours := tag(masters[0])):
        # Whatever somebody made of it, it is one event that is put right as one.
        when = times(masters[0], zones)
        found = _event(id_, etag, id_, masters[0], when.lines, place)
        return Told((replace(found, tag=ours, wanted=_wanted(body, place, found), title=""),), not when.whole)
    told: list[RemoteEvent] = []
    faults = max(len(masters) - 1, 0)
    for part in masters[:1] + overrides:
        name = f"{id_}#{_instance(part)}" if part.value("RECURRENCE-ID") else id_
        try:
            when = times(part, zones)
        except Unreadable:
            if part in masters:
                raise
            faults += 1
            continue
        found = _event(name, etag, id_, part, when.lines, place)
        told.append(replace(found, unknown_zone=when.unknown_zone))
        faults += not when.whole
    return Told(tuple(told), faults)


def tag(event: Part) -> str:
    """The UID of the booking's event if this is one of ours, else empty. Some servers drop what they don't know, so
    its UID alone tells it too."""
    uid = reading.text(event.value("UID"))
    said = reading.text(event.value(TAG)) or (uid if _OURS.fullmatch(uid) else "")
    return said[:_LONGEST_TAG]


def tag_of(body: bytes) -> str:
    """The same of a whole object. Raises Unreadable."""
    return tag(_one(body))


def needs_zone(body: bytes) -> bool:
    """Whether it can't be told without the calendar's zone. Raises Unreadable."""
    return has_strange_zone(_calendar(body))


def _begins_by(times: bytes) -> bytes:
    """The day, as it is written; empty where that isn't clear."""
    found = _BEGINS.search(times)
    return found[1] if found else b""


def is_over(told: Iterable[RemoteEvent], window: Window) -> bool:
    """Whether an object's event lies before the window as a whole; one that can't be reckoned does not."""
    parts = list(told)
    # Few are: most need no more than a look at when they begin.
    if not parts or _begins_by(parts[0].times) >= f"{window.since:%Y%m%d}".encode():
        return False
    pieces = [Piece(one.times, one.showing, one.reply) for one in parts]
    # When it ends doesn't depend on how far it is followed.
    near = Window(window.since, window.since + _INSTANT)
    held = foreign.held(pieces, zone="UTC", rules=BlockRules(), window=near)
    return not held.problem and window.since - held.last > _FURTHEST


def said(body: bytes, name: str) -> str:
    """A property of an object's event, as it is written; empty where there is none, or no event that can be read."""
    try:
        return _one(body).value(name)
    except Unreadable:
        return ""


def _one(body: bytes) -> Part:
    try:
        return reading.event(_calendar(body))
    except Unacceptable:
        raise Unreadable from None


@lru_cache(maxsize=4)  # what is asked about an object is asked at once, and an object may be large
def _calendar(body: bytes) -> Part:
    try:
        return reading.calendar(body)
    except Unacceptable:
        raise Unreadable from None


def _instance(part: Part) -> str:
    """Which one of its series, as a name."""
    told = re.sub(r"[^0-9TZ]", "", part.value("RECURRENCE-ID"))
    return told[:_LONGEST_INSTANCE]


def _event(id_: str, etag: str, series: str, part: Part, lines: bytes, place: Place) -> RemoteEvent:
    return RemoteEvent(
        id=id_,
        etag=etag,
        series=series,
        whole=True,
        times=lines,
        showing=_showing(part),
        reply=_reply(part, place.addresses),
        title=_title(part) if place.titles else "",
    )


def _showing(part: Part) -> Showing:
    if any(part.value(name) for name in _BIRTHDAYS):
        return Showing.BIRTHDAY
    if part.value("TRANSP").upper() == "TRANSPARENT":
        return Showing.FREE
    return _BUSY_STATUS.get(part.value("X-MICROSOFT-CDO-BUSYSTATUS").upper(), Showing.BUSY)


def _reply(part: Part, addresses: tuple[str, ...]) -> Reply:
    """Their own answer, and "maybe" for an event that isn't certain itself."""
    own = next((line for line in part.all("ATTENDEE") if _is_one_of(line, addresses)), None)
    hosts = any(_is_one_of(line, addresses) for line in part.all("ORGANIZER"))
    reply = Reply.NONE
    if own is not None:
        # Who has said nothing is told without a PARTSTAT too (RFC 5545 3.2.12).
        reply = _REPLIES.get(own.param("PARTSTAT").upper(), Reply.NONE if hosts else Reply.UNANSWERED)
    unsure = (
        part.value("STATUS").upper() == "TENTATIVE"
        or part.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "TENTATIVE"
    )
    return Reply.TENTATIVE if unsure and reply is not Reply.DECLINED else reply


def _is_one_of(line: Line, addresses: tuple[str, ...]) -> bool:
    told = (line.value.strip().lower().removeprefix("mailto:"), line.param("EMAIL").lower())
    return any(one in addresses for one in told if one)


def _title(part: Part) -> str:
    """Not even for those who want titles where the event itself is private."""
    if part.value("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"):
        return ""
    return one_line(reading.text(part.value("SUMMARY")), _LONGEST_TITLE)


def _wanted(body: bytes, place: Place, found: RemoteEvent) -> Wanted:
    """What a server has dropped (categories and links, as some do) asks for nothing. Raises Unreadable."""
    try:
        said = wanted.read(body, zone=place.zone)
    except Unacceptable:
        raise Unreadable from None
    return replace(
        said,
        declined=found.reply is Reply.DECLINED,
        categories=said.categories or None,
        url=said.url or None,
    )
