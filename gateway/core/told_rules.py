"""What happens when somebody changes a booking in their own calendar, in example sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.language import N_, _
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes


@dataclass(frozen=True, slots=True)
class Example:
    """What a person does, what becomes of it, and how that looks."""

    deed: str
    rule: str
    example: str


_MOVED: Final[Mapping[OnMove, tuple[str, str]]] = {
    OnMove.ACCEPT: (
        N_("The booking moves, if the new time is free."),
        N_("You drag Mrs Okafor from 10:00 to 11:30. The booking is now at 11:30."),
    ),
    OnMove.REFUSE: (
        N_("We put it back."),
        N_(
            "You drag Mrs Okafor from 10:00 to 11:30. Your calendar shows her at 10:00 again. Move her in the booking"
            " app."
        ),
    ),
}
_DELETED: Final[Mapping[OnDelete, tuple[str, str]]] = {
    OnDelete.ASK: (
        N_("We ask you here before anything is cancelled."),
        N_("Until you answer, the booking stays and goes back into your calendar."),
    ),
    OnDelete.CANCEL: (
        N_("The booking is cancelled."),
        N_("You delete Mrs Okafor’s appointment. It is off, and its time can be booked again."),
    ),
    OnDelete.REFUSE: (
        N_("We put it back."),
        N_(
            "You delete Mrs Okafor’s appointment. It is in your calendar again. Cancel it in the booking app."
        ),
    ),
}
_NOTED: Final[Mapping[OnNotes, tuple[str, str]]] = {
    OnNotes.ACCEPT: (
        N_("The note is saved with the booking."),
        N_("Write it below the line in the event’s notes. Your colleagues can read it."),
    ),
    OnNotes.RESTORE: (N_("We put the old notes back."), N_("Notes change only in the booking app.")),
}
_DRAWN: Final = (N_("It blocks your time."), N_("“Dentist, 13:00” closes 13:00. It never becomes a booking."))
_ELSE: Final = (
    N_("We put it back."),
    N_("The customer’s name and the service change only in the booking app."),
)


def examples(rules: EditRules) -> tuple[Example, ...]:
    """In the order in which people ask."""
    return (
        _example(_("You move it"), _MOVED[rules.moves]),
        _example(_("You delete it"), _DELETED[rules.on_delete]),
        _example(_("You write a note"), _NOTED[rules.notes]),
        _example(_("You draw a new event"), _DRAWN),
        _example(_("You change anything else"), _ELSE),
    )


def _example(deed: str, told: tuple[str, str]) -> Example:
    rule, example = told
    return Example(deed, _(rule), _(example))
