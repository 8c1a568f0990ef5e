"""PUT and DELETE. No event can be changed from a calendar app yet: this finds the right words for each refusal.

Whoever was refused a change of an event still shows it changed, until the event comes with another ETag; so each
refusal gives it one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.core import ics
from gateway.core.errors import NotYours, Refused
from gateway.core.model import Calendar, CalendarObject
from gateway.core.wire import unfold
from gateway.services import collection
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from radicale_plugin import places
from radicale_plugin.fastpath.properties import writable
from radicale_plugin.fastpath.refusals import need_privileges, uid_conflict
from radicale_plugin.fastpath.retrieve import matches

_MADE_BY_US = "Calendars are made by the booking system, and go with it."
_READ_ONLY = "This calendar can only be read."
_NOT_YET = (
    "Bookings can't be changed or cancelled from a calendar app yet, and new events can't be added. "
    "Change them in the booking system; they appear here by themselves."
)
_NOT_MOVED = "Events can't be moved or copied here."
_UID = re.compile(r"UID(?:;[^:]*)?:(.*)", re.IGNORECASE)


class Changed(Refused):
    """The event has changed since it was read."""

    status = 412


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


def put(deps: Deps, wish: Wish) -> NoReturn:
    """Refuse to store an event: for what is wrong with it, or because none can be stored yet."""
    calendar, href = _target(wish, "write-content")
    found = _find(wish, calendar, href)
    with _shown_again(deps, wish, calendar, found):
        _require_writable(wish, calendar, "write-content")
        _check_conditions(wish.environ, found.etag if found else None)
        body = wish.environ["wsgi.input"].read()
        ics.check(body)
        _check_uid(wish, calendar, href, found, _uid(body))
        raise need_privileges(wish.address, "write-content", _NOT_YET)


def delete(deps: Deps, wish: Wish) -> NoReturn:
    """Refuse to delete an event."""
    calendar, href = _target(wish, "unbind")
    found = _find(wish, calendar, href)
    if found is None:
        raise NotYours(what="no such event")
    with _shown_again(deps, wish, calendar, found):
        _require_writable(wish, calendar, "unbind")
        _check_conditions(wish.environ, found.etag)
        raise need_privileges(wish.address, "unbind", _NOT_YET)


def make_calendar(wish: Wish) -> NoReturn:
    """Refuse MKCALENDAR and MKCOL."""
    places.find(wish.path, wish.visit.visitor)
    raise need_privileges(wish.folder, "bind", _MADE_BY_US)


def move(wish: Wish) -> NoReturn:
    """Refuse MOVE and COPY; what isn't there can't be moved at all."""
    calendar, href = _target(wish, "unbind")
    if _find(wish, calendar, href) is None:
        raise NotYours(what="no such event")
    raise need_privileges(wish.folder, "bind", _NOT_MOVED)


def _target(wish: Wish, privilege: str) -> tuple[Calendar, str]:
    """The calendar and the name of the event; a calendar itself can't be written or deleted."""
    place = places.find(wish.path, wish.visit.visitor)
    calendar = places.calendar(wish.visit, place.slug) if place.slug else None
    if calendar is None or not place.href:
        raise need_privileges(wish.address, privilege, _MADE_BY_US)
    return calendar, place.href


def _find(wish: Wish, calendar: Calendar, href: str) -> CalendarObject | None:
    found = wish.visit.objects(calendar, [href])
    return found[0] if found else None


@contextmanager
def _shown_again(deps: Deps, wish: Wish, calendar: Calendar, found: CalendarObject | None) -> Iterator[None]:
    try:
        yield
    except Changed:
        raise  # its ETag is another already
    except Refused:
        if found:
            collection.renew(deps.database, wish.visit.visitor, calendar, found.href)
        raise


def _require_writable(wish: Wish, calendar: Calendar, privilege: str) -> None:
    if not writable(calendar, wish.visit.visitor):
        raise need_privileges(wish.address, privilege, _READ_ONLY)


def _check_conditions(environ: Mapping[str, Any], etag: str | None) -> None:
    """If-Match and If-None-Match (RFC 9110 13.1): 412 only where the client really saw another version."""
    if_match, if_none_match = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if if_match and (etag is None or not matches(if_match, etag)):
        raise Changed
    if if_none_match and etag is not None and matches(if_none_match, etag):
        raise Changed


def _check_uid(wish: Wish, calendar: Calendar, href: str, found: CalendarObject | None, uid: str) -> None:
    """A UID is there once in a calendar, and an event keeps its own (RFC 4791 5.3.2.1)."""
    other = wish.visit.href_of_uid(calendar, uid)
    if other not in (None, href):
        raise uid_conflict(f"{wish.folder}{other}")
    if found and found.uid != uid:
        raise uid_conflict(wish.address)


def _uid(body: bytes) -> str:
    """The UID of an object that `ics.check` let through: of its events, not of their alarms (RFC 9074 4)."""
    depth = 0
    for line in re.split(r"\r?\n", unfold(body.decode("utf-8-sig"))):
        if line[:6].upper() == "BEGIN:":
            depth += 1
        elif line[:4].upper() == "END:":
            depth -= 1
        elif depth == 2 and (found := _UID.fullmatch(line)):
            return found[1].strip()
    return ""
