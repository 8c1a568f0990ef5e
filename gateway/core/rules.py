"""What a business lets its people do from their own calendars, and what is said to them where it doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from babel.numbers import format_decimal

from gateway.core.booking import LONGEST_NOTES
from gateway.core.language import N_, _, locale
from gateway.core.unacceptable import OBJECT

# Ours: the event is well, but the booking may not become this.
NOT_EDITABLE: Final = "DB:not-editable"


class OnMove(StrEnum):
    """What becomes of a booking that is moved or resized in a calendar."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class OnDelete(StrEnum):
    """What becomes of a booking that is deleted in a calendar. `ASK`: it comes back, and a page asks its owner."""

    ASK = "ask"
    CANCEL = "cancel"
    REFUSE = "refuse"


class OnNotes(StrEnum):
    """What becomes of notes that are changed in a calendar."""

    ACCEPT = "accept"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class EditRules:
    """A business's settings for edits from a calendar, at first the careful ones.

    `waive_hours` and `waive_notice`: staff may move a booking outside working hours, or at shorter notice than
    customers need; that is recorded as `manager_override`. `delegates`: the booking app can be asked to carry out
    what is more than a change of a row.
    """

    moves: OnMove = OnMove.ACCEPT
    on_delete: OnDelete = OnDelete.ASK
    notes: OnNotes = OnNotes.ACCEPT
    waive_hours: bool = False
    waive_notice: bool = False
    delegates: bool = False


class Why(StrEnum):
    """Why an edit is refused as a whole."""

    RECURS = "recurs"
    ALL_DAY = "all-day"
    NO_LENGTH = "no-length"
    TOO_LONG = "too-long"
    PAST = "past"
    OVER = "over"
    CANCELLED = "cancelled"
    NO_MOVES = "no-moves"
    NO_DELETES = "no-deletes"
    LONG_NOTES = "long-notes"
    EVENT_MOVE = "event-move"
    VIDEO_MOVE = "video-move"
    GROUP_CANCEL = "group-cancel"
    VIDEO_CANCEL = "video-cancel"
    INVOICED_CANCEL = "invoiced-cancel"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An edit that can't be: why, in words for whoever made it, and the precondition that CalDAV answers with."""

    code: Why
    words: str
    precondition: str


def refusal(why: Why) -> Refusal:
    words = _(_WORDS[why]).format(most=format_decimal(LONGEST_NOTES, locale=locale()))
    return Refusal(why, words, OBJECT if why in _NO_BOOKING else NOT_EDITABLE)


# What is no booking at all, whoever wants it.
_NO_BOOKING: Final = frozenset({Why.RECURS, Why.ALL_DAY, Why.NO_LENGTH})
_WORDS: Final = {
    Why.RECURS: N_("A booking can't repeat. Make each further appointment in the booking system."),
    Why.ALL_DAY: N_("A booking can't last all day. Give it a start time and an end time."),
    Why.NO_LENGTH: N_("A booking must end after it starts. Choose a later end time."),
    Why.TOO_LONG: N_("A booking lasts 24 hours at most. Choose an earlier end time."),
    Why.PAST: N_("That time has already passed. Choose a time in the future."),
    Why.OVER: N_("This booking has already started or is over. Change it in the booking system."),
    Why.CANCELLED: N_("This booking has been cancelled. Make a new one in the booking system."),
    Why.NO_MOVES: N_(
        "Your business doesn't move bookings from calendars. Move this one in the booking system."
    ),
    Why.NO_DELETES: N_(
        "Your business doesn't cancel bookings from calendars. Cancel this one in the booking system."
    ),
    Why.LONG_NOTES: N_("Notes have {most} characters at most. Shorten them, and try again."),
    Why.EVENT_MOVE: N_(
        "A place at an event can't change its time. Change the event's time in the booking system."
    ),
    Why.VIDEO_MOVE: N_("Bookings with a video meeting are moved in the booking system."),
    Why.GROUP_CANCEL: N_("Places at a group session or an event are cancelled in the booking system."),
    Why.VIDEO_CANCEL: N_("Bookings with a video meeting are cancelled in the booking system."),
    Why.INVOICED_CANCEL: N_("Bookings with an invoice are cancelled in the booking system."),
}
