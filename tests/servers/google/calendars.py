"""A calendar and its events: every change makes a new revision, nothing is ever forgotten, ids stay taken."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from tests.servers.google import draft, recurrence, times
from tests.servers.google.refusal import Refusal, forbidden, invalid, not_found

Json = dict[str, Any]

_OF_SERIES = ("recurringEventId", "originalStartTime")


@dataclass(frozen=True, slots=True)
class Event:
    """One state of an event: the resource as its owner sees it, and when it takes place."""

    resource: Json
    revision: int
    begins: datetime
    ends: datetime
    updated: datetime

    @property
    def id(self) -> str:
        return self.resource["id"]

    @property
    def cancelled(self) -> bool:
        return self.resource["status"] == "cancelled"

    @property
    def recurs(self) -> bool:
        return "recurrence" in self.resource

    @property
    def master_id(self) -> str | None:
        return self.resource.get("recurringEventId")


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and under which conditions: If-Match, and whether deleted events may come back."""

    email: str
    if_match: str | None = None
    revives: bool = False
    # Whose event it is, if the author was only invited to it.
    organizer: str | None = None
    # Not through the API: what Gmail finds in a mail may come in, too.
    by_hand: bool = False


@dataclass(slots=True)
class Calendar:
    id: str
    summary: str
    zone: str
    owner: str
    now: Callable[[], datetime]
    changed: Callable[[Calendar], None]
    events: dict[str, Event] = field(default_factory=dict)
    revision: int = 1
    stamp: int = 0

    @property
    def primary(self) -> bool:
        return self.id == self.owner

    @property
    def place(self) -> draft.Place:
        return draft.Place(self.zone, self.id, self.primary)

    def find(self, event_id: str) -> Event | None:
        """An event, an exception, or an occurrence of a series that nobody has changed yet."""
        stored = self.events.get(event_id)
        return stored or self._occurrence(event_id)

    def get(self, event_id: str) -> Event:
        found = self.find(event_id)
        if found is None:
            raise not_found()
        return found

    def _occurrence(self, event_id: str) -> Event | None:
        named = recurrence.parse_instance_id(event_id, self.zone)
        master = self.events.get(named[0]) if named else None
        if named is None or master is None or not master.recurs or master.cancelled:
            return None
        if not recurrence.happens(master.resource, self.zone, named[1]):
            return None
        made = self.occurrence(master, named[1])
        return made if made.id == event_id else None

    def occurrence(self, master: Event, moment: datetime) -> Event:
        resource = recurrence.instance(master.resource, self.zone, moment)
        begins, ends = self.span(resource)
        return Event(resource, master.revision, begins, ends, master.updated)

    def changed_after(self, revision: int) -> list[Event]:
        """The events that changed since, in that order; found from the end, as the last changed stands last."""
        newest = takewhile(lambda event: event.revision > revision, reversed(self.events.values()))
        return list(newest)[::-1]

    def exceptions(self, master_id: str) -> Iterator[Event]:
        return (event for event in list(self.events.values()) if event.master_id == master_id)

    def living(self, master_id: str | None) -> bool:
        master = self.events.get(master_id or "")
        return master is not None and not master.cancelled

    def insert(self, body: Json, author: Author) -> Event:
        wanted = draft.wishes(body)
        event_id, uid = wanted.pop("id", None), wanted.pop("iCalUID", None)
        if event_id is not None:
            draft.check_id(event_id)
            if uid is not None:
                raise invalid("Only one of id and iCalUID may be given.", location="iCalUID")
        if event_id in self.events or (uid and self._uses(uid)):
            raise Refusal(409, "duplicate", "The requested identifier already exists.")
        from_gmail = wanted.get("eventType") == "fromGmail" and not author.by_hand
        if from_gmail or wanted.get("status") == "cancelled":
            raise invalid("An event like this cannot be created.")
        event_id = event_id or secrets.token_hex(13)
        content = draft.completed(wanted, self.place)
        sequence = content.pop("sequence", 0)
        kept = self._birth(event_id, uid, author)
        return self._store({**kept, **content, "sequence": sequence})

    def _uses(self, uid: str) -> bool:
        return any(event.resource["iCalUID"] == uid for event in self.events.values())

    def _birth(self, event_id: str, uid: str | None, author: Author) -> Json:
        link = base64.urlsafe_b64encode(f"{event_id} {self.id}".encode()).decode().rstrip("=")
        creator: Json = {"email": author.organizer or author.email}
        organizer: Json = {"email": author.organizer or self.id}
        creator |= {"self": True} if creator["email"] == self.id else {}
        organizer |= {"self": True} if organizer["email"] == self.id else {}
        return {
            "kind": "calendar#event",
            "id": event_id,
            "htmlLink": f"https://www.google.com/calendar/event?eid={link}",
            "created": times.precise(self.now().replace(microsecond=0)),
            "creator": creator,
            "organizer": organizer,
            "iCalUID": uid or f"{event_id}@google.com",
        }

    def replace(self, event_id: str, body: Json, author: Author) -> Event:
        """PUT: what is not sent is gone."""
        return self._rewrite(self._writable(event_id, author), draft.wishes(body), author)

    def patch(self, event_id: str, body: Json, author: Author) -> Event:
        old = self._writable(event_id, author)
        own = {name: value for name, value in old.resource.items() if name not in draft.GIVEN}
        sent = {name: value for name, value in body.items() if name not in draft.GIVEN}
        if "sequence" not in sent:
            own.pop("sequence")
        return self._rewrite(old, draft.wishes(draft.merged(own, sent)), author)

    def _writable(self, event_id: str, author: Author) -> Event:
        old = self.get(event_id)
        _match(old, author)
        if old.cancelled and not author.revives:
            raise forbidden()
        return old

    def _rewrite(self, old: Event, wanted: Json, author: Author) -> Event:
        before = old.resource
        for name in ("id", "iCalUID", "eventType"):
            if wanted.pop(name, before[name]) != before[name]:
                raise invalid(f"{name} cannot be changed.", location=name)
        sequence = wanted.pop("sequence", before["sequence"])
        if sequence < before["sequence"]:
            raise invalid("Invalid sequence value. The specified sequence number is below the current one.")
        kept = {name: before[name] for name in draft.KEPT if name in before}
        content = draft.completed({**wanted, "eventType": before["eventType"]}, self.place)
        if old.master_id and "recurrence" in content:
            raise invalid("An instance of a recurring event cannot recur.", location="recurrence")
        moved = any(
            before.get(name) != content.get(name) for name in ("start", "end", "recurrence", "status")
        )
        stored = self._store({**kept, **content, "sequence": sequence + moved})
        if "recurrence" in before:
            self._tidy(stored)
        return stored

    def _tidy(self, master: Event) -> None:
        """Exceptions end with their series, or when the series no longer happens then."""
        for exception in self.exceptions(master.id):
            named = recurrence.parse_instance_id(exception.id, self.zone)
            stays = named and master.recurs and recurrence.happens(master.resource, self.zone, named[1])
            if master.cancelled or not stays:
                # Now a deleted event like any other: it says nothing about the series any more.
                left = {name: value for name, value in exception.resource.items() if name not in _OF_SERIES}
                self._store({**left, "status": "cancelled"}, quietly=True)

    def delete(self, event_id: str, author: Author) -> None:
        old = self.get(event_id)
        if old.cancelled:
            raise Refusal(410, "deleted", "Resource has been deleted")
        _match(old, author)
        gone = self._store({**old.resource, "status": "cancelled"})
        if gone.recurs:
            self._tidy(gone)

    def _store(self, resource: Json, quietly: bool = False) -> Event:
        self.revision += 1
        updated = self.now()
        self.stamp = max(self.stamp + 2, int(updated.timestamp() * 1_000_000) * 2)
        resource = {**resource, "etag": f'"{self.stamp}"', "updated": times.precise(updated)}
        begins, ends = self.span(resource)
        self.events.pop(resource["id"], None)  # the last changed stands last
        event = self.events[resource["id"]] = Event(resource, self.revision, begins, ends, updated)
        if not quietly:
            self.changed(self)
        return event

    def span(self, resource: Json) -> tuple[datetime, datetime]:
        return self._moment(resource["start"]), self._moment(resource["end"])

    def _moment(self, value: Json) -> datetime:
        if "date" in value:
            return times.midnight(times.day(value["date"], "date"), self.zone)
        return datetime.fromisoformat(value["dateTime"])


def _match(old: Event, author: Author) -> None:
    if author.if_match not in (None, "*", old.resource["etag"]):
        raise Refusal(412, "conditionNotMet", "Precondition Failed", location="If-Match")
