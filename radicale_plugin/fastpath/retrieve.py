"""GET and HEAD: an object as it is stored, or a whole calendar as one .ics; 304 when the client has it already."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

from gateway.core import ics
from gateway.core.conditions import matches
from gateway.core.errors import NotYours
from gateway.core.model import Calendar
from gateway.services.collection import Visit
from radicale_plugin import places
from radicale_plugin.fastpath.objects import OBJECT_TYPE, http_date
from radicale_plugin.fastpath.properties import calendar_name

Answer = tuple[int, dict[str, str], bytes | None]

_REFRESH = timedelta(minutes=15)
_PLAIN = "text/plain; charset=utf-8"
_WELCOME = b"This is a calendar server. Give this address to your calendar app.\n"


def answer(visit: Visit, path: str, if_none_match: str) -> Answer:
    """(status, headers, body). Raises NotYours."""
    place = places.find(path, visit.visitor)
    if not place.slug:
        return 200, {"Content-Type": _PLAIN}, _WELCOME
    calendar = places.calendar(visit, place.slug)
    if not place.href:
        return _calendar(visit, calendar, place.slug, if_none_match)
    found = visit.objects(calendar, [place.href])
    if not found:
        raise NotYours(what="no such event")
    headers = {
        "ETag": found[0].etag,
        "Last-Modified": http_date(found[0].modified_at),
        "Cache-Control": "private, no-cache",
    }
    if matches(if_none_match, found[0].etag):
        return 304, headers, None
    return 200, {**headers, "Content-Type": OBJECT_TYPE}, found[0].body


def _calendar(visit: Visit, calendar: Calendar, slug: str, if_none_match: str) -> Answer:
    headers = {
        "ETag": calendar.ctag,
        "Last-Modified": format_datetime(calendar.changed_at, usegmt=True),
        "Cache-Control": "private, no-cache",
    }
    if matches(if_none_match, calendar.ctag):
        return 304, headers, None
    headers |= {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{slug}.ics"',
    }
    name = calendar_name(calendar, visit.visitor)
    return 200, headers, b"".join(ics.merge(visit.bodies(calendar), name=name, refresh=_REFRESH))
