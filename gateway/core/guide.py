"""What the help pages are about, and their words for each state of a connected account.

What hangs on a word of the code stands here and in `told_refusals`, one entry for each, so that a test can say which is
missing. The rest of the words stands in `bridge/templates/guide`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.core import clock
from gateway.core.connection import CHECK_NOW, CONNECT, LOOK, RECONNECT, REVIEW, Facts, State, Told, told
from gateway.core.language import N_, _, ngettext


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the help. `slug` is its address and its template; `kind` the kind of account that it is about, by the
    name that the kinds have in `gateway.wiring`, or empty."""

    slug: str
    title: str
    kind: str = ""


# As the list beside each page has them, under its headings.
TOPICS: Final[Mapping[str, tuple[Topic, ...]]] = {
    N_("First"): (Topic("start", N_("Start here")),),
    N_("See your bookings"): (
        Topic("iphone", N_("iPhone, iPad and Mac")),
        Topic("android", "Android"),
        Topic("thunderbird", "Thunderbird"),
        Topic("other", N_("Another calendar app")),
        Topic("feed", N_("Read-only link")),
    ),
    N_("Connect an account"): (
        Topic("google", N_("Google Calendar"), "google"),
        Topic("microsoft", N_("Microsoft 365 and Outlook"), "microsoft"),
        Topic("icloud", "iCloud", "caldav"),
        Topic("nextcloud", N_("Nextcloud and others"), "caldav"),
        Topic("fastmail", "Fastmail", "caldav"),
        Topic("ics", N_("Calendar address"), "ics"),
        Topic("practice", N_("Practice calendar"), "practice"),
    ),
    N_("Good to know"): (
        Topic("blocking", N_("What blocks your time")),
        Topic("editing", N_("When you change a booking")),
        Topic("double", N_("Double bookings")),
        Topic("privacy", N_("What we store about you")),
    ),
    N_("When something stops"): (
        Topic("states", N_("What each state means")),
        Topic("errors", N_("What each refusal means")),
    ),
}
BY_SLUG: Final[Mapping[str, Topic]] = {topic.slug: topic for group in TOPICS.values() for topic in group}


def said(topic: Topic) -> Topic:
    """With its title in the reader's language."""
    return replace(topic, title=_(topic.title))


@dataclass(frozen=True, slots=True)
class StateEntry:
    """A state as a page shows it, in an example. `press` names the one button that its card has, or is empty."""

    anchor: str
    told: Told
    means: str
    advice: str
    press: str


_NOW: Final = datetime(2026, 11, 24, 13, 52, tzinfo=UTC)
_POLL: Final = timedelta(minutes=5)

# What shows each state, in the order in which people meet them.
_EXAMPLES: Final[Mapping[str, Facts]] = {
    State.IN_STEP: Facts(read_at=_NOW),
    State.CATCHING_UP: Facts(read_at=_NOW, waiting=2),
    "look_first": Facts(granted=False, let_in=True),
    State.CONNECTING: Facts(granted=False),
    State.IMPORTING: Facts(importing=True, imported=318, expected=757),
    State.PAUSED: Facts(
        read_at=_NOW, paused_by_them=True, paused_until=_NOW + timedelta(minutes=13), waiting=6
    ),
    State.STALE: Facts(read_at=_NOW - timedelta(days=1)),
    State.RECONNECT_NEEDED: Facts(refused_at=_NOW - timedelta(days=3, hours=5, minutes=42)),
    State.STOPPED: Facts(stopped_at=_NOW - timedelta(hours=2, minutes=20)),
    State.DISCONNECTED: Facts(closed_at=_NOW - timedelta(days=3, hours=5, minutes=42)),
}

