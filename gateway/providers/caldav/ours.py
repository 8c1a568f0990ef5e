"""Our events as calendar objects. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.core import ics, personal, reading, wanted
from gateway.core.model import Event, EventRevision
from gateway.core.unacceptable import Unacceptable
from gateway.core.wire import escape, fold
from gateway.providers.caldav import translate


@dataclass(frozen=True, slots=True)
class Written:
    """Our event as an object. `kept` is what has to be known of it to write over it unread, which is its SEQUENCE; it
    is empty where the object holds more than the event."""

    body: bytes
    kept: str


def written(event: Event, before: bytes, at: datetime, *, uid: str = "") -> Written:
    """Our event instead of `before` (empty: none). Nobody is invited, and there is no reminder of ours.

    What its owner's programs keep in it for themselves stays: reminders, a colour, private properties. A new object
    has the event's UID, or `uid`; one that is there keeps its own, since servers take no other (RFC 4791 5.3.2.1).
    """
    said = uid or reading.text(translate.said(before, "UID")) or event.uid
    new = _plain(event, said, _sequence(before) + 1 if before else 0, at)
    lines = _private(new.body, before) if before else ""
    return replace(new, body=personal.merge(new.body, lines), kept="") if lines or said != event.uid else new


def rewritten(event: Event, kept: str, at: datetime) -> Written:
    """The same over a version of which this is `kept`."""
    return _plain(event, event.uid, int(kept) + 1, at)


def _plain(event: Event, uid: str, sequence: int, at: datetime) -> Written:
    mark = f"{fold(f'{translate.TAG}:{escape(event.uid)}')}\r\n"
    body = ics.render(replace(event, uid=uid), EventRevision(sequence, at.replace(microsecond=0)))
    return Written(personal.merge(body, mark), str(sequence))


def says_when(body: bytes, event: Event) -> bool:
    """Whether an object has the times of an event, and so is most likely what we have just written."""
    try:
        found = wanted.read(body, zone=event.zone)
    except Unacceptable:
        return False
    return (found.starts_at, found.ends_at) == (event.starts_at, event.ends_at)


def _private(body: bytes, before: bytes) -> str:
    """What its owner's programs keep in it."""
    try:
        lines = personal.kept(body, before)
    except Unacceptable:
        return ""
    return "" if translate.TAG in lines else lines


def _sequence(body: bytes) -> int:
    told = translate.said(body, "SEQUENCE")
    return int(told) if told.isdecimal() and len(told) < 9 else 0
