"""events.list and its tokens: pages of one moment, and later only what has changed since that moment."""

from __future__ import annotations

import base64
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.servers.google import selection, times, views
from tests.servers.google.behaviour import Behaviour
from tests.servers.google.calendars import Calendar
from tests.servers.google.refusal import Refusal, empty_range, invalid
from tests.servers.google.selection import Window

Json = dict[str, Any]

# Say nothing about which events are meant.
_FORM = frozenset({"pageToken", "syncToken", "fields", "alt", "prettyPrint", "key", "quotaUser", "userIp"})
_NOT_WITH_TOKEN = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax",
                   "updatedMin")  # fmt: skip
# A list that was narrowed or ordered by these gets no sync token at all.
_NO_TOKEN = frozenset(_NOT_WITH_TOKEN) - {"timeMin", "timeMax"}
_KEPT_PAGES = 500


def gone() -> Refusal:
    return Refusal(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.",
                   domain="calendar", location="syncToken")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pages:
    """What is left to hand out of a list that was begun."""

    owner: str
    query: Json
    items: list[Json]
    sync_token: str | None


@dataclass(slots=True)
class Listing:
    behaviour: Behaviour
    era: str = field(default_factory=lambda: secrets.token_hex(6))
    _pages: OrderedDict[str, _Pages] = field(default_factory=OrderedDict)

    def expire(self) -> None:
        """Every sync token that was given out is worth nothing from now on."""
        self.era = secrets.token_hex(6)

    def page(self, calendar: Calendar, role: str, query: Json, now: datetime, empty: bool = False) -> Json:
        """One page of the list; `empty` pretends that the calendar has no events."""
        asked = {name: value for name, value in query.items() if name not in _FORM}
        if "pageToken" in query:
            pages = self._continued(query["pageToken"], calendar, asked, query.get("syncToken"))
        else:
            pages = self._begun(calendar, role, asked, query.get("syncToken"), now, empty)
        return self._cut(pages, query)

    def _begun(
        self, calendar: Calendar, role: str, asked: Json, token: str | None, now: datetime, empty: bool
    ) -> _Pages:
        _check(asked, self.behaviour, now)
        first, since, window = asked, None, Window.of(asked)
        if token is not None:
            first, since = self._redeemed(token, calendar, asked)
            window = Window() if self.behaviour.outside_window == "shown" else Window.of(first)
        chosen = [] if empty and since is None else selection.select(calendar, first, since, window)
        items = [views.listed(event, calendar, role, asked.get("timeZone")) for event in chosen]
        if since is not None and self.behaviour.outside_window == "cancelled":
            items += self._left(calendar, first, since, {event.id for event in chosen})
        owner = f"{calendar.id} {token or ''}"
        return _Pages(owner, asked, items, self._token(calendar, first))

    def _left(self, calendar: Calendar, first: Json, since: int, shown: set[str]) -> list[Json]:
        changed = selection.select(calendar, first, since, Window())
        return [{"id": event.id, "status": "cancelled"} for event in changed if event.id not in shown]

    def _continued(self, page_token: str, calendar: Calendar, asked: Json, sync_token: str | None) -> _Pages:
        pages = self._pages.get(page_token)
        if pages is None or pages.owner != f"{calendar.id} {sync_token or ''}":
            raise invalid("Invalid page token value.", location="pageToken")
        _same(pages.query, asked, but=("maxResults",))
        return pages

    def _cut(self, pages: _Pages, query: Json) -> Json:
        most = min(query.get("maxResults", 250), 2500, self.behaviour.page_limit or 2500)
        if self.behaviour.empty_pages and "pageToken" not in query:
            most = 0
        shown, left = pages.items[:most], pages.items[most:]
        if not left and most:
            return {"items": shown} | ({"nextSyncToken": pages.sync_token} if pages.sync_token else {})
        token = secrets.token_urlsafe(18)
        self._pages[token] = _Pages(pages.owner, pages.query, left, pages.sync_token)
        while len(self._pages) > _KEPT_PAGES:
            self._pages.popitem(last=False)
        return {"items": shown, "nextPageToken": token}

    def _token(self, calendar: Calendar, query: Json) -> str | None:
        if _NO_TOKEN.intersection(query):
            return None
        said = json.dumps([calendar.id, calendar.revision, self.era, query])
        return base64.urlsafe_b64encode(said.encode()).decode()

    def _redeemed(self, token: str, calendar: Calendar, asked: Json) -> tuple[Json, int]:
        try:
            calendar_id, revision, era, first = json.loads(base64.urlsafe_b64decode(token))
        except (ValueError, TypeError) as error:
            raise gone() from error
        if calendar_id != calendar.id or era != self.era or revision > calendar.revision:
            raise gone()
        for name in _NOT_WITH_TOKEN:
            if name in asked:
                raise invalid(f"Sync token cannot be used with {name}.", location=name)
        if asked.get("showDeleted") is False:
            raise invalid("Sync token cannot be used with showDeleted set to false.", location="showDeleted")
        _same({k: v for k, v in first.items() if k not in _NOT_WITH_TOKEN}, asked, but=("showDeleted",))
        return first, revision


def _same(first: Json, asked: Json, but: tuple[str, ...]) -> None:
    for name in sorted(first.keys() | asked.keys()):
        if name not in but and first.get(name) != asked.get(name):
            raise invalid(f"{name} must be the same as in the first request.", location=name)


def _check(asked: Json, behaviour: Behaviour, now: datetime) -> None:
    if Window.of(asked).empty:
        raise empty_range()
    if asked.get("orderBy") == "startTime" and not asked.get("singleEvents"):
        raise invalid("The requested ordering is not available for the particular query.", location="orderBy")
    if "timeZone" in asked and not times.known(asked["timeZone"]):
        raise invalid("Invalid time zone.", location="timeZone")
    for name in ("privateExtendedProperty", "sharedExtendedProperty"):
        if any("=" not in pair for pair in asked.get(name, ())):
            raise invalid(f"Invalid value for {name}: propertyName=value is needed.", location=name)
    if "updatedMin" in asked and behaviour.updated_min_days is not None:
        earliest = now - timedelta(days=behaviour.updated_min_days)
        if times.instant(asked["updatedMin"], "updatedMin") < earliest:
            said = "The requested minimum modification time lies too far in the past."
            raise Refusal(410, "updatedMinTooLongAgo", said, domain="calendar", location="updatedMin")
