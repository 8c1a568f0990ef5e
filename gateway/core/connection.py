"""How a connection stands: one list of states for pages, API and metrics, each with a sentence and an action.

A state is worked out from facts whenever somebody asks, so it can't be out of date itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.core.language import N_, _, ngettext


class State(StrEnum):
    """In the order in which one hides another: what is told is the first that holds."""

    DISCONNECTED = "disconnected"
    RECONNECT_NEEDED = "reconnect_needed"
    STOPPED = "stopped"
    CONNECTING = "connecting"
    PAUSED = "paused"
    STALE = "stale"
    IMPORTING = "importing"
    CATCHING_UP = "catching_up"
    IN_STEP = "in_step"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a connection. Moments are None where the thing has not happened. `granted`: its owner wants it
    to work; before that, an account may have `let_in` us, so that its owner can look at what would change.

    `read_at`: all its calendars were read at this moment or later. `waiting`: changes that are to go out; `imported`
    and `expected` count events of a first reading, `expected` is 0 where nobody knows.
    """

    granted: bool = True
    let_in: bool = False
    closed_at: datetime | None = None
    refused_at: datetime | None = None
    stopped_at: datetime | None = None
    paused_until: datetime | None = None
    paused_by_them: bool = False
    failing_since: datetime | None = None
    read_at: datetime | None = None
    importing: bool = False
    imported: int = 0
    expected: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What people read: the pill's words, the sentence, and the one thing that they can do ("" for nothing). Where
    it is more than one sentence, the `first` alone says what is the matter."""

    state: State
    pill: str
    sentence: str
    action: str = ""
    first: str = ""


# Twice the timed round and some: then something is wrong, whatever it is.
STALE_AFTER: Final = 2.5

RECONNECT: Final = "reconnect"
CHECK_NOW: Final = "check"
REVIEW: Final = "review"
CONNECT: Final = "connect"
LOOK: Final = "look"


def state(facts: Facts, now: datetime, poll: timedelta) -> State:
    """`poll` is how often a connection is read at the least."""
    if facts.closed_at:
        return State.DISCONNECTED
    if facts.refused_at:
        return State.RECONNECT_NEEDED
    if facts.stopped_at:
        return State.STOPPED
    if not facts.granted:
        return State.CONNECTING
    if facts.paused_by_them and facts.paused_until and facts.paused_until > now:
        return State.PAUSED
    if facts.failing_since and _is_old(facts, now, poll):
        return State.STALE
    if facts.importing:
        return State.IMPORTING
    if _is_old(facts, now, poll):
        return State.STALE
    return State.CATCHING_UP if facts.waiting else State.IN_STEP


def _is_old(facts: Facts, now: datetime, poll: timedelta) -> bool:
    if facts.read_at is None:
        return facts.failing_since is not None and now - facts.failing_since > poll * STALE_AFTER
    return now - facts.read_at > poll * STALE_AFTER


def percent(facts: Facts) -> int | None:
    """How far a first reading is; None where nobody knows how much there is."""
    if not facts.expected:
        return None
    return min(99, facts.imported * 100 // facts.expected)


# Per state: the pill's words, the sentence, and the one action. {changes} is told by how many wait, {done} by how far a
# first reading is.
_WORDS: Final[Mapping[State, tuple[str, str, str]]] = {
    State.DISCONNECTED: (N_("Disconnected"), N_("Disconnected {since}. It blocks no time."), CONNECT),
    State.RECONNECT_NEEDED: (
        N_("Sign in again"),
        N_(
            "{provider} stopped letting us in {since}. What we read before still blocks your time; newer"
            " appointments don’t."
        ),
        RECONNECT,
    ),
    State.STOPPED: (
        N_("Stopped: large change"),
        N_(
            "Much was gone or moved at once {since}. That may be right, or a fault over there. Everything stays as"
            " it was until you tell us."
        ),
        REVIEW,
    ),
    State.CONNECTING: (N_("Connecting"), N_("Waiting for you to finish at {provider}."), RECONNECT),
    State.PAUSED: (
        N_("Paused by {provider} until {clock}"),
        N_("{provider} asked us to slow down. {changes} at {clock}. There is nothing for you to do."),
        "",
    ),
    State.STALE: (
        N_("Out of date"),
        N_("The last answer came {since}. The last copy keeps blocking your time. We go on trying."),
        CHECK_NOW,
    ),
    State.IMPORTING: (
        N_("Importing{done}"),
        N_("{imported} events read so far. Those times block already. You can close this page."),
        "",
    ),
    State.CATCHING_UP: (N_("Catching up"), N_("{changes} in a moment."), ""),
    State.IN_STEP: (N_("In step"), N_("Everything is where it should be."), CHECK_NOW),
}
# While its owner has not looked yet.
_UNDECIDED: Final = (
    N_("Look first"),
    N_("{provider} let us in. Nothing changes before you have looked at what would."),
    LOOK,
)


def told(facts: Facts, now: datetime, poll: timedelta, *, provider: str, clock: str, since: str) -> Told:
    """In words. `clock` is `paused_until`, `since` the moment that the state has lasted from, as people read them."""
    found = state(facts, now, poll)
    undecided = found is State.CONNECTING and facts.let_in
    pill, sentence, action = _UNDECIDED if undecided else _WORDS[found]
    done = percent(facts)
    filled = {
        "provider": provider,
        "clock": clock,
        "since": since,
        "changes": _changes(facts.waiting),
        "imported": str(facts.imported),
        "done": "" if done is None else f" {done} %",
    }
    whole = _(sentence)
    # Told apart before they are filled: "on 28. November" ends no sentence.
    first, stop, __ = whole.partition(". ")
    said = whole.format(**filled)
    return Told(found, _(pill).format(**filled), said, action, (first + stop.strip()).format(**filled))


def _changes(waiting: int) -> str:
    return ngettext(
        "{n} change waits and goes out by itself", "{n} changes wait and go out by themselves", waiting
    ).format(n=waiting)
