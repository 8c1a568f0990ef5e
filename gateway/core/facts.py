"""What a judgement about a time rests on: who, what, when, the rules that hold, and what is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Final

from gateway.core import hours
from gateway.core.booking_policy import LONGEST_LENGTH, Policy
from gateway.core.errors import Invalid
from gateway.core.hours import Hours, Stretch
from gateway.core.language import N_
from gateway.core.model import require_aware

# Nobody books outside of these, and a week is the longest that a service lasts.
EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2999, 1, 1, tzinfo=UTC)
LONGEST_CANDIDATE: Final = timedelta(days=31)
LONGEST_SERVICE_MINS: Final = LONGEST_LENGTH


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time that someone would like. Without a service (it was deleted), only the staff member's own rules count."""

    staff_id: int
    service_id: int | None
    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)
        if not EARLIEST <= self.starts_at < self.ends_at <= LATEST:
            raise Invalid(reason=N_("A booking must end after it starts, between 1971 and 2999."))
        if self.ends_at - self.starts_at > LONGEST_CANDIDATE:
            raise Invalid(reason=N_("A booking can't be longer than 31 days."))

    @property
    def seconds(self) -> Stretch:
        """Whole seconds since the epoch that hold it."""
        return floor(self.starts_at.timestamp()), ceil(self.ends_at.timestamp())


@dataclass(frozen=True, slots=True)
class Worker:
    """A staff member; `availability` is the app's JSON text, empty for null."""

    id: int
    name: str
    active: bool
    availability: str


@dataclass(frozen=True, slots=True)
class Provision:
    """A service as it is offered. `kind` is 0 for a standard one; of others only the app can count the places."""

    id: int
    name: str
    active: bool
    kind: int
    minutes: int
    availability: str
    enforced: bool

    @property
    def hours(self) -> Hours:
        return hours.of_service(self.availability, enforced=self.enforced)


@dataclass(frozen=True, slots=True)
class Clash:
    """Taken time that bars a candidate: a booking, a block, or an event of the calendar `calendar`."""

    source: str
    starts_at: datetime
    ends_at: datetime
    by_buffer: bool
    calendar: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a judgement rests on. `zone` is an IANA name, or empty when the business's can't be understood.

    `booked` counts the staff member's other bookings that begin on the candidate's day. `kept` is the length of the
    booking that is being moved: a booking may keep its length, whatever the policy says by now.
    """

    now: datetime
    active: bool
    zone: str
    policy: Policy
    worker: Worker
    service: Provision | None
    assigned: bool
    clashes: tuple[Clash, ...] = ()
    booked: int = 0
    kept: timedelta | None = None
