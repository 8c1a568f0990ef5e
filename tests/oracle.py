"""Availability once more, for tests only: slow, plain, minute by minute, and with nothing of the product in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Interval = Mapping[str, str]


@dataclass(frozen=True)
class Taken:
    source: str
    start: datetime
    end: datetime


@dataclass
class World:
    """One staff member of one business, as the booking app's rows tell it; None is null."""

    zone: str
    now: datetime
    staff: Mapping[str, object] | None
    service: Mapping[str, object]
    minutes: int
    policy: Mapping[str, int | bool | None] | None
    taken: Sequence[Taken] = ()
    enforced: bool = True
    active: bool = True
    assigned: bool = True
    kind: int = 0
    clock: dict[datetime, datetime] = field(default_factory=dict)
    seen: dict[object, list[tuple[datetime, datetime, date]]] = field(default_factory=dict)

    def rule(self, name: str) -> int:
        return max(int((self.policy or {}).get(name) or 0), 0)

    @property
    def length(self) -> int:
        return max(self.minutes, self.rule("min_duration_mins"))

    @property
    def step(self) -> int:
        if self.policy is None:
            return 30
        if self.policy.get("use_fixed_intervals"):
            wanted = self.policy.get("interval_mins")
            return min(max(30 if wanted is None else int(wanted), 5), 120)
        return max(self.length, 5)

    def local(self, minute: datetime) -> datetime:
        if minute not in self.clock:
            self.clock[minute] = minute.astimezone(ZoneInfo(self.zone))
        return self.clock[minute]

    def grid(self, since: datetime, until: datetime) -> list[datetime]:
        """Where a booking might begin, were everybody free."""
        found = set()
        for first, last, _ in self.openings(self.staff or {}, since, until):
            found |= set(every(self.step, first, last))
        return sorted(start for start in found if since <= start < until)

    def slots(self, since: datetime, until: datetime) -> list[datetime]:
        return [start for start in self.grid(since, until) if not self.reasons(start)]

    def reasons(self, start: datetime, length: int | None = None) -> set[str]:
        return set(self._reasons(start, start + (length or self.length) * MINUTE))

    def _reasons(self, start: datetime, end: datetime) -> Iterator[str]:
        yield from [] if self.active else ["INACTIVE"]
        yield from [] if self.assigned else ["NOT_ASSIGNED"]
        yield from ["UNREADABLE"] if self.kind else []
        yield from self.limits(start)
        minutes = (end - start) / MINUTE
        if minutes < self.rule("min_duration_mins") or 0 < self.rule("max_duration_mins") < minutes:
            yield "HOURS"
        if not self.kind:
            yield from self.outside(self.staff or {}, start, end)
            if self.enforced and self.service:
                yield from self.outside(self.service, start, end)
        yield from self.full(start)
        yield from self.clashes(start, end, self.rule("buffer_time_mins") * MINUTE)

    def limits(self, start: datetime) -> Iterator[str]:
        if start < self.now:
            yield "PAST"
        elif start < self.now + self.rule("min_advance_mins") * MINUTE:
            yield "TOO_SOON"
        if self.rule("max_advance_days"):
            last = self.local(self.now).date() + timedelta(days=self.rule("max_advance_days"))
            if self.local(start).date() > last:
                yield "TOO_FAR"

    def outside(self, hours: Mapping[str, object], start: datetime, end: datetime) -> Iterator[str]:
        open_minutes = set()
        for first, last, _ in self.openings(hours, start, end):
            open_minutes |= set(every(1, first, last))
        while start < end:
            if start not in open_minutes:
                excepted = self.local(start).date().isoformat() in hours.get("exceptions", {})  # type: ignore[operator]
                yield "EXCEPTION" if excepted else "HOURS"
                return
            start += MINUTE

    def full(self, start: datetime) -> Iterator[str]:
        day = self.local(start).date()
        bookings = [
            one for one in self.taken if one.source == "booking" and self.local(one.start).date() == day
        ]
        if 0 < self.rule("max_daily_bookings") <= len(bookings):
            yield "DAY_FULL"

    def clashes(self, start: datetime, end: datetime, buffer: timedelta) -> Iterator[str]:
        for one in self.taken:
            if one.source != "booking":
                if start < one.end and end + buffer > one.start:
                    yield {"block": "BLOCK", "external": "EXTERNAL"}[one.source]
            elif start < one.end and end > one.start:
                yield "OVERLAP"
            elif start < one.end + buffer and end + buffer > one.start:
                yield "BUFFER"

    def openings(
        self, hours: Mapping[str, object], since: datetime, until: datetime
    ) -> list[tuple[datetime, datetime, date]]:
        """First and last minute, and day, of each opening near a time: all while the clock shows it, and between."""
        days = (
            since.astimezone(UTC).date() - timedelta(days=2),
            until.astimezone(UTC).date() + timedelta(days=2),
        )
        if (id(hours), *days) not in self.seen:
            self.seen[id(hours), *days] = list(self._openings(hours, *days))
        return self.seen[id(hours), *days]

    def _openings(
        self, hours: Mapping[str, object], first: date, last: date
    ) -> Iterator[tuple[datetime, datetime, date]]:
        minutes: dict[tuple[date, int], list[datetime]] = {}
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        for moment in every(1, midnight, midnight + (last - first)):
            local = self.local(moment)
            minutes.setdefault((local.date(), local.hour * 60 + local.minute), []).append(moment)
        for day in sorted({day for day, _ in minutes}):
            for run in runs(intervals(hours, day)):
                shown = [
                    at
                    for one in run
                    for at in minutes.get((day + timedelta(days=one // 1440), one % 1440), [])
                ]
                if shown:
                    yield min(shown), max(shown), day


def every(step: int, first: datetime, last: datetime) -> list[datetime]:
    return [first + number * MINUTE for number in range(0, int((last - first) / MINUTE) + 1, step)]


def intervals(hours: Mapping[str, object], day: date) -> Sequence[Interval]:
    exceptions: Mapping[str, Sequence[Interval]] = hours.get("exceptions", {})  # type: ignore[assignment]
    if day.isoformat() in exceptions:
        return exceptions[day.isoformat()]
    return hours.get(DAYS[day.weekday()], [])  # type: ignore[return-value]


def runs(written: Sequence[Interval]) -> list[list[int]]:
    """The minutes of a day's intervals, each run of neighbours for itself."""
    minutes = set()
    for one in written:
        start, end = (int(one[key][:2]) * 60 + int(one[key][3:]) for key in ("start", "end"))
        end = 1440 if one["end"] == "23:59" else end
        minutes |= set(range(start, end if end > start else end + 1440))
    found: list[list[int]] = []
    for minute in sorted(minutes):
        if found and found[-1][-1] == minute - 1:
            found[-1].append(minute)
        else:
            found.append([minute])
    return found
