"""Questions about free and taken time, and their answers: each says when it was true, and how fresh its sources are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.core.errors import Invalid
from gateway.core.facts import EARLIEST, LATEST, LONGEST_SERVICE_MINS
from gateway.core.language import N_, _
from gateway.core.model import require_aware
from gateway.core.obstacle import Obstacle

MOST_STAFF: Final = 100
MOST_DAYS: Final = 92


@dataclass(frozen=True, slots=True)
class Question:
    """Which times are free that begin from `since` on and before `until`; `minutes` instead of the service's length."""

    staff_ids: tuple[int, ...]
    service_id: int
    since: datetime
    until: datetime
    minutes: int | None = None

    def __post_init__(self) -> None:
        require_period(self.since, self.until)
        if not 1 <= len(set(self.staff_ids)) <= MOST_STAFF:
            raise Invalid(reason=_("Ask about 1 to {most} staff members at a time.").format(most=MOST_STAFF))
        require_minutes(self.minutes)


@dataclass(frozen=True, slots=True)
class Source:
    """A calendar elsewhere whose events bar bookings, and when it was last read."""

    connection_id: int
    calendar: str
    read_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class StaffSlots:
    """One staff member's free times: POSIX seconds, in order, because there may be thousands."""

    staff_id: int
    starts: list[int]
    minutes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The free times, by staff member. `time_zone` is an IANA name; empty where the business's is unknown."""

    as_of: datetime
    time_zone: str
    slots: list[StaffSlots]
    sources: list[Source]

    def each(self) -> Iterator[tuple[int, datetime, datetime]]:
        """Every slot with its staff member, start and end."""
        for one in self.slots:
            lasting = timedelta(minutes=one.minutes)
            for start in one.starts:
                begins = datetime.fromtimestamp(start, UTC)
                yield one.staff_id, begins, begins + lasting


@dataclass(frozen=True, slots=True)
class Taken:
    """`source` is booking, block or external; what it is about stays untold."""

    starts_at: datetime
    ends_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Busy:
    """What is taken of a staff member's time, in order."""

    as_of: datetime
    intervals: list[Taken]
    sources: list[Source]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a time can be booked, and what stands against it."""

    as_of: datetime
    free: bool
    reasons: tuple[Obstacle, ...]
    sources: list[Source]


def require_period(since: datetime, until: datetime) -> None:
    """Refuse what has no beginning before its end, or goes on for too long."""
    require_aware(since, until)
    if not EARLIEST <= since < until <= LATEST:
        raise Invalid(reason=N_("Ask about a time that ends after it starts, between 1971 and 2999."))
    # The hour is for the night on which the clocks are put back.
    if until - since > timedelta(days=MOST_DAYS, hours=1):
        raise Invalid(reason=_("Ask about {most} days at most.").format(most=MOST_DAYS))


def require_minutes(minutes: int | None) -> None:
    if minutes is not None and not 1 <= minutes <= LONGEST_SERVICE_MINS:
        raise Invalid(reason=_("A booking lasts 1 to {most} minutes.").format(most=LONGEST_SERVICE_MINS))
