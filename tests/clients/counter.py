"""A way for test data into a calendar that can only be read: from behind the counter, as rows.

The tools that test CalDAV servers store the events that they then search for. Put in front of the application, this
takes their events out of PUT and DELETE and writes them the way the projector does, under the calendar's revision.
Whatever is no event, and every other request, goes on to the application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg
from icalendar import Calendar

from tests.conftest import Person, Town

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The projector never meets recurring events; here they last for ever.
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)

_NEXT_REVISION = (
    "UPDATE daybridge.calendars SET revision = revision + 1, changed_at = now() "
    "WHERE business_id = %(business)s AND staff_member_id = %(staff)s AND kind = 'bookings' AND detail = 'full' "
    "RETURNING id, revision"
)
_STORE = """
INSERT INTO daybridge.calendar_objects
    (business_id, calendar_id, href, uid, etag, starts_at, ends_at, revision, fingerprint, modified_at, body)
VALUES (%(business)s, %(calendar)s, %(href)s, %(uid)s, %(etag)s,
        %(starts)s, %(ends)s, %(revision)s, '', now(), %(body)s)
ON CONFLICT (business_id, calendar_id, href) DO UPDATE SET uid = excluded.uid, etag = excluded.etag,
    starts_at = excluded.starts_at, ends_at = excluded.ends_at, revision = excluded.revision, deleted = false,
    modified_at = now(), body = excluded.body
"""
_BURY = (
    "UPDATE daybridge.calendar_objects SET deleted = true, revision = %(revision)s "
    "WHERE business_id = %(business)s AND calendar_id = %(calendar)s AND href = %(href)s AND NOT deleted"
)


class Counter:
    """WSGI middleware: events that `person` puts into their bookings or deletes there."""

    def __init__(self, application: WSGIApplication, town: Town, person: Person) -> None:
        self._application = application
        self._url = town.url
        self._folder = person.bookings
        self._person = {"business": person.business_id, "staff": person.staff_id}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
        href = path.removeprefix(self._folder)
        if href and href != path and environ["REQUEST_METHOD"] in ("PUT", "DELETE"):
            body = environ["wsgi.input"].read() if environ["REQUEST_METHOD"] == "PUT" else b""
            environ["wsgi.input"].seek(0)
            if not body or b"BEGIN:VEVENT" in body:
                found = self._store(href, body) if body else self._bury(href)
                start_response("204 No Content" if found else "404 Not Found", [])
                return []
        return self._application(environ, start_response)

    def _store(self, href: str, body: bytes) -> bool:
        starts, ends = span(body)
        uid = re.search(rb"UID:(.*?)\r?\n", body)[1].decode()
        etag = f'"{sha256(body).hexdigest()[:32]}"'
        return self._act(_STORE, href=href, uid=uid, etag=etag, starts=starts, ends=ends, body=body)

    def _bury(self, href: str) -> bool:
        return self._act(_BURY, href=href)

    def _act(self, statement: str, **values: object) -> bool:
        with psycopg.connect(self._url) as connection:
            calendar, revision = connection.execute(_NEXT_REVISION.encode(), self._person).fetchone()
            values |= self._person | {"calendar": calendar, "revision": revision}
            return connection.execute(statement.encode(), values).rowcount > 0


def span(body: bytes) -> tuple[datetime, datetime]:
    """When an event begins and ends, as RFC 5545 3.6.1 has it for events without an end."""
    event = Calendar.from_ical(body).walk("VEVENT")[0]
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"].dt
    elif "DURATION" in event:
        end = start + event["DURATION"].dt
    else:
        end = start if isinstance(start, datetime) else start + timedelta(days=1)
    return moment(start), FOR_EVER if "RRULE" in event else moment(end)


def moment(value: date) -> datetime:
    """In UTC; so are floating times and the edges of days."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
