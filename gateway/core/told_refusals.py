"""What a refusal means and what to do about it, in words for the help pages: one entry for each that people meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import (
    AppUnreachable,
    Changed,
    DatabaseUnavailable,
    ForbiddenAddress,
    GatewayError,
    NeedsReconnect,
    NotAccepted,
    NotYours,
    RateLimited,
    SetupError,
    SlotTaken,
    Throttled,
    Unavailable,
)
from gateway.core.obstacle import Code, Obstacle
from gateway.core.rules import Why, refusal


@dataclass(frozen=True, slots=True)
class Entry:
    """A refusal: the address of its entry on the page, its code where programs see one, what it says, what it means,
    and what to do."""

    anchor: str
    code: str
    says: str
    means: str
    advice: str


# Per reason that a time can't be booked: its name for people, what it means, and what to do.
CODES: Final[Mapping[Code, tuple[str, str, str]]] = {
    Code.OVERLAP: (
        "Another booking is there",
        "The same person has a booking at that time, also one that still waits to be confirmed.",
        "Choose another time, or move the other booking first.",
    ),
    Code.BUFFER: (
        "Too close to another booking",
        "Your business keeps a break after each booking, and this one would eat into it.",
        "Leave the break. A manager can make it shorter in the booking app.",
    ),
    Code.EXTERNAL: (
        "Another calendar says busy",
        "A connected calendar has something then. We don’t say what it is.",
        "Its owner can mark the event as free there, move it, or switch that calendar off under “What blocks time”.",
    ),
    Code.BLOCK: (
        "Blocked in your own calendar",
        "You drew an event into your bookings calendar, and that closes its time.",
        "Delete it, move it or mark it as free in your calendar app.",
    ),
    Code.HOURS: (
        "Outside the working hours",
        "The person doesn’t work then, the service isn’t offered then, or the booking is too short or too long.",
        "Choose a time within the hours. Hours are set in the booking app.",
    ),
    Code.EXCEPTION: (
        "Special hours on that day",
        "That date has hours of its own, for example a holiday, and the time lies outside them.",
        "Choose another day, or change the exception in the booking app.",
    ),
    Code.PAST: ("Already past", "The time lies before now.", "Choose a time in the future."),
    Code.TOO_SOON: (
        "Too soon",
        "Your business wants more notice before a booking.",
        "Choose a later time. A manager can let staff move bookings at shorter notice.",
    ),
    Code.TOO_FAR: (
        "Too far ahead",
        "Your business doesn’t take bookings so far in the future.",
        "Choose an earlier date.",
    ),
    Code.DAY_FULL: (
        "The day is full",
        "The person has as many bookings that day as your business allows.",
        "Choose another day or another person.",
    ),
    Code.NOT_ASSIGNED: (
        "The person doesn’t do this service",
        "The service isn’t on their list in the booking app.",
        "Choose somebody else, or give them the service there.",
    ),
    Code.INACTIVE: (
        "Switched off",
        "The business, the person or the service isn’t active.",
        "Switch it on again in the booking app.",
    ),
    Code.UNREADABLE: (
        "We can’t tell",
        "The hours, the length or the time zone can’t be read; or it is a group session, whose places only the booking"
        " app counts.",
        "Book it in the booking app. If it is no group session, ask a manager to look at the hours.",
    ),
}


def codes() -> Iterator[Entry]:
    """Why a time can't be booked, in the order in which it is told."""
    for code in Code:
        says, means, advice = CODES[code]
        yield Entry(code.lower().replace("_", "-"), code.value, says, means, advice)


# Per reason that a change in a calendar is put back: what to do about it. What it says stands in `rules`.
EDITS: Final[Mapping[Why, str]] = {
    Why.RECURS: "Make each further appointment in the booking app. Events of your own may repeat as they like.",
    Why.ALL_DAY: "Give it a start and an end. To keep a whole day free, draw an event of your own.",
    Why.NO_LENGTH: "Choose a later end.",
    Why.TOO_LONG: "Choose an earlier end.",
    Why.PAST: "Choose a time in the future, or change it in the booking app.",
    Why.OVER: "Change it in the booking app.",
    Why.CANCELLED: "Make a new booking in the booking app.",
    Why.NO_MOVES: "Move it in the booking app. Your manager sets this rule.",
    Why.NO_DELETES: "Cancel it in the booking app. Your manager sets this rule.",
    Why.LONG_NOTES: "Shorten them, or write them in the booking app.",
    Why.EVENT_MOVE: "Change the event’s time in the booking app; everyone’s place moves with it.",
    Why.VIDEO_MOVE: "Move it in the booking app, so that the meeting moves too.",
    Why.GROUP_CANCEL: "Cancel the place in the booking app, so that somebody else can have it.",
    Why.VIDEO_CANCEL: "Cancel it in the booking app, so that the meeting goes too.",
    Why.INVOICED_CANCEL: "Cancel it in the booking app, which knows about the money.",
}


