"""What a booking's event is called elsewhere, and how an event elsewhere is known to be a booking's."""

from __future__ import annotations

from base64 import b32hexencode
from hashlib import sha256

from gateway.core import event


def event_key(maker: str, booking_id: int, generation: int) -> str:
    """The same for each attempt to make the same event, so that repeating one can't make a second event. `maker` is the
    connection of an installation.

    The next `generation` is for an event that was deleted there: some providers never give a used id again. Forty
    letters of a-v and 0-9, which Google takes as an id; no two makers have one in common.
    """
    digest = sha256(f"{maker}/{booking_id}/{generation}".encode()).digest()
    return b32hexencode(digest[:25]).decode().lower()


def booking_of(tag: str, installation: str) -> int | None:
    """The booking that an event there was made for; None for what isn't ours."""
    return event.booking_of(tag, installation) if tag else None


_PROBE = "probe-"


def probe_tag(token: str, installation: str) -> str:
    """The mark of an event that only tests a calendar."""
    return f"{_PROBE}{token}@{installation}"


def is_probe(tag: str) -> bool:
    return tag.startswith(_PROBE)
