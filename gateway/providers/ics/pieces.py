"""A whole calendar in one text, cut into the events of which it consists. Pure.

It may be large, come from anywhere, and be written by anything; so it is gone through once, line by line, and only
what says when an event is, and what it shows of that time, is kept of it. Two calendars in one text are read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from gateway.core import reading
from gateway.core.wire import fold, one_line, unfold
from gateway.core.zone_names import known

MOST_EVENTS: Final = 50_000
_MOST_ZONES: Final = 200
_MOST_LINES: Final = 2_000_000
_LONGEST_LINE: Final = 200_000
_LONGEST_NAME: Final = 255
_DEEPEST: Final = 8

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_ENDS: Final = re.compile(r"\r\n|\n|\r")
_KEPT: Final = frozenset(
    {
        "UID",
        "RECURRENCE-ID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "STATUS",
        "TRANSP",
        "CLASS",
        "SUMMARY",
        "SEQUENCE",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-NEXTCLOUD-BC-FIELD-TYPE",
        "X-APPLE-BIRTHDAY",
        "X-DAYBRIDGE-EVENT",
    }
)
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_TZID: Final = re.compile(r';TZID=(?:"([^"]*)"|([^;:"]*))', re.IGNORECASE)


class NoCalendar(Exception):
    """The text is something else, or more than anybody's calendar."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One event with its exceptions, as an object of its own. `id` stands for its UID."""

    id: str
    body: bytes


@dataclass
class _Found:
    name: str = ""
    zone: str = ""
    zones: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[list[str]]] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """What a text holds: what the calendar is called, its zone (an IANA name or empty), and its events."""

    name: str
    zone: str
    pieces: tuple[Piece, ...]


def cut(body: bytes) -> Feed:
    """Raises NoCalendar."""
    text = _CONTROLS.sub("", body.decode("utf-8-sig", "replace"))
    # Without its end it broke off, and what would be missing would look deleted.
    if text.lstrip()[:15].upper() != "BEGIN:VCALENDAR" or text.rstrip()[-13:].upper() != "END:VCALENDAR":
        raise NoCalendar
    found = _Found()
    _walk(_lines(text), found)
    head = [f"X-WR-TIMEZONE:{found.zone}"] if found.zone else []
    pieces = tuple(Piece(id_, _object(head, parts, found.zones)) for id_, parts in found.events.items())
    return Feed(found.name, found.zone, pieces)


def _lines(text: str) -> Iterator[str]:
    lines = _ENDS.split(unfold(text))
    if len(lines) > _MOST_LINES:
        raise NoCalendar
    return (line for line in lines if line and len(line) <= _LONGEST_LINE)


def _walk(lines: Iterator[str], found: _Found) -> None:
    """Components of a VCALENDAR one after the other; what stands in none is the calendar's own."""
    for line in lines:
        upper = line[:20].upper()
        if upper.startswith(("BEGIN:VCALENDAR", "END:VCALENDAR")):
            continue
        if upper.startswith("BEGIN:"):
            _component(line[6:].strip().upper(), lines, found)
        else:
            _about(line, found)


def _component(name: str, lines: Iterator[str], found: _Found) -> None:
    """One component up to its end."""
    inside: list[str] = []
    depth = 1
    for line in lines:
        upper = line[:6].upper()
        depth += upper == "BEGIN:"
        depth -= upper[:4] == "END:"
        if depth == 0:
            if line[4:].strip().upper() != name:
                raise NoCalendar
            break
        if depth > _DEEPEST:
            raise NoCalendar
        if name == "VTIMEZONE" or (depth == 1 and _is_kept(line)):
            inside.append(line)
    else:
        raise NoCalendar  # it broke off
    if name == "VEVENT":
        _keep(inside, found)
    elif name == "VTIMEZONE" and len(found.zones) < _MOST_ZONES:
        found.zones.setdefault(_value(inside, "TZID"), inside)


def _is_kept(line: str) -> bool:
    name = _NAME.match(line)
    return name is not None and name[0].upper() in _KEPT


def _keep(inside: list[str], found: _Found) -> None:
    found.count += 1
    if found.count > MOST_EVENTS:
        raise NoCalendar
    uid = _value(inside, "UID") or "\n".join(inside)
    found.events.setdefault(sha256(uid.encode("utf-8", "replace")).hexdigest()[:24], []).append(inside)


def _about(line: str, found: _Found) -> None:
    name, _, value = line.partition(":")
    name = name.partition(";")[0].upper()
    if name in ("X-WR-CALNAME", "NAME") and not found.name:
        found.name = one_line(reading.text(value), _LONGEST_NAME)
    elif name == "X-WR-TIMEZONE" and not found.zone:
        found.zone = known(value.strip())


def _value(lines: list[str], name: str) -> str:
    for line in lines:
        if line.upper().startswith((f"{name}:", f"{name};")):
            return line.partition(":")[2].strip()
    return ""


def _object(head: list[str], parts: list[list[str]], zones: dict[str, list[str]]) -> bytes:
    named = {match[1] or match[2] for part in parts for line in part if (match := _TZID.search(line))}
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head]
    for name in sorted(named & zones.keys()):
        lines += ["BEGIN:VTIMEZONE", *zones[name], "END:VTIMEZONE"]
    for part in parts:
        lines += ["BEGIN:VEVENT", *part, "END:VEVENT"]
    lines += ["END:VCALENDAR", ""]
    return "\r\n".join(map(fold, lines)).encode("utf-8", "replace")
