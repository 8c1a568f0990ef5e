"""What each business has chosen, and what the operator is told about the choices of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.core.rules import OnDelete, OnMove, OnNotes
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("business_settings.sql")


@dataclass(frozen=True, slots=True)
class Choices:
    """A business's own settings; None where it goes along with the installation's, or leaves things as they are."""

    enforcement: str | None = None
    moves: OnMove | None = None
    on_delete: OnDelete | None = None
    notes: OnNotes | None = None
    waive_hours: bool | None = None
    waive_notice: bool | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """All businesses together: how many enforce, and what overlaps or was let through."""

    businesses: int
    enforcing: int
    overlapping: int
    observed: int


def chosen(session: Session, business_id: int) -> tuple[Choices, bool]:
    """What a business has chosen, and whether its booking app can be asked to carry out changes."""
    row = session.one(_SQL["chosen"], business_id=business_id)
    if row is None:
        return Choices(), False
    enforcement, moves, on_delete, notes, waive_hours, waive_notice, delegates = row
    return (
        Choices(
            enforcement,
            OnMove(moves) if moves else None,
            OnDelete(on_delete) if on_delete else None,
            OnNotes(notes) if notes else None,
            waive_hours,
            waive_notice,
        ),
        delegates,
    )


def choose(session: Session, business_id: int, choices: Choices) -> None:
    """Keep what isn't None."""
    session.run(
        _SQL["choose"],
        business_id=business_id,
        enforcement=choices.enforcement,
        moves=choices.moves,
        on_delete=choices.on_delete,
        notes=choices.notes,
        waive_hours=choices.waive_hours,
        waive_notice=choices.waive_notice,
    )


def can_be_told(session: Session) -> bool:
    """Whether there is anything yet that `tally` could count."""
    return bool(session.value(_SQL["is_there"]))


def tally(session: Session, now: datetime, since: datetime) -> Tally:
    """What overlaps from now on, and what was let through since a moment. For the schema's owner."""
    enforcing, businesses = session.all(_SQL["enforcing"])[0]
    return Tally(
        businesses=businesses,
        enforcing=enforcing,
        overlapping=session.value(_SQL["overlapping"], now=now),
        observed=session.value(_SQL["observed"], since=since),
    )
