"""What each thing that is done is called, and each way in which it ends: the words of the activity page.

`{to}` is the time that a booking was to have, `{where}` the account that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.booking import Outcome


@dataclass(frozen=True, slots=True)
class Deed:
    """`done` tells it when it was done, `noun` names it for any other end; `icon` is a drawing of the pages'."""

    icon: str
    done: str
    noun: str


@dataclass(frozen=True, slots=True)
class End:
    """How a thing ended: its words around the deed's, its drawing ("" for the deed's own) and its tone of colour."""

    words: str
    icon: str
    tone: str


DEEDS: Final[Mapping[str, Deed]] = {
    "book": Deed("plus", "booked for {to}", "booking for {to}"),
    "move": Deed("arrow", "moved to {to}", "move to {to}"),
    "change": Deed("check", "changed", "change"),
    "cancel": Deed("cross", "cancelled", "cancellation"),
    "keep": Deed("check", "kept, though deleted in a calendar", "answer to keep it"),
    "hold": Deed("clock", "time taken", "booking for {to}"),
    "add": Deed("check", "added to {where}", "new event in {where}"),
    "update": Deed("check", "updated in {where}", "update in {where}"),
    "take away": Deed("check", "taken out of {where}", "removal from {where}"),
    "try again": Deed("turn", "asked to try {where} again", "new try in {where}"),
    "block": Deed("stop", "new time blocked", "blocked time"),
    "change block": Deed("stop", "blocked time changed", "change of blocked time"),
    "unblock": Deed("check", "blocked time freed", "freeing of blocked time"),
    "change hours": Deed("clock", "working hours changed", "change of working hours"),
    "connect": Deed("plug", "{where} connected", "connecting {where}"),
    "reconnect": Deed("plug", "{where} connected again", "connecting {where} again"),
    "disconnect": Deed("plug", "asked to disconnect {where}", "disconnecting {where}"),
    "disconnected": Deed("plug", "{where} disconnected", "disconnecting {where}"),
    "invite": Deed("people", "sign-in link made", "sign-in link"),
    "make_feed": Deed("link", "read-only link made", "read-only link"),
    "make_key": Deed("link", "key for the booking app made", "key for the booking app"),
    "revoke_app_password": Deed("phone", "device shut out", "shutting out a device"),
    "revoke_feed": Deed("link", "read-only link removed", "removal of a read-only link"),
    "revoke_api_key": Deed("link", "key of the booking app removed", "removal of a key"),
    "choose": Deed("check", "rules of the business changed", "change of the rules"),
    "set delegate": Deed("link", "booking app’s address set", "booking app’s address"),
    "remove delegate": Deed("link", "booking app’s address taken away", "booking app’s address"),
}

ENDS: Final[Mapping[Outcome, End]] = {
    Outcome.ACCEPTED: End("{done}", "", "ok"),
    Outcome.REFUSED: End("{noun} refused", "cross", "bad"),
    Outcome.RESTORED: End("{noun} put back", "restore", "wait"),
    Outcome.OBSERVED: End("{noun} let through, though the time was taken", "warning", "wait"),
    Outcome.SKIPPED: End("{noun} left out", "warning", "wait"),
    Outcome.DELEGATED: End("{done} by the booking app", "", "ok"),
    Outcome.ASKED: End("{noun} waits for an answer", "question", "work"),
}

# Where the words of both don't make a sentence that people would say.
SPECIAL: Final[Mapping[tuple[str, Outcome], str]] = {
    ("cancel", Outcome.ASKED): "deleted in a calendar, waiting for an answer",
    ("cancel", Outcome.RESTORED): "deleted in one place, changed in another",
    ("cancel", Outcome.REFUSED): "deletion refused",
    ("add", Outcome.REFUSED): "not taken by {where}",
    ("hold", Outcome.OBSERVED): "booked over a time that was taken",
    ("hold", Outcome.SKIPPED): "left out of calendars",
    ("book", Outcome.OBSERVED): "booked over a time that was taken",
}

# How people may choose among the ends.
RESULTS: Final[Mapping[Outcome, str]] = {
    Outcome.ACCEPTED: "Done",
    Outcome.REFUSED: "Refused",
    Outcome.RESTORED: "Put back",
    Outcome.ASKED: "Asked",
    Outcome.OBSERVED: "Let through",
    Outcome.DELEGATED: "Done by the booking app",
    Outcome.SKIPPED: "Left out",
}

# Reasons that the database gives without a sentence.
REASONS: Final[Mapping[str, str]] = {
    "OVERLAP": "Another booking is there{when}.",
    "BUFFER": "That leaves no break beside another booking{when}.",
    "EXTERNAL": "Another calendar says busy{when}.",
    "BLOCK": "Time was blocked{when}.",
    "UNREADABLE": "Its times make no sense, so no calendar shows it. Put them right in the booking app.",
}


def words(action: str, outcome: Outcome) -> str:
    """What happened, with {to} and {where} still to be filled in; also for what nobody has a word for yet."""
    deed = DEEDS.get(action, Deed("check", action, action))
    return SPECIAL.get((action, outcome)) or ENDS[outcome].words.format(done=deed.done, noun=deed.noun)


def drawing(action: str, outcome: Outcome) -> str:
    """The icon that stands beside it."""
    return ENDS[outcome].icon or (DEEDS[action].icon if action in DEEDS else "check")
