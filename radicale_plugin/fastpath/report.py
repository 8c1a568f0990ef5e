"""REPORT for the shapes that calendar apps really send: multiget, a query by time, and sync-collection.

`answer` gives None for what is left to Radicale: other filters, and recurring events to be expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from radicale import pathutils

from gateway.core import sync
from gateway.core.errors import Invalid, NotYours
from gateway.core.model import Calendar, CalendarObject
from gateway.services.collection import Visit
from radicale_plugin import places
from radicale_plugin.fastpath import expand, filters, objects, xml
from radicale_plugin.fastpath.filters import Bounds, Span
from radicale_plugin.fastpath.objects import DATA, EVERYTHING, ObjectWriter
from radicale_plugin.fastpath.refusals import Unmet, supported_report
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark
from radicale_plugin.places import Place

MULTIGET = clark(CALDAV, "calendar-multiget")
QUERY = clark(CALDAV, "calendar-query")
SYNC = clark(DAV, "sync-collection")
_OF_CALENDARS = frozenset({MULTIGET, QUERY, SYNC})
# Some programs stop at an error to these; Radicale answers them with an empty list.
_OF_PRINCIPALS = frozenset(
    clark(DAV, name)
    for name in ("expand-property", "principal-property-search", "principal-search-property-set")
)
# Radicale parses each candidate, which takes one to two milliseconds, and several times as long to expand it.
_MOST_SEARCHED = 2_000
_MOST_EXPANDED = 300
_EXPAND = f".//{clark(CALDAV, 'expand')}"


def answer(visit: Visit, base: str, place: Place, root: Element, *, minimal: bool) -> bytes | None:
    """The answer to a known shape, or None. Raises Refused for what can't be answered at all."""
    if root.tag not in _OF_CALENDARS | _OF_PRINCIPALS:
        raise supported_report("This server knows no such report.")
    calendar = _calendar(visit, place, root)
    if calendar is None:
        return None
    writer = _writer(visit, base, calendar, root, minimal=minimal)
    folder = objects.folder(base, visit.visitor, calendar)
    if root.tag == SYNC:
        return _sync(visit, folder, calendar, root, writer)
    if root.tag == MULTIGET:
        return _multiget(visit, folder, calendar, root, writer)
    span = filters.simple_span(root)
    return None if span is None or place.href else _query(visit, calendar, root, span, writer)


def _calendar(visit: Visit, place: Place, root: Element) -> Calendar | None:
    """The calendar that is asked, None for a question about principals. Raises NotYours, Unmet."""
    calendar = places.calendar(visit, place.slug) if place.slug else None
    if place.href and calendar and not visit.objects(calendar, [place.href]):
        raise NotYours(what="no such event")
    if root.tag in _OF_PRINCIPALS:
        return None
    if calendar is None or (place.href and root.tag == SYNC):
        raise supported_report("Ask this of a calendar.")
    return calendar


def bounds(root: Element) -> Bounds:
    """What Radicale is given of a calendar for the reports that are left to it. Raises Refused."""
    window = _window(root)
    return Bounds(window, _MOST_EXPANDED) if window else Bounds((None, None), _MOST_SEARCHED)


def _window(root: Element) -> Span | None:
    """From when to when recurring events shall be told one by one; None where that isn't asked for."""
    node = root.find(_EXPAND)
    if node is None:
        return None
    if not node.get("start") or not node.get("end"):
        raise Invalid(reason="expand has a start and an end.")
    return filters.span(node)


def _writer(visit: Visit, base: str, calendar: Calendar, root: Element, *, minimal: bool) -> ObjectWriter:
    prop = root.find(clark(DAV, "prop"))
    names_only = root.find(clark(DAV, "propname")) is not None
    tags = xml.named(prop) if prop is not None else ()
    if names_only or root.find(clark(DAV, "allprop")) is not None:
        tags = EVERYTHING
    for data in prop.findall(DATA) if prop is not None else ():
        if (data.get("content-type", "text/calendar"), data.get("version", "2.0")) != (
            "text/calendar",
            "2.0",
        ):
            raise Unmet(clark(CALDAV, "supported-calendar-data"), "Events are told as text/calendar 2.0.")
    return objects.writer(
        base, visit.visitor, calendar, tags, minimal=minimal, names_only=names_only, with_data=True
    )


def _query(visit: Visit, calendar: Calendar, root: Element, span: Span, writer: ObjectWriter) -> bytes | None:
    window = _window(root)
    if window:
        span = filters.common(span, window)
    if not writer.needs_object:
        return xml.multistatus([writer.listing(visit.listing_between(calendar, *span))])
    found = visit.objects_between(calendar, *span)
    told = _expanded(found) if window else found
    return None if told is None else xml.multistatus(map(writer.one, told))


def _expanded(found: Sequence[CalendarObject]) -> list[CalendarObject] | None:
    """Each event in UTC; None if one of them recurs, which is Radicale's to expand."""
    told = [expand.once(o) for o in found]
    return [o for o in told if o] if all(told) else None


def _multiget(
    visit: Visit, folder: str, calendar: Calendar, root: Element, writer: ObjectWriter
) -> bytes | None:
    """Each href once, in the order asked; those that are not there say 404 (RFC 4791 7.9)."""
    names = {path: path.removeprefix(folder) for path in _paths(root) if path.startswith(folder)}
    found = visit.objects(calendar, list(names.values()))
    told = _expanded(found) if _window(root) else found
    if told is None:
        return None
    known = {o.href: o for o in told}
    answers: dict[str, bytes] = {}
    for path in _paths(root):
        o = known.get(names.get(path, ""))
        answers[folder + o.href if o else path] = writer.one(o) if o else xml.gone(path)
    return xml.multistatus(answers.values())


def _paths(root: Element) -> Iterator[str]:
    for node in root.findall(clark(DAV, "href")):
        try:
            path = urlsplit((node.text or "").strip()).path
        except ValueError as error:
            raise Invalid(reason="A href is no address.") from error
        yield pathutils.sanitize_path(unquote(path, errors="replace"))


def _sync(visit: Visit, folder: str, calendar: Calendar, root: Element, writer: ObjectWriter) -> bytes:
    """RFC 6578 3: changes since a token. Cut short it says so with 507, and its token goes on exactly there."""
    since = sync.parse((root.findtext(clark(DAV, "sync-token")) or "").strip(), calendar)
    level = (root.findtext(clark(DAV, "sync-level")) or "1").strip()
    if level not in ("1", "infinite"):
        raise Invalid(reason="sync-level is 1 or infinite.")
    limit = _limit(root)
    if since is None and limit is None and not writer.needs_object:
        parts, token = [writer.listing(visit.listing(calendar))], sync.current(calendar)
    else:
        changes = visit.changes(calendar, since, with_bodies=writer.needs_body, limit=limit)
        parts = [xml.gone(folder + c.href) if c.deleted else writer.one(c) for c in changes.changes]
        parts += [_cut_short(folder)] if changes.more else []
        token = changes.token
    return xml.multistatus(parts, f"<sync-token>{token}</sync-token>")


def _cut_short(folder: str) -> bytes:
    return xml.response(folder, f"{xml.status(507)}<error><number-of-matches-within-limits /></error>")


def _limit(root: Element) -> int | None:
    limit = root.find(clark(DAV, "limit"))
    if limit is None:
        return None
    written = (limit.findtext(clark(DAV, "nresults")) or "").strip()
    if not written.isascii() or not written.isdecimal() or int(written[:9]) < 1:
        raise Invalid(reason="nresults must be a whole number above 0.")
    return int(written[:9])
