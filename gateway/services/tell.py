"""What a booking's timeline tells of its event in a connected account: what we wrote there, what was not taken, and
which version didn't count where two sides had changed it."""

from __future__ import annotations

from typing import Final

from gateway.core.booking import Outcome
from gateway.core.connected import Mapping
from gateway.core.errors import NotAccepted
from gateway.core.language import N_
from gateway.core.remote import RemoteEvent
from gateway.db import synclog
from gateway.db.engine import Session
from gateway.services import accept
from gateway.services.turns import Turn

_BOTH: Final = {
    "code": "BOTH_CHANGED",
    "detail": N_("Changed in two places at once; the booking's version counts."),
}
_UNSURE: Final = {
    "code": "UNSURE",
    "detail": N_("Another version was there than the one that we knew; the booking's version counts."),
}


def done(turn: Turn, session: Session, mapping: Mapping, action: str) -> None:
    """Something was added, updated or taken away there."""
    turn.tally.well += 1
    if mapping.wanted_at:
        turn.tally.waits.append(turn.now() - mapping.wanted_at)
    _note(turn, session, mapping, action, Outcome.ACCEPTED, [])


def refused(turn: Turn, session: Session, mapping: Mapping, error: NotAccepted) -> None:
    """They don't take this one as it is."""
    turn.tally.failed += 1
    told = [{"code": "NOT_ACCEPTED", "detail": str(error)}]
    _note(turn, session, mapping, "add", Outcome.REFUSED, told)


def overruled(turn: Turn, session: Session, mapping: Mapping, theirs: RemoteEvent | None) -> None:
    """Changed, or (None) deleted there, and changed here: the booking counts, and what the calendar had is kept for
    whoever wants it. Where something of ours may have been on its way, nobody can tell whose version it was."""
    wanted = theirs.wanted if theirs else None
    after = {"start": wanted.starts_at.isoformat(), "end": wanted.ends_at.isoformat()} if wanted else None
    synclog.note(
        session,
        accept.actor(turn, session),
        "change" if theirs else "cancel",
        Outcome.RESTORED,
        booking_id=mapping.booking_id,
        staff_id=turn.connection.staff_id,
        after=after,
        reasons=[_BOTH if mapping.fingerprint else _UNSURE],
    )


def _note(
    turn: Turn,
    session: Session,
    mapping: Mapping,
    action: str,
    outcome: Outcome,
    reasons: list[dict[str, str]],
) -> None:
    synclog.note(
        session,
        accept.ourselves(turn),
        action,
        outcome,
        booking_id=mapping.booking_id,
        staff_id=turn.connection.staff_id,
        after={"connection_id": turn.id, "account": turn.connection.account},
        reasons=reasons,
    )
