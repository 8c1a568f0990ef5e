"""What each thing that is done is called, and each way in which it ends: the words of the activity page.

`{to}` is the time that a booking was to have, `{where}` the account that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.booking import Outcome
from gateway.core.language import N_, _


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
    "book": Deed("plus", N_("booked for {to}"), N_("booking for {to}")),
    "move": Deed("arrow", N_("moved to {to}"), N_("move to {to}")),
    "change": Deed("check", N_("changed"), N_("change")),
    "cancel": Deed("cross", N_("cancelled"), N_("cancellation")),
    "keep": Deed("check", N_("kept, though deleted in a calendar"), N_("answer to keep it")),
    "hold": Deed("clock", N_("time taken"), N_("booking for {to}")),
    "add": Deed("check", N_("added to {where}"), N_("new event in {where}")),
    "update": Deed("check", N_("updated in {where}"), N_("update in {where}")),
    "take away": Deed("check", N_("taken out of {where}"), N_("removal from {where}")),
    "try again": Deed("turn", N_("asked to try {where} again"), N_("new try in {where}")),
    "block": Deed("stop", N_("new time blocked"), N_("blocked time")),
    "change block": Deed("stop", N_("blocked time changed"), N_("change of blocked time")),
    "unblock": Deed("check", N_("blocked time freed"), N_("freeing of blocked time")),
    "change hours": Deed("clock", N_("working hours changed"), N_("change of working hours")),
    "connect": Deed("plug", N_("{where} connected"), N_("connecting {where}")),
    "reconnect": Deed("plug", N_("{where} connected again"), N_("connecting {where} again")),
    "disconnect": Deed("plug", N_("asked to disconnect {where}"), N_("disconnecting {where}")),
    "disconnected": Deed("plug", N_("{where} disconnected"), N_("disconnecting {where}")),
    "invite": Deed("people", N_("sign-in link made"), N_("sign-in link")),
    "make_feed": Deed("link", N_("read-only link made"), N_("read-only link")),
    "make_key": Deed("link", N_("key for the booking app made"), N_("key for the booking app")),
    "revoke_app_password": Deed("phone", N_("device shut out"), N_("shutting out a device")),
    "revoke_feed": Deed("link", N_("read-only link removed"), N_("removal of a read-only link")),
    "revoke_api_key": Deed("link", N_("key of the booking app removed"), N_("removal of a key")),
    "choose": Deed("check", N_("rules of the business changed"), N_("change of the rules")),
    "set delegate": Deed("link", N_("booking app’s address set"), N_("booking app’s address")),
    "remove delegate": Deed("link", N_("booking app’s address taken away"), N_("booking app’s address")),
}

ENDS: Final[Mapping[Outcome, End]] = {
    Outcome.ACCEPTED: End("{done}", "", "ok"),
    Outcome.REFUSED: End(N_("{noun} refused"), "cross", "bad"),
    Outcome.RESTORED: End(N_("{noun} put back"), "restore", "wait"),
    Outcome.OBSERVED: End(N_("{noun} let through, though the time was taken"), "warning", "wait"),
    Outcome.SKIPPED: End(N_("{noun} left out"), "warning", "wait"),
    Outcome.DELEGATED: End(N_("{done} by the booking app"), "", "ok"),
    Outcome.ASKED: End(N_("{noun} waits for an answer"), "question", "work"),
}

# Where the words of both don't make a sentence that people would say.
SPECIAL: Final[Mapping[tuple[str, Outcome], str]] = {
    ("cancel", Outcome.ASKED): N_("deleted in a calendar, waiting for an answer"),
    ("cancel", Outcome.RESTORED): N_("deleted in one place, changed in another"),
    ("cancel", Outcome.REFUSED): N_("deletion refused"),
    ("add", Outcome.REFUSED): N_("not taken by {where}"),
    ("hold", Outcome.OBSERVED): N_("booked over a time that was taken"),
    ("hold", Outcome.SKIPPED): N_("left out of calendars"),
    ("book", Outcome.OBSERVED): N_("booked over a time that was taken"),
}

# How people may choose among the ends.
RESULTS: Final[Mapping[Outcome, str]] = {
    Outcome.ACCEPTED: N_("Done"),
    Outcome.REFUSED: N_("Refused"),
    Outcome.RESTORED: N_("Put back"),
    Outcome.ASKED: N_("Asked"),
    Outcome.OBSERVED: N_("Let through"),
    Outcome.DELEGATED: N_("Done by the booking app"),
    Outcome.SKIPPED: N_("Left out"),
}

# Reasons that the database gives without a sentence.
REASONS: Final[Mapping[str, str]] = {
    "OVERLAP": N_("Another booking is there{when}."),
    "BUFFER": N_("That leaves no break beside another booking{when}."),
    "EXTERNAL": N_("Another calendar says busy{when}."),
    "BLOCK": N_("Time was blocked{when}."),
    "UNREADABLE": N_("Its times make no sense, so no calendar shows it. Put them right in the booking app."),
}


def words(action: str, outcome: Outcome) -> str:
    """What happened, with {to} and {where} still to be filled in; also for what nobody has a word for yet."""
    deed = DEEDS.get(action, Deed("check", action, action))
    if special := SPECIAL.get((action, outcome)):
        return _(special)
    return _(ENDS[outcome].words).format(done=_(deed.done), noun=_(deed.noun))


def drawing(action: str, outcome: Outcome) -> str:
    """The icon that stands beside it."""
    return ENDS[outcome].icon or (DEEDS[action].icon if action in DEEDS else "check")
