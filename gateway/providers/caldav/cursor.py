"""Where reading a calendar goes on: what the last round knew, and what of the present one is still to be told. Pure.

A server with sync-collection (RFC 6578) keeps count for us, and gives a token. With all others we compare: each
object's version as it was, and as it is. Those are kept in the cursor itself, packed, since there is no other place.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

# What is compared is told in one text; beyond so many objects a change of the calendar is read as a new calendar.
MOST_KNOWN: Final = 20_000
_MOST_OCTETS: Final = 16_000_000
_LONGEST_TOKEN: Final = 2_000
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Cursor:
    """`token` is the server's; without one, `known` has the versions by name, and `mark` changes whenever the calendar
    does (empty: nobody says). `rest` are the names that are still to be told in this round.

    `whole`: the round tells everything. `more`: after `rest`, the server has more to say.
    """

    token: str = ""
    mark: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    whole: bool = False
    more: bool = False

    @classmethod
    def read(cls, text: str) -> Cursor:
        """What `str` wrote. Raises ValueError."""
        match _unpacked(text):
            case {
                "t": str(token),
                "m": str(mark),
                "k": dict(known),
                "r": list(rest),
                "w": bool(w),
                "n": bool(n),
            }:
                texts = [token, mark, *known, *known.values(), *rest]
                if all(isinstance(one, str) and one.isprintable() for one in texts):
                    return cls(token, mark, known, tuple(rest), w, n)
        raise ValueError("not a cursor of ours")

    def __str__(self) -> str:
        told = {
            "t": self.token,
            "m": self.mark,
            "k": dict(self.known),
            "r": list(self.rest),
            "w": self.whole,
            "n": self.more,
        }
        packed = zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 6)
        return f"dav1.{b64encode(packed).decode('ascii')}"

    def after(self, told: int) -> Cursor:
        """The same round, when so many more names of it were told."""
        rest = self.rest[told:]
        return replace(self, rest=rest, whole=self.whole and bool(rest or self.more))

    @property
    def is_over(self) -> bool:
        return not self.rest and not self.more


def version(etag: str) -> str:
    """So much of a version as tells it from others."""
    return sha256(etag.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def usable_token(token: str) -> str:
    """A server's token, if it can be kept and sent."""
    return token if token.isprintable() and len(token) <= _LONGEST_TOKEN else ""


def _unpacked(text: str) -> Any:
    head, dot, packed = text.partition(".")
    if (head, dot) != ("dav1", "."):
        raise ValueError("not a cursor of ours")
    unpacking = zlib.decompressobj()
    try:
        body = unpacking.decompress(b64decode(packed, validate=True), _MOST_OCTETS)
        return json.loads(body)
    except (zlib.error, RecursionError):
        raise ValueError("not a cursor of ours") from None
