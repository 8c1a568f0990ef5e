"""What a browser is called, by what it says of itself; and whether its key is still the one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hmac import compare_digest
from typing import Final

from gateway.core.language import N_, _

# As long as the cookie is kept by the browser.
LIFE: Final = timedelta(days=30)
KEY_LIFE: Final = timedelta(days=1)
# Requests that set out with the key before it was exchanged arrive within this time.
GRACE: Final = timedelta(minutes=1)
# How exactly one is told when it was seen.
SEEN_EVERY: Final = timedelta(minutes=5)

_PROGRAMS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_MACHINES: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip
_UNKNOWN: Final = N_("A browser")


class Standing(Enum):
    """What becomes of a request: let in; let in and given a new key; sent away."""

    IN = "in"
    TURN = "turn"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes of the key that counts, and of the one before it (None: there was none)."""

    present: bytes
    former: bytes | None
    turned_at: datetime
    seen_at: datetime


def standing(keys: Keys, shown: bytes, now: datetime) -> Standing:
    """`shown` is the hash of what the cookie has."""
    if now - keys.seen_at > LIFE:
        return Standing.OUT
    if compare_digest(keys.present, shown):
        return Standing.TURN if now - keys.turned_at > KEY_LIFE else Standing.IN
    recent = now - keys.turned_at <= GRACE
    if recent and keys.former is not None and compare_digest(keys.former, shown):
        return Standing.IN
    return Standing.OUT


def name(agent: str) -> str:
    """ "Safari on iPhone"; what can't be told is "A browser"."""
    program = next((word for sign, word in _PROGRAMS if sign in agent), _UNKNOWN)
    machine = next((word for sign, word in _MACHINES if sign in agent), "")
    return f"{program} on {machine}" if machine else program


def told(kept: str) -> str:
    """A name as the reader says it; `name` is kept, and so in English."""
    program, on, machine = kept.rpartition(" on ")
    if not on:
        return _(kept)
    return _("{program} on {machine}").format(program=_(program), machine=machine)
