"""Carry out what an edit of a booking's event means, in whoever's calendar it was made.

All of it within the transaction that the caller has opened, as the business's projector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.core import edit, event
from gateway.core.booking import Actor, BookingChange, BookingRecord, Outcome
from gateway.core.edit import Edit, Held
from gateway.core.errors import NotEditable
from gateway.core.model import Detail, Event
from gateway.core.obstacle import Code
from gateway.core.rules import NOT_EDITABLE, EditRules, Refusal
from gateway.core.unacceptable import Unacceptable
from gateway.db import bookings, calendars, desk, synclog
from gateway.db.engine import Session
from gateway.services import bookings as booking_desk
from gateway.services import rules, timeline
from gateway.services.bookings import Act
from gateway.services.delegate import Action
from gateway.services.deps import Deps

# What every change that comes from a calendar gives as its reason to cancel.
REASON = "Deleted in a calendar"


class NeedsApp(Exception):
    """Only the booking app can do this; ask it when the transaction is over."""

    def __init__(self, action: Action, booking: BookingRecord, span: edit.Span | None) -> None:
        self.action, self.booking, self.span = action, booking, span


@dataclass(frozen=True, slots=True)
class Known:
    """A booking whose row we hold, and what whoever edits its event may do with it."""

    act: Act
    record: BookingRecord
    held: Held
    rules: EditRules


def known(deps: Deps, session: Session, actor: Actor, record: BookingRecord) -> Known:
    """What is to be known of a booking that this transaction has locked."""
    nature = desk.nature(session, actor.business_id, record.id)
    held = Held(
        record.status,
        record.starts_at,
        record.ends_at,
        nature.service_type,
        nature.has_video,
        nature.invoiced,
    )
    chosen = rules.of(session, actor.business_id, deps.settings)
    return Known(Act(session, actor, deps.now(), _waived(chosen)), record, held, chosen)


def shown(session: Session, business_id: int, booking_id: int, detail: Detail, *, team: bool) -> Event | None:
    """What a calendar with this detail shows of a booking at this moment; None where it shows nothing."""
    booking = bookings.showable(session, business_id, [booking_id]).get(booking_id)
    business = bookings.business(session, business_id)
    if booking is None or business is None:
        return None
    return event.from_booking(
        booking, business, detail, installation=calendars.installation(session), team=team
    )


def carry_out(known: Known, decision: Edit) -> Literal["done", "asked"]:
    """Do what was decided, but for what has to be put back: that is the calendar's own business.

    Raises NotEditable, Unacceptable, SlotTaken, and NeedsApp for what is more than a change of a row.
    """
    if decision.refusal:
        raise _refused(decision.refusal)
    if decision.ask_cancel:
        desk.ask(known.act.session, known.act.actor, known.record.id, known.record.staff_id)
        note(known, "cancel", Outcome.ASKED, [])
        return "asked"
    if decision.needs_app:
        raise NeedsApp(decision.needs_app, known.record, decision.span)
    if decision.cancel:
        booking_desk.cancel_in(known.act, known.record, REASON)
    elif decision.writes:
        start, end = decision.span or (None, None)
        change = BookingChange(starts_at=start, ends_at=end, notes=decision.notes)
        booking_desk.change_in(known.act, known.record, change)
    return "done"


def note_restored(known: Known, what: tuple[str, ...]) -> None:
    told = [{"code": "RESTORED", "detail": f"Put back: {', '.join(what)}."}]
    note(known, "change", Outcome.RESTORED, told)


def note(known: Known, action: str, outcome: Outcome, reasons: list[dict[str, str]]) -> None:
    synclog.note(
        known.act.session,
        known.act.actor,
        action,
        outcome,
        booking_id=known.record.id,
        staff_id=known.record.staff_id,
        before=timeline.told(known.record),
        reasons=reasons,
    )


def _refused(why: Refusal) -> NotEditable | Unacceptable:
    if why.precondition == NOT_EDITABLE:
        return NotEditable(reason=why.words)
    return Unacceptable(why.precondition, why.words)


def _waived(chosen: EditRules) -> frozenset[Code]:
    hours = {Code.HOURS, Code.EXCEPTION} if chosen.waive_hours else set()
    notice = {Code.TOO_SOON} if chosen.waive_notice else set()
    return frozenset(hours | notice)
