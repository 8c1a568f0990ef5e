"""Radicale's storage over our calendars. Radicale's own code reads through it whatever the fast path leaves to it.

Nothing is locked here: a visit is one moment of the database, and writes take their locks in the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from radicale import item as radicale_item
from radicale import types
from radicale.storage import BaseCollection, BaseStorage

from gateway.core.errors import NotEditable, NotYours
from radicale_plugin import places, visits
from radicale_plugin.collection import CalendarCollection, Home
from radicale_plugin.places import Place


class Storage(BaseStorage):
    """Radicale builds this twice and shares it between threads; what belongs to a request hangs on its visit."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    def discover(
        self, path: str, depth: str = "0", *_: object, **__: object
    ) -> Iterable[types.CollectionOrItem]:
        """The thing at a path, then its children unless depth is "0". Nothing for what is not the visitor's."""
        visit = visits.required()
        try:
            place = places.find(path, visit.visitor)
            yield from self._at(place, depth)
        except NotYours:
            return

    def _at(self, place: Place, depth: str) -> Iterator[types.CollectionOrItem]:
        visit = visits.required()
        if place.slug:
            collection = self._calendar(place.slug)
            if place.href:
                found = dict(collection.get_multi([place.href])).get(place.href)
                yield from [found] if found else []
                return
            yield collection
            if depth != "0":
                yield from collection.get_all()
            return
        principal = places.principal(visit.visitor.staff_id)
        yield Home(principal if place.staff_id else "")
        if depth != "0" and place.staff_id:
            for calendar in visit.calendars():
                yield CalendarCollection(visit, calendar)
        elif depth != "0":
            yield Home(principal)

    def _calendar(self, slug: str) -> CalendarCollection:
        visit = visits.required()
        return CalendarCollection(visit, places.calendar(visit, slug))

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *_: object, **__: object) -> Iterator[None]:
        yield

    def move(self, item: radicale_item.Item, to_collection: BaseCollection, to_href: str) -> None:
        raise NotEditable(reason="Events can't be moved between calendars here.")

    def create_collection(self, href: str, *_: Any, **__: Any) -> Any:
        raise NotEditable(reason="Calendars are made by the booking system.")

    def verify(self) -> bool:
        return True
