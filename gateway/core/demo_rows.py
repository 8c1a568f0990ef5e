"""The rows of a demo business, as plain values.

They point at each other by their place in the tuples, because ids are given by the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from gateway.core.model import BookingStatus, require_aware

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# The shape of `staff_members.availability`: {"monday": [{"start": "09:00", "end": "17:00"}], …}.
Intervals = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class DemoPolicy:
    """How the business takes bookings."""

    buffer_time_mins: int = 10
    interval_mins: int = 15
    min_advance_mins: int = 60
    max_advance_days: int = 90
    cancellation_window_mins: int = 24 * 60


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """One form of a service, with its own length and price."""

    name: str
    duration: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class DemoService:
    """Something that can be booked."""

    name: str
    description: str
    duration: int
    price: Decimal
    variants: tuple[DemoVariant, ...] = ()
    online: bool = False


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Someone who performs services, and their user: role 1 is a manager, 2 is staff."""

    first_name: str
    last_name: str
    position: str
    role: int
    weekly: dict[str, Intervals]
    exceptions: dict[str, Intervals]
    services: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        return f"{self.first_name.lower()}@example.com"

    @property
    def availability(self) -> dict[str, Intervals | dict[str, Intervals]]:
        return {**self.weekly, "exceptions": self.exceptions}

    def hours_on(self, day: date) -> Intervals:
        """An exception replaces the weekday as a whole."""
        return self.exceptions.get(day.isoformat(), self.weekly.get(WEEKDAYS[day.weekday()], []))


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """Whom bookings are for."""

    first_name: str
    last_name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class DemoBooking:
    """A booking; `staff`, `service`, `variant` and `customer` are places in the business's tuples."""

    staff: int
    service: int
    variant: int | None
    customer: int
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus
    price: Decimal
    notes: str | None = None
    cancellation_reason: str | None = None
    video_meeting_url: str | None = None

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class DemoBusiness:
    """Everything that is to be inserted."""

    name: str
    time_zone: str
    address: str
    city: str
    state: str
    zip: str
    phone: str
    email: str
    policy: DemoPolicy
    staff: tuple[DemoStaff, ...]
    services: tuple[DemoService, ...]
    customers: tuple[DemoCustomer, ...]
    bookings: tuple[DemoBooking, ...]
