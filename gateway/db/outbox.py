"""What changed since it was last projected: triggers append here, the projector takes from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Database, Session

_SQL = queries.load("projection.sql")


def waiting(database: Database, most: int = 100) -> list[tuple[int, datetime]]:
    """The businesses with changes to project, and since when; the longest wait first."""
    with database.nobody() as session:
        return [
            (business_id, since) for business_id, since in session.all(_SQL["businesses_waiting"], most=most)
        ]


def businesses(database: Database) -> list[int]:
    """Every business that we have met, by id."""
    with database.owner() as session:
        return [business_id for (business_id,) in session.all(_SQL["businesses"])]


def claim(session: Session, business_id: int, *, wait: bool) -> bool:
    """Become the business's projector until the transaction ends; False when another is at it and we don't wait."""
    lock = _SQL["lock_tenant"] if wait else _SQL["lock_tenant_unless_taken"]
    if session.one(lock, business_id=business_id) is not None:
        return True
    session.run(_SQL["claim"], business_id=business_id)  # nearly always it is known
    return session.one(lock, business_id=business_id) is not None


def claim_known(session: Session, business_id: int) -> None:
    """As `claim`, for a business that has calendars, and so is known: the next statement waits for whoever is at it."""
    session.later(_SQL["lock_tenant"], business_id=business_id)


def take(session: Session, business_id: int, most: int) -> tuple[int, ...]:
    """Up to `most` bookings to project, in the order in which they changed; taken when the transaction commits."""
    _spread(session, business_id)
    rows = session.all(_SQL["take_bookings"], business_id=business_id, most=most)
    return tuple(dict.fromkeys(booking_id for (booking_id,) in rows))


def note_bookings(session: Session, business_id: int, booking_ids: Sequence[int]) -> None:
    session.run(_SQL["note_bookings"], business_id=business_id, ids=list(booking_ids))


def note_business(session: Session, business_id: int) -> None:
    """Have the whole business projected anew."""
    session.run(_SQL["note_business"], business_id=business_id)


def noted(session: Session, business_id: int) -> tuple[frozenset[int], bool]:
    """The bookings that wait to be projected, and whether a note waits that may stand for any of them."""
    rows = session.all(_SQL["noted"], business_id=business_id)
    return frozenset(id_ for scope, id_ in rows if scope == "booking"), any(s != "booking" for s, _ in rows)


def is_waiting(session: Session, business_id: int) -> bool:
    return bool(session.value(_SQL["is_waiting"], business_id=business_id))


def size(session: Session) -> int:
    """How many notes wait, in all businesses that this session may see."""
    return int(session.value(_SQL["size"]))


def _spread(session: Session, business_id: int) -> None:
    """Turn notes about a customer, a service, the whole business… into notes about the bookings that show it."""
    subjects: dict[str, list[int]] = {}
    for scope, subject_id in session.all(_SQL["take_subjects"], business_id=business_id):
        subjects.setdefault(scope, []).append(subject_id)
    for scope, ids in subjects.items():
        if scope == "business":
            session.run(_SQL["spread_business"], business_id=business_id)
        else:
            session.run(_SQL[f"spread_{scope}"], business_id=business_id, ids=ids)
