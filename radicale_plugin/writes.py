"""PUT and DELETE: find the object, hand it to the service, and say each refusal in words that clients understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.core.conditions import Conditions
from gateway.core.errors import NotYours, UidTaken
from gateway.core.model import Calendar
from gateway.services import edits
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from gateway.services.edits import Stored
from radicale_plugin import places, visits
from radicale_plugin.fastpath.properties import writable
from radicale_plugin.fastpath.refusals import need_privileges, uid_conflict

_MADE_BY_US = "Calendars are made by the booking system, and go with it."
_READ_ONLY = "This calendar can only be read."
_NOT_MOVED = "Events can't be moved or copied here."


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that someone asks for: where, and on what conditions. `base` is what their paths begin with."""

    visit: Visit
    environ: Mapping[str, Any]
    base: str
    path: str

    @property
    def address(self) -> str:
        return self.base + self.path

    @property
    def folder(self) -> str:
        return f"{self.address.rstrip('/').rpartition('/')[0]}/"


def put(deps: Deps, wish: Wish) -> Stored:
    """Store an event. Raises Refused."""
    calendar, href = _target(wish, "write-content")
    _require_writable(wish, calendar, "write-content")
    body = wish.environ["wsgi.input"].read()
    visits.leave()
    with _uids_told(wish):
        return edits.put(deps, _asked(wish, calendar, href), body)


def delete(deps: Deps, wish: Wish) -> None:
    """Delete an event. Raises Refused."""
    calendar, href = _target(wish, "unbind")
    if not wish.visit.objects(calendar, [href]):
        raise NotYours(what="no such event")
    _require_writable(wish, calendar, "unbind")
    visits.leave()
    edits.delete(deps, _asked(wish, calendar, href))


def make_calendar(wish: Wish) -> NoReturn:
    """Refuse MKCALENDAR and MKCOL."""
    places.find(wish.path, wish.visit.visitor)
    raise need_privileges(wish.folder, "bind", _MADE_BY_US)


def move(wish: Wish) -> NoReturn:
    """Refuse MOVE and COPY; what isn't there can't be moved at all."""
    calendar, href = _target(wish, "unbind")
    if not wish.visit.objects(calendar, [href]):
        raise NotYours(what="no such event")
    raise need_privileges(wish.folder, "bind", _NOT_MOVED)


def _target(wish: Wish, privilege: str) -> tuple[Calendar, str]:
    """The calendar and the name of the event; a calendar itself can't be written or deleted."""
    place = places.find(wish.path, wish.visit.visitor)
    calendar = places.calendar(wish.visit, place.slug) if place.slug else None
    if calendar is None or not place.href:
        raise need_privileges(wish.address, privilege, _MADE_BY_US)
    return calendar, place.href


def _require_writable(wish: Wish, calendar: Calendar, privilege: str) -> None:
    if not writable(calendar, wish.visit.visitor):
        raise need_privileges(wish.address, privilege, _READ_ONLY)


def _asked(wish: Wish, calendar: Calendar, href: str) -> edits.Wish:
    conditions = Conditions(wish.environ.get("HTTP_IF_MATCH", ""), wish.environ.get("HTTP_IF_NONE_MATCH", ""))
    return edits.Wish(wish.visit.visitor, calendar, href, conditions)


@contextmanager
def _uids_told(wish: Wish) -> Iterator[None]:
    """A UID is there once in a calendar, and an event keeps its own (RFC 4791 5.3.2.1)."""
    try:
        yield
    except UidTaken as error:
        raise uid_conflict(f"{wish.folder}{error.href}") from error
