"""What happens when somebody changes a booking in their own calendar, in example sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes


@dataclass(frozen=True, slots=True)
class Example:
    """What a person does, what becomes of it, and how that looks."""

    deed: str
    rule: str
    example: str


_MOVED: Final[Mapping[OnMove, tuple[str, str]]] = {
    OnMove.ACCEPT: (
        "The booking moves, if the new time is free.",
        "You drag Mrs Okafor from 10:00 to 11:30. The booking is now at 11:30.",
    ),
    OnMove.REFUSE: (
        "We put it back.",
        "You drag Mrs Okafor from 10:00 to 11:30. Your calendar shows her at 10:00 again. Move her in the booking app.",
    ),
}
_DELETED: Final[Mapping[OnDelete, tuple[str, str]]] = {
    OnDelete.ASK: (
        "We ask you here before anything is cancelled.",
        "Until you answer, the booking stays and goes back into your calendar.",
    ),
    OnDelete.CANCEL: (
        "The booking is cancelled.",
        "You delete Mrs Okafor’s appointment. It is off, and its time can be booked again.",
    ),
    OnDelete.REFUSE: (
        "We put it back.",
        "You delete Mrs Okafor’s appointment. It is in your calendar again. Cancel it in the booking app.",
    ),
}
_NOTED: Final[Mapping[OnNotes, tuple[str, str]]] = {
    OnNotes.ACCEPT: (
        "The note is saved with the booking.",
        "Write it below the line in the event’s notes. Your colleagues can read it.",
    ),
    OnNotes.RESTORE: ("We put the old notes back.", "Notes change only in the booking app."),
}
_DRAWN: Final = ("It blocks your time.", "“Dentist, 13:00” closes 13:00. It never becomes a booking.")
_ELSE: Final = ("We put it back.", "The customer’s name and the service change only in the booking app.")


def examples(rules: EditRules) -> tuple[Example, ...]:
    """In the order in which people ask."""
    return (
        Example("You move it", *_MOVED[rules.moves]),
        Example("You delete it", *_DELETED[rules.on_delete]),
        Example("You write a note", *_NOTED[rules.notes]),
        Example("You draw a new event", *_DRAWN),
        Example("You change anything else", *_ELSE),
    )
