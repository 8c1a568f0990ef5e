"""Where reading a practice calendar goes on: within a round, or with what has changed since the last one. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

_MOST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which place in the order of changes a round goes on, and which revision the calendar had when it began
    (-1: it has not begun).

    What changes while a round goes on comes last in it, and once more in the next one; so a round misses nothing that
    was there all the time, and the next one tells what this one may have told too early.
    """

    whole: bool
    began: int
    at: int
    id: str

    @classmethod
    def first(cls) -> Cursor:
        return cls(True, -1, 0, "")

    @classmethod
    def read(cls, text: str) -> Cursor:
        """What `str` wrote. Raises ValueError."""
        parts = json.loads(text)
        match parts:
            case [bool(whole), int(began), int(at), str(id_)] if -1 <= began < _MOST and 0 <= at < _MOST:
                return cls(whole, began, at, id_)
        raise ValueError("not a cursor of ours")

    def __str__(self) -> str:
        return json.dumps([self.whole, self.began, self.at, self.id], separators=(",", ":"))

    def begun(self, revision: int) -> Cursor:
        """The same place, in a round that has begun by now."""
        return self if self.began >= 0 else Cursor(self.whole, revision, self.at, self.id)

    def behind(self, revision: int, id_: str) -> Cursor:
        """Further on in the same round."""
        return Cursor(self.whole, self.began, revision, id_)

    def over(self) -> Cursor:
        """Where the next round begins: with what came after the beginning of this one."""
        return Cursor(False, -1, self.began + 1, "")
