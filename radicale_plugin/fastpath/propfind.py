"""PROPFIND (RFC 4918 9.1) on every place, straight from rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.core.errors import Invalid, NotYours
from gateway.core.model import Calendar
from gateway.services import hours
from gateway.services.collection import Visit
from radicale_plugin import places
from radicale_plugin.fastpath import objects, properties, xml
from radicale_plugin.fastpath.properties import AVAILABILITY, PROTECTED, Collection, Principal, Resource, Root
from radicale_plugin.fastpath.xml import DAV, clark, element
from radicale_plugin.places import Place


@dataclass(frozen=True, slots=True)
class Question:
    """What a PROPFIND asks for: named properties, all of them, or only their names."""

    tags: tuple[str, ...]
    everything: bool
    names_only: bool
    deep: bool
    minimal: bool


def is_deep(depth: str) -> bool:
    """Whether members are asked for too. Infinity reaches no further than 1. Raises Invalid."""
    if depth not in ("0", "1", "infinity"):
        raise Invalid(reason=f"Depth must be 0, 1 or infinity, not {depth[:20]!r}.")
    return depth != "0"


def read(root: Element | None, depth: str, *, minimal: bool) -> Question:
    """The question in a request body. An empty body asks for everything (RFC 4918 9.1). Raises Invalid."""
    deep = is_deep(depth)
    if root is None:
        return Question((), everything=True, names_only=False, deep=deep, minimal=minimal)
    if root.tag != clark(DAV, "propfind"):
        raise Invalid(reason="A PROPFIND needs a DAV:propfind.")
    kinds = {child.tag for child in root} & {clark(DAV, k) for k in ("prop", "allprop", "propname")}
    if len(kinds) != 1:
        raise Invalid(reason="A propfind holds exactly one of prop, allprop and propname.")
    prop = root.find(clark(DAV, "prop"))
    included = root.find(clark(DAV, "include"))
    asked = prop if prop is not None else included if included is not None else ()
    return Question(
        xml.named(asked),
        everything=clark(DAV, "allprop") in kinds,
        names_only=clark(DAV, "propname") in kinds,
        deep=deep,
        minimal=minimal,
    )


def answer(visit: Visit, base: str, path: str, question: Question) -> bytes:
    """The multistatus for a path. Raises NotYours for a place that is not there for this visitor."""
    place = places.find(path, visit.visitor)
    return xml.multistatus(_responses(visit, base, place, question))


def _responses(visit: Visit, base: str, place: Place, question: Question) -> Iterator[bytes]:
    visitor = visit.visitor
    home = f"{base}/{places.principal(visitor.staff_id)}/"
    if place.href:
        yield _object(visit, base, place, question)
    elif place.slug:
        calendar = places.calendar(visit, place.slug)
        yield _described(_collection(visit, base, calendar, question), f"{home}{place.slug}/", question)
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


def _home(visit: Visit, base: str, home: str, question: Question) -> Iterator[bytes]:
    calendars = visit.calendars()
    kept, told = visit.properties(calendars), _hours(visit, calendars, question)
    for calendar in calendars:
        collection = Collection(base, visit.visitor, calendar, kept[calendar.id], told.get(calendar.id, ""))
        yield _described(collection, f"{home}{places.slug(calendar, visit.visitor)}/", question)


def _collection(visit: Visit, base: str, calendar: Calendar, question: Question) -> Collection:
    # A poll asks for the ctag or the token: nothing that a client could have kept here.
    server_only = question.tags and not question.everything and PROTECTED.issuperset(question.tags)
    kept = {} if server_only else visit.properties([calendar])[calendar.id]
    told = _hours(visit, [calendar], question)
    return Collection(base, visit.visitor, calendar, kept, told.get(calendar.id, ""))


def _hours(visit: Visit, calendars: Sequence[Calendar], question: Question) -> dict[int, str]:
    """Working hours by calendar, where the question is for them."""
    asked = question.names_only or not set(AVAILABILITY).isdisjoint(question.tags)
    return hours.told(visit, calendars) if asked else {}


def _described(resource: Resource, path: str, question: Question) -> bytes:
    if question.names_only:
        names = [element(tag) for tag in properties.names(resource)]
        return xml.response(path, xml.propstats(names, [], minimal=False))
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
    return xml.response(path, xml.propstats(found, missing, minimal=question.minimal))


def _object(visit: Visit, base: str, place: Place, question: Question) -> bytes:
    calendar = places.calendar(visit, place.slug)
    found = visit.objects(calendar, [place.href])
    if not found:
        raise NotYours(what="no such event")
    return _writer(visit, base, calendar, question).one(found[0])


def _objects(visit: Visit, base: str, calendar: Calendar, question: Question) -> Iterator[bytes]:
    """The objects of a calendar. Only names and ETags are read unless more is asked for."""
    writer = _writer(visit, base, calendar, question)
    if writer.needs_object:
        yield from map(writer.one, visit.objects_between(calendar, None, None))
    else:
        yield writer.listing(visit.listing(calendar))


def _writer(visit: Visit, base: str, calendar: Calendar, question: Question) -> objects.ObjectWriter:
    tags = question.tags
    if question.everything or question.names_only:
        tags = tuple(dict.fromkeys([*objects.EVERYTHING, *tags]))
    return objects.writer(
        base, visit.visitor, calendar, tags, minimal=question.minimal, names_only=question.names_only
    )
