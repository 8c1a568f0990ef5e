"""What a manager can choose for edits from calendars, with an example of what comes of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.language import N_
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
        N_("They move it"),
        (
            Option(
                OnMove.ACCEPT,
                N_("Move the booking"),
                N_(
                    "Ana drags Mrs Okafor from 10:00 to 11:30. The booking is at 11:30, if that time is free."
                ),
            ),
            Option(
                OnMove.REFUSE,
                N_("Put it back"),
                N_("Ana drags Mrs Okafor from 10:00 to 11:30. Her calendar shows 10:00 again."),
            ),
        ),
    ),
    Choice(
        "on_delete",
        N_("They delete it"),
        (
            Option(
                OnDelete.ASK,
                N_("Ask them first"),
                N_("Ana deletes “Cut, Fri 10:00”. It stays until she answers on her page."),
            ),
            Option(
                OnDelete.CANCEL,
                N_("Cancel it"),
                N_("Ana deletes “Cut, Fri 10:00”. The booking is off, and its time can be booked again."),
            ),
            Option(
                OnDelete.REFUSE,
                N_("Put it back"),
                N_("Ana deletes “Cut, Fri 10:00”. It is in her calendar again."),
            ),
        ),
    ),
    Choice(
        "notes",
        N_("They write a note"),
        (
            Option(
                OnNotes.ACCEPT,
                N_("Keep it with the booking"),
                N_(
                    "Ana writes “Prefers the window seat” below the line. Everyone reads it with the booking."
                ),
            ),
            Option(
                OnNotes.RESTORE,
                N_("Put the old note back"),
                N_("Ana writes below the line. Her calendar shows the booking’s own note again."),
            ),
        ),
    ),
)
WAIVERS: Final[tuple[Option, ...]] = (
    Option(
        "waive_hours",
        N_("Staff may move bookings outside opening hours"),
        N_(
            "Ana moves Mrs Okafor to 20:00, after closing. It goes through if she is free; the log says who did it."
        ),
    ),
    Option(
        "waive_notice",
        N_("Staff may move bookings at short notice"),
        N_("Customers book a day ahead at the latest. Ana may still move Mrs Okafor to this afternoon."),
    ),
)
