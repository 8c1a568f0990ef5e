"""The content lines of a calendar object as they stand, for whoever asks about single ones.

Nothing is made of a value here and nothing is written down elsewhere: icalendar and vobject rewrite what they read,
and a client's own lines must come back as they were sent. Whether what the lines say makes sense is for `intake`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from gateway.core.unacceptable import DATA, MAX_OCTETS, OBJECT, SIZE, Unacceptable
from gateway.core.wire import unfold

_MAX_LINES: Final = 20_000
_MAX_DEPTH: Final = 8

# What RFC 5545 3.1 forbids, and what would break the XML that a REPORT answers in.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\r(?!\n)")
_LINE: Final = re.compile(r'([A-Za-z0-9_-]+)((?:;(?:[^":]|"[^"]*")*+)?):(.*)', re.DOTALL)
_PARAM: Final = re.compile(r';([A-Za-z0-9_-]+)=((?:[^";]|"[^"]*")*+)')
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_LIST: Final = re.compile(r"(?:[^\\,]|\\.)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """NAME;PARAM=…:VALUE, unfolded; the name in capitals, the rest as it was written."""

    name: str
    params: str
    value: str

    @property
    def text(self) -> str:
        return f"{self.name}{self.params}:{self.value}"

    def param(self, name: str) -> str:
        """A parameter's value without quotes; empty where there is none."""
        found = (match[2] for match in _PARAM.finditer(self.params) if match[1].upper() == name)
        return next(found, "").replace('"', "").strip()


@dataclass(frozen=True, slots=True)
class Part:
    """A component: its lines, and the components in it."""

    name: str
    lines: list[Line] = field(default_factory=list)
    children: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The value of the first line of this name; empty where there is none."""
        return next((line.value.strip() for line in self.all(name)), "")

    def parts(self, name: str) -> list[Part]:
        return [child for child in self.children if child.name == name]

    def written(self) -> Iterator[str]:
        """All its lines again, unfolded; what is in it comes last (RFC 5545 3.6.1)."""
        yield f"BEGIN:{self.name}"
        yield from (line.text for line in self.lines)
        for child in self.children:
            yield from child.written()
        yield f"END:{self.name}"


# Who stores an object asks for it five times: whether it may be, when it is, what it shows.
@lru_cache(maxsize=1)
def calendar(body: bytes) -> Part:
    """The one VCALENDAR of an object, with its components. Raises Unacceptable."""
    stack = [Part("")]
    for line in _lines(_text(body)):
        if line.name == "BEGIN":
            part = Part(line.value.strip().upper())
            stack[-1].children.append(part)
            stack.append(part)
            if len(stack) > _MAX_DEPTH:
                raise Unacceptable(DATA, "Components are nested too deeply.")
        elif line.name == "END":
            if stack.pop().name != line.value.strip().upper() or not stack:
                raise Unacceptable(DATA, "BEGIN and END don't match.")
        else:
            stack[-1].lines.append(line)
    top = stack[0]
    if len(stack) > 1 or top.lines or not top.children or top.children[0].name != "VCALENDAR":
        raise Unacceptable(DATA, "This isn't a whole VCALENDAR.")
    if len(top.children) > 1:
        raise Unacceptable(OBJECT, "There may be one VCALENDAR only.")
    return top.children[0]


def event(calendar: Part) -> Part:
    """The one VEVENT of an object; of a recurring one, the one that the others are exceptions of."""
    events = calendar.parts("VEVENT")
    for part in [part for part in events if not part.all("RECURRENCE-ID")] + events:
        return part
    raise Unacceptable(DATA, "There is no event in it.")


def text(value: str) -> str:
    """What a value of type TEXT says (RFC 5545 3.3.11)."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def texts(value: str) -> list[str]:
    """What a list of texts says, as CATEGORIES has one."""
    return [said for item in _LIST.findall(value) if (said := text(item).strip())]


def _text(body: bytes) -> str:
    if len(body) > MAX_OCTETS:
        raise Unacceptable(SIZE, f"An object may have {MAX_OCTETS:,} octets at most.")
    try:
        # -sig: some programs write a byte order mark.
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unacceptable(DATA, "The text isn't UTF-8.") from None
    if _FORBIDDEN.search(text):
        raise Unacceptable(DATA, "The text has control characters in it.")
    return text


def _lines(text: str) -> Iterator[Line]:
    lines = [line for line in re.split(r"\r?\n", unfold(text)) if line]
    if len(lines) > _MAX_LINES:
        raise Unacceptable(SIZE, f"An object may have {_MAX_LINES:,} lines at most.")
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise Unacceptable(DATA, "A line isn't NAME:VALUE.")
        yield Line(match[1].upper(), match[2], match[3])
