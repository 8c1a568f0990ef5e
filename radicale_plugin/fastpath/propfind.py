"""PROPFIND (RFC 4918 9.1) on every place, straight from rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from xml.etree.ElementTree import Element

from gateway.core.errors import Invalid, NotYours
from gateway.core.model import Calendar, CalendarObject
from gateway.services.collection import Visit
from radicale_plugin import places
from radicale_plugin.fastpath import properties, xml
from radicale_plugin.fastpath.properties import Collection, Principal, Resource, Root
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark, element
from radicale_plugin.places import Place

_ETAG = clark(DAV, "getetag")
OBJECT_TYPE = "text/calendar;charset=utf-8;component=VEVENT"

# What an object says of itself. Those that need more than its name and ETag are looked up with the whole object.
_FROM_NAME: dict[str, Callable[[str], str]] = {
    _ETAG: lambda etag: xml.text(etag),
    clark(DAV, "getcontenttype"): lambda _: OBJECT_TYPE,
    clark(DAV, "resourcetype"): lambda _: "",
}
_FROM_OBJECT: dict[str, Callable[[CalendarObject], str]] = {
    clark(DAV, "getcontentlength"): lambda o: str(len(o.body)),
    clark(DAV, "getlastmodified"): lambda o: format_datetime(o.modified_at, usegmt=True),
}
_FROM_VISITOR = (
    clark(DAV, "current-user-principal"),
    clark(DAV, "principal-collection-set"),
    clark(DAV, "owner"),
    clark(DAV, "current-user-privilege-set"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a PROPFIND asks for: named properties, all of them, or only their names."""

    tags: tuple[str, ...]
    everything: bool
    names_only: bool
    deep: bool
    minimal: bool


def read(root: Element | None, depth: str, *, minimal: bool) -> Question:
    """The question in a request body. An empty body asks for everything (RFC 4918 9.1). Raises Invalid."""
    if depth not in ("0", "1", "infinity"):
        raise Invalid(reason=f"Depth must be 0, 1 or infinity, not {depth[:20]!r}.")
    deep = depth != "0"
    if root is None:
        return Question((), everything=True, names_only=False, deep=deep, minimal=minimal)
    if root.tag != clark(DAV, "propfind"):
        raise Invalid(reason="A PROPFIND needs a DAV:propfind.")
    kinds = {child.tag for child in root} & {clark(DAV, k) for k in ("prop", "allprop", "propname")}
    if len(kinds) != 1:
        raise Invalid(reason="A propfind holds exactly one of prop, allprop and propname.")
    prop = root.find(clark(DAV, "prop"))
    included = root.find(clark(DAV, "include"))
    named = prop if prop is not None else included if included is not None else ()
    return Question(
        tuple(dict.fromkeys(child.tag for child in named)),
        everything=clark(DAV, "allprop") in kinds,
        names_only=clark(DAV, "propname") in kinds,
        deep=deep,
        minimal=minimal,
    )


def answer(visit: Visit, base: str, path: str, question: Question) -> bytes:
    """The multistatus for a path. Raises NotYours for a place that is not there for this visitor."""
    place = places.find(path, visit.visitor)
    return xml.multistatus(_responses(visit, base, place, question))


def _responses(visit: Visit, base: str, place: Place, question: Question) -> Iterator[str]:
    visitor = visit.visitor
    home = f"{base}/{places.principal(visitor.staff_id)}/"
    if place.href:
        calendar = _calendar(visit, place.slug)
        yield from _objects(visit, base, calendar, question, only=place.href)
    elif place.slug:
        calendar = _calendar(visit, place.slug)
        yield _described(_collection(visit, base, calendar), f"{home}{place.slug}/", question)
        if question.deep:
            yield from _objects(visit, base, calendar, question)
    elif place.staff_id:
        yield _described(Principal(base, visitor), home, question)
        if question.deep:
            yield from _home(visit, base, home, question)
    else:
        yield _described(Root(base, visitor), f"{base}/", question)
        if question.deep:
            yield _described(Principal(base, visitor), home, question)


def _home(visit: Visit, base: str, home: str, question: Question) -> Iterator[str]:
    calendars = visit.calendars()
    kept = visit.properties(calendars)
    for calendar in calendars:
        collection = Collection(base, visit.visitor, calendar, kept[calendar.id])
        yield _described(collection, f"{home}{places.slug(calendar, visit.visitor)}/", question)


