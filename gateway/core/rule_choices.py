"""What a manager can choose for edits from calendars, with an example of what comes of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.rules import OnDelete, OnMove, OnNotes


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: its value, how it is called, and an example."""

    value: str
    name: str
    example: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A question of the form; `field` is what the setting is called."""

    field: str
    question: str
    options: tuple[Option, ...]


CHOICES: Final[tuple[Choice, ...]] = (
    Choice(
        "moves",
        "They move it",
        (
            Option(
                OnMove.ACCEPT,
                "Move the booking",
                "Ana drags Mrs Okafor from 10:00 to 11:30. The booking is at 11:30, if that time is free.",
            ),
            Option(
                OnMove.REFUSE,
                "Put it back",
                "Ana drags Mrs Okafor from 10:00 to 11:30. Her calendar shows 10:00 again.",
            ),
        ),
    ),
    Choice(
        "on_delete",
        "They delete it",
        (
            Option(
                OnDelete.ASK,
                "Ask them first",
                "Ana deletes “Cut, Fri 10:00”. It stays until she answers on her page.",
            ),
            Option(
                OnDelete.CANCEL,
                "Cancel it",
                "Ana deletes “Cut, Fri 10:00”. The booking is off, and its time can be booked again.",
            ),
            Option(
                OnDelete.REFUSE, "Put it back", "Ana deletes “Cut, Fri 10:00”. It is in her calendar again."
            ),
        ),
    ),
    Choice(
        "notes",
        "They write a note",
        (
            Option(
                OnNotes.ACCEPT,
                "Keep it with the booking",
                "Ana writes “Prefers the window seat” below the line. Everyone reads it with the booking.",
            ),
            Option(
                OnNotes.RESTORE,
                "Put the old note back",
                "Ana writes below the line. Her calendar shows the booking’s own note again.",
            ),
        ),
    ),
)
WAIVERS: Final[tuple[Option, ...]] = (
    Option(
        "waive_hours",
        "Staff may move bookings outside opening hours",
        "Ana moves Mrs Okafor to 20:00, after closing. It goes through if she is free; the log says who did it.",
    ),
    Option(
        "waive_notice",
        "Staff may move bookings at short notice",
        "Customers book a day ahead at the latest. Ana may still move Mrs Okafor to this afternoon.",
    ),
)
