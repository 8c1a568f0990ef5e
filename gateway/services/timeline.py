"""The timeline of a booking: what was asked of it, by whom, and what became of that. It tells nothing secret.

What is chosen for a whole business is a line too, of no booking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core.booking import Actor, BookingRecord, LogEntry, Outcome, Via
from gateway.core.errors import NotYours, Refused, SlotTaken
from gateway.core.obstacle import Obstacle
from gateway.db import desk, synclog
from gateway.db.engine import Session
from gateway.services.deps import Deps

_TOLD = ("start", "end", "staff_member_id", "status", "manager_override")


def of_booking(
    deps: Deps, business_id: int, booking_id: int, *, after: int = 0, most: int = 100
) -> list[LogEntry]:
    """A booking's timeline, the oldest line first; lines with an id above `after`. Raises NotYours."""
    with deps.database.tenant(business_id, read_only=True) as session:
        desk.record(session, business_id, booking_id)
        return synclog.of_booking(session, business_id, booking_id, after=after, most=most)


def note_refusal(
    deps: Deps,
    actor: Actor,
    action: str,
    error: Refused,
    *,
    booking_id: int | None,
    staff_id: int | None,
    wanted: Mapping[str, object] | None = None,
) -> None:
    """Write down what was wanted and refused, and why; in a transaction of its own, since the other one is undone."""
    with deps.database.tenant(actor.business_id) as session:
        before = _record(session, actor.business_id, booking_id) if booking_id else None
        if before is not None:
            staff_id = before.staff_id
        synclog.note(
            session,
            actor,
            action,
            Outcome.REFUSED,
            booking_id=booking_id,
            staff_id=staff_id,
            before=told(before) if before else None,
            after=wanted or None,
            reasons=_reasons(error),
        )


def note_choice(
    session: Session,
    business_id: int,
    action: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    by: Actor | None = None,
) -> None:
    """Write down what was chosen for a business: `by` a manager on a page, else by whoever may give commands."""
    who = by or Actor(business_id, Via.SYSTEM, "operator")
    synclog.note(session, who, action, Outcome.ACCEPTED, before=before, after=after)


def told(record: BookingRecord) -> dict[str, object]:
    """What is kept of a booking: its times and its state, never what is written about a customer."""
    return {key: value for key, value in record.told().items() if key in _TOLD}


def _record(session: Session, business_id: int, booking_id: int) -> BookingRecord | None:
    try:
        return desk.record(session, business_id, booking_id)
    except NotYours:
        return None


def _reasons(error: Refused) -> Sequence[dict[str, object]]:
    found: tuple[Obstacle, ...] = error.reasons if isinstance(error, SlotTaken) else ()
    if not found:
        return [{"code": type(error).__name__, "detail": str(error)}]
    return [{"code": reason.code.value, "detail": reason.detail} for reason in found]
