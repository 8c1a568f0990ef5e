"""What other calendars hold, in words of our own: the values that every provider gives and takes.

A provider translates into these and back (`providers/*/translate.py`); nothing behind them knows whose calendar it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from gateway.core.model import require_aware
from gateway.core.wanted import Wanted


class Showing(StrEnum):
    """What its owner shows others of the time of an event."""

    BUSY = "busy"
    OUT_OF_OFFICE = "out_of_office"
    FOCUS = "focus"
    FREE = "free"
    WORKING_ELSEWHERE = "working_elsewhere"
    WORKING_LOCATION = "working_location"
    BIRTHDAY = "birthday"


class Reply(StrEnum):
    """What its owner has answered to an invitation; `NONE` where there is nothing to answer."""

    NONE = "none"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    UNANSWERED = "unanswered"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when events of others matter."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        require_aware(self.since, self.until)


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar of an account. `zone` is an IANA name, empty if the provider doesn't tell one that is known."""

    id: str
    name: str
    zone: str
    writable: bool
    primary: bool


@dataclass(frozen=True, slots=True)
class Stamp:
    """One version of an event there: where it is, and which version. An `etag` that is empty is known to nobody.

    `kept` is what its provider wants to know of this version when it is written over, if it wrote it itself: a text
    that only the provider reads.
    """

    id: str
    etag: str
    kept: str = ""


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """An event as another calendar has it.

    `series` is the id of the recurring event that this is an instance of, and its own id otherwise. `gone`: it was
    deleted; then nothing but ids is told, and a deleted instance still tells which one it was.

    `times` are the lines of a VEVENT (CRLF, without BEGIN and END) that say when it is: DTSTART, DTEND or DURATION,
    RRULE, RDATE, EXDATE, RECURRENCE-ID, STATUS:CANCELLED; nothing else, so nothing private. Zones in them are IANA
    names. With `whole`, what isn't told of its series in the same page is there no more.

    `tag` is the UID of the booking's event if one of us put it there, else empty; `wanted` is then what it shows.
    `title` is empty unless the provider was asked for titles. `unknown_zone` is a zone's name that nobody knows here;
    its times are then told in the calendar's zone.
    """

    id: str
    etag: str
    series: str
    gone: bool = False
    whole: bool = False
    times: bytes = b""
    showing: Showing = Showing.BUSY
    reply: Reply = Reply.NONE
    tag: str = ""
    wanted: Wanted | None = None
    title: str = ""
    unknown_zone: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what changed. With `last`, the cursor is where the next round goes on; before that, where this one
    does, and it is worth nothing tomorrow."""

    events: tuple[RemoteEvent, ...]
    cursor: str
    last: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """A provider's promise to call us when a calendar changes, until `expires_at`. `resource` is what they call it."""

    id: str
    resource: str
    expires_at: datetime

    def __post_init__(self) -> None:
        require_aware(self.expires_at)


# A password has no end that anybody knows.
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Login:
    """What an owner types to let us into an account: where it is (an e-mail address, a domain or a whole address), who
    they are there, and a password. `repr` says nothing of it: some addresses are secrets too."""

    address: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Login()"


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets us into somebody's account. Never logged, never shown: `repr` says nothing of it.

    `scopes` are what was really granted. Without a `refresh_token` it ends at `expires_at`. `account` is what its owner
    calls the account, an e-mail address as a rule; empty: as its main calendar is called. `kept` is whatever else its
    provider needs the next time, as a text that only the provider reads.
    """

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: frozenset[str] = frozenset()
    account: str = ""
    kept: str = ""

    def __post_init__(self) -> None:
        require_aware(self.expires_at)

    def __repr__(self) -> str:
        return f"Grant(until {self.expires_at.isoformat()})"
