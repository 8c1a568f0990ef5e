"""calendarView/delta: a window of a calendar in pages, and later only what has changed of it since.

https://learn.microsoft.com/graph/delta-query-events; what users report beyond it has its source where it is done.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.items import Window
from tests.servers.microsoft.odata import MOST
from tests.servers.microsoft.refusal import Refusal, bad
from tests.servers.microsoft.views import View

Json = dict[str, Any]

_KEPT_ROUNDS = 2_000
# https://learn.microsoft.com/answers, "greater than the allowed range. Maximum number of days: 1825"
_DAYS = 1_825


@dataclass(frozen=True, slots=True)
class Round:
    """What is left to tell. `revision` is where the next round goes on: it was taken when this one began."""

    calendar: str
    window: Window
    revision: int
    keys: tuple[str, ...]
    at: int = 0
    empty: int = 0


def check_window(window: Window, behaviour: Behaviour) -> None:
    days = (window.until - window.since).days
    if window.until <= window.since:
        raise bad("The end of the time range is not after its start.", "ErrorInvalidParameter")
    if days > _DAYS:
        raise bad(
            "Your request can't be completed. The range between the start and end dates is greater than the allowed "
            f"range. Maximum number of days: {_DAYS}",
            "ErrorInvalidParameter",
        )
    if behaviour.widest_days is not None and days > behaviour.widest_days:
        raise Refusal(504, "GatewayTimeout", "The request took too long.")


@dataclass(slots=True)
class Deltas:
    behaviour: Behaviour
    era: str = field(default_factory=lambda: secrets.token_hex(6))
    _rounds: OrderedDict[str, Round] = field(default_factory=OrderedDict)

    def expire(self) -> None:
        """Every link that was given out is worth nothing from now on, in the middle of a round too."""
        self.era = secrets.token_hex(6)
        self._rounds.clear()

    def first(self, calendar: Calendar, window: Window, *, empty: bool = False) -> Round:
        check_window(window, self.behaviour)
        keys = [] if empty else _all(calendar, window)
        return self._begun(calendar, window, keys)

    def since(self, calendar: Calendar, token: str) -> Round:
        try:
            key, revision, era, *edges = json.loads(base64.urlsafe_b64decode(token))
            window = Window(*(datetime.fromisoformat(edge) for edge in edges))
        except (ValueError, TypeError, binascii.Error):
            raise self._gone("SyncStateInvalid") from None
        if era != self.era or key != calendar.key:
            raise self._gone()
        return self._begun(calendar, window, _changed(calendar, revision, window))

    def further(self, calendar: Calendar, token: str) -> Round:
        found = self._rounds.get(token)
        if found is None or found.calendar != calendar.key:
            raise self._gone()
        return found

    def _gone(self, code: str = "") -> Refusal:
        said = "The sync state generation is not found; start over without a token."
        return Refusal(410, code or self.behaviour.gone_code, said)

    def _begun(self, calendar: Calendar, window: Window, keys: list[str]) -> Round:
        way = self.behaviour.masters
        masters = [key for key in keys if key in calendar.versions]
        others = [key for key in keys if key not in calendar.versions]
        orders = {"last": [*others, *masters], "first": [*masters, *others], "never": others}
        empty = self.behaviour.empty_pages
        return Round(calendar.key, window, calendar.revision, tuple(orders[way]), empty=empty)

    def page(self, begun: Round, calendar: Calendar, view: View, url: str) -> Json:
        """One page, as everything is now; what is not in the window any more is told as removed."""
        size = min(view.prefer.page or self.behaviour.page_default, MOST, self.behaviour.page_limit or MOST)
        if begun.empty:
            return {"value": [], **self._next(url, replace(begun, empty=begun.empty - 1))}
        first = begun.at - 1 if self.behaviour.repeats and begun.at else begun.at
        shown = [_told(key, calendar, begun.window, view) for key in begun.keys[first : begun.at + size]]
        rest = replace(begun, at=begun.at + size)
        last = rest.at >= len(begun.keys)
        return {"value": shown, **(self._done(url, begun) if last else self._next(url, rest))}

    def _next(self, url: str, rest: Round) -> Json:
        token = secrets.token_urlsafe(200)
        self._rounds[token] = rest
        while len(self._rounds) > _KEPT_ROUNDS:
            self._rounds.popitem(last=False)
        return {"@odata.nextLink": f"{url}?$skiptoken={token}"}

    def _done(self, url: str, begun: Round) -> Json:
        edges = [edge.isoformat() for edge in (begun.window.since, begun.window.until)]
        said = json.dumps([begun.calendar, begun.revision, self.era, *edges])
        return {"@odata.deltaLink": f"{url}?$deltatoken={base64.urlsafe_b64encode(said.encode()).decode()}"}


def _all(calendar: Calendar, window: Window) -> list[str]:
    found = {item.key: None for item in calendar.within(window)}
    masters = {key.partition(".")[0]: None for key in found if "." in key}
    return [*found, *masters]


def _changed(calendar: Calendar, revision: int, window: Window) -> list[str]:
    """Every event that changed, also those outside the window, which are then told as removed.

    https://github.com/microsoftgraph/microsoft-graph-docs/issues/6599
    """
    found: dict[str, None] = {}
    for item in calendar.changed_after(revision):
        found[item.key] = None
        days = sorted(calendar.days_since(item.key, revision, window))
        found |= {f"{item.key}.{day}": None for day in days}
        master = calendar.find(item.series) if item.series else None
        if master and len(calendar.parts(master, window)) <= 1:
            found[master.key] = None  # it has come into the window with this one, or is out of it now
    return list(found)


def _told(key: str, calendar: Calendar, window: Window, view: View) -> Json:
    item = calendar.seen(key, window)
    if item is not None:
        return view.delta(item)
    stored = calendar.items.get(key) or calendar.items.get(key.partition(".")[0])
    return view.removed(key, stored.place if stored else 0)
