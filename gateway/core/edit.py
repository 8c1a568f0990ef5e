"""What it means for a booking that somebody has changed its event: one table for CalDAV and for providers.

| edit of a booking's event | what comes of it |
|---|---|
| moved or resized | `span`, while the booking is pending or confirmed and before it starts |
| deleted, STATUS:CANCELLED, declined by its staff member | `cancel` or `ask_cancel`, under the same conditions |
| notes changed below our marker line | `notes` |
| made recurring or all-day, or left without a length | `refusal`: that is no booking |
| title, customer, place, guests, anything else | `restored`: the booking stays as it is |
| moved or cancelled, where the booking app must do more than change a row | `needs_app`, or `refusal` |

Whether the new time is free is for the booking desk to say. What is refused is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from gateway.core.booking import LONGEST_NOTES
from gateway.core.event import NOTES_MARKER, notes_of
from gateway.core.language import N_
from gateway.core.model import BookingStatus, Event, require_aware
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes, Refusal, Why, refusal
from gateway.core.wanted import Wanted, read
from gateway.core.wire import clean

__all__ = ["Edit", "Held", "Wanted", "decide", "decide_deletion", "read"]

LONGEST: Final = timedelta(hours=24)

# `services.service_type`: places at a group session are counted, and an event has a time of its own.
_EXPERIENCE, _EVENT = 1, 2
_OPEN: Final = (BookingStatus.PENDING, BookingStatus.CONFIRMED)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Held:
    """What the booking itself is like, at the moment of deciding."""

    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    service_type: int = 0
    has_video: bool = False
    invoiced: bool = False

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Edit:
    """What shall become of a booking. With a `refusal` nothing does, and the calendar gets the booking's truth again.

    `ask_cancel`: the event comes back, and its staff member is asked whether the booking shall be cancelled.
    `needs_app` is what the booking app has to do in our place. `restored` names what is put back.
    """

    span: Span | None = None
    cancel: bool = False
    ask_cancel: bool = False
    notes: str | None = None
    restored: tuple[str, ...] = ()
    refusal: Refusal | None = None
    needs_app: Literal["move", "cancel"] | None = None

    @property
    def nothing(self) -> bool:
        """The edit asks for nothing, and nothing is put back."""
        return self == Edit()

    @property
    def writes(self) -> bool:
        """The booking becomes another one by this."""
        return self.cancel or self.span is not None or self.notes is not None


def decide(held: Held, shown: Event, wanted: Wanted, rules: EditRules, now: datetime) -> Edit:
    """What comes of a calendar that shows `wanted`, where we had shown it `shown`."""
    if wanted.cancelled or wanted.declined:
        return decide_deletion(held, rules, now)
    span, notes = _span(shown, wanted), _notes(shown, wanted)
    why = _no_booking(wanted) or (_immovable(held, span, rules, now) if span else None)
    accepted = notes if rules.notes is OnNotes.ACCEPT else None
    if accepted is not None and len(accepted) > LONGEST_NOTES:
        why = why or Why.LONG_NOTES
    if why:
        return Edit(refusal=refusal(why))
    return Edit(
        span=span,
        notes=accepted,
        restored=tuple(_restored(shown, wanted, notes_too=notes is not None and accepted is None)),
        needs_app="move" if span and _move_is_more(held) else None,
    )


def decide_deletion(held: Held, rules: EditRules, now: datetime) -> Edit:
    """What comes of a booking whose event has been deleted in a calendar."""
    more = _cancelling_is_more(held)
    why = _closed(held, now)
    if rules.on_delete is OnDelete.REFUSE:
        why = why or Why.NO_DELETES
    if more and not rules.delegates:
        why = why or more
    if why:
        return Edit(refusal=refusal(why))
    asks = rules.on_delete is OnDelete.ASK
    return Edit(cancel=not asks, ask_cancel=asks, needs_app="cancel" if more else None)


def _no_booking(wanted: Wanted) -> Why | None:
    if wanted.recurs:
        return Why.RECURS
    if wanted.all_day:
        return Why.ALL_DAY
    if _second(wanted.ends_at) <= _second(wanted.starts_at):
        return Why.NO_LENGTH
    return None


def _immovable(held: Held, span: Span, rules: EditRules, now: datetime) -> Why | None:
    if why := _closed(held, now):
        return why
    if rules.moves is OnMove.REFUSE:
        return Why.NO_MOVES
    if span[0] <= now:
        return Why.PAST
    if span[1] - span[0] > LONGEST:
        return Why.TOO_LONG
    return None if rules.delegates else _move_is_more(held)


def _closed(held: Held, now: datetime) -> Why | None:
    """Why a booking neither moves nor is cancelled any more."""
    if held.status in (BookingStatus.CANCELLED, BookingStatus.BUSINESS_DELETED):
        return Why.CANCELLED
    return Why.OVER if held.status not in _OPEN or held.starts_at <= now else None


def _move_is_more(held: Held) -> Why | None:
    """Why a move is more than a change of a row, if it is."""
    if held.service_type == _EVENT:
        return Why.EVENT_MOVE
    return Why.VIDEO_MOVE if held.has_video else None


def _cancelling_is_more(held: Held) -> Why | None:
    """Why cancelling is more than a change of a row, if it is: a place given back, a meeting deleted, a refund."""
    if held.service_type in (_EXPERIENCE, _EVENT):
        return Why.GROUP_CANCEL
    if held.has_video:
        return Why.VIDEO_CANCEL
    return Why.INVOICED_CANCEL if held.invoiced else None


def _span(shown: Event, wanted: Wanted) -> Span | None:
    """The new time, if it is another. Written in another zone, the same instants are the same time."""
    span = _second(wanted.starts_at), _second(wanted.ends_at)
    return None if span == (_second(shown.starts_at), _second(shown.ends_at)) else span


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _notes(shown: Event, wanted: Wanted) -> str | None:
    """The new notes, if they are others. Compared is what we had shown: the notes themselves may be longer."""
    if not _tells_notes(shown.description, wanted.description):
        return None
    before, after = notes_of(shown.description) or "", notes_of(wanted.description) or ""
    return None if _lines(before) == _lines(after) else after


def _tells_notes(shown: str, wanted: str) -> bool:
    """Whether it is plain where the notes begin: our marker isn't cut out, and no second one has got in."""
    before, after = notes_of(shown), notes_of(wanted)
    return before is not None and after is not None and _markers(after) <= _markers(before)


