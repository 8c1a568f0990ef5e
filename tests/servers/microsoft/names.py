"""What things are called: the names that Graph shows, and what it means by them.

An event has two: the usual one changes when the event moves to another calendar, the immutable one doesn't. Calendars
have one that stays. Capital and small letters count. https://learn.microsoft.com/graph/outlook-immutable-id
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from tests.servers.microsoft.refusal import malformed_id

_LASTING = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"
_PASSING = "AAMkADBlZTUwNTkxLWVmODgtNDVhNC1iZjhlLTdjNjA1ODZlMDI5MgBG"
_CALENDAR = "AAMkADBlZTUwNTkxLWVmODgtNDVhNC1iZjhlLTdjNjA1ODZlMDI5MgBGAAA"


@dataclass(frozen=True, slots=True)
class Named:
    """An event's key; and of a name that passes, the place that it was given in."""

    key: str
    place: int | None


def event(key: str, place: int, *, lasting: bool) -> str:
    return _LASTING + _coded(key) if lasting else _PASSING + _coded(f"{place:04d}{key}")


def calendar(key: str) -> str:
    return _CALENDAR + _coded(f"c{key}")


def read_event(name: str) -> Named:
    if name.startswith(_LASTING):
        return Named(_decoded(name.removeprefix(_LASTING)), None)
    text = _decoded(name.removeprefix(_PASSING)) if name.startswith(_PASSING) else ""
    if not text[:4].isdecimal():
        raise malformed_id()
    return Named(text[4:], int(text[:4]))


def read_calendar(name: str) -> str:
    text = _decoded(name.removeprefix(_CALENDAR)) if name.startswith(_CALENDAR) else ""
    if not text.startswith("c"):
        raise malformed_id()
    return text[1:]


def change_key(revision: int) -> str:
    return base64.b64encode(b"\xa9\x4d\xcf\xc8" + revision.to_bytes(12)).decode()


def _coded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise malformed_id() from None
