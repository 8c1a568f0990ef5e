"""Bodies: kept as they were written, told as html or as text, with the line ends that Exchange has."""

from __future__ import annotations

import html
import re
from typing import Any

Json = dict[str, Any]

_PREVIEW = 255
_HEAD = '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n<body>\r\n'
_FOOT = "\r\n</body>\r\n</html>\r\n"


def kept(body: Json) -> Json:
    """A body of a request; `contentType` is text when nothing is said."""
    content = re.sub(r"\r\n|\r|\n", "\r\n", body.get("content") or "")
    return {"contentType": body.get("contentType") or "text", "content": content}


def told(body: Json, kind: str) -> Json:
    return {"contentType": kind, "content": _text(body) if kind == "text" else _html(body)}


def preview(body: Json) -> str:
    return _text(body)[:_PREVIEW]


def _text(body: Json) -> str:
    if body["contentType"] == "text":
        return str(body["content"])
    inner = re.sub(r"(?is)<(head|style|script)\b.*?</\1>", "", body["content"])
    broken = re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\r\n", re.sub(r"[\r\n]+", " ", inner))
    return html.unescape(re.sub(r"<[^>]*>", "", broken)).strip()


def _html(body: Json) -> str:
    if not body["content"]:
        return ""
    if body["contentType"] == "html":
        said = str(body["content"])
        return said if "<html" in said.lower() else f"{_HEAD}{said}{_FOOT}"
    escaped = html.escape(body["content"], quote=False).replace("\r\n", "<br>\r\n")
    return f'{_HEAD}<div class="PlainText">{escaped}</div>{_FOOT}'
