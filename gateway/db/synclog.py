"""The timeline: each change that was asked for, by whom, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.core.booking import Actor, LogEntry, Outcome, Via
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("synclog.sql")


def note(
    session: Session,
    actor: Actor,
    action: str,
    outcome: Outcome,
    *,
    booking_id: int | None = None,
    staff_id: int | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reasons: Sequence[Mapping[str, object]] = (),
) -> None:
    """Write a line. Nothing secret goes into it: no password or key, no title of a private event, no note's text."""
    session.later(
        _SQL["note"],
        business_id=actor.business_id,
        via=actor.via,
        who=actor.name,
        action=action,
        outcome=outcome,
        booking_id=booking_id,
        staff_id=staff_id,
        before=_json(before),
        after=_json(after),
        reasons=json.dumps(list(reasons)),
    )


def of_booking(
    session: Session, business_id: int, booking_id: int, *, after: int, most: int
) -> list[LogEntry]:
    """A booking's timeline, the oldest line first; those with an id above `after`."""
    rows = session.all(
        _SQL["of_booking"], business_id=business_id, booking_id=booking_id, after=after, most=most
    )
    return list(map(_entry, rows))


def with_outcome(session: Session, business_id: int, outcome: Outcome, most: int = 200) -> list[LogEntry]:
    """The latest lines that ended so, the newest first."""
    rows = session.all(_SQL["with_outcome"], business_id=business_id, outcome=outcome, most=most)
    return list(map(_entry, rows))


def prune(session: Session, business_id: int, before: datetime) -> int:
    """Forget what is older; how many lines that was."""
    return session.run(_SQL["prune"], business_id=business_id, before=before)


def _json(value: Mapping[str, object] | None) -> str | None:
    return None if value is None else json.dumps(value)


def _entry(row: Row) -> LogEntry:
    id_, happened_at, via, who, action, outcome, booking_id, staff_id, before, after, reasons = row
    return LogEntry(
        id_,
        happened_at,
        Via(via),
        who,
        action,
        Outcome(outcome),
        booking_id,
        staff_id,
        before,
        after,
        tuple(reasons),
    )