def _markers(notes: str) -> int:
    return sum(line.strip() == NOTES_MARKER for line in notes.split("\n"))


def _restored(shown: Event, wanted: Wanted, *, notes_too: bool) -> Iterator[str]:
    """What the calendar says differently and the booking doesn't follow, by the names that people know."""
    if _words(wanted.summary) != _words(shown.summary):
        yield N_("title")
    if _description_changed(shown.description, wanted.description):
        yield N_("description")
    if notes_too:
        yield N_("notes")
    if _words(wanted.location) != _words(shown.location):
        yield N_("location")
    if wanted.attendees:
        yield N_("attendees")
    if wanted.categories is not None and _set(wanted.categories) != _set(shown.categories):
        yield N_("categories")
    if wanted.url is not None and wanted.url != shown.url:
        yield N_("link")
    if wanted.tentative not in (None, shown.tentative):
        yield N_("status")
    if wanted.free:
        yield N_("busy time")
    yield from wanted.additions


def _description_changed(shown: str, wanted: str) -> bool:
    """Whether it is changed above the notes, or so that they can't be told from the rest."""
    if _tells_notes(shown, wanted):
        return _facts(shown) != _facts(wanted)
    return _lines(shown) != _lines(wanted)


def _facts(description: str) -> list[str]:
    """The lines above the notes; all, where no notes can be told."""
    lines = _lines(description)
    stripped = [line.strip() for line in lines]
    return _lines("\n".join(lines[: stripped.index(NOTES_MARKER)])) if NOTES_MARKER in stripped else lines


def _lines(text: str) -> list[str]:
    """A text's lines, without the blanks at their ends, which programs add and drop as they like."""
    return [line.rstrip() for line in clean(text).strip().split("\n")]


def _words(text: str) -> list[str]:
    return clean(text).split()


def _set(texts: Iterable[str]) -> set[str]:
    return {" ".join(words) for text in texts if (words := _words(text))}
