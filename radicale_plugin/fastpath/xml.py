"""Reading and writing the XML of WebDAV, without building trees for what is written a thousand times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http.client import responses
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, tostring
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.core.errors import Invalid

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
CALENDARSERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"
OURS = "urn:daybridge"

_PREFIXES = {DAV: "", CALDAV: "C:", CALENDARSERVER: "CS:", APPLE: "ICAL:", OURS: "DB:"}
_OPEN = (
    b"<?xml version='1.0' encoding='utf-8'?>\n"
    b'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
    b' xmlns:ICAL="http://apple.com/ns/ical/" xmlns:DB="urn:daybridge">'
)
_CLOSE = b"</multistatus>"
_PLAIN_HREF = re.compile(r"[A-Za-z0-9_.~/-]+")
# Deeper or wider than any client's question.
_MOST_ELEMENTS = 20_000


def clark(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def parse(body: bytes) -> Element | None:
    """The root element of a request, None for an empty one. Raises Invalid for what is not well-formed XML, has
    entities, or is far larger than a question needs to be."""
    if not body.strip():
        return None
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise Invalid(reason="The request is not well-formed XML, or it defines entities.") from error
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise Invalid(reason="The request has too many elements.")
    return root


def split(tag: str) -> tuple[str, str]:
    """(namespace, local name) of a Clark name."""
    if not tag.startswith("{"):
        return "", tag
    namespace, _, name = tag[1:].partition("}")
    return namespace, name


def element(tag: str, inner: str = "") -> str:
    """`<prefix:name>inner</prefix:name>`; `inner` is XML already."""
    namespace, name = split(tag)
    prefix = _PREFIXES.get(namespace)
    if prefix is None:
        start, end = (f'X:{name} xmlns:X="{_attribute(namespace)}"', f"X:{name}") if namespace else (f'{name} xmlns=""', name)
    else:
        start = end = f"{prefix}{name}"
    return f"<{start}>{inner}</{end}>" if inner else f"<{start} />"


def text(value: str) -> str:
    return escape(value)


def href(path: str) -> str:
    """A path as it stands in a `<href>`: percent-encoded."""
    return path if _PLAIN_HREF.fullmatch(path) else escape(quote(path))


def status(code: int) -> str:
    return f"<status>HTTP/1.1 {code} {responses[code]}</status>"


def propstat(code: int, properties: Iterable[str]) -> str:
    return f"<propstat><prop>{''.join(properties)}</prop>{status(code)}</propstat>"


def response(path: str, found: Sequence[str], missing: Sequence[str], *, minimal: bool) -> str:
    """One `<response>`: what was found, and what was not unless the client asked for brevity (RFC 8144 2.1)."""
    parts = [propstat(200, found)] if found or not missing or minimal else []
    if missing and not minimal:
        parts.append(propstat(404, missing))
    return f"<response><href>{href(path)}</href>{''.join(parts)}</response>"


def gone(path: str) -> str:
    """A member that is not there (any more)."""
    return f"<response><href>{href(path)}</href>{status(404)}</response>"


def multistatus(parts: Iterable[str], tail: str = "") -> bytes:
    """The whole answer; `tail` stands after the responses (a sync token)."""
    return b"".join((_OPEN, "".join(parts).encode(), tail.encode(), _CLOSE))


def error(precondition: str, explanation: str = "") -> bytes:
    """A `<D:error>` that names the precondition (RFC 4918 16) and says in words what happened."""
    words = f"<DB:reason>{text(explanation)}</DB:reason>" if explanation else ""
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:DB="urn:daybridge">'
        f"{element(precondition)}{words}</error>"
    ).encode()


def serialized(node: Element) -> str:
    """An element as text, with its own namespace declarations, to be kept and given back as it came."""
    node.tail = None
    return tostring(node, encoding="unicode")


def _attribute(value: str) -> str:
    return escape(value, {'"': "&quot;"})
