"""How the text at a calendar's address is fetched: through our one HTTP function, and only if it has changed.

The address itself is the secret, and no password goes with it; so its server may send us on to wherever the text lies,
over https and to the world outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import urljoin

from gateway.core.errors import NeedsReconnect, NotAccepted, Unavailable
from gateway.core.language import N_
from gateway.providers import http
from gateway.providers.http import LEADS, Answer, Meaning, host_of
from gateway.providers.ics import pieces
from gateway.providers.ics.config import IcsConfig
from gateway.providers.ics.pieces import Feed
from gateway.providers.line import TOO_SLOW

_MOST_HOPS: Final = 5
_MOST_BYTES: Final = 20_000_000
_LONGEST_MARK: Final = 200
_ACCEPTED: Final = {"Accept": "text/calendar, */*;q=0.5"}

_ENDED: Final = "this address is no longer valid; its owner can copy the new one from where the calendar is"
_MEANINGS: Final = (
    Meaning(401, NeedsReconnect, because=_ENDED),
    Meaning(403, NeedsReconnect, because=_ENDED),
    # It may be back in a minute; if not, people see since when it can't be read.
    Meaning(404, Unavailable, because="there is nothing at this address at the moment"),
    Meaning(410, NeedsReconnect, because=_ENDED),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a server calls the version that it gave (RFC 9110 8.8)."""

    etag: str = ""
    modified: str = ""

    @property
    def conditions(self) -> Mapping[str, str]:
        told = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Text:
    """What lies at an address. `body` is None where it is what it was."""

    body: bytes | None
    marks: Marks


def address(typed: str) -> str:
    """The address that is meant: webcal is https under a name that programs open a calendar for."""
    scheme, colon, rest = typed.strip().partition("://")
    if not colon:
        return f"https://{typed.strip()}"
    plain = scheme.lower()
    return f"{'https' if plain in ('webcal', 'webcals') else plain}://{rest}"


def fetch(config: IcsConfig, url: str, marks: Marks) -> Text:
    """Raises what `http.send` does, NeedsReconnect, and NotAccepted."""
    at, end = url, monotonic() + config.timeout
    for _ in range(_MOST_HOPS + 1):
        seconds = end - monotonic()
        if seconds <= 0:
            raise Unavailable(host=host_of(at), reason=TOO_SLOW)
        answer = http.send(
            "GET",
            at,
            headers={**_ACCEPTED, **marks.conditions},
            body=None,
            timeout=seconds,
            allow_private=config.allow_private,
            most_bytes=_MOST_BYTES,
            ca_bundle=config.ca_bundle,
        )
        if answer.status == 304 and marks.conditions:
            return Text(None, marks)
        if answer.status not in LEADS:
            http.require_success(answer, host_of(at), (), _MEANINGS)
            return Text(answer.body, _marks(answer))
        at = _followed(at, answer)
    raise NotAccepted(host=host_of(at), reason=N_("it sends us in a circle"))


def read(body: bytes, host: str) -> Feed:
    """Raises Unavailable for what is no calendar: a page that says something, most likely."""
    try:
        return pieces.cut(body)
    except pieces.NoCalendar:
        raise Unavailable(
            host=host, reason=N_("there is no calendar at this address at the moment")
        ) from None


def _followed(url: str, answer: Answer) -> str:
    try:
        to = urljoin(url, answer.headers.get("location", "").strip()).partition("#")[0]
    except ValueError:
        to = ""
    if url.startswith("https:") and not to.startswith("https:"):
        raise NotAccepted(host=host_of(url), reason=N_("it sends us to an address without https"))
    return to


def _marks(answer: Answer) -> Marks:
    return Marks(*(_usable(answer.headers.get(name, "")) for name in ("etag", "last-modified")))


def _usable(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST_MARK else ""
