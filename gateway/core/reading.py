"""The content lines of a calendar object as they stand, for whoever asks about single ones.

Nothing is made of a value here and nothing is written down elsewhere: icalendar and vobject rewrite what they read,
and a client's own lines must come back as they were sent. What has passed `intake.check` can be read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.core.intake import DATA, MAX_OCTETS, SIZE, Unacceptable
from gateway.core.wire import unfold

_MAX_LINES: Final = 20_000
_MAX_DEPTH: Final = 8

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


def calendar(body: bytes) -> Part:
    """The VCALENDAR of an object."""
    stack = [Part("")]
    for line in _lines(body):
        if line.name == "BEGIN" and len(stack) <= _MAX_DEPTH:
            part = Part(line.value.strip().upper())
            stack[-1].children.append(part)
            stack.append(part)
        elif line.name == "END" and len(stack) > 1:
            stack.pop()
        elif line.name in ("BEGIN", "END"):
            raise Unacceptable(DATA, "BEGIN and END don't match.")
        else:
            stack[-1].lines.append(line)
    for part in stack[0].parts("VCALENDAR"):
        return part
    raise Unacceptable(DATA, "This isn't a whole VCALENDAR.")


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


def _lines(body: bytes) -> Iterator[Line]:
    if len(body) > MAX_OCTETS:
        raise Unacceptable(SIZE, f"An object may have {MAX_OCTETS:,} octets at most.")
    try:
        # -sig: some programs write a byte order mark.
        lines = [line for line in re.split(r"\r?\n", unfold(body.decode("utf-8-sig"))) if line]
    except UnicodeDecodeError:
        raise Unacceptable(DATA, "The text isn't UTF-8.") from None
    if len(lines) > _MAX_LINES:
        raise Unacceptable(SIZE, f"An object may have {_MAX_LINES:,} lines at most.")
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise Unacceptable(DATA, "A line isn't NAME:VALUE.")
        yield Line(match[1].upper(), match[2], match[3])
