"""What is asked of the booking desk, by whom, and what it answers: the values that all doors share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from gateway.core.model import BookingStatus, require_aware

# The longest texts that the desk takes; the booking app's columns have no bound of their own.
LONGEST_NOTES: Final = 10_000
LONGEST_NAME: Final = 200


class Via(StrEnum):
    """Where a change came from."""

    API = "api"
    CALDAV = "caldav"
    SQL = "sql"
    PAGE = "page"
    PROVIDER = "provider"
    SYSTEM = "system"


class Outcome(StrEnum):
    """What became of a change: done; refused; put back to the booking's truth; let through though it overlaps
    (`observe`); left out because the row makes no sense; asked of the booking app; waiting for a person's answer."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RESTORED = "restored"
    OBSERVED = "observed"
    SKIPPED = "skipped"
    DELEGATED = "delegated"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `name` is told in the timeline ("Alice Adler", "API key dbk_ab12"); it never holds a secret.

    `staff_id` is None for the booking app. `manager` may change colleagues' bookings too.
    """

    business_id: int
    via: Via
    name: str
    staff_id: int | None = None
    manager: bool = False


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be found by e-mail (in any case) or made."""

    first_name: str
    last_name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class NewBooking:
    """A booking that someone wants. Without `ends_at` it lasts as long as its service."""

    staff_id: int
    service_id: int
    starts_at: datetime
    ends_at: datetime | None
    customer: NewCustomer | int
    notes: str = ""

    def __post_init__(self) -> None:
        require_aware(self.starts_at, *([self.ends_at] if self.ends_at else []))


@dataclass(frozen=True, slots=True)
class BookingChange:
    """What shall be different; None leaves a thing as it is. A new start alone keeps the booking's length."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    staff_id: int | None = None
    notes: str | None = None
    status: BookingStatus | None = None

    def __post_init__(self) -> None:
        require_aware(*[moment for moment in (self.starts_at, self.ends_at) if moment])


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key: the same key with the same request gives the first answer again, and does nothing."""

    holder: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """A booking as the API tells it."""

    id: int
    staff_id: int | None
    service_id: int | None
    customer_id: int | None
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus
    notes: str
    manager_override: bool

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110 8.8.3) of all that is told."""
        return f'"{sha256(json.dumps(self.told(), sort_keys=True).encode()).hexdigest()[:32]}"'

    def told(self) -> dict[str, object]:
        """As JSON has it; moments in UTC."""
        return {
            "id": self.id,
            "staff_member_id": self.staff_id,
            "service_id": self.service_id,
            "tenant_customer_id": self.customer_id,
            "start": self.starts_at.astimezone(UTC).isoformat(),
            "end": self.ends_at.astimezone(UTC).isoformat(),
            "status": self.status.name.lower(),
            "notes": self.notes,
            "manager_override": self.manager_override,
        }


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the timeline: what was asked, by whom, what became of it, and the booking before and after."""

    id: int
    happened_at: datetime
    via: Via
    who: str
    action: str
    outcome: Outcome
    booking_id: int | None
    staff_id: int | None
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    reasons: tuple[Mapping[str, object], ...]