def _calendar(visit: Visit, slug: str) -> Calendar:
    return visit.calendar(*places.calendar_key(slug, visit.visitor))


def _collection(visit: Visit, base: str, calendar: Calendar) -> Collection:
    return Collection(base, visit.visitor, calendar, visit.properties([calendar])[calendar.id])


def _described(resource: Resource, path: str, question: Question) -> str:
    if question.names_only:
        return xml.response(path, [element(tag) for tag in properties.names(resource)], [], minimal=False)
    tags = list(question.tags)
    if question.everything:
        tags = list(dict.fromkeys([*properties.names(resource, all_=True), *tags]))
    found, missing = [], []
    for tag in tags:
        one = properties.answer(resource, tag)
        if one is None:
            missing.append(element(tag))
        else:
            found.append(one)
    return xml.response(path, found, missing, minimal=question.minimal)


def _objects(
    visit: Visit, base: str, calendar: Calendar, question: Question, only: str = ""
) -> Iterator[str]:
    """The objects of a calendar, or one of them. Only name and ETag are read unless more is asked for."""
    tags = _object_tags(question)
    folder = f"{base}/{places.principal(visit.visitor.staff_id)}/{places.slug(calendar, visit.visitor)}/"
    write = ObjectWriter(visit, base, calendar, tags, question)
    whole = any(tag in _FROM_OBJECT for tag in tags)
    if only:
        found = visit.objects(calendar, [only])
        if not found:
            raise NotYours(what="no such event")
        yield write.one(folder, found[0])
    elif whole:
        yield from (write.one(folder, found) for found in visit.objects_between(calendar, None, None))
    else:
        yield from write.many(folder, visit.listing(calendar))


def _object_tags(question: Question) -> Sequence[str]:
    if question.everything or question.names_only:
        return list(dict.fromkeys([*_FROM_NAME, *_FROM_OBJECT, *_FROM_VISITOR, *question.tags]))
    return question.tags


class ObjectWriter:
    """Writes the `<response>` of objects. What is the same for all of them is written once."""

    def __init__(
        self, visit: Visit, base: str, calendar: Calendar, tags: Sequence[str], question: Question
    ) -> None:
        parent = Collection(base, visit.visitor, calendar, {})
        self._names_only = question.names_only
        self._minimal = question.minimal
        self._constant = {
            tag: one for tag in tags if tag in _FROM_VISITOR and (one := properties.answer(parent, tag)) is not None
        }
        self._tags = [tag for tag in tags if tag in _FROM_NAME or tag in _FROM_OBJECT or tag in self._constant]
        self._missing = [element(tag) for tag in tags if tag not in self._tags]

    def one(self, folder: str, found: CalendarObject) -> str:
        parts = []
        for tag in self._tags:
            if self._names_only:
                parts.append(element(tag))
            elif tag in self._constant:
                parts.append(self._constant[tag])
            elif tag in _FROM_NAME:
                parts.append(element(tag, _FROM_NAME[tag](found.etag)))
            else:
                parts.append(element(tag, _FROM_OBJECT[tag](found)))
        return xml.response(folder + found.href, parts, self._missing, minimal=self._minimal)

    def many(self, folder: str, listing: Sequence[tuple[str, str]]) -> Iterator[str]:
        """As `one`, for objects of which only the name and the ETag are known."""
        before, after = self._frame(folder)
        if _ETAG not in self._tags or self._names_only:
            yield from (f"{before[0]}{xml.href(name)}{before[1]}{after}" for name, _ in listing)
            return
        for name, etag in listing:
            yield f"{before[0]}{xml.href(name)}{before[1]}{etag}{after}"

    def _frame(self, folder: str) -> tuple[tuple[str, str], str]:
        """What stands before the name, between the name and the ETag, and after the ETag."""
        parts = [
            element(tag)
            if self._names_only
            else self._constant.get(tag) or element(tag, "\0" if tag == _ETAG else _FROM_NAME[tag](""))
            for tag in self._tags
        ]
        whole = xml.response(folder + "\1", parts, self._missing, minimal=self._minimal)
        # xml.href quotes the place holder as %01, and an ETag that is not asked for leaves no place.
        head, _, rest = whole.partition("%01")
        middle, found, tail = rest.partition("\0")
        return ((head, middle), tail) if found else ((head, rest), "")


DATA = clark(CALDAV, "calendar-data")
