"""What a server says of many things at once (RFC 4918 13), read within bounds. Pure.

Whatever it sends is text of a stranger: no DTD, so no entity of its own and nothing fetched; and never more elements,
or deeper ones, than an honest answer has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import iterparse

DAV: Final = "{DAV:}"
CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
SERVER: Final = "{http://calendarserver.org/ns/}"

_MOST_ELEMENTS: Final = 1_000_000
_DEEPEST: Final = 40
_MOST_RESPONSES: Final = 60_000
_LONGEST_EXPLANATION: Final = 100_000


class Unreadable(Exception):
    """It isn't what it should be."""


@dataclass(frozen=True, slots=True)
class Response:
    """What is said of one thing: `status` of it as a whole (0: none told), and those properties that it has."""

    href: str
    status: int
    props: Mapping[str, Element] = field(repr=False)

    def text(self, name: str) -> str:
        found = self.props.get(name)
        return (found.text or "").strip() if found is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses in a property."""
        found = self.props.get(name)
        if found is None:
            return []
        return [text for each in found.iter(f"{DAV}href") if (text := (each.text or "").strip())]

    def names(self, name: str) -> frozenset[str]:
        """The names of all that is in a property, at whatever depth."""
        found = self.props.get(name)
        return (
            frozenset(each.tag for each in found.iter() if each is not found)
            if found is not None
            else frozenset()
        )


@dataclass(frozen=True, slots=True)
class Multistatus:
    responses: tuple[Response, ...]
    sync_token: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether there is more than was told (RFC 6578 3.6)."""
        return any(one.status == 507 for one in self.responses)


def read(body: bytes) -> Multistatus:
    """Raises Unreadable."""
    responses: list[Response] = []
    token = ""
    for level, element in _elements(body, forgetting=True):
        if level == 0 and element.tag != f"{DAV}multistatus":
            raise Unreadable
        if level == 1 and element.tag == f"{DAV}response":
            responses.append(_response(element))
            if len(responses) > _MOST_RESPONSES:
                raise Unreadable
        if level == 1 and element.tag == f"{DAV}sync-token":
            token = (element.text or "").strip()
    return Multistatus(tuple(responses), token)


def preconditions(body: bytes) -> Mapping[str, str]:
    """What a refusal names as its reasons (RFC 4918 16): each one's name, and the address told with it, if any."""
    if len(body) > _LONGEST_EXPLANATION:
        return {}
    try:
        root = next((element for level, element in _elements(body) if level == 0), None)
    except Unreadable:
        return {}
    if root is None or root.tag != f"{DAV}error":
        return {}
    return {
        each.tag: next((href.text or "" for href in each.iter(f"{DAV}href")), "").strip() for each in root
    }


def _elements(body: bytes, *, forgetting: bool = False) -> Iterator[tuple[int, Element]]:
    """Each element when it is complete, with its depth. With `forgetting`, nothing is kept of what was told. Raises
    Unreadable."""
    level = count = 0
    top: Element | None = None
    try:
        for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                top = element if top is None else top
                level, count = level + 1, count + 1
                if level > _DEEPEST or count > _MOST_ELEMENTS:
                    raise Unreadable
            else:
                level -= 1
                yield level, element
                if forgetting and level == 1 and top is not None:
                    top.clear()
    except (ParseError, ValueError, LookupError):  # what defusedxml forbids is a ValueError
        raise Unreadable from None


def _response(element: Element) -> Response:
    """Only what is there counts: a property with another status than 200 is one that isn't told."""
    props: dict[str, Element] = {}
    for propstat in element.findall(f"{DAV}propstat"):
        if _status(propstat.findtext(f"{DAV}status") or "") in (0, 200):
            for prop in propstat.findall(f"{DAV}prop"):
                props.update((each.tag, each) for each in prop)
    href = (element.findtext(f"{DAV}href") or "").strip()
    return Response(href, _status(element.findtext(f"{DAV}status") or ""), props)


def _status(line: str) -> int:
    """Of "HTTP/1.1 404 Not Found" the number; 0 for none."""
    parts = line.split()
    return int(parts[1]) if len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdecimal() else 0
