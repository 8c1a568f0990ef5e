"""Where a practice calendar is kept, as this provider sees it: its far side, in place of a network.

Providers may not know the database, so `gateway.db.practice` has it and `wiring` brings the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.core.remote import RemoteCalendar, Stamp

# A calendar: business, account, the calendar's id.
Where = tuple[int, str, str]


class Kept(Protocol):
    """An event there. `series`: what it is an instance of, or itself; of a deleted one nothing but its ids is told."""

    @property
    def id(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def series(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def content(self) -> Mapping[str, Any]: ...


class Agreed(Protocol):
    """What a code was given for: which account, to whom (RFC 7636's challenge), and where it was sent."""

    @property
    def account(self) -> str: ...
    @property
    def challenge(self) -> str: ...
    @property
    def redirect(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...


class Store(Protocol):
    """What is kept. Each call is a transaction, and raises what a provider's answers mean."""

    def spend(self, business_id: int, code_hash: bytes) -> Agreed | None:
        """What a code was given for; it is thereby used up."""

    def let_in(self, business_id: int, token_hash: bytes, account: str) -> None:
        """Let into this account whoever shows this token."""

    def shut_out(self, business_id: int, token_hash: bytes) -> None:
        """No more."""

    def holder(self, business_id: int, token_hash: bytes) -> str | None:
        """The account that this token lets into."""

    def calendars(self, business_id: int, account: str) -> Sequence[RemoteCalendar]:
        """Those of an account, the main one first."""

    def put(self, where: Where, id_: str, tag: str, content: Mapping[str, Any], seen: Stamp | None) -> Stamp:
        """As `CalendarProvider.put`. Raises RemoteGone, RemoteChanged, NotAccepted."""

    def delete(self, where: Where, id_: str) -> None:
        """Delete an event; one that isn't there is fine. Raises RemoteGone for the calendar."""

    def read(self, where: Where, id_: str) -> Kept:
        """Raises RemoteGone."""

    def since(
        self, where: Where, place: tuple[int, str], most: int, *, whole: bool
    ) -> tuple[Sequence[Kept], int]:
        """So many events in the order of their changes, from behind a place (revision, id) on, and the calendar's
        revision at this moment; with `whole`, of those that are there. Raises CursorExpired, RemoteGone."""
