"""A whole calendar as one iCalendar stream, cut together out of stored objects.

Bodies of our own are cut at known places, about a microsecond each. What clients wrote goes line by line,
because there any order, line end and time zone is possible.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from gateway.core.wire import CALENDAR_HEAD, escape, fold
from gateway.core.zones import iana_names, vtimezone

_CHUNK_OCTETS: Final = 65_536
_HEAD: Final = CALENDAR_HEAD.encode()
_EVENT: Final = b"BEGIN:VEVENT\r\n"
_CALENDAR_END: Final = b"END:VCALENDAR\r\n"
_EVENT_END: Final = b"\r\nEND:VEVENT\r\n" + _CALENDAR_END

_ONE_ZONE: Final = re.compile(
    rb"BEGIN:VTIMEZONE\r\nTZID:([!-~]+)\r\n(?:(?!BEGIN:V)[^\r\n]*\r\n)*END:VTIMEZONE\r\n"
)

_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_LINE_END: Final = re.compile(r"\r?\n")
_TZID: Final = re.compile(
    r'^((?:DTSTART|DTEND|DUE|RDATE|EXDATE|RECURRENCE-ID)(?:;(?:[^:;"]|"[^"]*")*)*;TZID=)("[^"]*"|[^;:"]*)',
    re.IGNORECASE,
)


def merge(bodies: Iterable[bytes], *, name: str, refresh: timedelta | None) -> Iterator[bytes]:
    """One VCALENDAR with the components of all bodies, each time zone defined once; in chunks of some 64 KiB.

    `name` is what calendar programs call it (RFC 7986 5.1), `refresh` how often they shall ask again (5.7).
    """
    zones = _Zones()
    pile, size = [_opening(name, refresh)], 0
    for body in bodies:
        piece = zones.cut(body)
        pile.append(piece)
        size += len(piece)
        if size > _CHUNK_OCTETS:
            yield b"".join(pile)
            pile, size = [], 0
    yield b"".join([*pile, _CALENDAR_END])


def _opening(name: str, refresh: timedelta | None) -> bytes:
    # The X- lines are what Outlook and Apple read (MS-OXCICAL 2.1.3.1.1).
    lines = [f"NAME:{escape(name)}", f"X-WR-CALNAME:{escape(name)}"]
    if refresh is not None:
        every = _duration(refresh)
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{every}", f"X-PUBLISHED-TTL:{every}"]
    return _HEAD + _joined(lines).encode()


def _duration(span: timedelta) -> str:
    """RFC 5545 3.3.6, in the biggest unit that fits, because some programs know only "PT1H" and its like."""
    seconds = max(1, int(span.total_seconds()))
    for unit, letter in ((3600, "H"), (60, "M")):
        if seconds % unit == 0:
            return f"PT{seconds // unit}{letter}"
    return f"PT{seconds}S"


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{fold(line)}\r\n" for line in lines)


class _Zones:
    """The time zones that a feed has defined so far.

    A zone that IANA knows is defined in our words, whatever a client thinks of it. Other names, such as
    Outlook's "Customized Time Zone", can mean something else in the next body; then the second gets a number.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._doubles: Counter[str] = Counter()
        self._seen = {b""}

    def cut(self, body: bytes) -> bytes:
        """The components of a body, after the definitions of the zones that it is the first to use."""
        start = len(_HEAD)
        at = body.find(_EVENT, start) if body.startswith(_HEAD) and body.endswith(_EVENT_END) else -1
        if at < 0 or body.find(b"\nBEGIN:VTIMEZONE", at) >= 0:
            return self._by_line(body)
        zone = body[start:at]
        if zone in self._seen and (zone or b";TZID=" not in body):
            return body[at : -len(_CALENDAR_END)]
        piece = self._by_line(body)
        # Only now: a body whose times are all in UTC defines a zone, and doesn't bring it into the feed.
        if (match := _ONE_ZONE.fullmatch(zone)) and match[1].decode() in self._taken:
            self._seen.add(zone)
        return piece

    def _by_line(self, body: bytes) -> bytes:
        components = list(_components(body))
        theirs = dict(_definition(lines) for kind, lines in components if kind == "VTIMEZONE")
        new: list[str] = []

        def named(use: re.Match[str]) -> str:
            tzid = use[2].strip('"')
            name = self._name(tzid, theirs.get(tzid), new)
            return use[0] if name == tzid else f'{use[1]}"{name}"'

        rest = [_TZID.sub(named, line) for kind, lines in components if kind != "VTIMEZONE" for line in lines]
        return ("".join(new) + _joined(rest)).encode()

    def _name(self, tzid: str, definition: str | None, new: list[str]) -> str:
        """What this zone is called in the feed. `new` gets its definition if the feed has none yet."""
        if tzid in iana_names():
            definition = vtimezone(tzid)
        if definition is None:
            return tzid
        if (tzid, definition) not in self._names:
            name = self._names[tzid, definition] = self._free_name(tzid)
            new.append(definition if tzid in iana_names() else _with_name(definition, name))
        return self._names[tzid, definition]

    def _free_name(self, tzid: str) -> str:
        name = tzid
        while name in self._taken:
            self._doubles[tzid] += 1
            name = f"{tzid} ({self._doubles[tzid] + 1})"
        self._taken.add(name)
        return name


def _components(body: bytes) -> Iterator[tuple[str, list[str]]]:
    """The components right below the calendar, by name, each with its unfolded lines."""
    depth, lines = 0, list[str]()
    # Unfolded before it is decoded, for a fold may stand within a character (RFC 5545 3.1).
    for line in _LINE_END.split(_FOLD.sub(b"", body).decode("utf-8-sig", "replace")):
        word, _, value = line.partition(":")
        if word.upper() == "BEGIN":
            depth += 1
        if depth > 1:
            lines.append(line)
        if word.upper() == "END":
            depth -= 1
            if depth == 1:
                yield value.strip().upper(), [line for line in lines if line]
                lines = []


def _definition(lines: list[str]) -> tuple[str, str]:
    """A VTIMEZONE's name, and its text without the name."""
    names = [line for line in lines if line[:5].upper() in ("TZID:", "TZID;")]
    tzid = re.sub(r"\\(.)", r"\1", names[0].partition(":")[2]) if names else ""
    return tzid, _joined(line for line in lines if line not in names)


def _with_name(definition: str, name: str) -> str:
    first, _, rest = definition.partition("\r\n")
    return f"{first}\r\n{fold(f'TZID:{escape(name)}')}\r\n{rest}"
