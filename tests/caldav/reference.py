"""Radicale's own answers on our storage: what the fast path is held against."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any
from xml.etree.ElementTree import Element

from radicale import app as radicale_app
from radicale import item as radicale_item

from gateway.core.model import Calendar
from gateway.services import collection
from gateway.services.deps import Deps
from radicale_plugin import auth, places, visits
from radicale_plugin.collection import CalendarCollection
from radicale_plugin.configuration import configuration
from radicale_plugin.guard import Guard
from radicale_plugin.storage import Storage


class EveryObject(CalendarCollection):
    """A calendar that leaves each filter to Radicale, so that a mistake of our narrowing shows."""

    def get_filtered(self, filters: Iterable[Element]) -> Iterable[tuple[radicale_item.Item, bool]]:
        return ((item, False) for item in self.get_all())


class PlainStorage(Storage):
    def _calendar(self, slug: str) -> CalendarCollection:
        visit = visits.required()
        found: Calendar = places.calendar(visit, slug)
        return EveryObject(visit, found)


class Reference(radicale_app.Application):
    """Signs in as ours does, and leaves everything else to Radicale."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        chosen = configuration()
        chosen.update({"storage": {"type": PlainStorage}}, "reference")
        super().__init__(chosen)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        given = auth.credentials(environ)
        assert given, "the reference is asked by people who may"
        holder = self._deps.sign_ins.check(*given, "")
        assert holder
        with ExitStack() as opened:
            visit = opened.enter_context(collection.visit(self._deps.database, holder, self._deps.now))
            opened.enter_context(visits.hold(visit, opened.close))
            return super().__call__(environ, start_response)


def mount(deps: Deps) -> Any:
    guarded = Guard(Reference(deps))

    def below(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = (
            "/dav",
            environ["PATH_INFO"].removeprefix("/dav") or "/",
        )
        return guarded(environ, start_response)

    return below
