"""One mailbox's calendars."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from gateway.core.errors import CursorExpired, RemoteGone
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.core.wire import one_line
from gateway.providers.microsoft import cursor, notices, refusals, translate
from gateway.providers.microsoft.api import Api, quoted
from gateway.providers.microsoft.cursor import Cursor
from gateway.providers.microsoft.round import Round
from gateway.providers.port import Account
from gateway.providers.told import objects

Json = dict[str, Any]

log = logging.getLogger(__name__)

# A thousand events with their bodies would be too long an answer, and endless series time out in larger ones.
_PAGE: Final = 200
_LISTED: Final = 50
_MOST_LISTS: Final = 20
_LONGEST_NAME: Final = 255
# https://learn.microsoft.com/graph/api/resources/subscription: 10,080 minutes, less what clocks may differ.
_LIFE: Final = timedelta(minutes=10_000)


class MicrosoftCalendar:
    """`port.CalendarProvider`. It has nothing but the account's access token, which must be a fresh one.

    Graph chooses the ids. Until we have heard one, an event has the key that it was made with, and that is looked for.
    """

    def __init__(self, api: Api, account: Account, clock: Callable[[], datetime]) -> None:
        self._api, self._account, self._clock = api, account, clock
        self._found: dict[tuple[str, str], Json] = {}

    def calendars(self) -> list[RemoteCalendar]:
        found: list[RemoteCalendar] = []
        answer = self._api.get("me/calendars", {"$top": str(_LISTED)})
        for _ in range(_MOST_LISTS):
            found += [
                _calendar(one) for one in objects(answer.get("value")) if isinstance(one.get("id"), str)
            ]
            link = answer.get("@odata.nextLink")
            if not isinstance(link, str):
                return found
            answer = self._api.page(link, _LISTED, going_on=False)
        raise self._api.unreadable()

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        if seen is None:
            return self._insert(calendar, key, event)
        id_ = self._id(calendar, seen.id)
        etag = seen.etag or self._stamp(self._get(calendar, id_)).etag
        return self._patch(calendar, Stamp(id_, etag), event)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        with suppress(RemoteGone):
            self._api.send("DELETE", _path(calendar, self._id(calendar, stamp.id)))

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        item = self._get(calendar, self._id(calendar, id_))
        try:
            return translate.event(item, titles=self._account.titles)
        except translate.Unreadable:
            raise self._api.unreadable() from None

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        place = self._place(calendar, cursor, window)
        answer = self._api.page(place.link, _PAGE, going_on=bool(cursor))
        told = Round(self._api, calendar, titles=self._account.titles).told(objects(answer.get("value")))
        if told.faults:
            log.warning(
                "Connection %d: %d events of a Microsoft calendar can't be read.",
                self._account.connection_id,
                told.faults,
            )
        try:
            following, last = place.after(answer)
        except ValueError:
            raise self._api.unreadable() from None
        return Page(told.events, str(following), last)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        """It calls the address while we ask, and wants its word back; so nothing of ours may be locked meanwhile."""
        called = f"{url}?{urlencode({notices.WATCH: id_})}"
        expires_at = self._clock() + _LIFE
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": called,
            "lifecycleNotificationUrl": called,
            "resource": f"/me/calendars/{calendar}/events",
            "expirationDateTime": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "clientState": secret,
        }
        try:
            answer = self._api.send("POST", "subscriptions", body, meanings=refusals.WATCH)
        except refusals.NoPush as error:
            log.info("Connection %d: %s", self._account.connection_id, error)
            return None
        if not isinstance(answer.get("id"), str):
            raise self._api.unreadable()
        return Watch(id_, answer["id"], expires_at)

    def unwatch(self, watch: Watch) -> None:
        with suppress(RemoteGone):
            self._api.send("DELETE", f"subscriptions/{quoted(watch.resource)}")

    def _insert(self, calendar: str, key: str, event: Event) -> Stamp:
        """The key keeps it from being made twice. Graph doesn't say for how long it remembers that, so what was looked
        for by its key before, and found, isn't made again either."""
        there = self._found.get((calendar, key))
        if there is None:
            try:
                body = translate.new_event(event, key, calendar)
                there = self._api.send("POST", f"me/calendars/{quoted(calendar)}/events", body)
            except refusals.Taken:
                there = self._made(calendar, key)
        if there is None:
            # It was deleted since, and the key is used up.
            raise RemoteGone(host=self._api.host)
        # What was made before may say something older.
        stamp = self._stamp(there)
        return stamp if translate.says(there, event) else self._patch(calendar, stamp, event)

    def _patch(self, calendar: str, seen: Stamp, event: Event) -> Stamp:
        body = translate.changed_event(event)
        return self._stamp(self._api.send("PATCH", _path(calendar, seen.id), body, etag=seen.etag))

    def _get(self, calendar: str, id_: str) -> Json:
        return self._api.get(_path(calendar, id_), {"$expand": translate.EXPAND})

    def _id(self, calendar: str, id_: str) -> str:
        """The id of an event that may be known by its key only. Raises RemoteGone."""
        if not translate.is_key(id_):
            return id_
        there = self._made(calendar, id_)
        if there is None:
            raise RemoteGone(host=self._api.host)
        return self._stamp(there).id

    def _made(self, calendar: str, key: str) -> Json | None:
        """The event that was made with this key, if it is there."""
        path = f"me/calendars/{quoted(calendar)}/events"
        asked = {"$filter": translate.made_with(key), "$expand": translate.EXPAND, "$top": "2"}
        found = objects(self._api.get(path, asked).get("value"))
        if not found:
            self._found.pop((calendar, key), None)
            return None
        self._found[calendar, key] = found[0]
        return found[0]

    def _place(self, calendar: str, text: str, window: Window) -> Cursor:
        if not text:
            since, until = cursor.edges(window)
            return Cursor(until, self._api.view(calendar, since, until))
        try:
            return Cursor.read(text, window)
        except ValueError:
            raise CursorExpired(host=self._api.host) from None

    def _stamp(self, item: Json) -> Stamp:
        id_, etag = item.get("id"), item.get("@odata.etag")
        if not isinstance(id_, str) or not isinstance(etag, str):
            raise self._api.unreadable()
        return Stamp(id_, etag)


def _path(calendar: str, id_: str) -> str:
    return f"me/calendars/{quoted(calendar)}/events/{quoted(id_)}"


def _calendar(entry: Json) -> RemoteCalendar:
    """https://learn.microsoft.com/graph/api/resources/calendar; a mailbox's zone is not among what we ask leave for."""
    return RemoteCalendar(
        id=entry["id"],
        name=one_line(str(entry.get("name") or ""), _LONGEST_NAME),
        zone="",
        writable=entry.get("canEdit") is True,
        primary=entry.get("isDefaultCalendar") is True,
    )
