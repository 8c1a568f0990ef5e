"""Events of people's own: what a calendar tells of them, and, worked out without the product, when they take place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.remote import Reply, Showing

Span = tuple[datetime, datetime]


@dataclass
class Appointment:
    """An event at a time on somebody's clock; `every` so many days if it recurs, `count` times (0: for ever).

    `moved` and `dropped` are instances that differ, by number.
    """

    key: str
    zone: str
    start: datetime
    length: timedelta
    all_day: bool = False
    every: int = 0
    count: int = 1
    showing: Showing = Showing.BUSY
    reply: Reply = Reply.NONE
    moved: dict[int, tuple[datetime, timedelta]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)

    @property
    def endless(self) -> bool:
        return bool(self.every) and not self.count

    def original(self, number: int) -> datetime:
        return self.start + timedelta(days=self.every * number)

    def ended(self, moment: datetime) -> bool:
        """Whether nothing of it lies behind this moment, nor shortly before it."""
        behind = self.start.replace(tzinfo=UTC) + timedelta(days=self.every * self.count + 60)
        return not self.endless and all(end < moment for _, end in self.spans("UTC", behind))

    def numbers(self, until: datetime) -> Iterator[int]:
        """The instances that begin before `until`, or shortly after it, or did so before they were moved."""
        number, last = 0, until.replace(tzinfo=None) + timedelta(days=3)
        while number < (self.count if self.every and self.count else 1 if not self.every else 10**6):
            if self.original(number) > last:
                return
            yield number
            number += 1

    def spans(self, business_zone: str, until: datetime) -> list[Span]:
        """Every stretch that begins before `until`; whole days are the business's."""
        zone = ZoneInfo(business_zone if self.all_day else self.zone)
        found = []
        far = max(
            [until, *(begin.replace(tzinfo=UTC) + timedelta(days=40) for begin, _ in self.moved.values())]
        )
        for number in self.numbers(far):
            if number not in self.dropped:
                begin, length = self.moved.get(number, (self.original(number), self.length))
                start = begin.replace(tzinfo=zone).astimezone(UTC)
                end = (begin + length).replace(tzinfo=zone).astimezone(UTC)
                found.append((start, end))
        return sorted(one for one in set(found) if one[0] < until)

    def lines(self, *, excluding: bool = False) -> bytes:
        """The lines of the event itself; `excluding`: with those that leave instances out."""
        told = self._span(self.start, self.length)
        if self.every:
            ending = f";COUNT={self.count}" if self.count else ""
            told.append(f"RRULE:FREQ=DAILY;INTERVAL={self.every}{ending}")
        if excluding:
            told += [self._point("EXDATE", self.original(number)) for number in sorted(self.dropped)]
        return _written(told)

    def instance_lines(self, number: int) -> bytes:
        """The lines of an instance that was moved, or left out."""
        named = self._point("RECURRENCE-ID", self.original(number))
        if number in self.dropped:
            return _written([self._point("DTSTART", self.original(number)), named, "STATUS:CANCELLED"])
        return _written([*self._span(*self.moved[number]), named])

    def _span(self, begin: datetime, length: timedelta) -> list[str]:
        return [self._point("DTSTART", begin), self._point("DTEND", begin + length)]

    def _point(self, name: str, when: datetime) -> str:
        if self.all_day:
            return f"{name};VALUE=DATE:{when:%Y%m%d}"
        return f"{name};TZID={self.zone}:{when:%Y%m%dT%H%M%S}"


def _written(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
