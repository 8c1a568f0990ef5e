"""What a refusal means and what to do about it, in words for the help pages: one entry for each that people meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from gateway.core.language import N_, _
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
        N_("Another booking is there"),
        N_("The same person has a booking at that time, also one that still waits to be confirmed."),
        N_("Choose another time, or move the other booking first."),
    ),
    Code.BUFFER: (
        N_("Too close to another booking"),
        N_("Your business keeps a break after each booking, and this one would eat into it."),
        N_("Leave the break. A manager can make it shorter in the booking app."),
    ),
    Code.EXTERNAL: (
        N_("Another calendar says busy"),
        N_("A connected calendar has something then. We don’t say what it is."),
        N_(
            "Its owner can mark the event as free there, move it, or switch that calendar off under “What blocks time”."
        ),
    ),
    Code.BLOCK: (
        N_("Blocked in your own calendar"),
        N_("You drew an event into your bookings calendar, and that closes its time."),
        N_("Delete it, move it or mark it as free in your calendar app."),
    ),
    Code.HOURS: (
        N_("Outside the working hours"),
        N_(
            "The person doesn’t work then, the service isn’t offered then, or the booking is too short or too long."
        ),
        N_("Choose a time within the hours. Hours are set in the booking app."),
    ),
    Code.EXCEPTION: (
        N_("Special hours on that day"),
        N_("That date has hours of its own, for example a holiday, and the time lies outside them."),
        N_("Choose another day, or change the exception in the booking app."),
    ),
    Code.PAST: (N_("Already past"), N_("The time lies before now."), N_("Choose a time in the future.")),
    Code.TOO_SOON: (
        N_("Too soon"),
        N_("Your business wants more notice before a booking."),
        N_("Choose a later time. A manager can let staff move bookings at shorter notice."),
    ),
    Code.TOO_FAR: (
        N_("Too far ahead"),
        N_("Your business doesn’t take bookings so far in the future."),
        N_("Choose an earlier date."),
    ),
    Code.DAY_FULL: (
        N_("The day is full"),
        N_("The person has as many bookings that day as your business allows."),
        N_("Choose another day or another person."),
    ),
    Code.NOT_ASSIGNED: (
        N_("The person doesn’t do this service"),
        N_("The service isn’t on their list in the booking app."),
        N_("Choose somebody else, or give them the service there."),
    ),
    Code.INACTIVE: (
        N_("Switched off"),
        N_("The business, the person or the service isn’t active."),
        N_("Switch it on again in the booking app."),
    ),
    Code.UNREADABLE: (
        N_("We can’t tell"),
        N_(
            "The hours, the length or the time zone can’t be read; or it is a group session, whose places only the"
            " booking app counts."
        ),
        N_("Book it in the booking app. If it is no group session, ask a manager to look at the hours."),
    ),
}


def codes() -> Iterator[Entry]:
    """Why a time can't be booked, in the order in which it is told."""
    for code in Code:
        says, means, advice = CODES[code]
        yield Entry(code.lower().replace("_", "-"), code.value, _(says), _(means), _(advice))


# Per reason that a change in a calendar is put back: what to do about it. What it says stands in `rules`.
EDITS: Final[Mapping[Why, str]] = {
    Why.RECURS: N_(
        "Make each further appointment in the booking app. Events of your own may repeat as they like."
    ),
    Why.ALL_DAY: N_("Give it a start and an end. To keep a whole day free, draw an event of your own."),
    Why.NO_LENGTH: N_("Choose a later end."),
    Why.TOO_LONG: N_("Choose an earlier end."),
    Why.PAST: N_("Choose a time in the future, or change it in the booking app."),
    Why.OVER: N_("Change it in the booking app."),
    Why.CANCELLED: N_("Make a new booking in the booking app."),
    Why.NO_MOVES: N_("Move it in the booking app. Your manager sets this rule."),
    Why.NO_DELETES: N_("Cancel it in the booking app. Your manager sets this rule."),
    Why.LONG_NOTES: N_("Shorten them, or write them in the booking app."),
    Why.EVENT_MOVE: N_("Change the event’s time in the booking app; everyone’s place moves with it."),
    Why.VIDEO_MOVE: N_("Move it in the booking app, so that the meeting moves too."),
    Why.GROUP_CANCEL: N_("Cancel the place in the booking app, so that somebody else can have it."),
    Why.VIDEO_CANCEL: N_("Cancel it in the booking app, so that the meeting goes too."),
    Why.INVOICED_CANCEL: N_("Cancel it in the booking app, which knows about the money."),
}


