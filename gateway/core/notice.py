"""What providers tell us when they call: no more than "have a look", and who it is that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class What(StrEnum):
    """`ENDING`: the watch wants to be made anew, or is over already."""

    CHANGED = "changed"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it comes in: names of headers in small letters."""

    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Which watch, and the secret that shows that its provider calls."""

    watch: str
    secret: str = field(repr=False)
    what: What = What.CHANGED


@dataclass(frozen=True, slots=True)
class Handshake:
    """A provider wants to hear its own word back, before it promises anything."""

    word: str = field(repr=False)


Heard = Handshake | tuple[Notice, ...]
