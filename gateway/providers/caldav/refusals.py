"""What a CalDAV server's statuses mean (RFC 4918 11, RFC 4791 1.3 and 5.3.2.1, RFC 6578 3.2).

The first row that fits counts. 429 and 5xx are translated before (`http.send`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.core.errors import (
    NeedsReconnect,
    NotAccepted,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.language import N_
from gateway.providers import http
from gateway.providers.caldav import quirks
from gateway.providers.caldav.multistatus import CALDAV, DAV
from gateway.providers.http import Answer, Meaning


class UidTaken(NotAccepted):
    """{host} doesn't accept this: {reason}.

    `href` is where the event is that it has instead, if the server says so.
    """

    href = ""


# RFC 6638 3.2.4.1 says the second one of events with guests; Cyrus, and so Fastmail, of any event that one of the
# account's calendars has already.
_TAKEN: Final = (f"{CALDAV}no-uid-conflict", f"{CALDAV}unique-scheduling-object-resource")

_MEANINGS: Final = (
    Meaning(None, UidTaken, frozenset(_TAKEN), N_("another event has its UID")),
    Meaning(None, NotAccepted, frozenset({f"{DAV}quota-not-exceeded"}), N_("it is full")),
    Meaning(403, NotAccepted, because="this account may not do that"),
    Meaning(404, RemoteGone),
    Meaning(408, Unavailable, because="it lost patience"),
    Meaning(410, RemoteGone),
    Meaning(412, RemoteChanged),
    Meaning(423, Unavailable, because="somebody else is writing there at the moment"),
    Meaning(425, Unavailable, because="it wants to be asked later"),
)


def require_success(answer: Answer, url: str, words: Mapping[str, str]) -> None:
    """Raises what the status and the preconditions that came with it mean."""
    parts = urlsplit(url)
    host = parts.hostname or "?"
    let_in = Meaning(401, NeedsReconnect, because=_wrong(host, parts.path))
    try:
        http.require_success(answer, host, frozenset(words), (let_in, *_MEANINGS))
    except UidTaken as error:
        error.href = next(filter(None, map(words.get, _TAKEN)), "")
        raise


def _wrong(host: str, path: str) -> str:
    row = quirks.of_server(host, path)
    if not row.made_at:
        return "the user name or the password is wrong"
    return (
        f"the user name or the password is wrong; {row.title} takes an app-specific password here instead of the usual"
        f" one, and it is made at {row.made_at}"
    )
