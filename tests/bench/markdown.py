"""Tables and paragraphs, as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

_WIDTH = 118


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column holds words, the others figures."""
    kinds = [":--", *("--:" for _ in heads[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, kinds, *rows)) + "\n"


def paragraph(words: str) -> str:
    """Broken into lines, so that a new run changes few of them."""
    return textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
