"""What calendar objects say of themselves, written straight from rows; what all of them say alike is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol

from gateway.core.model import Calendar, Visitor
from radicale_plugin import places
from radicale_plugin.fastpath import properties, xml
from radicale_plugin.fastpath.properties import Collection
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark, element


class Written(Protocol):
    """What is read of an object: a whole one, or a change."""

    @property
    def href(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def modified_at(self) -> datetime: ...
    @property
    def body(self) -> bytes: ...


@lru_cache(maxsize=1024)
def http_date(moment: datetime) -> str:
    """RFC 9110 5.6.7. Kept, because objects that were projected together share their moment."""
    return format_datetime(moment, usegmt=True)


OBJECT_TYPE = "text/calendar;charset=utf-8;component=VEVENT"
ETAG = clark(DAV, "getetag")
DATA = clark(CALDAV, "calendar-data")
_LENGTH = clark(DAV, "getcontentlength")
_MODIFIED = clark(DAV, "getlastmodified")

# What differs from object to object, as it stands between tags.
_FIELDS: Mapping[str, Callable[[Written], bytes]] = {
    ETAG: lambda o: o.etag.encode(),
    _LENGTH: lambda o: b"%d" % len(o.body),
    _MODIFIED: lambda o: http_date(o.modified_at).encode(),
    DATA: lambda o: xml.escaped(o.body),
}
_FIXED: Mapping[str, str] = {
    clark(DAV, "getcontenttype"): OBJECT_TYPE,
    clark(DAV, "resourcetype"): "",
}
_OF_THE_VISITOR = tuple(
    clark(DAV, name)
    for name in ("current-user-principal", "principal-collection-set", "owner", "current-user-privilege-set")
)
# All that a PROPFIND may name; calendar-data is for reports only (RFC 4791 9.6).
EVERYTHING = (ETAG, *_FIXED, _LENGTH, _MODIFIED, *_OF_THE_VISITOR)


class ObjectWriter:
    """Writes the `<response>` of objects of one calendar, with the properties that were asked for."""

    def __init__(
        self,
        folder: str,
        known: Mapping[str, str],
        tags: Sequence[str],
        *,
        minimal: bool,
        names_only: bool = False,
    ) -> None:
        fields = {} if names_only else _FIELDS
        found = [known[tag] for tag in tags if tag in known]
        missing = [element(tag) for tag in tags if tag not in known]
        # NUL stands where a value goes: XML can't hold one, so no name of a property does.
        frame = xml.propstats(found, missing, minimal=minimal).split("\0")
        self._before = f"<response><href>{xml.href(folder)}"
        self._frame = [f"</href>{frame[0]}", *frame[1:]]
        self._frame[-1] += "</response>"
        self._literals = [literal.encode() for literal in self._frame[1:]]
        self._fields = [fields[tag] for tag in tags if tag in known and tag in fields]
        self._tags = {tag for tag in tags if tag in known and tag in fields}

    @property
    def needs_body(self) -> bool:
        return bool(self._tags & {DATA, _LENGTH})

    @property
    def needs_object(self) -> bool:
        """Whether more than a name and an ETag is asked for."""
        return bool(self._tags - {ETAG})

    def listing(self, rows: Sequence[tuple[str, str]]) -> bytes:
        """All of these objects, of which only the name and the ETag are known."""
        before, middle = self._before, self._frame[0]
        if not xml.all_plain(name for name, _ in rows):
            rows = [(xml.href(name), etag) for name, etag in rows]
        if not self._fields:
            return "".join([f"{before}{name}{middle}" for name, _ in rows]).encode()
        after = self._frame[1]
        return "".join([f"{before}{name}{middle}{etag}{after}" for name, etag in rows]).encode()

    def one(self, o: Written) -> bytes:
        pieces = [f"{self._before}{xml.href(o.href)}{self._frame[0]}".encode()]
        for field, literal in zip(self._fields, self._literals, strict=True):
            pieces += (field(o), literal)
        return b"".join(pieces)


def folder(base: str, visitor: Visitor, calendar: Calendar) -> str:
    """Where a calendar's objects are."""
    return f"{base}/{places.principal(visitor.staff_id)}/{places.slug(calendar, visitor)}/"


def writer(
    base: str,
    visitor: Visitor,
    calendar: Calendar,
    tags: Sequence[str],
    *,
    minimal: bool,
    names_only: bool = False,
    with_data: bool = False,
) -> ObjectWriter:
    """A writer for the objects of this calendar; `with_data` in reports, where calendar-data is a property."""
    parent = Collection(base, visitor, calendar, {})
    known = {tag: element(tag, "" if names_only else "\0") for tag in _FIELDS if with_data or tag != DATA}
    known |= {tag: element(tag, "" if names_only else inner) for tag, inner in _FIXED.items()}
    for tag in tags:
        if tag in _OF_THE_VISITOR:
            known[tag] = element(tag) if names_only else properties.answer(parent, tag) or element(tag)
    place = folder(base, visitor, calendar)
    return ObjectWriter(place, known, tags, minimal=minimal, names_only=names_only)
