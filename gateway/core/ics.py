"""iCalendar objects as bytes: render, merge, check, and the ETag of one.

Rendering is string work on purpose: a body is made at each change of a booking and then served as it is, and
building it out of icalendar's objects costs about twenty times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from gateway.core.feed import merge
from gateway.core.intake import check
from gateway.core.model import Event, EventRevision
from gateway.core.unacceptable import Unacceptable
from gateway.core.wire import CALENDAR_HEAD, escape, fold, is_link
from gateway.core.zones import covers, present, vtimezone

__all__ = ["Unacceptable", "check", "etag", "merge", "render"]


def render(event: Event, revision: EventRevision) -> bytes:
    """The calendar object of one event (RFC 4791 4.1): a VCALENDAR with its VTIMEZONE and one VEVENT.

    There is never an ATTENDEE or ORGANIZER: a server that receives one may mail the customer (RFC 6638).
    """
    zone = event.zone if covers(event.starts_at, event.ends_at) else "UTC"
    head, place = _head(zone, whole=zone != "UTC" and event.starts_at < present(zone)[0])
    stamp = _basic(revision.modified_at.astimezone(UTC))
    lines = [
        head,
        fold(f"UID:{escape(event.uid)}"),
        f"DTSTAMP:{stamp}Z",
        f"LAST-MODIFIED:{stamp}Z",
        f"SEQUENCE:{revision.sequence}",
        _moment("DTSTART", event.starts_at, place),
        _moment("DTEND", event.ends_at, place),
        fold(f"SUMMARY:{escape(event.summary)}"),
        *_optional(event),
        f"STATUS:{'TENTATIVE' if event.tentative else 'CONFIRMED'}",
        "TRANSP:OPAQUE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ]
    return "\r\n".join(lines).encode()


def etag(body: bytes) -> str:
    """A strong entity tag (RFC 9110 8.8.3): equal bytes and no others have the same."""
    return f'"{sha256(body).hexdigest()[:32]}"'


@lru_cache(maxsize=512)
def _head(zone: str, *, whole: bool) -> tuple[str, ZoneInfo | None]:
    """All that comes before a VEVENT's properties, and the zone that its times are told in; None is UTC.

    `whole` tells the zone's history too, for an event from before its present rule.
    """
    if zone == "UTC":
        return f"{CALENDAR_HEAD}BEGIN:VEVENT", None
    definition = vtimezone(zone) if whole else present(zone)[1]
    return f"{CALENDAR_HEAD}{definition}BEGIN:VEVENT", ZoneInfo(zone)


def _optional(event: Event) -> Iterator[str]:
    if event.description:
        yield fold(f"DESCRIPTION:{escape(event.description)}")
    if event.location:
        yield fold(f"LOCATION:{escape(event.location)}")
    if event.categories:
        yield fold(f"CATEGORIES:{','.join(map(escape, event.categories))}")
    if is_link(event.url):
        yield fold(f"URL:{event.url}")


def _moment(name: str, moment: datetime, zone: ZoneInfo | None) -> str:
    if zone is not None:
        local = moment.astimezone(zone)
        # A local time that comes twice means the first one (RFC 5545 3.3.5); the second must be told in UTC.
        if not local.fold:
            return f"{name};TZID={zone.key}:{_basic(local)}"
    return f"{name}:{_basic(moment.astimezone(UTC))}Z"


def _basic(moment: datetime) -> str:
    # strftime takes three times as long, and leaves out the zeros before a three-digit year.
    return moment.isoformat()[:19].replace("-", "").replace(":", "")
