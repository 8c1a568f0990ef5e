"""The booking desk: book, change and cancel, for whatever door asks. Every rule that `explain` tells holds here too.

Each change is one transaction: the booking's row is locked first, then the time of the staff members concerned; then
the same judge that explains a time decides it, over the same rows. What was refused stands in the timeline as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from babel.numbers import format_decimal

from gateway.core.availability import Candidate
from gateway.core.booking import (
    LONGEST_NOTES,
    Actor,
    BookingChange,
    BookingRecord,
    NewBooking,
    Once,
    Outcome,
)
from gateway.core.conditions import Conditions
from gateway.core.errors import Invalid, NotEditable, SlotTaken
from gateway.core.language import N_, _, locale
from gateway.core.model import BookingStatus
from gateway.core.obstacle import Code
from gateway.db import busy, desk, synclog
from gateway.db.engine import Session
from gateway.services import availability, timeline
from gateway.services.deps import Deps

# No booking of a person's time lasts longer.
LONGEST = timedelta(hours=24)
# What a booking may still become while nobody has come to it.
_OPEN = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})
# What may still be noted of it afterwards.
_SHOWN = _OPEN | {BookingStatus.COMPLETED, BookingStatus.NO_SHOW}
# What is said of a booking that becomes nothing else any more.
_STATES: Final = {
    BookingStatus.CANCELLED: N_("cancelled"),
    BookingStatus.COMPLETED: N_("completed"),
    BookingStatus.NO_SHOW: N_("no-show"),
    BookingStatus.BUSINESS_DELETED: N_("business-deleted"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One change under way: who asks, when, and which rules they may override."""

    session: Session
    actor: Actor
    now: datetime
    waive: frozenset[Code] = frozenset()

    @property
    def business_id(self) -> int:
        return self.actor.business_id


def book(deps: Deps, actor: Actor, wish: NewBooking, once: Once | None = None) -> BookingRecord:
    """Make a booking. Raises SlotTaken with the reasons that `explain` gives, NotYours, Invalid, KeyReused."""
    with _act(deps, actor, "book", wish, staff_id=wish.staff_id) as act:
        return _once(act, once, lambda: _book(act, wish))


def change(
    deps: Deps,
    actor: Actor,
    booking_id: int,
    wanted: BookingChange,
    *,
    if_match: str | None = None,
    once: Once | None = None,
) -> BookingRecord:
    """Change a booking. Raises SlotTaken, NotYours, NotEditable, Invalid, KeyReused, and Changed if it isn't any more
    the one with this ETag."""
    with _act(deps, actor, "change", wanted, booking_id=booking_id) as act:
        return _once(act, once, lambda: _change(act, booking_id, wanted, if_match))


def cancel(
    deps: Deps,
    actor: Actor,
    booking_id: int,
    *,
    reason: str = "",
    if_match: str | None = None,
    once: Once | None = None,
) -> BookingRecord:
    """Cancel a booking; one that is cancelled stays so. Raises NotYours, NotEditable, KeyReused, Changed."""
    with _act(deps, actor, "cancel", None, booking_id=booking_id) as act:
        return _once(act, once, lambda: _cancel(act, booking_id, reason, if_match))


def get(deps: Deps, business_id: int, booking_id: int) -> BookingRecord:
    """A booking as it is. Raises NotYours."""
    with deps.database.tenant(business_id, read_only=True) as session:
        return desk.record(session, business_id, booking_id)


def change_in(act: Act, before: BookingRecord, wanted: BookingChange) -> BookingRecord:
    """Within a transaction that holds the booking's row: judge a change and make it."""
    wanted = _whole(before, wanted)
    only_notes = not _takes_other_time(before, wanted) and wanted.status is None
    if before.status not in (_SHOWN if only_notes else _OPEN):
        words = _("A booking that is {state} can't be changed any more.")
        raise NotEditable(reason=words.format(state=_(_STATES[before.status])))
    override = False
    if _takes_other_time(before, wanted):
        override = _require_free(act, before, wanted)
    desk.change(act.session, act.business_id, before.id, wanted, override=override)
    return _done(act, "move" if _takes_other_time(before, wanted) else "change", before)


def cancel_in(act: Act, before: BookingRecord, reason: str) -> BookingRecord:
    """Within a transaction that holds the booking's row: cancel it; never delete it."""
    if before.status is BookingStatus.CANCELLED:
        return before
    if before.status not in _OPEN:
        words = _("A booking that is {state} can't be cancelled any more.")
        raise NotEditable(reason=words.format(state=_(_STATES[before.status])))
    desk.cancel(act.session, act.actor, before.id, reason, override=act.actor.staff_id is not None)
    desk.answered(act.session, act.business_id, before.id)
    return _done(act, "cancel", before)


@contextmanager
def _act(
    deps: Deps,
    actor: Actor,
    action: str,
    wanted: NewBooking | BookingChange | None,
    *,
    booking_id: int | None = None,
    staff_id: int | None = None,
) -> Iterator[Act]:
    """A transaction for one change. What is refused stands in the timeline, by a transaction of its own."""
    try:
        with deps.database.tenant(actor.business_id) as session:
            yield Act(session, actor, deps.now())
    except (SlotTaken, NotEditable) as error:
        timeline.note_refusal(
            deps, actor, action, error, booking_id=booking_id, staff_id=staff_id, wanted=_wanted(wanted)
        )
        raise


