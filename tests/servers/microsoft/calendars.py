"""A calendar and its events: every change makes a new revision, and what is gone is remembered as gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import takewhile

from tests.servers.microsoft import recurrence, zones
from tests.servers.microsoft.items import Item, Window

# A calendar day may begin this much before or after UTC's, and an event may have begun on the day before.
_MARGIN = timedelta(days=2)

Changed = Callable[["Calendar", Item, str], None]
"""Who is told of a change: where, what, and whether it was created, updated or deleted."""


@dataclass(slots=True)
class Calendar:
    key: str
    name: str
    owner: str
    now: Callable[[], datetime]
    changed: Changed
    default: bool = False
    can_edit: bool = True
    touch_series: Callable[[], bool] = lambda: True
    revision: int = 1
    # The last changed stand last. Occurrences are in here only if somebody changed or cancelled them.
    items: dict[str, Item] = field(default_factory=dict)
    # Every version that a series has had, since each had its own days.
    versions: dict[str, list[Item]] = field(default_factory=dict)

    def find(self, key: str) -> Item | None:
        """An event, an exception, or a day of a series that nobody has changed."""
        stored = self.items.get(key)
        if stored is not None:
            return None if stored.gone else stored
        series, _, day = key.partition(".")
        master = self.items.get(series) if day else None
        if master is None or master.gone or not master.recurrence or not _is_day(day):
            return None
        wanted = date.fromisoformat(day)
        happens = next(recurrence.days(master.recurrence, wanted), None) == wanted
        return master.occurrence(wanted) if happens else None

    def seen(self, key: str, window: Window) -> Item | None:
        """The event, if it has something to do with that time."""
        item = self.find(key)
        if item is None:
            return None
        within = bool(self.parts(item, window)) if item.recurrence else item.span.within(window)
        return item if within else None

    def parts(self, master: Item, window: Window) -> list[Item]:
        """What a series has in that time, changed ones where they are now."""
        exceptions = [one for one in self.exceptions(master.key) if not one.gone and one.span.within(window)]
        virtual = [
            item
            for day in days_within(master, window)
            if f"{master.key}.{day}" not in self.items
            if (item := master.occurrence(day)).span.within(window)
        ]
        return [*virtual, *exceptions]

    def exceptions(self, key: str) -> list[Item]:
        if key not in self.versions:
            return []
        return [one for one in self.items.values() if one.series == key]

    def within(self, window: Window) -> Iterator[Item]:
        """What happens in that time: single events, occurrences and exceptions."""
        for item in list(self.items.values()):
            if item.gone:
                continue
            if item.recurrence:
                yield from (one for one in self.parts(item, window) if one.virtual)
            elif item.span.within(window):
                yield item

    def living(self) -> list[Item]:
        """Single events and masters."""
        return [one for one in self.items.values() if not one.gone and not one.series]

    def changed_after(self, revision: int) -> list[Item]:
        newest = takewhile(lambda item: item.revision > revision, reversed(self.items.values()))
        return list(newest)[::-1]

    def days_since(self, key: str, revision: int, window: Window) -> set[date]:
        """The days in a window that a series has had since some revision."""
        versions = self.versions.get(key, [])
        before = [one for one in versions if one.revision <= revision][-1:]
        since = [one for one in versions if one.revision > revision]
        return {
            day
            for one in (*before, *since)
            for day in days_within(one, window)
            if one.span.on(day).within(window)
        }

    def store(self, item: Item, how: str, *, quietly: bool = False) -> Item:
        old = self.items.pop(item.key, None)
        stored = self._kept(replace(item, virtual=False))
        if stored.recurrence or item.key in self.versions:
            self._series(old, stored)
        if stored.series and self.touch_series() and (master := self.items.get(stored.series)):
            self._again(master)
        if not quietly:
            self.changed(self, self.items.get(stored.series, stored), "updated" if stored.series else how)
        return stored

    def _kept(self, item: Item) -> Item:
        self.revision += 1
        stored = replace(item, revision=self.revision, modified=self.now())
        self.items[item.key] = stored
        return stored

    def _again(self, master: Item) -> None:
        """The series has a new version, since one of its occurrences does."""
        del self.items[master.key]
        self.versions[master.key].append(self._kept(master))

    def _series(self, old: Item | None, new: Item) -> None:
        """Exceptions end when the series is over, or no longer happens as it did."""
        self.versions.setdefault(new.key, []).append(new)
        same = old and (old.span, old.recurrence) == (new.span, new.recurrence)
        if new.gone or not same:
            for one in self.exceptions(new.key):
                del self.items[one.key]

    def remove(self, item: Item) -> None:
        self.store(replace(item, gone=True), "deleted")


def days_within(master: Item, window: Window) -> list[date]:
    """The days on which a series may have something in that time."""
    if not master.recurrence or master.gone:
        return []
    length = master.span.end - master.span.start
    first = zones.local(window.since, master.span.zone) - length - _MARGIN
    last = (zones.local(window.until, master.span.zone) + _MARGIN).date()
    return list(takewhile(lambda day: day <= last, recurrence.days(master.recurrence, first.date())))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
