"""Texts as cells of a table that somebody will open in a spreadsheet."""

from __future__ import annotations

from typing import Final

# What makes a spreadsheet take a text for a formula, also behind blanks (OWASP, CSV injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Some programs take these for the signs above.
_WIDE: Final = ("＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """The same text; behind an apostrophe where a spreadsheet would calculate with it."""
    return f"'{cell}" if cell.startswith(_FORMULAS) or cell.lstrip().startswith(_FORMULAS + _WIDE) else cell
