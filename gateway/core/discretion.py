"""A personal block as colleagues may see it: when, and not what.

What is kept is listed, and its value must be of its kind, so that no text gets through by standing in a strange place.
Three texts remain as they are, since times could not be read or found again without them: the UID, and the names of
time zones, in their definitions and beside the times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.core.reading import Line, Part, calendar
from gateway.core.rrule import PARTS
from gateway.core.wire import CALENDAR_HEAD, fold
from gateway.core.zone_names import known

_SUMMARY: Final = "SUMMARY:Busy"

_DATES: Final = r"[0-9TZPWDHMS/,+\- ]*"
_OF_AN_EVENT: Final = {
    "UID": ".*",
    "DTSTAMP": r"\d{8}T\d{6}Z?",
    "DTSTART": _DATES,
    "DTEND": _DATES,
    "DURATION": _DATES,
    "RECURRENCE-ID": _DATES,
    "RDATE": _DATES,
    "EXDATE": _DATES,
    "RRULE": ".*",
    "TRANSP": "OPAQUE|TRANSPARENT",
    "STATUS": "TENTATIVE|CONFIRMED|CANCELLED",
    "SEQUENCE": r"\d{1,9}",
}
_OF_AN_OBSERVANCE: Final = {
    "DTSTART": _DATES,
    "RDATE": _DATES,
    "RRULE": ".*",
    "TZOFFSETFROM": r"[+-]\d{4,6}",
    "TZOFFSETTO": r"[+-]\d{4,6}",
}
_PARAMS: Final = {
    "VALUE": "DATE|DATE-TIME|PERIOD|DURATION",
    "RANGE": "THISANDFUTURE",
}


def shared(body: bytes) -> bytes:
    """The same UID and times as an object that has passed `intake.check`, called "Busy", and nothing else of it."""
    whole = calendar(body)
    lines = [*_home(whole)]
    for zone in whole.parts("VTIMEZONE"):
        lines += _zone(zone)
    for event in whole.parts("VEVENT"):
        lines += _event(event)
    text = "".join(f"{fold(line)}\r\n" for line in [*lines, "END:VCALENDAR"])
    return f"{CALENDAR_HEAD}{text}".encode()


def _home(whole: Part) -> Iterator[str]:
    """The zone that exports name once for all times, as its IANA name."""
    if home := known(whole.value("X-WR-TIMEZONE")):
        yield f"X-WR-TIMEZONE:{home}"


def _zone(zone: Part) -> Iterator[str]:
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone.value('TZID')}"
    for observance in zone.children:
        if observance.name in ("STANDARD", "DAYLIGHT"):
            yield f"BEGIN:{observance.name}"
            yield from _kept(observance, _OF_AN_OBSERVANCE)
            yield f"END:{observance.name}"
    yield "END:VTIMEZONE"


def _event(event: Part) -> Iterator[str]:
    free = event.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"
    yield "BEGIN:VEVENT"
    for line in _kept(event, _OF_AN_EVENT):
        if not (free and line.startswith("TRANSP")):
            yield line
    if free:
        yield "TRANSP:TRANSPARENT"
    yield _SUMMARY
    yield "END:VEVENT"


def _kept(part: Part, patterns: dict[str, str]) -> Iterator[str]:
    for line in part.lines:
        pattern = patterns.get(line.name)
        if pattern and re.fullmatch(pattern, line.value.strip(), re.ASCII | re.IGNORECASE | re.DOTALL):
            value = _rule(line.value) if line.name == "RRULE" else line.value.strip()
            yield f"{line.name}{''.join(_params(line))}:{value}"


def _rule(value: str) -> str:
    """Without words that are no part of a rule."""
    parts = (part.strip() for part in value.split(";"))
    return ";".join(part for part in parts if part.partition("=")[0].upper() in PARTS and "=" in part)


def _params(line: Line) -> Iterator[str]:
    if line.name == "UID":
        return
    for name, pattern in _PARAMS.items():
        value = line.param(name).upper()
        if re.fullmatch(pattern, value):
            yield f";{name}={value}"
    if zone := line.param("TZID"):
        yield f';TZID="{zone}"' if re.search("[,;:]", zone) else f";TZID={zone}"
