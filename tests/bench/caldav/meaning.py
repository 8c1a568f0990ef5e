"""What an answer says, whatever the server and its way of writing XML: equal meanings are equal sets.

A fast answer that is wrong must not win, so nothing is timed before ours and stock Radicale's mean the same.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, fromstring

from tests.bench.connection import Answer

Meaning = frozenset[str]

_DAV = "{DAV:}"
_DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
_UID = re.compile(r"^UID:(\S+)\r?$", re.MULTILINE)


def properties(answer: Answer) -> Meaning:
    """The names of the properties that were found and aren't empty."""
    [response] = _root(answer).findall(f"{_DAV}response")
    return frozenset(prop.tag for prop in _found(response) if (prop.text or "").strip())


def members(answer: Answer) -> Meaning:
    """The names of the members that have an ETag; the collection itself may or may not be listed."""
    return frozenset(name for name, props in _members(answer) if (props.get(f"{_DAV}getetag") or "").strip())


def events(answer: Answer) -> Meaning:
    """Name and UID of every member that came with its data and an ETag."""
    return frozenset(
        f"{name} {uid}"
        for name, props in _members(answer)
        if props.get(f"{_DAV}getetag")
        for uid in _UID.findall(props.get(_DATA) or "")
    )


def uids(answer: Answer) -> Meaning:
    """The UIDs in an iCalendar text."""
    return frozenset(_UID.findall(answer.body.decode()))


def nothing(answer: Answer) -> Meaning:
    """For an answer without a body; its status says it all, and is checked anyway."""
    return frozenset()


def sync_token(answer: Answer) -> str:
    """The token that an answer ends with, or that a PROPFIND found; empty where there is none."""
    found = _root(answer).find(f".//{_DAV}sync-token")
    return "" if found is None else found.text or ""


def bodies(answer: Answer) -> dict[str, bytes]:
    """The events of an answer with data, by name, as they are stored: XML turns line ends into bare newlines."""
    return {
        name: (props[_DATA] or "").replace("\r\n", "\n").replace("\n", "\r\n").encode()
        for name, props in _members(answer)
        if props.get(_DATA)
    }


def _members(answer: Answer) -> Iterator[tuple[str, dict[str, str | None]]]:
    for response in _root(answer).findall(f"{_DAV}response"):
        name = unquote(response.findtext(f"{_DAV}href", "")).rpartition("/")[2]
        if name:
            yield name, {prop.tag: prop.text for prop in _found(response)}


def _found(response: Element) -> Iterator[Element]:
    for propstat in response.findall(f"{_DAV}propstat"):
        if " 200 " in propstat.findtext(f"{_DAV}status", ""):
            yield from propstat.find(f"{_DAV}prop") or ()


def _root(answer: Answer) -> Element:
    compressed = answer.headers.get("content-encoding") == "gzip"
    return fromstring(gzip.decompress(answer.body) if compressed else answer.body)
