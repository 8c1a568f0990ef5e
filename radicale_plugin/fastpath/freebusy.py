"""The free-busy-query of RFC 4791 7.10, from the table of taken time: how long the calendar is makes no difference."""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

from radicale.types import WSGIResponse

from gateway.core.errors import Invalid, NotYours
from gateway.core.freebusy import render
from gateway.core.model import Calendar
from gateway.services import freebusy
from gateway.services.collection import Visit
from gateway.services.freebusy import LONGEST, MOST
from radicale_plugin import places
from radicale_plugin.fastpath import filters
from radicale_plugin.fastpath.refusals import supported_report, too_many, valid_filter
from radicale_plugin.fastpath.xml import CALDAV, clark
from radicale_plugin.places import Place

QUERY = clark(CALDAV, "free-busy-query")

_TYPE = {"Content-Type": "text/calendar; charset=utf-8", "Cache-Control": "private, no-cache"}


def answer(visit: Visit, place: Place, root: Element, now: datetime) -> WSGIResponse:
    """One VFREEBUSY. Raises Refused."""
    calendar = _calendar(visit, place)
    since, until = _span(root)
    taken = freebusy.taken(visit, calendar, since, until)
    if len(taken) > MOST:
        raise too_many(f"That would be more than {MOST:,} periods; ask about less time at once.")
    uid = f"free-busy-{since:%Y%m%dT%H%M%SZ}-{until:%Y%m%dT%H%M%SZ}@{calendar.epoch}"
    return 200, dict(_TYPE), render(taken, since, until, stamp=now, uid=uid), None


def _calendar(visit: Visit, place: Place) -> Calendar:
    if not place.slug:
        raise supported_report("Ask this of a calendar.")
    calendar = places.calendar(visit, place.slug)
    if place.href and not visit.objects(calendar, [place.href]):
        raise NotYours(what="no such event")
    if place.href:
        raise supported_report("Ask this of a calendar.")
    return calendar


def _span(root: Element) -> tuple[datetime, datetime]:
    """From when to when; a side left open reaches as far as one question may. Raises Refused."""
    node = root.find(clark(CALDAV, "time-range"))
    if node is None:
        raise Invalid(reason="A free-busy-query has a time-range.")
    since, until = filters.span(node)
    try:
        if until is None and since is not None:
            until = since + LONGEST
        if since is None and until is not None:
            since = until - LONGEST
    except OverflowError:
        raise valid_filter("A time-range that is open on one side can't be at the end of time.") from None
    if since is None or until is None or until - since > LONGEST:
        raise too_many(f"Ask about {LONGEST.days} days at most.")
    return since, until
