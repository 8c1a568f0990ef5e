"""One practice account's calendars: what a real provider does, done in our own database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from gateway.core.errors import CursorExpired, NeedsReconnect, RemoteGone
from gateway.core.language import N_
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.core.secrets import token_hash
from gateway.providers.port import Account
from gateway.providers.practice import translate
from gateway.providers.practice.cursor import Cursor
from gateway.providers.practice.store import Store, Where

HOST: Final = "The practice calendar"


class PracticeCalendar:
    """`port.CalendarProvider`. `page` is how many events are told at a time."""

    def __init__(self, store: Store, account: Account, clock: Callable[[], datetime], page: int) -> None:
        self._store, self._account, self._clock, self._page = store, account, clock, page

    def calendars(self) -> list[RemoteCalendar]:
        return list(self._store.calendars(self._account.business_id, self._name()))

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        id_ = seen.id if seen else key
        return self._store.put(self._where(calendar), id_, event.uid, translate.written(event).content, seen)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        with suppress(RemoteGone):
            self._store.delete(self._where(calendar), stamp.id)

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        return translate.remote(self._store.read(self._where(calendar), id_), titles=self._account.titles)

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        """The window's end is no condition: what lies behind it comes nearer without any change."""
        place = self._place(cursor)
        found, revision = self._store.since(
            self._where(calendar), (place.at, place.id), self._page, whole=place.whole
        )
        place = place.begun(revision)
        told = tuple(
            translate.remote(one, titles=self._account.titles)
            for one in found
            if not (place.whole and translate.is_over(one, window.since))
        )
        if len(found) < self._page:
            return Page(told, str(place.over()), last=True)
        return Page(told, str(place.behind(found[-1].revision, found[-1].id)), last=False)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        """Nothing to promise: who changes a practice calendar on its page asks for a reading there and then
        (`services.practice`), in the same database, and there is nobody else who could change it."""
        return None

    def unwatch(self, watch: Watch) -> None:
        """There never was one."""

    def _where(self, calendar: str) -> Where:
        return self._account.business_id, self._name(), calendar

    def _name(self) -> str:
        """Which account the grant lets into; asked each time, as its owner may take it back at any time."""
        grant = self._account.grant
        if grant.expires_at <= self._clock():
            raise NeedsReconnect(host=HOST, reason=N_("access has ended"))
        name = self._store.holder(self._account.business_id, token_hash(grant.access_token))
        if name is None:
            raise NeedsReconnect(host=HOST, reason=N_("access was taken back"))
        return name

    def _place(self, cursor: str) -> Cursor:
        try:
            return Cursor.read(cursor) if cursor else Cursor.first()
        except ValueError:
            raise CursorExpired(host=HOST) from None
