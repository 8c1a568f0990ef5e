"""An event as it is kept: what can be changed of it, when it takes place, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.servers.microsoft import zones

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """When, in local time as it was given; `zone` is the start's and is the one that a series recurs in."""

    start: datetime
    end: datetime
    zone: str
    end_zone: str
    all_day: bool = False

    @property
    def begins(self) -> datetime:
        return zones.instant(self.start, self.zone)

    @property
    def ends(self) -> datetime:
        return zones.instant(self.end, self.end_zone)

    def within(self, window: Window) -> bool:
        begins, ends = self.begins, self.ends
        return begins < window.until and (ends > window.since or begins == ends == window.since)

    def on(self, day: date) -> Span:
        """The same time of another day. One that the clocks skip comes later that night, and lasts as long."""
        by = day - self.start.date()
        if not self.all_day:
            by += zones.skipped(self.start + by, self.zone)
        return replace(self, start=self.start + by, end=self.end + by)

    def later(self, by: timedelta, *, local: bool = False) -> Span:
        """Whole days and series are moved on the calendar, everything else in time."""
        if self.all_day or local:
            return replace(self, start=self.start + by, end=self.end + by)
        starts, ends = ((at + by).astimezone(UTC).replace(tzinfo=None) for at in (self.begins, self.ends))
        return Span(starts, ends, "UTC", "UTC")


@dataclass(frozen=True, slots=True)
class Birth:
    """What an event keeps for its whole life."""

    created: datetime
    uid: str
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One version of an event. `series` is the key of its master; a `virtual` one is nothing but the series' day.

    `shown_zones` are the names that the author gave, `place` counts the calendars that it has been in.
    """

    key: str
    birth: Birth
    content: Json
    span: Span
    properties: Mapping[str, str]
    shown_zones: tuple[str, str]
    revision: int = 0
    modified: datetime | None = None
    series: str = ""
    original: datetime | None = None
    virtual: bool = False
    gone: bool = False
    place: int = 0

    @property
    def recurrence(self) -> Json | None:
        return self.content.get("recurrence")

    @property
    def type(self) -> str:
        if self.series:
            return "occurrence" if self.virtual else "exception"
        return "seriesMaster" if self.recurrence else "singleInstance"

    @property
    def day(self) -> date:
        """Of an occurrence: which one it is, wherever it was moved."""
        return date.fromisoformat(self.key.partition(".")[2])

    def occurrence(self, day: date) -> Item:
        """This series' event of one day, as long as nobody has changed it."""
        span = self.span.on(day)
        content = {name: value for name, value in self.content.items() if name != "recurrence"}
        return replace(
            self,
            key=f"{self.key}.{day}",
            content=content,
            span=span,
            birth=replace(self.birth, transaction=""),
            series=self.key,
            original=span.begins,
            virtual=True,
        )
