"""A calendar at an address, which can be read and nothing else.

It is always given whole, so what has changed is found out here: of each event the cursor knows what was told of it.
What changes in a text without changing anybody's time (many servers write the present moment into it) is no change.
"""

from __future__ import annotations

import json
import logging
from hashlib import sha256
from typing import Final

from gateway.core.errors import CursorExpired, NotAccepted, RemoteGone
from gateway.core.language import N_
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.providers.caldav import translate
from gateway.providers.caldav.cursor import MOST_KNOWN, Cursor, version
from gateway.providers.caldav.translate import Place, Unreadable
from gateway.providers.http import host_of
from gateway.providers.ics import feed
from gateway.providers.ics.config import IcsConfig
from gateway.providers.ics.feed import Marks
from gateway.providers.ics.pieces import Feed
from gateway.providers.port import Account

log = logging.getLogger(__name__)

# There is one calendar only, and it needs no other name.
CALENDAR: Final = "calendar"


class IcsCalendar:
    """`port.CalendarProvider`. An event's id stands for its UID."""

    def __init__(self, config: IcsConfig, account: Account) -> None:
        self._config, self._account = config, account
        self._url = account.grant.access_token
        self._host = host_of(self._url)

    def calendars(self) -> list[RemoteCalendar]:
        found = self._read()
        return [RemoteCalendar(CALENDAR, found.name or self._host, found.zone, writable=False, primary=True)]

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        raise self._read_only()

    def delete(self, calendar: str, stamp: Stamp) -> None:
        raise self._read_only()

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        self._require(calendar)
        found = self._read()
        told = [one for events in self._told(found)[0].values() for one in events if one.id == id_]
        if not told:
            raise RemoteGone(host=self._host)
        return told[0]

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        self._require(calendar)
        before = self._cursor(cursor)
        marks, seal = _marks(before)
        text = feed.fetch(self._config, self._url, marks)
        if text.body is None or (before is not None and seal == _seal(text.body)):
            return Page((), cursor, last=True)
        told, unread = self._told(feed.read(text.body, self._host))
        known = {id_: version(_content(events)) for id_, events in told.items()}
        if before is not None:
            known.update({id_: before.known[id_] for id_ in unread if id_ in before.known})
        following = Cursor(
            mark=json.dumps([text.marks.etag, text.marks.modified, _seal(text.body)]), known=known
        )
        if len(known) > MOST_KNOWN:
            following = Cursor(mark=following.mark, known={"": ""})
        return Page(tuple(self._news(before, told, known, window)), str(following), last=True)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        """Nobody calls us."""
        return None

    def unwatch(self, watch: Watch) -> None:
        """There is nothing to end."""

    def _news(
        self,
        before: Cursor | None,
        told: dict[str, tuple[RemoteEvent, ...]],
        known: dict[str, str],
        window: Window,
    ) -> list[RemoteEvent]:
        if before is None:
            return [
                one for events in told.values() if not translate.is_over(events, window) for one in events
            ]
        if len(known) > MOST_KNOWN or "" in before.known:
            # There are too many to compare.
            raise CursorExpired(host=self._host)
        changed = [
            one for id_, events in told.items() if before.known.get(id_) != known[id_] for one in events
        ]
        gone = sorted(before.known.keys() - known.keys())
        return [*changed, *(RemoteEvent(id_, "", id_, gone=True) for id_ in gone)]

    def _told(self, found: Feed) -> tuple[dict[str, tuple[RemoteEvent, ...]], set[str]]:
        """The events of each UID; and of which none can be read, so that what is known of them stays."""
        place = Place(found.zone, titles=self._account.titles)
        told: dict[str, tuple[RemoteEvent, ...]] = {}
        unread: set[str] = set()
        faults = 0
        for piece in found.pieces:
            try:
                read = translate.events(piece.id, version(piece.body.decode()), piece.body, place)
            except Unreadable:
                unread.add(piece.id)
                continue
            faults += read.faults
            if read.events:
                told[piece.id] = read.events
        if faults or unread:
            log.warning(
                "Connection %d: %d events of a calendar's address can't be read, or not whole.",
                self._account.connection_id,
                faults + len(unread),
            )
        return told, unread

    def _read(self) -> Feed:
        return feed.read(feed.fetch(self._config, self._url, Marks()).body or b"", self._host)

    def _cursor(self, text: str) -> Cursor | None:
        try:
            cursor = Cursor.read(text) if text else None
            _marks(cursor)
        except ValueError:
            raise CursorExpired(host=self._host) from None
        return cursor

    def _require(self, calendar: str) -> None:
        if calendar != CALENDAR:
            raise RemoteGone(host=self._host)

    def _read_only(self) -> NotAccepted:
        return NotAccepted(host=self._host, reason=N_("a calendar at an address can only be read"))


def _marks(cursor: Cursor | None) -> tuple[Marks, str]:
    """What is known of the text as it was. Raises ValueError."""
    if cursor is None:
        return Marks(), ""
    match json.loads(cursor.mark):
        case [str(etag), str(modified), str(seal)]:
            return Marks(etag, modified), seal
    raise ValueError("not a cursor of ours")


def _seal(body: bytes) -> str:
    return sha256(body).hexdigest()[:32]


def _content(events: tuple[RemoteEvent, ...]) -> str:
    """All that is told of an event but its version."""
    return repr([(one.id, one.times, one.showing, one.reply, one.title, one.unknown_zone) for one in events])
