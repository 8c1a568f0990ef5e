"""REPORT for the shapes that calendar apps really send: multiget, a query by time, and sync-collection.

`answer` gives None for any other shape; `app` then lets Radicale answer it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from gateway.core import sync
from gateway.core.errors import Invalid, Refused
from gateway.core.model import Calendar
from gateway.services.collection import Visit
from radicale_plugin import places
from radicale_plugin.fastpath import xml
from radicale_plugin.fastpath.propfind import DATA, OBJECT_TYPE
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark, element

_ETAG = clark(DAV, "getetag")
_TYPE = clark(DAV, "getcontenttype")
_KNOWN = frozenset({_ETAG, _TYPE, DATA})
_MOMENT = re.compile(r"\d{8}T\d{6}Z")

MULTIGET = clark(CALDAV, "calendar-multiget")
QUERY = clark(CALDAV, "calendar-query")
SYNC = clark(DAV, "sync-collection")


class Unanswerable(Refused):
    """{reason}"""

    status = 403

    def __init__(self, precondition: str, reason: str, status: int = 403) -> None:
        super().__init__(reason=reason)
        self.precondition = precondition
        self.http_status = status


@dataclass(frozen=True, slots=True)
class Wanted:
    """The properties that a report asks for, of each object."""

    tags: tuple[str, ...]
    minimal: bool

    @property
    def with_bodies(self) -> bool:
        return DATA in self.tags


def answer(visit: Visit, base: str, calendar: Calendar, root: Element, *, minimal: bool) -> bytes | None:
    """The answer to a known shape, or None. Raises Invalid, InvalidSyncToken, Unanswerable."""
    wanted = _wanted(root, minimal=minimal)
    folder = f"{base}/{places.principal(visit.visitor.staff_id)}/{places.slug(calendar, visit.visitor)}/"
    if root.tag == SYNC:
        return _sync(visit, folder, calendar, root, wanted or _only_known(root, minimal=minimal))
    if wanted is None:
        return None
    if root.tag == MULTIGET:
        return _multiget(visit, base, folder, calendar, root, wanted)
    if root.tag == QUERY:
        span = time_range_of_simple_query(root)
        return None if span is None else _query(visit, folder, calendar, span, wanted)
    return None


def time_range_of_simple_query(root: Element) -> tuple[datetime | None, datetime | None] | None:
    """The time range of a query for all events, or for those in a range; None for any other filter.

    Raises Invalid for a range that is no range (RFC 4791 9.9).
    """
    filters = root.findall(clark(CALDAV, "filter"))
    if len(filters) != 1 or len(filters[0]) != 1:
        return None
    whole = filters[0][0]
    if not _is_comp_filter(whole, "VCALENDAR") or len(whole) > 1:
        return None
    if len(whole) == 0:
        return None, None
    if not _is_comp_filter(whole[0], "VEVENT") or len(whole[0]) > 1:
        return None
    if len(whole[0]) == 0:
        return None, None
    return time_range(whole[0][0]) if whole[0][0].tag == clark(CALDAV, "time-range") else None


def time_range(node: Element) -> tuple[datetime | None, datetime | None]:
    """(start, end) of a `<C:time-range>`, in UTC; an open side is None. Raises Invalid."""
    since, until = _moment(node.get("start")), _moment(node.get("end"))
    if since is None and until is None:
        raise Invalid(reason="A time-range needs a start or an end.")
    if since is not None and until is not None and until <= since:
        raise Invalid(reason="A time-range must end after it starts.")
    return since, until


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        if _MOMENT.fullmatch(written):
            return datetime.strptime(written, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Invalid(reason="A time-range is written in UTC, like 20261124T090000Z.")


def _is_comp_filter(node: Element, name: str) -> bool:
    return node.tag == clark(CALDAV, "comp-filter") and node.get("name") == name


def _wanted(root: Element, *, minimal: bool) -> Wanted | None:
    """What is asked of each object; None when it is more than name, type and whole data."""
    prop = root.find(clark(DAV, "prop"))
    if prop is None or len(prop) == 0:
        return None
    for child in prop:
        if child.tag not in _KNOWN or (child.tag == DATA and (len(child) or not _plain_data(child))):
            return None
    return Wanted(tuple(dict.fromkeys(child.tag for child in prop)), minimal)


def _plain_data(node: Element) -> bool:
    return node.get("content-type", "text/calendar") == "text/calendar" and node.get("version", "2.0") == "2.0"


def _only_known(root: Element, *, minimal: bool) -> Wanted:
    """A sync is always answered here; properties that objects don't have are said to be missing."""
    prop = root.find(clark(DAV, "prop"))
    return Wanted(tuple(dict.fromkeys(child.tag for child in prop)) if prop is not None else (), minimal)


def _writer(wanted: Wanted) -> Callable[[str, str, str], str]:
    """How one object is written: (path, ETag, escaped body) → `<response>`."""
    parts = {_ETAG: "<getetag>\0</getetag>", _TYPE: element(_TYPE, OBJECT_TYPE), DATA: "<C:calendar-data>\1</C:calendar-data>"}
    found = [parts[tag] for tag in wanted.tags if tag in _KNOWN]
    missing = [element(tag) for tag in wanted.tags if tag not in _KNOWN]
    whole = xml.response("\2", found, missing, minimal=wanted.minimal)
    pieces = re.split("(%02|\0|\1)", whole)

    def write(path: str, etag: str, body: str) -> str:
        values = {"%02": path, "\0": etag, "\1": body}
        return "".join([values.get(piece, piece) for piece in pieces])

    return write


