"""Text as a code that a phone's camera reads, drawn into the page."""

from __future__ import annotations

import segno
from markupsafe import Markup


def drawn(text: str) -> Markup:
    """An SVG without a size of its own; what stands around it says what it leads to."""
    code = segno.make(text, error="m", micro=False)
    picture: str = code.svg_inline(omitsize=True, border=0, svgclass=None, lineclass=None)
    return Markup(picture)  # noqa: S704 - made of squares only
