"""Somebody's mailbox: their calendars, and where each of their events is."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.servers.microsoft import names
from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.calendars import Calendar, Changed
from tests.servers.microsoft.draft import Draft
from tests.servers.microsoft.items import Birth, Item
from tests.servers.microsoft.refusal import Refusal, not_found


@dataclass(slots=True)
class Mailbox:
    email: str
    zone: str
    behaviour: Behaviour
    now: Callable[[], datetime]
    changed: Changed
    oid: str = field(default_factory=lambda: str(uuid.uuid4()))
    calendars: dict[str, Calendar] = field(default_factory=dict)
    # Which calendar each event is, or was last, in; and which one a transactionId made.
    places: dict[str, Calendar] = field(default_factory=dict)
    transactions: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, name: str, *, default: bool = False, owner: str = "", can_edit: bool = True) -> Calendar:
        made = Calendar(
            secrets.token_hex(6), name, owner or self.email, self.now, self.changed, default, can_edit
        )
        made.touch_series = lambda: self.behaviour.exceptions_touch_series
        self.calendars[made.key] = made
        return made

    @property
    def default(self) -> Calendar:
        return next(one for one in self.calendars.values() if one.default)

    def calendar(self, name: str) -> Calendar:
        found = self.calendars.get(names.read_calendar(name))
        if found is None:
            raise not_found()
        return found

    def locate(
        self, name: str, within: Calendar | None = None, *, lasting: bool = True
    ) -> tuple[Calendar, Item]:
        """The event of that name, of whichever kind the name is. A passing name ends when its event moves."""
        named = names.read_event(name)
        if not self.behaviour.mixed_ids and lasting != (named.place is None):
            raise not_found()
        calendar = self.places.get(named.key.partition(".")[0])
        item = calendar.find(named.key) if calendar and calendar.key in self.calendars else None
        if calendar is None or item is None or (within and within is not calendar):
            raise not_found()
        if named.place not in (None, item.place):
            raise not_found()
        return calendar, item

    def create(self, calendar: Calendar, draft: Draft) -> tuple[Item, bool]:
        """A new event, and whether it is new indeed: a transactionId that was used makes no second one."""
        scope = calendar.key if self.behaviour.transaction_scope == "calendar" else ""
        known = self.transactions.get((scope, draft.transaction)) if draft.transaction else None
        if known and self.behaviour.transaction == "409":
            raise Refusal(409, "ErrorDuplicateTransactionId", "This transactionId was used before.")
        if known and self.behaviour.transaction == "201":
            found = self.places[known].find(known) if self.places[known].key in self.calendars else None
            if found:
                return found, False
        key = secrets.token_hex(8)
        birth = Birth(self.now(), f"040000008200E00074C5B7101A82E008{key.upper()}", draft.transaction)
        item = Item(key, birth, draft.content, draft.span, draft.properties, draft.shown_zones)
        self.places[key] = calendar
        if draft.transaction:
            self.transactions[scope, draft.transaction] = key
        return calendar.store(item, "created"), True

    def write(self, calendar: Calendar, item: Item, draft: Draft) -> Item:
        return calendar.store(
            replace(
                item,
                content=draft.content,
                span=draft.span,
                properties=draft.properties,
                shown_zones=draft.shown_zones,
            ),
            "updated",
        )

    def move(self, calendar: Calendar, item: Item, to: Calendar) -> Item:
        """Into another calendar: gone from the one, new in the other, and known there by another passing name."""
        calendar.remove(item)
        self.places[item.key] = to
        return to.store(replace(item, gone=False, place=item.place + 1), "created")

    def drop(self, calendar: Calendar) -> None:
        del self.calendars[calendar.key]


def drafted(item: Item) -> Draft:
    """An event as the draft that it could have been made from."""
    return Draft(item.content, item.span, item.properties, item.shown_zones, item.birth.transaction)
