"""How text goes onto an iCalendar line and off it: cleaning, escaping, folding."""

from __future__ import annotations

import re
from typing import Final

# What every object and feed of ours begins with (RFC 5545 3.4, 3.7).
CALENDAR_HEAD: Final = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Daybridge//Bookings//EN\r\nCALSCALE:GREGORIAN\r\n"
)

_LINE_OCTETS: Final = 75

_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Control characters; and U+FFFE and U+FFFF, which XML 1.0 can't carry, so no CalDAV answer could either.
_UNWANTED: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LINK: Final = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.ASCII)


def clean(text: str) -> str:
    """The text with line ends as line feeds, and without what no calendar may hold."""
    if text.isprintable():
        return text
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _UNWANTED.sub("", lines))


def one_line(text: str, limit: int) -> str:
    return shorten(" ".join(clean(text).split()), limit)


def shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def is_link(text: str) -> bool:
    """A web address that can stand on a line as it is: URI values are not escaped (RFC 5545 3.3.13)."""
    return len(text) <= 2000 and _LINK.fullmatch(text) is not None


def escape(text: str) -> str:
    """A value of type TEXT (RFC 5545 3.3.11). It is cleaned here too, so that no text ever begins a line."""
    text = clean(text).replace("\\", "\\\\")
    return text.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> str:
    """A content line in pieces of 75 octets at most, none of which ends within a character (RFC 5545 3.1)."""
    if line.isascii():
        if len(line) <= _LINE_OCTETS:
            return line
        step = _LINE_OCTETS - 1
        rest = [line[at : at + step] for at in range(_LINE_OCTETS, len(line), step)]
        return "\r\n ".join([line[:_LINE_OCTETS], *rest])
    return _fold_octets(line.encode())


def _fold_octets(line: bytes) -> str:
    pieces: list[bytes] = []
    start, room = 0, _LINE_OCTETS
    while len(line) - start > room:
        end = start + room
        while line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[start:end])
        start, room = end, _LINE_OCTETS - 1
    pieces.append(line[start:])
    return b"\r\n ".join(pieces).decode()


def unfold(text: str) -> str:
    """Each content line on one line, whatever line ends a client wrote."""
    return re.sub(r"\r?\n[ \t]", "", text)