def edits() -> Iterator[Entry]:
    """Why a change in a calendar is put back."""
    for why in Why:
        says = refusal(why).words.partition(". ")[0]
        yield Entry(f"edit-{why}", "", says.rstrip("."), "", _(EDITS[why]))


# What pages, apps and the way to a provider can say: an example of each, what it means, and what to do. Examples are
# made where they are told, since an error speaks the language of whoever meets it.
_HOST: Final = "cloud.example.com"
ERRORS: Final[tuple[tuple[Callable[[], GatewayError], str, str], ...]] = (
    (
        lambda: NotYours(what=N_("this link was used or is too old; ask for a new one")),
        N_(
            "What you asked for isn’t there, or is somebody else’s. Links that let you in work once, and not for long."
        ),
        N_("For a new link, open your booking app and choose “Calendars”."),
    ),
    (
        lambda: SlotTaken((Obstacle(Code.OVERLAP, _("Ana Ribeiro is booked from 10:00 to 10:45.")),)),
        N_("Somebody or something has that time. Nothing has changed."),
        N_("Look the reason up under “A time can’t be booked”, above."),
    ),
    (
        Changed,
        N_("It was changed somewhere else while you were at it. The newer version counts."),
        N_("Your app fetches it by itself. Then make your change once more."),
    ),
    (
        lambda: Throttled(retry_after=120),
        N_("Somebody typed too many wrong passwords. Devices that are signed in go on."),
        N_("Wait as long as it says. If you don’t have the password any more, make a new one."),
    ),
    (
        lambda: AppUnreachable(60),
        N_("The booking app has to carry this out, and it gave no answer. Nothing has changed."),
        N_("Wait a few minutes and try again."),
    ),
    (
        lambda: Unavailable(host=_HOST, reason=N_("no answer")),
        N_("The provider, or the way to it, has a problem."),
        N_(
            "Try again in a few minutes. If it lasts, look whether the address is right and the calendar opens"
            " elsewhere."
        ),
    ),
    (
        lambda: RateLimited(host=_HOST),
        N_("We asked it a lot in a short time, and it wants a break."),
        N_(
            "Nothing to do for an account that is connected. If you are connecting one, try again in a few minutes."
        ),
    ),
    (
        lambda: NeedsReconnect(host=_HOST, reason=N_("access has ended or was taken back")),
        N_("The name or the password is wrong, or the permission has ended."),
        N_("Type them once more. iCloud, Fastmail and Yahoo take only a password that was made for us."),
    ),
    (
        lambda: NotAccepted(host=_HOST, reason=N_("no calendars are to be found there")),
        N_("It answers, but not with what we need. The sentence says what is in the way."),
        N_("See that the address is the calendar server’s, or the calendar’s own."),
    ),
    (
        lambda: ForbiddenAddress(host="192.168.1.20", reason=N_("it lies in a private network")),
        N_("We only call addresses that are out in the world, begin with https and hold no user name."),
        N_(
            "Use the address that works from outside. Whoever runs Daybridge can allow a server in your own network."
        ),
    ),
    (
        lambda: DatabaseUnavailable(reason=N_("no answer")),
        N_("It is on our side. Your calendars keep what they have."),
        N_("Wait a minute and try again."),
    ),
    (
        lambda: SetupError(_("Daybridge isn’t set up as it should be.")),
        N_("Something is missing on our side."),
        N_("Tell whoever runs Daybridge for you; their log says more."),
    ),
)


# What the pages say in place of what is meant for the log.
ON_PAGES: Final[Mapping[type[GatewayError], str]] = {
    DatabaseUnavailable: N_("The database doesn't answer; try again in a moment."),
    SetupError: N_("Daybridge isn't set up as it should be; its operator's log says more. Try again later."),
}


def errors() -> Iterator[Entry]:
    """What else can be refused."""
    for made, means, advice in ERRORS:
        example = made()
        kind = type(example)
        anchor = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
        says = _(ON_PAGES[kind]) if kind in ON_PAGES else example.said()
        yield Entry(f"error{anchor}", "", says, _(means), _(advice))
