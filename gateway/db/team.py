"""What a manager's pages ask of a whole business, in one question each: a business may have fifty people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.connection import Facts
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("team.sql")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here; `seen` is when one of their phones or computers last came in."""

    id: int
    name: str
    devices: int
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account; of the business itself with `staff_id` None."""

    id: int
    staff_id: int | None
    provider: str
    account: str
    leaving: bool
    facts: Facts


@dataclass(frozen=True, slots=True)
class LetThrough:
    """A double booking that was let through; `after` and `reasons` as the timeline has them."""

    staff_id: int | None
    service: str
    happened_at: datetime
    after: Mapping[str, object]
    reasons: Sequence[Mapping[str, object]]


def people(session: Session, business_id: int) -> list[Member]:
    return [Member(*row) for row in session.all(_SQL["people"], business_id=business_id)]


def accounts(session: Session, business_id: int) -> list[Account]:
    """Every open connection, whose owner has left too."""
    return [_account(row) for row in session.all(_SQL["connections"], business_id=business_id)]


def let_through(session: Session, business_id: int, skip: int, most: int) -> list[LetThrough]:
    """The latest first."""
    rows = session.all(_SQL["let_through"], business_id=business_id, skip=skip, most=most)
    return [LetThrough(who, service, at, after or {}, reasons) for who, service, at, after, reasons in rows]


def count_let_through(session: Session, business_id: int, most: int) -> tuple[int, datetime | None]:
    """How many were let through (at the most so many are counted), and when the first of these was."""
    [(count, first)] = session.all(_SQL["count_let_through"], business_id=business_id, most=most)
    return count, first


def services_of(session: Session, business_id: int, booking_ids: Collection[int]) -> dict[int, str]:
    """What was booked, by booking."""
    return dict(session.all(_SQL["services_of"], business_id=business_id, ids=list(booking_ids)))


def _account(row: Row) -> Account:
    id_, staff_id, provider, account, leaving = row[:5]
    (
        granted,
        let_in,
        closed,
        refused,
        stopped,
        until,
        theirs,
        failing,
        read_at,
        importing,
        imported,
        waiting,
    ) = row[5:]
    facts = Facts(
        granted=granted,
        let_in=let_in,
        closed_at=closed,
        refused_at=refused,
        stopped_at=stopped,
        paused_until=until,
        paused_by_them=theirs,
        failing_since=failing,
        read_at=read_at,
        importing=importing,
        imported=imported,
        waiting=waiting,
    )
    return Account(id_, staff_id, provider, account, leaving, facts)
