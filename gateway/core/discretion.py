"""A personal block as colleagues may see it: when, and not what.

What is kept is listed, and its value must be of its kind, so that no text gets through by standing in a strange place.
Three texts remain as they are, since times could not be read or found again without them: the UID, and the names of
time zones, in their definitions and beside the times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.core.reading import Line, Part, calendar, text
from gateway.core.rrule import PARTS
from gateway.core.wire import CALENDAR_HEAD, fold
from gateway.core.zone_names import known

_SUMMARY: Final = "SUMMARY:Busy"
_DAY_OF_A_PERIOD: Final = re.compile(r"(?<!\d)\d{8}(?=/)|(?<=/)\d{8}$", re.ASCII)

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
_MOMENTS: Final = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"})
_DAYS: Final = re.compile(r"\d{8}(,\d{8})*", re.ASCII)


def shared(body: bytes) -> bytes:
    """The same UID and times as an object that has passed `intake.check`, called "Busy", and nothing else of it."""
    whole = calendar(body)
    lines, zones = [*_home(whole)], whole.parts("VTIMEZONE")
    for zone in zones:
        lines += _zone(zone)
    defined = {text(zone.value("TZID")) for zone in zones}
    for event in whole.parts("VEVENT"):
        lines += _event(event, defined)
    told = "".join(f"{fold(line)}\r\n" for line in [*lines, "END:VCALENDAR"])
    return f"{CALENDAR_HEAD}{told}".encode()


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
            yield from _kept(observance, _OF_AN_OBSERVANCE, set())
            yield f"END:{observance.name}"
    yield "END:VTIMEZONE"


def _event(event: Part, defined: set[str]) -> Iterator[str]:
    free = event.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"
    yield "BEGIN:VEVENT"
    for line in _kept(event, _OF_AN_EVENT, defined):
        if not (free and line.startswith("TRANSP")):
            yield line
    if free:
        yield "TRANSP:TRANSPARENT"
    yield _SUMMARY
    yield "END:VEVENT"


def _kept(part: Part, patterns: dict[str, str], defined: set[str]) -> Iterator[str]:
    for line in part.lines:
        pattern = patterns.get(line.name)
        if pattern and re.fullmatch(pattern, line.value.strip(), re.ASCII | re.IGNORECASE | re.DOTALL):
            value = _value(line)
            # An empty list, or no rule, says nothing; and some readers fail at it.
            if value:
                yield f"{line.name}{''.join(_params(line, value, defined))}:{value}"


def _value(line: Line) -> str:
    """Without words that are no part of a rule, and without gaps in a list of dates."""
    if line.name == "RRULE":
        parts = (part.strip() for part in line.value.split(";"))
        return ";".join(part for part in parts if part.partition("=")[0].upper() in PARTS and "=" in part)
    if line.name in ("RDATE", "EXDATE"):
        # A period is one of times, though some programs write days.
        items = (_DAY_OF_A_PERIOD.sub(r"\g<0>T000000", item.strip()) for item in line.value.split(","))
        return ",".join(filter(None, items))
    return line.value.strip()


def _params(line: Line, value: str, defined: set[str]) -> Iterator[str]:
    """What kind of dates they are, as they show themselves: programs get that wrong. And the zone, by a name that
    others know too where the object doesn't define it."""
    if line.name not in _MOMENTS:
        return
    if _DAYS.fullmatch(value):
        yield ";VALUE=DATE"
    elif "/" in value:
        yield ";VALUE=PERIOD"
    if line.param("RANGE").upper() == "THISANDFUTURE":
        yield ";RANGE=THISANDFUTURE"
    if (zone := line.param("TZID")) and not _DAYS.fullmatch(value):
        name = zone if zone in defined else known(zone) or zone
        yield f';TZID="{name}"' if re.search("[,;:]", name) else f";TZID={name}"
