"""Where reading a calendar goes on: within a list of several pages, or with what has changed since it. Pure.

https://developers.google.com/workspace/calendar/api/guides/sync
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Cursor:
    """A round of reading: the first one, from `since` (RFC 3339), or a later one with its `sync` token. `page` is
    empty for a round that hasn't begun."""

    since: str = ""
    sync: str = ""
    page: str = ""

    @classmethod
    def first(cls, since: datetime) -> Cursor:
        return cls(since=since.astimezone(UTC).isoformat(timespec="seconds"))

    @classmethod
    def read(cls, text: str) -> Cursor:
        """What `str` wrote. Raises ValueError."""
        parts = json.loads(text)
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts) or len(parts) != 3:
            raise ValueError("not a cursor of ours")
        return cls(*parts)

    def __str__(self) -> str:
        return json.dumps([self.since, self.sync, self.page], separators=(",", ":"))

    @property
    def parameters(self) -> dict[str, str]:
        """Google refuses timeMin beside a sync token, and wants all pages of a round asked for with the same words."""
        told = {"syncToken": self.sync} if self.sync else {"timeMin": self.since}
        return told | ({"pageToken": self.page} if self.page else {})

    def after(self, answer: Mapping[str, Any]) -> tuple[Cursor, bool]:
        """Where an answer leads, and whether the round is over. Raises ValueError for one that leads nowhere."""
        page, sync = answer.get("nextPageToken"), answer.get("nextSyncToken")
        if isinstance(page, str) and page:
            return Cursor(self.since, self.sync, page), False
        if isinstance(sync, str) and sync:
            return Cursor(sync=sync), True
        raise ValueError("no token")
