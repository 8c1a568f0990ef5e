"""What a recurrence rule says (RFC 5545 3.3.10), read strictly: what can't be read here can't be followed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Final

from gateway.core.moments import YEARS, moment

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES: Final = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"})
_WEEKDAY: Final = re.compile(rf"([+-]?\d{{0,2}})({'|'.join(_WEEKDAYS)})", re.ASCII)
# Definitions of time zones begin in 1601, if they mean "always".
_FIRST_YEAR: Final = 1600
_NUMBER: Final = re.compile(r"[+-]?\d{1,9}", re.ASCII)
# The largest value of each list of numbers, and whether it may be counted from the end.
_NUMBERS: Final = {
    "BYMONTH": (12, False),
    "BYWEEKNO": (53, True),
    "BYYEARDAY": (366, True),
    "BYMONTHDAY": (31, True),
    "BYHOUR": (23, False),
    "BYMINUTE": (59, False),
    "BYSECOND": (59, False),
    "BYSETPOS": (366, True),
}
# RFC 7529 lets a rule count in other calendars; ours is what it has without saying so.
_SAYS_NOTHING: Final = frozenset({"RSCALE=GREGORIAN", "SKIP=OMIT"})
PARTS: Final = frozenset({*_NUMBERS, "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"})


@dataclass(frozen=True, slots=True)
class Rule:
    """`by` has each BY-part's numbers; those of BYDAY are `weekdays`: which one (0: every), of which weekday."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    week_start: int = 0
    by: dict[str, tuple[int, ...]] = field(default_factory=dict)
    weekdays: tuple[tuple[int, int], ...] = ()

    @property
    def a_day(self) -> int:
        """How often it comes in a day at most, as far as its own words go."""
        parts = (self.by.get(name, (0,)) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        return len(list(product(*parts)))


def parse(text: str) -> Rule:
    """The rule that a text tells, or a ValueError."""
    # Some programs end the text with a semicolon; a word alone says nothing.
    told = [part.strip() for part in text.upper().split(";") if "=" in part]
    pairs = [part.split("=", 1) for part in told if part not in _SAYS_NOTHING]
    parts = dict(pairs)
    if len(parts) < len(pairs) or not parts.keys() <= PARTS or parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError("not a rule")
    count = _number(parts.get("COUNT", "-1"))
    return Rule(
        freq=parts["FREQ"],
        interval=_interval(parts.get("INTERVAL", "1")),
        # -1 is how some programs write "no COUNT".
        count=count if count >= 0 else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
        by={name: _numbers(name, parts[name]) for name in _NUMBERS if name in parts},
        weekdays=tuple(_weekday(value) for value in parts["BYDAY"].split(",")) if "BYDAY" in parts else (),
    )


def _until(text: str) -> date | None:
    """The end of a rule. Some programs write the year 9999 for "never"."""
    until = moment(text)
    if until.year < _FIRST_YEAR:
        raise ValueError("nothing ended then")
    return until if until.year < YEARS.stop else None


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return int(text)


def _interval(text: str) -> int:
    interval = _number(text)
    if interval < 1:
        raise ValueError("a rule that stands still")
    return interval


def _numbers(name: str, text: str) -> tuple[int, ...]:
    most, signed = _NUMBERS[name]
    numbers = sorted({_number(value) for value in text.split(",")})
    from_zero = name in ("BYHOUR", "BYMINUTE", "BYSECOND")
    if numbers[-1] > most or numbers[0] < (-most if signed else 0) or (0 in numbers and not from_zero):
        raise ValueError("no such number")
    return tuple(numbers)


def _weekday(text: str) -> tuple[int, int]:
    match = _WEEKDAY.fullmatch(text)
    if match is None or match[1] in ("+", "-"):
        raise ValueError("no such weekday")
    return int(match[1] or 0), _WEEKDAYS.index(match[2])
