"""Where reading a calendar goes on. Pure.

A delta keeps the window that it began with (https://learn.microsoft.com/graph/delta-query-events), so the window's end
stands beside the link: when time has moved on, everything is read anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.core.remote import Window

# So much further than asked, or a day later it would be too short.
_SPARE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`until` is where the window ends (RFC 3339), `link` where it goes on."""

    until: str
    link: str

    @classmethod
    def read(cls, text: str, window: Window) -> Cursor:
        """What `str` wrote. Raises ValueError, also where the window is too short by now."""
        parts = json.loads(text)
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts) or len(parts) != 2:
            raise ValueError("not a cursor of ours")
        found = cls(*parts)
        if datetime.fromisoformat(found.until) < window.until:
            raise ValueError("the window ends too early")
        return found

    def __str__(self) -> str:
        return json.dumps([self.until, self.link], separators=(",", ":"))

    def after(self, answer: Mapping[str, Any]) -> tuple[Cursor, bool]:
        """Where an answer leads, and whether the round is over. Raises ValueError for one that leads nowhere."""
        further, done = answer.get("@odata.nextLink"), answer.get("@odata.deltaLink")
        if isinstance(further, str) and further:
            return Cursor(self.until, further), False
        if isinstance(done, str) and done:
            return Cursor(self.until, done), True
        raise ValueError("no link")


def edges(window: Window) -> tuple[str, str]:
    """From when to when is asked, as Graph has it."""
    return _written(window.since), _written(window.until + _SPARE)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