def edits() -> Iterator[Entry]:
    """Why a change in a calendar is put back."""
    for why in Why:
        says, _, _ = refusal(why).words.partition(". ")
        yield Entry(f"edit-{why}", "", says.rstrip("."), "", EDITS[why])


# What pages, apps and the way to a provider can say: an example of each, what it means, and what to do.
_HOST: Final = "cloud.example.com"
ERRORS: Final[tuple[tuple[GatewayError, str, str], ...]] = (
    (
        NotYours(what="this link was used or is too old; ask for a new one"),
        "What you asked for isn’t there, or is somebody else’s. Links that let you in work once, and not for long.",
        "For a new link, open your booking app and choose “Calendars”.",
    ),
    (
        SlotTaken((Obstacle(Code.OVERLAP, "Ana Ribeiro is booked from 10:00 to 10:45."),)),
        "Somebody or something has that time. Nothing has changed.",
        "Look the reason up under “A time can’t be booked”, above.",
    ),
    (
        Changed(),
        "It was changed somewhere else while you were at it. The newer version counts.",
        "Your app fetches it by itself. Then make your change once more.",
    ),
    (
        Throttled(retry_after=120),
        "Somebody typed too many wrong passwords. Devices that are signed in go on.",
        "Wait as long as it says. If you don’t have the password any more, make a new one.",
    ),
    (
        AppUnreachable(60),
        "The booking app has to carry this out, and it gave no answer. Nothing has changed.",
        "Wait a few minutes and try again.",
    ),
    (
        Unavailable(host=_HOST, reason="no answer"),
        "The provider, or the way to it, has a problem.",
        "Try again in a few minutes. If it lasts, look whether the address is right and the calendar opens elsewhere.",
    ),
    (
        RateLimited(host=_HOST),
        "We asked it a lot in a short time, and it wants a break.",
        "Nothing to do for an account that is connected. If you are connecting one, try again in a few minutes.",
    ),
    (
        NeedsReconnect(host=_HOST, reason="access has ended or was taken back"),
        "The name or the password is wrong, or the permission has ended.",
        "Type them once more. iCloud, Fastmail and Yahoo take only a password that was made for us.",
    ),
    (
        NotAccepted(host=_HOST, reason="no calendars are to be found there"),
        "It answers, but not with what we need. The sentence says what is in the way.",
        "See that the address is the calendar server’s, or the calendar’s own.",
    ),
    (
        ForbiddenAddress(host="192.168.1.20", reason="it lies in a private network"),
        "We only call addresses that are out in the world, begin with https and hold no user name.",
        "Use the address that works from outside. Whoever runs Daybridge can allow a server in your own network.",
    ),
    (
        DatabaseUnavailable(reason="no answer"),
        "It is on our side. Your calendars keep what they have.",
        "Wait a minute and try again.",
    ),
    (
        SetupError("Daybridge isn’t set up as it should be."),
        "Something is missing on our side.",
        "Tell whoever runs Daybridge for you; their log says more.",
    ),
)


# What the pages say in place of what is meant for the log.
ON_PAGES: Final[Mapping[type[GatewayError], str]] = {
    DatabaseUnavailable: "The database doesn't answer; try again in a moment.",
    SetupError: "Daybridge isn't set up as it should be; its operator's log says more. Try again later.",
}


def errors() -> Iterator[Entry]:
    """What else can be refused."""
    for example, means, advice in ERRORS:
        kind = type(example)
        anchor = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
        says, _, _ = ON_PAGES.get(kind, str(example)).partition(" Please ")
        yield Entry(f"error{anchor}", "", says, means, advice)
