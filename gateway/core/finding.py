"""What came of one step of a test, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` is None where it could not be tried, or where nothing is wrong but worth a word."""

    name: str
    ok: bool | None
    words: str
