"""What takes people's time in a week, and what of it whoever looks may know: a few questions for everybody at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("week.sql")
# Of one staff member in a week, and of titles that are looked up: more is nobody's week.
MOST = 400
_MOST_SERVICES = 200
_LONGEST_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch of a staff member's time; `source` is booking, block or external."""

    staff_id: int
    source: str
    source_id: int
    instance: int
    starts_at: datetime
    ends_at: datetime
    session: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Booked:
    """What a booking is about; empty where the app doesn't say."""

    service: str
    first_name: str
    last_name: str
    status: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where an event comes from; `calendar` and `title` are empty for who may not know them."""

    provider: str
    calendar: str
    title: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A service that a staff member does, and its usual minutes."""

    id: int
    name: str
    minutes: int


def taken(
    session: Session, business_id: int, staff_ids: Collection[int], since: datetime, until: datetime
) -> list[Taken]:
    """Of each staff member the first `MOST`."""
    values = {"business_id": business_id, "staff_ids": list(staff_ids), "since": since, "until": until}
    return [Taken(*row) for row in session.all(_SQL["taken"], most=MOST, **values)]


def missed(
    session: Session, business_id: int, staff_ids: Collection[int], since: datetime, until: datetime
) -> list[Taken]:
    """Bookings that nobody came to, the first `MOST` of everybody."""
    values = {"business_id": business_id, "staff_ids": list(staff_ids), "since": since, "until": until}
    rows = session.all(_SQL["missed"], most=MOST, **values)
    return [
        Taken(who, "booking", id_, 0, start, end, f"booking {id_}", False) for who, id_, start, end in rows
    ]


def bookings(session: Session, business_id: int, ids: Collection[int]) -> dict[int, Booked]:
    return {
        id_: Booked(*rest)
        for id_, *rest in session.all(_SQL["bookings"], business_id=business_id, ids=list(ids))
    }


def external(session: Session, business_id: int, viewer: int, ids: Collection[int]) -> dict[int, Elsewhere]:
    """As far as this staff member may know it."""
    rows = session.all(_SQL["external"], business_id=business_id, viewer=viewer, ids=list(ids))
    return {id_: Elsewhere(*rest) for id_, *rest in rows}


def blocks(session: Session, business_id: int, viewer: int, ids: Collection[int]) -> dict[int, bytes]:
    """The objects of this staff member's own blocks; the first `MOST`, and none that is very long."""
    values = {"business_id": business_id, "viewer": viewer, "ids": list(ids)}
    return dict(session.all(_SQL["blocks"], longest=_LONGEST_BODY, most=MOST, **values))


def services(session: Session, business_id: int, staff_id: int) -> list[Offered]:
    values = {"business_id": business_id, "staff_id": staff_id}
    return [Offered(*row) for row in session.all(_SQL["services"], most=_MOST_SERVICES, **values)]
