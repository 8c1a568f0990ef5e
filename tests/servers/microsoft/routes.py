"""Which addresses Graph has here, what each understands in its query, and which permissions it wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tests.servers.microsoft.refusal import Refusal, bad

_LIST = frozenset({"$select", "$filter", "$top", "$skip", "$orderby", "$expand"})
_EDGES = frozenset({"startDateTime", "endDateTime"})
_ONE = frozenset({"$select", "$expand"})
_NONE: frozenset[str] = frozenset()
_PAGE = frozenset({"$top", "$skip"})
_READ = frozenset({"Calendars.ReadWrite", "Calendars.Read"})
_WRITE = frozenset({"Calendars.ReadWrite"})
_WHO = frozenset({"User.Read"})
_TRACK = _LIST | _EDGES | {"$search", "$skiptoken", "$deltatoken"}

_IN = r"(?:/me/calendars/(?P<calendar>[^/]+)|/me/calendar|/me)"
_EVENT = rf"{_IN}/events/(?P<event>[^/]+)"
_SUBSCRIPTION = r"/subscriptions/(?P<subscription>[^/]+)"


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    query: frozenset[str]
    scopes: frozenset[str]


_TABLE: tuple[tuple[str, str, Route], ...] = (
    ("GET", "/me", Route("graph.me.get", _NONE, _WHO)),
    ("GET", "/me/calendars", Route("graph.calendars.list", _PAGE, _READ)),
    ("GET", "/me/calendar|/me/calendars/(?P<calendar>[^/]+)", Route("graph.calendars.get", _NONE, _READ)),
    ("GET", f"{_IN}/events", Route("graph.events.list", _LIST, _READ)),
    ("POST", f"{_IN}/events", Route("graph.events.create", _ONE, _WRITE)),
    ("GET", _EVENT, Route("graph.events.get", _ONE, _READ)),
    ("PATCH", _EVENT, Route("graph.events.update", _ONE, _WRITE)),
    ("DELETE", _EVENT, Route("graph.events.delete", _NONE, _WRITE)),
    ("GET", f"{_EVENT}/instances", Route("graph.events.instances", _LIST | _EDGES, _READ)),
    ("GET", f"{_IN}/calendarView", Route("graph.view.list", _LIST | _EDGES, _READ)),
    ("GET", rf"{_IN}/calendarView/delta(?:\(\))?", Route("graph.view.delta", _TRACK, _READ)),
    ("GET", "/subscriptions", Route("graph.subscriptions.list", _NONE, _READ)),
    ("POST", "/subscriptions", Route("graph.subscriptions.create", _NONE, _READ)),
    ("GET", _SUBSCRIPTION, Route("graph.subscriptions.get", _NONE, _READ)),
    ("PATCH", _SUBSCRIPTION, Route("graph.subscriptions.update", _NONE, _READ)),
    ("DELETE", _SUBSCRIPTION, Route("graph.subscriptions.delete", _NONE, _READ)),
    ("POST", f"{_SUBSCRIPTION}/reauthorize", Route("graph.subscriptions.reauthorize", _NONE, _READ)),
    ("POST", r"/\$batch", Route("graph.batch", _NONE, _WHO | _READ)),
)
_ROUTES = tuple((verb, re.compile(pattern), route) for verb, pattern, route in _TABLE)


def find(verb: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route, and what the address names in it."""
    other = False
    for known, pattern, route in _ROUTES:
        if matched := pattern.fullmatch(path):
            if known == verb:
                named = matched.groupdict().items()
                return route, {name: unquote(value) for name, value in named if value is not None}
            other = True
    if other:
        raise Refusal(
            405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
        )
    raise bad(f"Resource not found for the segment '{path.rpartition('/')[2]}'.")
