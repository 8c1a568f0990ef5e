"""Google's descriptions: plain text, or HTML once somebody has edited one on Google's own page. Pure.

Google doesn't say which it is; a description that has tags or entities in it is read as HTML there, so here too. What
we write and would be taken for HTML is escaped: people see what the booking says, and a customer's words can't be
links or pictures in a staff member's calendar.
"""

from __future__ import annotations

import html
import re
from typing import Final

# What Google takes. (https://developers.google.com/workspace/calendar/api/v3/reference/events: "Can contain HTML")
MOST: Final = 8_192

_TAG: Final = re.compile(
    r"<(/?)(a|b|blockquote|br|code|div|em|font|h[1-6]|hr|html-blob|i|img|li|ol|p|pre|s|small|span|strong|sub|sup|table"
    r"|tbody|td|th|tr|u|ul|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
# Which begin on a line of their own. <br> is none of them: it ends one.
_BLOCKS: Final = frozenset(
    {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"}
)  # fmt: skip
# The beginning or end of a block, and a <br>, until the lines are known. No text has these: they are no characters.
_EDGE: Final = "\x00"
_BREAK: Final = "\x01"


def written(text: str) -> str:
    """A text as Google gets it, so that `read` gives it back. One that would get too long stays as it is."""
    escaped = html.escape(text, quote=False) if _TAG.search(text) or _ENTITY.search(text) else text
    return escaped if len(escaped) <= MOST else text


def read(description: str) -> str:
    """The text of a description. Of HTML remain the lines, and "- " for an item of a list."""
    if _TAG.search(description):
        plain = description.replace(_EDGE, "").replace(_BREAK, "").replace("\u00a0", " ")
        description = _lines(_TAG.sub(_without, plain))
    elif not _ENTITY.search(description):
        return description
    return html.unescape(re.sub("&nbsp;", " ", description, flags=re.IGNORECASE))


def _without(tag: re.Match[str]) -> str:
    """What is left of a tag."""
    name = tag[2].lower()
    if name == "br":
        return _BREAK
    if name not in _BLOCKS:
        return ""
    return f"{_EDGE}- " if name == "li" and not tag[1] else _EDGE


def _lines(text: str) -> str:
    """Blocks that meet make one new line, and a <br> at the end of a block makes none. The line ends of a plain text
    stay in it when somebody edits it, so they count, if not between blocks."""
    blocks = [stripped for block in text.split(_EDGE) if (stripped := block.strip(" \n"))]
    return "\n".join(block.removesuffix(_BREAK) for block in blocks).replace(_BREAK, "\n")
