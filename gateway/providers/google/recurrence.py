"""The recurrence of an event of Google's, line by line: what can be read, written anew. Pure.

Google passes on what other programs wrote, so nothing is taken over as it stands: dates become lines of their own, and
whatever else there is stays behind. A rule that `core.expand` won't follow is passed on all the same, so that it
refuses it and whoever asked can tell people; none at all would look like an event that doesn't recur.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from gateway.core import rrule
from gateway.core.moments import YEARS, moment, period_size
from gateway.core.zone_names import known

# What `core.intake` lets pass too.
_MOST_RULES: Final = 5
_MOST_DATES: Final = 5_000
_MOST_A_DAY: Final = 24

_LINE: Final = re.compile(
    r'(RRULE|RDATE|EXDATE|EXRULE)((?:;[A-Za-z-]+=(?:"[^"]*"|[^";:]*))*):(.*)', re.DOTALL
)
_PARAM: Final = re.compile(r';([A-Za-z-]+)=(?:"([^"]*)"|([^";:]*))')
_RULE: Final = re.compile(r"[A-Z0-9=;,+-]{1,2000}", re.ASCII)
_UNREADABLE: Final = "FREQ=UNREADABLE"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`lines` without line ends. Without `whole` something in them can't be read. `unknown_zone` is a name that nobody
    knows here; its dates are told in the event's zone."""

    lines: tuple[str, ...] = ()
    whole: bool = True
    unknown_zone: str = ""


def lines(told: Sequence[object], zone: str, start: date) -> Recurrence:
    """What the lines say of an event that starts at `start` and recurs in `zone`, an IANA name."""
    rules: list[str] = []
    dates: list[str] = []
    whole, unknown = True, ""
    for name, tzid, value in map(_parts, told):
        if name == "RRULE":
            rule = value if _RULE.fullmatch(value) else _UNREADABLE
            rules.append(f"RRULE:{rule}")
            whole = whole and _is_followed(rule)
        elif name in ("RDATE", "EXDATE"):
            unknown = unknown or ("" if known(tzid) else tzid)
            place = (known(tzid) or zone) if isinstance(start, datetime) else ""
            read = [_date(item, place, periods=name == "RDATE") for item in _items(value)]
            dates += [f"{name}{item}" for item in read if item]
            whole = whole and all(read)
        elif name != "EXRULE":  # core.expand doesn't follow one either: what it leaves out blocks
            whole = False
    kept = (*rules[:_MOST_RULES], *dates[:_MOST_DATES])
    return Recurrence(kept, whole and len(kept) == len(rules) + len(dates), unknown)


def _parts(line: object) -> tuple[str, str, str]:
    """The name, the TZID and the value of a line; all empty if it is none."""
    match = _LINE.fullmatch(line) if isinstance(line, str) else None
    if match is None:
        return "", "", ""
    params = {found[1].upper(): found[2] or found[3] or "" for found in _PARAM.finditer(match[2])}
    value = match[3].strip()
    return match[1], params.get("TZID", ""), value.upper() if match[1] == "RRULE" else value


def _is_followed(text: str) -> bool:
    try:
        rule = rrule.parse(text)
    except ValueError:
        return False
    return rule.freq not in ("SECONDLY", "MINUTELY") and rule.a_day <= _MOST_A_DAY


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _date(item: str, zone: str, *, periods: bool) -> str:
    """A date with its parameters, or nothing; `zone` is for one that doesn't say its own."""
    begins, slash, rest = item.partition("/")
    try:
        when = moment(begins)
        if slash:
            period_size(rest, when)
    except ValueError:
        return ""
    if when.year not in YEARS or (slash and not periods):
        return ""
    tzid = f";TZID={zone}" if zone and isinstance(when, datetime) and not when.tzinfo else ""
    kind = ";VALUE=PERIOD" if slash else "" if isinstance(when, datetime) else ";VALUE=DATE"
    return f"{kind}{tzid}:{item}"
