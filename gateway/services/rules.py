"""What a business has chosen: what calendars may do with its bookings, and whether double bookings are refused."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TypeVar

from gateway.core.booking import Actor
from gateway.core.errors import Invalid, NotYours
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes
from gateway.db import bookings, business_settings, busy
from gateway.db.business_settings import Choices
from gateway.db.engine import Database, Session
from gateway.services import timeline
from gateway.services.deps import Deps
from gateway.settings import Settings


class Enforcement(StrEnum):
    """What becomes of a double booking that the booking app itself makes: noted only, or refused."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


Choice = TypeVar("Choice", bound=StrEnum)


def of(session: Session, business_id: int, settings: Settings) -> EditRules:
    """The rules for edits from this business's calendars: its own where it has any, else the installation's."""
    own, delegates = business_settings.chosen(session, business_id)
    return EditRules(
        moves=own.moves or OnMove.ACCEPT,
        on_delete=own.on_delete or OnDelete(settings.writeback_on_delete),
        notes=own.notes or OnNotes.ACCEPT,
        waive_hours=bool(own.waive_hours),
        waive_notice=bool(own.waive_notice),
        delegates=delegates,
    )


def look(deps: Deps, business_id: int) -> tuple[EditRules, Enforcement]:
    """As `of` and `enforcement`, for whoever has no transaction yet. Raises NotYours for an unknown business."""
    with deps.database.tenant(business_id, read_only=True) as session:
        _require(session, business_id)
        return of(session, business_id, deps.settings), _enforcement(session, business_id)


def choose(
    deps: Deps,
    business_id: int,
    *,
    enforcement: str | None = None,
    moves: str | None = None,
    on_delete: str | None = None,
    notes: str | None = None,
    waive_hours: bool | None = None,
    waive_notice: bool | None = None,
    by: Actor | None = None,
) -> EditRules:
    """Change what isn't None; the rules that hold then. `by` is told in the log, else the operator. Raises Invalid for
    what can't be chosen, NotYours."""
    choices = Choices(
        enforcement=_one_of(Enforcement, "enforcement", enforcement),
        moves=_one_of(OnMove, "moves", moves),
        on_delete=_one_of(OnDelete, "on_delete", on_delete),
        notes=_one_of(OnNotes, "notes", notes),
        waive_hours=waive_hours,
        waive_notice=waive_notice,
    )
    with deps.database.tenant(business_id) as session:
        _require(session, business_id)
        own, held = business_settings.chosen(session, business_id), _told(session, business_id, deps.settings)
        business_settings.choose(session, business_id, choices)
        if business_settings.chosen(session, business_id) != own:
            named = {name: value for name, value in asdict(choices).items() if value is not None}
            was = {name: held[name] for name in named}
            timeline.note_choice(session, business_id, "choose", was, named, by)
        return of(session, business_id, deps.settings)


def enforcement(deps: Deps, business_id: int) -> Enforcement:
    """Whether double bookings are refused by whatever way they come, or only by our own doors. Raises NotYours."""
    return look(deps, business_id)[1]


def enforce_by_default(database: Database) -> None:
    """In a database of our own nobody is booked twice from the start, unless a business chooses otherwise."""
    with database.owner() as session:
        busy.set_default_enforcement(session, Enforcement.ENFORCE)


def _told(session: Session, business_id: int, settings: Settings) -> dict[str, object]:
    """What holds, by the names of the choices."""
    held = asdict(of(session, business_id, settings))
    return held | {"enforcement": _enforcement(session, business_id)}


def _enforcement(session: Session, business_id: int) -> Enforcement:
    return Enforcement.ENFORCE if busy.enforces(session, business_id) else Enforcement.OBSERVE


def _require(session: Session, business_id: int) -> None:
    if bookings.business(session, business_id) is None:
        raise NotYours(what=f"no business {business_id}")


def _one_of(kind: type[Choice], name: str, value: str | None) -> Choice | None:
    allowed = [one.value for one in kind]
    if value is not None and value not in allowed:
        raise Invalid(reason=f"{name} is one of: {', '.join(allowed)}.")
    return None if value is None else kind(value)