# Per state: what it means for bookings, and what to do.
_MEANS: Final[Mapping[str, tuple[str, str]]] = {
    State.IN_STEP: (
        N_("Your bookings are there, and what you have there blocks your time."),
        N_("Nothing to do."),
    ),
    State.CATCHING_UP: (
        N_("A booking was made, moved or cancelled a moment ago and is on its way."),
        N_("Nothing to do. If it stays like this for more than a few minutes, look at Activity."),
    ),
    "look_first": (
        N_(
            "We can open the account, and have changed nothing yet. No time is blocked and no booking is there."
        ),
        N_(
            "Look at what would change, then say whether to connect. If you do neither, we forget the way in by"
            " ourselves."
        ),
    ),
    State.CONNECTING: (
        N_("You set out to connect this account and have not come back yet. Nothing has changed."),
        N_(
            "Finish at the provider, or begin again. If you don’t want it any more, leave it: nothing happens."
        ),
    ),
    State.IMPORTING: (
        N_(
            "We read the account for the first time. What has been read blocks your time already; your bookings go"
            " there when that is done."
        ),
        N_("Nothing to do. You can close the page."),
    ),
    State.PAUSED: (
        N_(
            "The provider lets each account ask only so often. Changes wait here, in order, and go out by themselves."
            " Nothing is lost."
        ),
        N_("Nothing to do."),
    ),
    State.STALE: (
        N_(
            "The account has not answered for a while. What we read before keeps blocking your time; what is new there"
            " doesn’t yet."
        ),
        N_(
            "Wait, or have us look at once. If it lasts for hours, see whether you can open that calendar yourself."
        ),
    ),
    State.RECONNECT_NEEDED: (
        N_(
            "The provider ended our access, often after a new password. What we read before keeps blocking; new"
            " appointments there don’t, and changes of bookings wait."
        ),
        N_("Sign in once more. Nothing has to be set up anew, and what waits goes out."),
    ),
    State.STOPPED: (
        N_(
            "Very many events were gone or moved at once. We believed none of it: no booking was cancelled and no time"
            " became free."
        ),
        N_("Look at the list and say whether that is right."),
    ),
    State.DISCONNECTED: (
        N_("This account is parted with. It blocks no time and gets no bookings."),
        N_(
            "Nothing to do, unless you want it back: connect it once more, and its settings are as they were."
        ),
    ),
}

# What the one button of a state's card is called.
_PRESS: Final[Mapping[str, str]] = {
    RECONNECT: N_("Sign in to {provider} again"),
    CONNECT: N_("Connect again"),
    LOOK: N_("Look at it"),
    REVIEW: N_("Look at it"),
    CHECK_NOW: N_("Check now"),
}


def states(provider: str) -> tuple[StateEntry, ...]:
    """Every state, each with its pill and its sentence as an account of this provider would show them."""
    return tuple(_entry(anchor, facts, provider) for anchor, facts in _EXAMPLES.items())


def _entry(anchor: str, facts: Facts, provider: str) -> StateEntry:
    lasts = facts.closed_at or facts.refused_at or facts.stopped_at or facts.read_at or _NOW
    until = facts.paused_until or _NOW
    since = clock.lately(lasts, _NOW)
    shown = told(facts, _NOW, _POLL, provider=provider, clock=clock.time(until), since=since)
    # A healthy account has a button too, but nothing that it is needed for.
    press = "" if anchor == State.IN_STEP else _PRESS.get(shown.action, "")
    means, advice = _MEANS[anchor]
    return StateEntry(str(anchor), shown, _(means), _(advice), _(press).format(provider=provider))


def span(length: timedelta) -> str:
    """ "1 day", "15 minutes": in the biggest unit that fits without a rest."""
    seconds = round(length.total_seconds())
    if seconds % 86_400 == 0:
        n = seconds // 86_400
        words = ngettext("{n} day", "{n} days", n)
    elif seconds % 3_600 == 0:
        n = seconds // 3_600
        words = ngettext("{n} hour", "{n} hours", n)
    elif seconds % 60 == 0:
        n = seconds // 60
        words = ngettext("{n} minute", "{n} minutes", n)
    else:
        n = seconds
        words = ngettext("{n} second", "{n} seconds", n)
    return words.format(n=n)
