"""The values that everything is said in: frozen, and with aware datetimes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class BookingStatus(IntEnum):
    """`bookings.status` of the booking app."""

    PENDING = 0
    CONFIRMED = 1
    CANCELLED = 2
    COMPLETED = 3
    NO_SHOW = 4
    BUSINESS_DELETED = 5


class Detail(StrEnum):
    """How much a calendar tells: everything, the service without the customer, or that the time is taken."""

    FULL = "full"
    SERVICE = "service"
    BUSY = "busy"


class CalendarKind(StrEnum):
    """What a calendar holds: one staff member's bookings, their imported busy time, or everyone's bookings."""

    BOOKINGS = "bookings"
    BUSY = "busy"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Business:
    """The tenant. `time_zone` is what the booking app stored: an IANA name or one of Rails' own."""

    id: int
    name: str
    time_zone: str
    location: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom a booking is for; absent parts are empty strings."""

    first_name: str
    last_name: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking with everything that a rendered event shows; absent texts are empty strings."""

    id: int
    staff_id: int
    staff_name: str
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    service: str
    variant: str
    customer: Customer | None
    notes: str
    video_url: str

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Event:
    """What a calendar shall show: one VEVENT without its revision.

    `starts_at` and `ends_at` are instants; `zone` is the IANA name that they are written in.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    tentative: bool
    summary: str
    description: str
    location: str
    categories: tuple[str, ...]
    url: str

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class EventRevision:
    """How often and when an event last changed: SEQUENCE, and DTSTAMP with LAST-MODIFIED (whole seconds, UTC)."""

    sequence: int
    modified_at: datetime

    def __post_init__(self) -> None:
        require_aware(self.modified_at)


def require_aware(*moments: datetime) -> None:
    """Refuse naive datetimes where values are made, so that no zone is ever guessed later."""
    for moment in moments:
        if moment.tzinfo is None:
            raise TypeError(f"a naive datetime: {moment.isoformat()}")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose password this is; valid only as long as the database says so at each request."""

    business_id: int
    password_id: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in staff member. A manager also sees colleagues' calendars and the team's."""

    business_id: int
    business_name: str
    staff_id: int
    name: str
    email: str
    manager: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """A collection as it stands. Every change moves `revision` on by one; `epoch` changes when history is lost."""

    id: int
    kind: CalendarKind
    staff_id: int | None
    staff_name: str
    epoch: str
    revision: int
    floor_revision: int
    changed_at: datetime

    @property
    def ctag(self) -> str:
        """Quoted, so that it serves as the collection's ETag too."""
        return f'"{self.epoch}-{self.revision}"'


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """One stored object; `body` is what goes over the wire.

    Without a `booking_id` it is a personal block. Of one that `recurs`, `starts_at` is the first start and `ends_at`
    the last end.
    """

    href: str
    uid: str
    etag: str
    starts_at: datetime
    ends_at: datetime
    modified_at: datetime
    body: bytes
    booking_id: int | None = None
    recurs: bool = False
