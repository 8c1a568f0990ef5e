"""One thing that was looked at, as a line for whoever runs an installation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` is None where it could not be, or where nothing is wrong but worth a word."""

    name: str
    ok: bool | None
    words: str
    remedy: str = ""
