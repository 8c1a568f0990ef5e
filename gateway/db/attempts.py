"""Who is on their way to a provider to let us in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("attempts.sql")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was begun: in which session (by its hash), by whom, for whose connection (None: the business's), and for a
    connection that is made good again, which. The verifier is sealed."""

    session_hash: bytes
    provider: str
    asked_by: int
    staff_id: int | None
    connection_id: int | None
    verifier: bytes = field(repr=False)
    consent: bool
    expires_at: datetime


def begin(session: Session, business_id: int, token_hash: bytes, attempt: Attempt) -> None:
    session.run(
        _SQL["begin"],
        business_id=business_id,
        token_hash=token_hash,
        session_hash=attempt.session_hash,
        provider=attempt.provider,
        asked_by=attempt.asked_by,
        staff_id=attempt.staff_id,
        connection_id=attempt.connection_id,
        verifier=attempt.verifier,
        consent=attempt.consent,
        expires_at=attempt.expires_at,
    )


def spend(session: Session, business_id: int, token_hash: bytes) -> Attempt | None:
    """An attempt, which is thereby used up; None if there is none of this token."""
    row = session.one(_SQL["spend"], business_id=business_id, token_hash=token_hash)
    return Attempt(*row) if row else None


def forget(session: Session, business_id: int, now: datetime) -> None:
    """Those that nobody came back from."""
    session.run(_SQL["forget"], business_id=business_id, now=now)
