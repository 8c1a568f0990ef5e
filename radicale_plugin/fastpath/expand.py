"""Events told in UTC and one by one (RFC 4791 9.6.5), as far as that needs no rule to be followed.

An event that happens once is its own expansion; but its times have to be in UTC, which Radicale leaves out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from gateway.core.model import CalendarObject

_ZONES = re.compile(rb"BEGIN:VTIMEZONE\r?\n.*?END:VTIMEZONE\r?\n", re.DOTALL | re.IGNORECASE)
# An empty rule or list of dates says nothing.
_RECURS = re.compile(
    rb"^(?:RRULE|EXRULE|RDATE|RECURRENCE-ID)[^:\r\n]*+(?::[^\r\n]|:?\r?\n[ \t])", re.MULTILINE | re.IGNORECASE
)
_IN_A_ZONE = re.compile(
    rb"^(DTSTART|DTEND);(?:[^:\r\n]|\r?\n[ \t])*TZID=[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.MULTILINE | re.IGNORECASE,
)


def once(found: CalendarObject) -> CalendarObject | None:
    """An object with its times in UTC; None for one that recurs."""
    events = _ZONES.sub(b"", found.body)
    if _RECURS.search(events):
        return None

    def told(line: re.Match[bytes]) -> bytes:
        moment = found.starts_at if line[1].upper() == b"DTSTART" else found.ends_at
        return line[1] + b":" + _basic(moment)

    return replace(found, body=_IN_A_ZONE.sub(told, events))


def _basic(moment: datetime) -> bytes:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode()
