"""Sync tokens (RFC 6578): where in a calendar's history a client stands.

A token is `urn:daybridge:sync:<epoch>:<revision>`. When an answer was cut short (DAV:limit), several objects may share
the revision at which it ended, so the token also names the last href; and while the very first listing is being paged
through, the revision at which it began, because deletions up to there are no news to this client (RFC 6578 3.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

from gateway.core.errors import InvalidSyncToken
from gateway.core.model import Calendar

# A percent-encoded name may be three times as long as the longest path that is taken.
_TOKEN = re.compile(
    r"urn:daybridge:sync:(?P<epoch>[0-9a-f]{1,64}):(?P<revision>[0-9]{1,18})"
    r"(?::(?P<first>[0-9]{1,18}):(?P<href>[!-9;-~]{0,6200}))?"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SyncToken:
    """A place in the history of one calendar: after (revision, href).

    `first` is the revision at which the client's first listing began, or 0; `href` is "" when the revision is
    complete.
    """

    epoch: str
    revision: int
    first: int = 0
    href: str = ""

    def __str__(self) -> str:
        whole = f"urn:daybridge:sync:{self.epoch}:{self.revision}"
        return f"{whole}:{self.first}:{quote(self.href, safe='')}" if self.href else whole


class Change(NamedTuple):
    """What happened to one object since a token. `body` is empty unless it was asked for.

    A tuple, because a first sync makes one for each object of a calendar, and a dataclass takes three times as long.
    """

    href: str
    etag: str
    deleted: bool
    revision: int
    modified_at: datetime
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Changes:
    """An answer to a sync: changes in order, the token to go on from, and whether more wait behind it."""

    changes: list[Change]
    token: SyncToken
    more: bool


def current(calendar: Calendar) -> SyncToken:
    """The token of a client that has seen everything."""
    return SyncToken(calendar.epoch, calendar.revision)


def parse(text: str, calendar: Calendar) -> SyncToken | None:
    """A client's token; None for the empty one of a first sync. Raises InvalidSyncToken for any that can't be
    answered: malformed, of another epoch, from the future, or from before the oldest kept tombstone."""
    if not text:
        return None
    found = _TOKEN.fullmatch(text)
    if not found:
        raise InvalidSyncToken()
    token = SyncToken(
        found["epoch"], int(found["revision"]), int(found["first"] or 0), unquote(found["href"] or "")
    )
    if token.epoch != calendar.epoch or max(token.revision, token.first) > calendar.revision:
        raise InvalidSyncToken()
    if _known_since(token) < calendar.floor_revision or _CONTROL.search(token.href):
        raise InvalidSyncToken()
    return token


def _known_since(token: SyncToken) -> int:
    """The revision after which this client needs every tombstone."""
    complete = token.revision - 1 if token.href else token.revision
    # A first listing under way has no use for those from before it began.
    return max(complete, token.first)


def cut(changes: list[Change], since: SyncToken | None, calendar: Calendar, limit: int | None) -> Changes:
    """The answer for `changes`, which are in order of (revision, href) and one longer than `limit` if more wait."""
    if limit is None or len(changes) <= limit:
        return Changes(changes, current(calendar), more=False)
    kept = changes[:limit]
    first = since.first if since else calendar.revision
    return Changes(kept, SyncToken(calendar.epoch, kept[-1].revision, first, kept[-1].href), more=True)
