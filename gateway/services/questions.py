"""What waits for a person's answer: whether a booking whose event was deleted in a calendar shall be cancelled.

A staff member answers for their own bookings, a manager for everyone's. What takes more than changing a row is asked of
the booking app, as for a deletion itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gateway.core import clock
from gateway.core.booking import Actor, BookingRecord, Outcome, Via
from gateway.core.edit import Edit, Held, decide_deletion
from gateway.core.errors import NotEditable, NotYours
from gateway.core.language import N_, _
from gateway.core.model import BookingStatus
from gateway.core.rules import OnDelete
from gateway.db import access, desk, standing, synclog
from gateway.db import bookings as rows
from gateway.services import bookings, delegate, rules, timeline
from gateway.services.bookings import Act
from gateway.services.carry import NeedsApp
from gateway.services.deps import Deps
from gateway.services.grant import Member

_REASON = "Deleted in a calendar"


@dataclass(frozen=True, slots=True)
class Question:
    """Cancel this booking, or keep it? Times are the business's own; `staff` is empty for one's own booking, `who` for
    oneself."""

    booking_id: int
    service: str
    staff: str
    when: str
    who: str
    asked: str


def waiting(deps: Deps, member: Member) -> list[Question]:
    """What this member can answer, the longest wait first; bookings that have begun can't be cancelled any more."""
    now = deps.now()
    with deps.database.tenant(member.business_id, read_only=True) as session:
        whose = None if standing.manages(session, member.business_id, member.id) else member.id
        found = desk.questions(session, member.business_id, whose)
        business = rows.business(session, member.business_id)
        zone = clock.zone_of(business.time_zone if business else "")
        names = {one.id: one.name for one in access.staff(session, member.business_id)} if found else {}
    here = now.astimezone(zone)
    return [
        Question(
            booking_id=one.booking_id,
            service=one.service,
            staff="" if one.staff_id == member.id else names.get(one.staff_id or 0, _("Someone")),
            when=clock.day_and_time(one.starts_at.astimezone(zone), here),
            who="" if one.who == member.name else one.who,
            asked=clock.lately(one.asked_at.astimezone(zone), here),
        )
        for one in found
        if one.starts_at > now
    ]


def cancel(deps: Deps, member: Member, booking_id: int) -> None:
    """Cancel the booking, as the question offers, or have the booking app do it; a second time changes nothing.

    Raises NotYours for a booking of someone else's, NotEditable where it was answered otherwise, can't be cancelled
    from here any more, or the booking app refuses; AppUnreachable where that can't be asked: then the question stays.
    """
    with _refusals(deps, member, booking_id, "cancel"):
        try:
            with _holding(deps, member, booking_id) as (act, before):
                _cancel(deps, act, before)
        except NeedsApp as need:
            _have_cancelled(deps, member, need.booking)


def keep(deps: Deps, member: Member, booking_id: int) -> None:
    """Leave the booking as it is, and ask no more; a second time changes nothing. Raises NotYours, NotEditable."""
    refusals = _refusals(deps, member, booking_id, "keep")
    with refusals, _holding(deps, member, booking_id) as (act, before):
        if before.status is BookingStatus.CANCELLED:
            raise NotEditable(
                reason=N_("This booking has been cancelled. Make a new one in the booking system.")
            )
        if desk.answered(act.session, act.business_id, booking_id):
            told = timeline.told(before)
            synclog.note(
                act.session,
                act.actor,
                "keep",
                Outcome.ACCEPTED,
                booking_id=booking_id,
                staff_id=before.staff_id,
                before=told,
                after=told,
            )


@contextmanager
def _refusals(deps: Deps, member: Member, booking_id: int, action: str) -> Iterator[None]:
    """What is refused stands in the timeline as well."""
    try:
        yield
    except NotEditable as error:
        actor = _actor(member)
        timeline.note_refusal(deps, actor, action, error, booking_id=booking_id, staff_id=member.id)
        raise


@contextmanager
def _holding(deps: Deps, member: Member, booking_id: int) -> Iterator[tuple[Act, BookingRecord]]:
    """The booking, locked for whoever may answer for it."""
    with deps.database.tenant(member.business_id) as session:
        manager = standing.manages(session, member.business_id, member.id)
        before = desk.lock(session, member.business_id, booking_id)
        if not manager and before.staff_id != member.id:
            raise NotYours(what=N_("no such booking of yours"))
        yield Act(session, replace(_actor(member), manager=manager), deps.now()), before


def _cancel(deps: Deps, act: Act, before: BookingRecord) -> None:
    """Raises NeedsApp, by which the transaction is undone and the question stays, for what is more than a row."""
    if before.status is BookingStatus.CANCELLED:
        return
    if not desk.answered(act.session, act.business_id, before.id):
        raise NotEditable(reason=N_("This was answered already, and the booking stays. Nothing has changed."))
    if _decide(deps, act, before).needs_app:
        raise NeedsApp("cancel", before, None)
    bookings.cancel_in(act, before, _REASON)


def _decide(deps: Deps, act: Act, before: BookingRecord) -> Edit:
    """By the same rules as for the deletion itself: since then the booking may have begun, or got an invoice."""
    nature = desk.nature(act.session, act.business_id, before.id)
    held = Held(
        before.status,
        before.starts_at,
        before.ends_at,
        nature.service_type,
        nature.has_video,
        nature.invoiced,
    )
    chosen = rules.of(act.session, act.business_id, deps.settings)
    # The person has been asked: now the deletion counts, whatever the business wants done without asking.
    decision = decide_deletion(held, replace(chosen, on_delete=OnDelete.CANCEL), act.now)
    if decision.refusal:
        raise NotEditable(reason=decision.refusal.words)
    return decision


def _have_cancelled(deps: Deps, member: Member, booking: BookingRecord) -> None:
    """Ask the booking app, while no transaction is open."""
    try:
        delegate.ask(deps, _actor(member), "cancel", booking, None)
    except NotEditable:
        # Whoever presses the button again while the app is at work asks about a booking that is cancelled by then.
        if bookings.get(deps, member.business_id, booking.id).status is not BookingStatus.CANCELLED:
            raise
    with deps.database.tenant(member.business_id) as session:
        desk.answered(session, member.business_id, booking.id)


def _actor(member: Member) -> Actor:
    return Actor(member.business_id, Via.PAGE, member.name, staff_id=member.id)
