"""One Google account's calendars."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.core.errors import CursorExpired, NotAccepted, RemoteChanged, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.core.wire import one_line
from gateway.core.zone_names import known
from gateway.providers.google import refusals, translate
from gateway.providers.google.api import Api
from gateway.providers.google.cursor import Cursor
from gateway.providers.google.times import Unreadable, has_strange_zone
from gateway.providers.port import Account

Json = dict[str, Any]

log = logging.getLogger(__name__)

# Google gives 2,500 at most; with so many, a calendar full of long descriptions would be too long an answer for ever.
_PAGE: Final = 1_000
_MOST_LISTS: Final = 100
_LONGEST_NAME: Final = 255
# An account that may only see when its owner is busy sees no events.
_READERS: Final = frozenset({"reader", "writerWithoutPrivateAccess", "writer", "owner"})
_WRITERS: Final = frozenset({"writer", "owner"})
# Of guests only the staff member themselves is told, where there are more.
_ONE: Final = {"maxAttendees": 1}
_STAMP: Final = "id,etag"
# If Google doesn't say how long a channel lasts. (They last for a week.)
_LIFE: Final = timedelta(days=1)


class GoogleCalendar:
    """`port.CalendarProvider`. It has nothing but the account's access token, which must be a fresh one."""

    def __init__(self, api: Api, account: Account, clock: Callable[[], datetime]) -> None:
        self._api, self._account, self._clock = api, account, clock

    def calendars(self) -> list[RemoteCalendar]:
        found: list[RemoteCalendar] = []
        page: str | None = None
        for _ in range(_MOST_LISTS):
            request = self._api.calendars.list(maxResults=250, showHidden=True, pageToken=page)
            answer = self._api.ask(request)
            found += [_calendar(entry) for entry in self._items(answer) if _is_readable(entry)]
            page = answer.get("nextPageToken")
            if not page:
                return found
        raise self._unreadable()

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        if seen is None:
            return self._insert(calendar, key, event)
        if not seen.etag:
            there = self._get(calendar, seen.id, _STAMP + ",status")
            return self._patch(calendar, self._stamp(there), event)
        return self._patch(calendar, seen, event)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        with suppress(RemoteGone):
            self._api.tell(
                self._api.events.delete(calendarId=calendar, eventId=stamp.id, sendUpdates="none"),
            )

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        item = self._get(calendar, id_, translate.FIELDS)
        # Not all answers about one event need to know the calendar's zone, which they don't tell.
        zone = self._zone(calendar) if has_strange_zone(item) else "UTC"
        try:
            return translate.event(item, zone, titles=self._account.titles)
        except Unreadable:
            raise self._unreadable() from None

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        """The window's end is no condition: a sync token keeps the conditions of its first list, so an event beyond
        them would never be told, however near it has come since."""
        place = self._place(cursor, window)
        request = self._api.events.list(
            calendarId=calendar,
            maxResults=_PAGE,
            showDeleted=True,
            singleEvents=False,
            fields=f"timeZone,nextPageToken,nextSyncToken,items({translate.FIELDS})",
            **_ONE,
            **place.parameters,
        )
        answer = self._api.ask(request, refusals.GOING_ON if cursor else refusals.API)
        told = translate.events(self._items(answer), _known(answer), titles=self._account.titles)
        if told.faults:
            log.warning(
                "Connection %d: %d events of a Google calendar can't be read, or not whole.",
                self._account.connection_id,
                told.faults,
            )
        try:
            following, last = place.after(answer)
        except ValueError:
            raise self._unreadable() from None
        return Page(told.events, str(following), last)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        body = {"id": id_, "type": "web_hook", "address": url, "token": secret}
        try:
            answer = self._api.ask(self._api.events.watch(calendarId=calendar, body=body), refusals.WATCH)
        except refusals.NoPush as error:
            log.info("Connection %d: %s", self._account.connection_id, error)
            return None
        return Watch(id_, str(answer.get("resourceId", "")), self._expiry(answer))

    def unwatch(self, watch: Watch) -> None:
        with suppress(RemoteGone):
            self._api.tell(self._api.channels.stop(body={"id": watch.id, "resourceId": watch.resource}))

    def _insert(self, calendar: str, key: str, event: Event) -> Stamp:
        request = self._api.events.insert(
            calendarId=calendar, body=translate.new_event(event, key), sendUpdates="none", fields=_STAMP
        )
        try:
            return self._stamp(self._api.ask(request))
        except refusals.IdTaken:
            return self._adopt(calendar, key, event)

    def _adopt(self, calendar: str, key: str, event: Event) -> Stamp:
        """The id is taken, most likely by ourselves: by a request whose answer we never got."""
        there = self._get(calendar, key, f"{_STAMP},status,extendedProperties/private")
        if translate.tag(there) != event.uid:
            raise NotAccepted(host=self._api.host, reason=N_("another event has the id that we chose"))
        return self._patch(calendar, self._stamp(there), event)

    def _patch(self, calendar: str, seen: Stamp, event: Event) -> Stamp:
        request = self._api.events.patch(
            calendarId=calendar,
            eventId=seen.id,
            body=translate.changed_event(event),
            sendUpdates="none",
            # Without these two, Google doesn't read that there shall be no attachments and no video link.
            supportsAttachments=True,
            conferenceDataVersion=1,
            fields=_STAMP,
        )
        request.headers["If-Match"] = seen.etag
        try:
            return self._stamp(self._api.ask(request))
        except (RemoteChanged, NotAccepted):
            # A deleted event is one with another version, or one that nobody may write to.
            self._get(calendar, seen.id, _STAMP + ",status")
            raise

    def _get(self, calendar: str, id_: str, fields: str) -> Json:
        """An event that is there. Raises RemoteGone for one that was deleted, which Google still has."""
        item = self._api.ask(self._api.events.get(calendarId=calendar, eventId=id_, fields=fields, **_ONE))
        if item.get("status") == "cancelled":
            raise RemoteGone(host=self._api.host)
        return item

    def _zone(self, calendar: str) -> str:
        return _known(
            self._api.ask(self._api.events.list(calendarId=calendar, maxResults=1, fields="timeZone"))
        )

    def _place(self, cursor: str, window: Window) -> Cursor:
        try:
            return Cursor.read(cursor) if cursor else Cursor.first(window.since)
        except ValueError:
            raise CursorExpired(host=self._api.host) from None

    def _expiry(self, answer: Json) -> datetime:
        try:
            return datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)
        except (KeyError, TypeError, ValueError, OverflowError):
            return self._clock() + _LIFE

    def _stamp(self, item: Json) -> Stamp:
        id_, etag = item.get("id"), item.get("etag")
        if not isinstance(id_, str) or not isinstance(etag, str):
            raise self._unreadable()
        return Stamp(id_, etag)

    def _items(self, answer: Json) -> list[Any]:
        items = answer.get("items", [])
        if not isinstance(items, list):
            raise self._unreadable()
        return items

    def _unreadable(self) -> Unavailable:
        return Unavailable(host=self._api.host, reason=N_("its answer can't be read"))


def _is_readable(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or entry.get("deleted"):
        return False
    return entry.get("accessRole") in _READERS


def _calendar(entry: Json) -> RemoteCalendar:
    """https://developers.google.com/workspace/calendar/api/v3/reference/calendarList; the owner's own name for it
    counts more than the calendar's."""
    name = entry.get("summaryOverride") or entry.get("summary") or ""
    zone = entry.get("timeZone")
    return RemoteCalendar(
        id=entry["id"],
        name=one_line(str(name), _LONGEST_NAME),
        zone=known(zone) if isinstance(zone, str) else "",
        writable=entry.get("accessRole") in _WRITERS,
        primary=entry.get("primary") is True,
    )


def _known(answer: Json) -> str:
    """The zone of a calendar, as an answer about its events tells it."""
    zone = answer.get("timeZone")
    return (known(zone) if isinstance(zone, str) else "") or "UTC"