def _wanted(wanted: NewBooking | BookingChange | None) -> dict[str, object]:
    """What was asked for, as the timeline keeps it."""
    if wanted is None:
        return {}
    return {
        **({"staff_member_id": wanted.staff_id} if wanted.staff_id else {}),
        **({"start": wanted.starts_at.astimezone(UTC).isoformat()} if wanted.starts_at else {}),
        **({"end": wanted.ends_at.astimezone(UTC).isoformat()} if wanted.ends_at else {}),
    }


def _once(act: Act, once: Once | None, do: Callable[[], BookingRecord]) -> BookingRecord:
    if once is None:
        return do()
    known = desk.begin_once(act.session, act.business_id, once)
    if known is not None:
        return desk.record(act.session, act.business_id, known)
    made = do()
    desk.end_once(act.session, act.business_id, once, made.id)
    return made


def _book(act: Act, wish: NewBooking) -> BookingRecord:
    session, business_id = act.session, act.business_id
    ends_at = wish.ends_at or wish.starts_at + availability.usual_length(
        session, business_id, wish.service_id
    )
    _check_span(wish.starts_at, ends_at)
    _check_notes(wish.notes)
    desk.require_staff(session, business_id, wish.staff_id)
    busy.lock_staff(session, business_id, [wish.staff_id])
    candidate = Candidate(wish.staff_id, wish.service_id, wish.starts_at, ends_at)
    reasons = availability.judge_in(session, business_id, candidate, act.now)
    if reasons:
        raise SlotTaken(reasons)
    customer_id = desk.customer(session, business_id, wish.customer)
    booking_id = desk.add(session, business_id, wish, ends_at, customer_id)
    return _done(act, "book", None, booking_id)


def _change(act: Act, booking_id: int, wanted: BookingChange, if_match: str | None) -> BookingRecord:
    before = desk.lock(act.session, act.business_id, booking_id)
    _require_match(before, if_match)
    return change_in(act, before, wanted)


def _cancel(act: Act, booking_id: int, reason: str, if_match: str | None) -> BookingRecord:
    before = desk.lock(act.session, act.business_id, booking_id)
    _require_match(before, if_match)
    _check_notes(reason)
    return cancel_in(act, before, reason)


def _require_match(before: BookingRecord, if_match: str | None) -> None:
    Conditions(if_match or "").require(before.etag)


def _whole(before: BookingRecord, wanted: BookingChange) -> BookingChange:
    """The change with both ends of the span; a new start alone keeps the booking's own length, not the service's."""
    if wanted.notes is not None:
        _check_notes(wanted.notes)
    if wanted.status is not None and wanted.status not in _OPEN:
        raise Invalid(reason=N_("A booking can be made pending or confirmed; to cancel it, delete it."))
    starts_at = wanted.starts_at or before.starts_at
    ends_at = wanted.ends_at or starts_at + (before.ends_at - before.starts_at)
    if (starts_at, ends_at) != (before.starts_at, before.ends_at):
        _check_span(starts_at, ends_at)
        return replace(wanted, starts_at=starts_at, ends_at=ends_at)
    return replace(wanted, starts_at=None, ends_at=None)


def _takes_other_time(before: BookingRecord, wanted: BookingChange) -> bool:
    return wanted.starts_at is not None or wanted.staff_id not in (None, before.staff_id)


def _require_free(act: Act, before: BookingRecord, wanted: BookingChange) -> bool:
    """Whether a rule had to be overridden for it. Raises SlotTaken."""
    staff_id = wanted.staff_id or before.staff_id
    if staff_id is None:
        raise NotEditable(
            reason=N_("This booking has no staff member; assign one in the booking system first.")
        )
    desk.require_staff(act.session, act.business_id, staff_id)
    busy.lock_staff(act.session, act.business_id, [id_ for id_ in (before.staff_id, staff_id) if id_])
    candidate = Candidate(
        staff_id, before.service_id, wanted.starts_at or before.starts_at, wanted.ends_at or before.ends_at
    )
    found = availability.judge_in(act.session, act.business_id, candidate, act.now, moving=before.id)
    if staff_id == before.staff_id:
        # They have it already, whatever the list of their services says by now.
        found = tuple(reason for reason in found if reason.code != Code.NOT_ASSIGNED)
    left = tuple(reason for reason in found if reason.code not in act.waive)
    if left:
        raise SlotTaken(left)
    return bool(found)


def _done(
    act: Act, action: str, before: BookingRecord | None, booking_id: int | None = None
) -> BookingRecord:
    """What every change ends with: the app forgets its cached slots, and the timeline has a line more."""
    after = desk.record(act.session, act.business_id, before.id if before else booking_id or 0)
    staff_ids = {id_ for id_ in (before.staff_id if before else None, after.staff_id) if id_}
    desk.touch_staff(act.session, act.business_id, sorted(staff_ids))
    synclog.note(
        act.session,
        act.actor,
        action,
        Outcome.ACCEPTED,
        booking_id=after.id,
        staff_id=after.staff_id,
        before=timeline.told(before) if before else None,
        after=timeline.told(after),
    )
    return after


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid(reason=N_("A booking must end after it starts."))
    if ends_at - starts_at > LONGEST:
        raise Invalid(reason=N_("A booking lasts 24 hours at most."))


def _check_notes(text: str) -> None:
    if len(text) > LONGEST_NOTES:
        most = format_decimal(LONGEST_NOTES, locale=locale())
        raise Invalid(reason=_("Notes have {most} characters at most.").format(most=most))
