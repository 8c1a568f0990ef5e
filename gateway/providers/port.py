"""What a calendar provider can do for us: all of it, in each of them, nothing optional.

Errors are `core.errors.ProviderError`s: Unavailable and RateLimited (try later), RemoteChanged (412: read it again),
RemoteGone (confirmed: it isn't there), CursorExpired, NeedsReconnect, NotAccepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from gateway.core.model import Event
from gateway.core.notice import Call, Heard
from gateway.core.remote import Grant, Login, Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window


class CalendarProvider(Protocol):
    """One account, opened. Each call asks the provider; a call that returns has been carried out there."""

    def calendars(self) -> list[RemoteCalendar]:
        """Every calendar of the account that can be read."""

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        """Write an event: over the version `seen`, or as a new one that is called `key` and tagged with its UID.

        Repeating it makes no second event: an event that is there under this key with our tag is adopted and written
        over. Nobody is invited or told. Raises RemoteChanged when it isn't the version seen, RemoteGone when it was
        deleted (for a new one: when the key is used up by an event that was).
        """

    def delete(self, calendar: str, stamp: Stamp) -> None:
        """Take an event away, whatever its version by now; one that is gone already is fine."""

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        """One event as it is. Raises RemoteGone when the provider confirms that there is none."""

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        """What changed since a cursor; with an empty one, all that there is in the window.

        Removals are told as `gone`. Events of ours are told whether in the window or not, as far as the provider
        can. Raises CursorExpired.
        """

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        """Have `url` called when something changes, with `secret` shown; None: it must be asked now and then."""

    def unwatch(self, watch: Watch) -> None:
        """End that; one that has ended already is fine."""


class Authority(Protocol):
    """Who lets us into accounts, and under which conditions (OAuth 2.0, RFC 6749, with PKCE, RFC 7636)."""

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        """Where its owner is sent to agree. `consent` asks anew although they agreed before; `hint` is an address
        that they may want to choose, or empty."""

    def declined(self, error: str, detail: str) -> str:
        """Why somebody came back without a code, in words for them; `error` and `detail` are what the provider says."""

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        """What the owner's agreement is worth. Raises NotAccepted."""

    def refresh(self, grant: Grant) -> Grant:
        """A new access token. Raises NeedsReconnect when the owner, or the provider, has taken the grant back."""

    def revoke(self, grant: Grant) -> None:
        """Give the grant back; one that is worth nothing any more is fine."""

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        """What we need and the owner didn't grant, in words for the owner; empty if all is there."""


@runtime_checkable
class Door(Protocol):
    """Who lets us into accounts that are opened with a password, or with an address that is the secret itself."""

    asks_password: ClassVar[bool]

    def enter(self, login: Login) -> Grant:
        """Find the account, and see that it lets us in. Raises NeedsReconnect for a wrong name or password,
        NotAccepted where there is no such account, ForbiddenAddress, Unavailable."""

    def refresh(self, grant: Grant) -> Grant:
        """The same: a password ends when its owner ends it."""

    def revoke(self, grant: Grant) -> None:
        """There is nothing to give back."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calendars are opened: a connection, and for OAuth its grant. `titles`: its owner wants titles read."""

    business_id: int
    connection_id: int
    name: str
    grant: Grant
    titles: bool = False


def _deaf(_: Call) -> Heard:
    return ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of account that can be connected. `title` is what people call it; where that depends on the account,
    `called` tells it by the account's name.

    `budget` is how many requests a minute the provider allows us for one account and in all. `hear` reads its calls,
    which anybody may have sent: what can't be one has no notices in it.
    """

    name: str
    title: str
    authority: Authority | Door
    open: Callable[[Account], CalendarProvider]
    budget: tuple[int, int] = (600, 10_000)
    hear: Callable[[Call], Heard] = _deaf
    called: Callable[[str], str] | None = None

    def title_of(self, account: str) -> str:
        """What people call the provider of this account."""
        return self.called(account) if self.called and account else self.title
