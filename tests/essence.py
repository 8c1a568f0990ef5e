"""What an event says, whichever revision of it this is."""

from __future__ import annotations

_REVISION = ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED")


def essence(body: str | bytes) -> list[str]:
    """An event's lines without those that count its revisions: a refused edit moves these on, and nothing else."""
    text = body if isinstance(body, str) else body.decode()
    return [line for line in text.splitlines() if line.split(":")[0] not in _REVISION]