def _body(body: bytes) -> str:
    return xml.text(body.decode("utf-8", "replace"))


def _query(
    visit: Visit, folder: str, calendar: Calendar, span: tuple[datetime | None, datetime | None], wanted: Wanted
) -> bytes:
    write = _writer(wanted)
    found = visit.objects_between(calendar, *span)
    return xml.multistatus(
        write(folder + xml.href(o.href), o.etag, _body(o.body) if wanted.with_bodies else "") for o in found
    )


def _multiget(
    visit: Visit, base: str, folder: str, calendar: Calendar, root: Element, wanted: Wanted
) -> bytes:
    """Each href once, in the order asked; those that are not there say 404 (RFC 4791 7.9)."""
    write = _writer(wanted)
    asked = list(dict.fromkeys(_paths(root, base)))
    names = {path: path.removeprefix(folder) for path in asked if path.startswith(folder)}
    found = {o.href: o for o in visit.objects(calendar, list(names.values()))}

    def parts() -> Iterator[str]:
        for path in asked:
            o = found.get(names.get(path, ""))
            if o is None:
                yield xml.gone(path)
            else:
                yield write(folder + xml.href(o.href), o.etag, _body(o.body) if wanted.with_bodies else "")

    return xml.multistatus(parts())


def _paths(root: Element, base: str) -> Iterable[str]:
    for node in root.findall(clark(DAV, "href")):
        try:
            yield unquote(urlsplit((node.text or "").strip()).path, errors="replace")
        except ValueError as error:
            raise Invalid(reason="A href is no address.") from error


def _sync(visit: Visit, folder: str, calendar: Calendar, root: Element, wanted: Wanted) -> bytes:
    """RFC 6578 3: changes since a token. Cut short it says so with 507, and its token goes on exactly there."""
    given = root.findtext(clark(DAV, "sync-token")) or ""
    level = (root.findtext(clark(DAV, "sync-level")) or "1").strip()
    if level not in ("1", "infinite"):
        raise Invalid(reason="sync-level is 1 or infinite.")
    since = sync.parse(given.strip(), calendar)
    changes = visit.changes(calendar, since, with_bodies=wanted.with_bodies, limit=_limit(root))
    write = _writer(wanted)

    def parts() -> Iterator[str]:
        for change in changes.changes:
            path = folder + xml.href(change.href)
            yield xml.gone(path) if change.deleted else write(path, change.etag, _body(change.body))
        if changes.more:
            yield (
                f"<response><href>{xml.href(folder)}</href>{xml.status(507)}"
                "<error><number-of-matches-within-limits /></error></response>"
            )

    return xml.multistatus(parts(), f"<sync-token>{changes.token}</sync-token>")


def _limit(root: Element) -> int | None:
    limit = root.find(clark(DAV, "limit"))
    if limit is None:
        return None
    written = (limit.findtext(clark(DAV, "nresults")) or "").strip()
    if not written.isdecimal() or not 0 < int(written[:9]):
        raise Invalid(reason="nresults must be a whole number above 0.")
    return int(written[:9])


_ALLOWED_IN: dict[str, Sequence[str]] = {
    "filter": ("comp-filter",),
    "comp-filter": ("comp-filter", "prop-filter", "time-range", "is-not-defined"),
    "prop-filter": ("param-filter", "text-match", "time-range", "is-not-defined"),
    "param-filter": ("text-match", "is-not-defined"),
    "text-match": (),
    "time-range": (),
    "is-not-defined": (),
}
_COLLATIONS = ("i;ascii-casemap", "i;octet")


def check_filter(root: Element) -> None:
    """Refuse, in CalDAV's own words, a query that nobody here can answer (RFC 4791 7.8)."""
    filters = root.findall(clark(CALDAV, "filter"))
    if len(filters) != 1:
        raise Invalid(reason="A calendar-query needs one CALDAV:filter.")
    for node in filters[0].iter():
        namespace, name = xml.split(node.tag)
        if namespace != CALDAV or name not in _ALLOWED_IN:
            raise Unanswerable("{urn:ietf:params:xml:ns:caldav}supported-filter", f"This server knows no filter {name}.")
        for child in node:
            if xml.split(child.tag)[1] not in _ALLOWED_IN[name]:
                raise Unanswerable(
                    "{urn:ietf:params:xml:ns:caldav}supported-filter", f"{name} can't hold {xml.split(child.tag)[1]}."
                )
        _check_node(name, node)


def _check_node(name: str, node: Element) -> None:
    if name == "time-range":
        time_range(node)
    if name.endswith("-filter") and not node.get("name"):
        raise Invalid(reason=f"A {name} needs a name.")
    if name == "text-match" and node.get("collation", _COLLATIONS[0]) not in (*_COLLATIONS, "default"):
        raise Unanswerable(
            "{urn:ietf:params:xml:ns:caldav}supported-collation", "Known collations: i;ascii-casemap and i;octet."
        )
