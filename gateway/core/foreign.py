"""The time that an event of others takes: its parts, as they are kept, put together and expanded as any event is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.core import expand
from gateway.core.blocking import BlockRules, blocks
from gateway.core.remote import Reply, Showing, Window
from gateway.core.unacceptable import Unacceptable

_HEAD: Final = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Daybridge//EN\r\n"
_DAY: Final = re.compile(rb"^DTSTART;VALUE=DATE:", re.MULTILINE)
_RULES: Final = re.compile(rb"^(RRULE|RDATE|EXDATE|EXRULE)[:;].*\r?\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a series: the lines that say when it is, and how its owner shows it."""

    times: bytes
    showing: Showing
    reply: Reply


@dataclass(frozen=True, slots=True)
class Held:
    """What a series takes within the window. `endless`: something of it lies behind the window's end.

    `problem` says why nothing, or not all of it, could be told.
    """

    spans: tuple[tuple[datetime, datetime], ...]
    first: datetime
    last: datetime
    endless: bool
    problem: str = ""


def held(pieces: Sequence[Piece], *, zone: str, rules: BlockRules, window: Window) -> Held:
    """The time of a series, the recurring part first; whole days are days in `zone`, the business's.

    Where its rule can't be followed, what can be told without it is held, and the problem is named.
    """
    try:
        return _held([_lines(piece, rules) for piece in pieces], zone, window, "")
    except Unacceptable as error:
        plain = [_RULES.sub(b"", _lines(piece, rules)) for piece in pieces]
        try:
            return _held(plain, zone, window, str(error))
        except Unacceptable as worse:
            return Held((), window.since, window.since, endless=False, problem=str(worse))


def _held(events: Sequence[bytes], zone: str, window: Window, problem: str) -> Held:
    body = _HEAD + b"".join(events) + b"END:VCALENDAR\r\n"
    taken = expand.taken(body, zone=zone, since=window.since, until=window.until)
    last = window.until if taken.last is None else taken.last
    return Held(
        taken.spans,
        taken.first,
        max(last, taken.first),
        endless=taken.last is None or taken.last > window.until,
        problem=problem,
    )


def _lines(piece: Piece, rules: BlockRules) -> bytes:
    all_day = _DAY.search(piece.times) is not None
    free = (
        b"" if blocks(piece.showing, piece.reply, all_day=all_day, rules=rules) else b"TRANSP:TRANSPARENT\r\n"
    )
    return (
        b"BEGIN:VEVENT\r\nUID:foreign\r\nDTSTAMP:20000101T000000Z\r\n"
        + piece.times
        + free
        + b"END:VEVENT\r\n"
    )
