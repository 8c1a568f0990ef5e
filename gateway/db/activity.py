"""What happened, newest first and page by page, and what is known around it: bookings, accounts, events that wait."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.core.booking import LogEntry, Outcome, Via
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("activity.sql")
# Whoever is looked for among more has to say more of the name.
_MOST_OF_CUSTOMERS = 500


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines: about these bookings (None: about anything), that ended so, with ids below `before`, at most so
    many, and from when to when."""

    booking_ids: tuple[int, ...] | None
    outcome: Outcome | None
    before: int | None
    most: int
    during: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a booking is about, and whose it is. Texts are empty where the booking app has none."""

    booking_id: int
    staff_id: int | None
    service: str
    customer: str


@dataclass(frozen=True, slots=True)
class Place:
    """An account, a closed one too; with `staff_id` None it is the business's."""

    connection_id: int
    staff_id: int | None
    provider: str
    account: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a booking's event stands in one account: `waits` to be looked after, is `there`, was tried so often in vain,
    isn't tried again `not_before`."""

    connection_id: int
    waits: bool
    there: bool
    attempts: int
    not_before: datetime | None
    last_error: str
    put_at: datetime | None


def lines(session: Session, business_id: int, sought: Sought) -> list[LogEntry]:
    """All of the business, the newest first."""
    return list(map(_entry, session.all(_SQL["lines"], business_id=business_id, **_named(sought))))


def lines_of_person(session: Session, business_id: int, staff_id: int, sought: Sought) -> list[LogEntry]:
    """About a staff member, the bookings that are theirs by now, and their accounts; the newest first."""
    rows = session.all(_SQL["lines_of_person"], business_id=business_id, staff_id=staff_id, **_named(sought))
    return list(map(_entry, rows))


def lines_of_connection(
    session: Session, business_id: int, connection_id: int, title: str, staff_id: int | None, sought: Sought
) -> list[LogEntry]:
    """What we did in an account and what people did in it; with `staff_id` only what is about that staff member.
    `title` is what its provider is called where people's edits are told. The newest first."""
    rows = session.all(
        _SQL["lines_of_connection"],
        business_id=business_id,
        connection_id=connection_id,
        title=title,
        staff_id=staff_id,
        **_named(sought),
    )
    return list(map(_entry, rows))


def line(session: Session, business_id: int, booking_id: int, id_: int) -> LogEntry | None:
    """One line of a booking's timeline."""
    row = session.one(_SQL["line"], business_id=business_id, booking_id=booking_id, id=id_)
    return _entry(row) if row else None


def subjects(session: Session, business_id: int, booking_ids: Collection[int]) -> Mapping[int, Subject]:
    """What these bookings are about; those that are gone are left out."""
    rows = session.all(_SQL["subjects"], business_id=business_id, ids=list(booking_ids))
    return {row[0]: Subject(*row) for row in rows}


def of_customer(session: Session, business_id: int, name: str, staff_id: int | None) -> tuple[int, ...]:
    """The newest bookings of customers called so; with `staff_id` only that staff member's."""
    words = name.split()
    named = {"words": words, "small": [word.lower() for word in words], "most": _MOST_OF_CUSTOMERS}
    rows = session.all(_SQL["of_customer"], business_id=business_id, staff_id=staff_id, **named)
    return tuple(row[0] for row in rows)


def places(session: Session, business_id: int) -> Mapping[int, Place]:
    """All accounts of the business, by connection."""
    return {row[0]: Place(*row) for row in session.all(_SQL["places"], business_id=business_id)}


def events(session: Session, business_id: int, booking_id: int) -> list[Standing]:
    """How a booking's event stands in each open account."""
    rows = session.all(_SQL["events"], business_id=business_id, booking_id=booking_id)
    return [Standing(*row) for row in rows]


def make_due(session: Session, business_id: int, booking_id: int, connection_id: int) -> bool:
    """Have an event that waits looked after at once; whether it waits."""
    key = {"business_id": business_id, "booking_id": booking_id, "connection_id": connection_id}
    return session.run(_SQL["make_due"], **key) > 0


def going(
    session: Session, business_id: int, connection_ids: Collection[int], now: datetime
) -> Mapping[int, int]:
    """By connection, how many events are due at this moment; nothing for none."""
    rows = session.all(_SQL["going"], business_id=business_id, ids=list(connection_ids), now=now)
    return dict(rows)


def _named(sought: Sought) -> dict[str, object]:
    return {
        "booking_ids": None if sought.booking_ids is None else list(sought.booking_ids),
        "since": sought.during and sought.during[0],
        "until": sought.during and sought.during[1],
        "outcome": sought.outcome,
        "before": sought.before,
        "most": sought.most,
    }


def _entry(row: Row) -> LogEntry:
    id_, happened_at, via, who, action, outcome, booking_id, staff_id, before, after, reasons = row
    via, outcome = Via(via), Outcome(outcome)
    return LogEntry(
        id_, happened_at, via, who, action, outcome, booking_id, staff_id, before, after, tuple(reasons)
    )
