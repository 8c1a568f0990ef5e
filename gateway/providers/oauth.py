"""What OAuth 2.0 is with every provider (RFC 6749, with PKCE, RFC 7636)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Final

from gateway.core.language import N_

# For a token of which nobody says how long it lasts (RFC 6749 5.1: they should); and no token lasts longer.
_SHORT, _LONG = timedelta(minutes=5), timedelta(days=1)
_MOST_SECONDS: Final = 10**9


def challenge(verifier: str) -> str:
    """What is shown of a secret before the secret is (RFC 7636 4.2, S256)."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def life(seconds: object) -> timedelta:
    """How long a token is relied on that is said to last so many seconds."""
    if not isinstance(seconds, int) or seconds < 0:
        return _SHORT
    return min(timedelta(seconds=min(seconds, _MOST_SECONDS)), _LONG)


def declined(error: str) -> str:
    """What it means if somebody comes back without a code (RFC 6749 4.1.2.1), in words for them."""
    return N_("you said no there") if error == "access_denied" else N_("it didn’t let us in")


def is_open(url: str) -> bool:
    return url.startswith("http://")


def as_https(url: str) -> str:
    """An address as libraries take it that know of no other servers than those of the world outside; `Transport` is
    told to go there in the open."""
    return f"https{url.removeprefix('http')}" if is_open(url) else url
