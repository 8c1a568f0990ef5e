"""What waits for a person's answer: whether a booking whose event was deleted in a calendar shall be cancelled.

A staff member answers for their own bookings, a manager for everyone's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gateway.core import clock
from gateway.core.booking import Actor, BookingRecord, Outcome, Via
from gateway.core.edit import Held, decide_deletion
from gateway.core.errors import NotEditable, NotYours
from gateway.core.model import BookingStatus
from gateway.core.rules import EditRules, OnDelete
from gateway.db import access, desk, standing, synclog
from gateway.db import bookings as rows
from gateway.services import bookings, timeline
from gateway.services.bookings import Act
from gateway.services.deps import Deps
from gateway.services.grant import Member

# The person has been asked: now the deletion counts, whatever the business wants done without asking.
_ANSWERED = EditRules(on_delete=OnDelete.CANCEL)
_REASON = "Deleted in a calendar"


@dataclass(frozen=True, slots=True)
class Question:
    """Cancel this booking, or keep it? Times are the business's own; `staff` is empty for one's own booking."""

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
            staff="" if one.staff_id == member.id else names.get(one.staff_id or 0, "Someone"),
            when=clock.day_and_time(one.starts_at.astimezone(zone), here),
            who="You" if one.who == member.name else one.who,
            asked=clock.lately(one.asked_at.astimezone(zone), here),
        )
        for one in found
        if one.starts_at > now
    ]


def cancel(deps: Deps, member: Member, booking_id: int) -> None:
    """Cancel the booking, as the question offers; a second time changes nothing.

    Raises NotYours for a booking of someone else's, NotEditable where it was answered otherwise, or can't be cancelled
    from here any more.
    """
    with _answering(deps, member, booking_id, "cancel") as (act, before):
        if before.status is BookingStatus.CANCELLED:
            return
        if not desk.answered(act.session, act.business_id, booking_id):
            raise NotEditable(reason="This was answered already, and the booking stays. Nothing has changed.")
        _require_cancellable(act, before)
        bookings.cancel_in(act, before, _REASON)


def keep(deps: Deps, member: Member, booking_id: int) -> None:
    """Leave the booking as it is, and ask no more; a second time changes nothing. Raises NotYours, NotEditable."""
    with _answering(deps, member, booking_id, "keep") as (act, before):
        if before.status is BookingStatus.CANCELLED:
            raise NotEditable(reason="This booking has been cancelled. Make a new one in the booking system.")
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
def _answering(
    deps: Deps, member: Member, booking_id: int, action: str
) -> Iterator[tuple[Act, BookingRecord]]:
    """The booking, locked for whoever may answer for it. What is refused stands in the timeline as well."""
    actor = Actor(member.business_id, Via.PAGE, member.name, staff_id=member.id)
    try:
        with deps.database.tenant(member.business_id) as session:
            manager = standing.manages(session, member.business_id, member.id)
            before = desk.lock(session, member.business_id, booking_id)
            if not manager and before.staff_id != member.id:
                raise NotYours(what="no such booking of yours")
            yield Act(session, replace(actor, manager=manager), deps.now()), before
    except NotEditable as error:
        timeline.note_refusal(deps, actor, action, error, booking_id=booking_id, staff_id=member.id)
        raise


def _require_cancellable(act: Act, before: BookingRecord) -> None:
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
    refusal = decide_deletion(held, _ANSWERED, act.now).refusal
    if refusal:
        raise NotEditable(reason=refusal.words)
