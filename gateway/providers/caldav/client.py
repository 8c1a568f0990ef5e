"""One CalDAV account's calendars."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.core.errors import NeedsReconnect, NotAccepted, RemoteChanged, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.providers.caldav import calendars, ours, questions, quirks, rounds, translate
from gateway.providers.caldav.api import Api
from gateway.providers.caldav.config import CaldavConfig
from gateway.providers.caldav.discovery import Home
from gateway.providers.caldav.refusals import UidTaken
from gateway.providers.caldav.shelf import Object, Shelf
from gateway.providers.caldav.translate import Place, Unreadable
from gateway.providers.http import host_of
from gateway.providers.port import Account

log = logging.getLogger(__name__)

# In one turn: a round of a very large calendar, and what is written meanwhile.
_MOST_REQUESTS: Final = 50_000
# Who asks for page after page gives up after some hundreds; of so many that are left, one page takes a part.
_MOST_PAGES: Final = 110
# An id with this in it is an instance within an object, and can't be written or deleted by itself.
_INSTANCE: Final = "#"


class CaldavCalendar:
    """`port.CalendarProvider`. Ids of calendars are paths on the account's server, those of events names in them."""

    def __init__(self, config: CaldavConfig, account: Account, clock: Callable[[], datetime]) -> None:
        self._config, self._account, self._clock = config, account, clock
        try:
            self._home = Home.read(account.grant.kept)
        except ValueError:
            raise NeedsReconnect(host="CalDAV", reason=N_("it isn't known where the account is")) from None
        self._url = self._home.homes[0]
        self._api = Api(config, self._home.user, account.grant.access_token, _MOST_REQUESTS)
        self._shelves: dict[str, Shelf] = {}

    def calendars(self) -> list[RemoteCalendar]:
        found: dict[str, RemoteCalendar] = {}
        default = ""
        for home in self._home.homes:
            if host_of(home) != host_of(self._url):
                continue
            heard = self._api.find(home, questions.calendars(), depth=1)
            responses = heard.things().responses
            found.update((one.id, one) for one in calendars.found(heard.url, responses))
            default = default or calendars.default(heard.url, responses)
        ordered = sorted(found.values(), key=lambda one: (not one.writable, one.id))
        main = default if default in found else next((one.id for one in ordered if one.writable), "")
        return [replace(one, primary=one.id == main) for one in ordered]

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        shelf = self._shelf(calendar)
        if seen is None:
            return self._insert(shelf, key, event)
        if seen.kept:
            return self._over_ours(shelf, event, seen)
        there = self._whole(shelf, seen.id)
        if seen.etag and there.etag != seen.etag:
            raise RemoteChanged(host=shelf.host)
        return self._write(shelf, seen.id, event, there)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        if _INSTANCE in stamp.id:
            raise NotAccepted(host=host_of(self._url), reason=N_("an instance can't be taken away by itself"))
        with suppress(RemoteGone):
            self._shelf(calendar).delete(stamp.id)

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        shelf = self._shelf(calendar)
        name = id_.partition(_INSTANCE)[0]
        there = shelf.get(name)
        try:
            told = translate.events(name, there.etag, there.body, self._place(shelf, there)).events
        except Unreadable:
            raise self._unreadable() from None
        for one in told:
            if one.id == id_:
                return one
        if told and id_ == name:
            # An invitation to some instances only has no event that recurs.
            return replace(told[0], id=id_)
        raise RemoteGone(host=shelf.host)

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        shelf = self._shelf(calendar)
        round_ = rounds.begin(shelf, cursor, compare=not self._row.sync)
        size = max(self._config.page, len(round_.cursor.rest) // _MOST_PAGES)
        ids = round_.cursor.rest[:size]
        events = [RemoteEvent(id_, "", id_, gone=True) for id_ in round_.gone]
        faults = 0
        objects = shelf.objects(ids) if ids else {}
        for id_ in ids:
            if id_ not in objects:
                faults += 1
                continue
            told, unread = self._told(shelf, id_, objects[id_], window, whole=round_.cursor.whole)
            events += told
            faults += unread
        if faults:
            log.warning(
                "Connection %d: %d events of a CalDAV calendar can't be read, or not whole.",
                self._account.connection_id,
                faults,
            )
        following = round_.cursor.after(len(ids))
        return Page(tuple(events), str(following), following.is_over)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        """Such a server calls nobody."""
        return None

    def unwatch(self, watch: Watch) -> None:
        """There is nothing to end."""

    def _told(
        self, shelf: Shelf, id_: str, there: Object | None, window: Window, *, whole: bool
    ) -> tuple[list[RemoteEvent], int]:
        if there is None:
            return ([] if whole else [RemoteEvent(id_, "", id_, gone=True)]), 0
        try:
            told = translate.events(id_, there.etag, there.body, self._place(shelf, there))
        except Unreadable:
            return [], 1
        found = list(told.events)
        if whole and not any(one.tag for one in found) and translate.is_over(found, window):
            return [], told.faults
        return found, told.faults

    def _insert(self, shelf: Shelf, key: str, event: Event) -> Stamp:
        new = ours.written(event, b"", self._clock())
        try:
            return self._put(shelf, key, event, new, "")
        except RemoteChanged:
            return self._adopt(shelf, key, event)
        except UidTaken as error:
            return self._adopt_by_uid(shelf, key, error.href, event)
        except NotAccepted:
            # Some say so of a calendar that is gone (409).
            shelf.about()
            raise

    def _adopt(self, shelf: Shelf, id_: str, event: Event) -> Stamp:
        """The name is taken, most likely by ourselves: by a request whose answer we never got."""
        there = self._whole(shelf, id_)
        if not _is(event, there):
            raise NotAccepted(host=shelf.host, reason=N_("another event has the name that we chose"))
        return self._write(shelf, id_, event, there)

    def _adopt_by_uid(self, shelf: Shelf, key: str, href: str, event: Event) -> Stamp:
        """A calendar holds each UID once, and ours is there under another name, which the server may say or not."""
        if href and (id_ := shelf.id_of(href)):
            return self._adopt(shelf, id_, event)
        for id_, there in shelf.with_uid(event.uid).items():
            if _is(event, there):
                return self._write(shelf, id_, event, there)
        if href:
            return self._insert_apart(shelf, key, event)
        raise NotAccepted(host=shelf.host, reason=N_("another event has the UID of this one"))

    def _insert_apart(self, shelf: Shelf, key: str, event: Event) -> Stamp:
        """Some accounts hold each UID once in all their calendars. What another one holds may be another connection's,
        or where its owner has moved it to: that stays, and this one gets a UID of its own."""
        new = ours.written(event, b"", self._clock(), uid=f"{event.uid}.{key}")
        try:
            return self._put(shelf, key, event, new, "")
        except RemoteChanged:
            return self._adopt(shelf, key, event)

    def _write(self, shelf: Shelf, id_: str, event: Event, there: Object) -> Stamp:
        new = ours.written(event, there.body, self._clock())
        return self._put(shelf, id_, event, new, there.etag)

    def _over_ours(self, shelf: Shelf, event: Event, seen: Stamp) -> Stamp:
        """Write over a version that we know to the letter, without reading it first. Nothing that its owner keeps in it
        is lost: with that in it, it is another version, and we are refused (RFC 9110 8.8.1, 13.1.1)."""
        new = ours.rewritten(event, seen.kept, self._clock())
        try:
            return self._put(shelf, seen.id, event, new, seen.etag)
        except (RemoteChanged, NotAccepted):
            # Which says so if it is gone, or the calendar is (409).
            shelf.get(seen.id)
            raise

    def _put(self, shelf: Shelf, id_: str, event: Event, new: ours.Written, etag: str) -> Stamp:
        """The version that we have just made. A server that has changed something in it doesn't tell it (RFC 4791
        5.3.4); then it counts only if nobody else has written in between."""
        if made := shelf.put(id_, new.body, etag):
            # Who has holes in what is told as changed isn't trusted with conditions either.
            return Stamp(id_, made, new.kept if self._row.sync else "")
        there = shelf.get(id_)
        return Stamp(id_, there.etag if ours.says_when(there.body, event) else "")

    def _whole(self, shelf: Shelf, id_: str) -> Object:
        if _INSTANCE in id_:
            raise NotAccepted(host=shelf.host, reason=N_("an instance can't be written by itself"))
        return shelf.get(id_)

    def _place(self, shelf: Shelf, there: Object) -> Place:
        """The zone is asked for only where something depends on it."""
        zone = shelf.zone() if translate.needs_zone(there.body) else ""
        return Place(zone, self._home.addresses, self._account.titles)

    def _shelf(self, calendar: str) -> Shelf:
        if calendar not in self._shelves:
            self._shelves[calendar] = Shelf(self._api, self._url, calendar)
        return self._shelves[calendar]

    @property
    def _row(self) -> quirks.Row:
        return quirks.of_server(host_of(self._url))

    def _unreadable(self) -> Unavailable:
        return Unavailable(host=host_of(self._url), reason=N_("its answer can't be read"))


def _is(event: Event, there: Object) -> bool:
    """Whether an object is what we have made of this event."""
    try:
        return translate.tag_of(there.body) == event.uid
    except Unreadable:
        return False
