"""Reading and writing the XML of WebDAV, without building trees for what is written a thousand times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http.client import responses
from typing import Final
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
_XML = "http://www.w3.org/XML/1998/namespace"

# XML's own namespace may be bound to no other prefix (Namespaces in XML 1.0, 3).
_PREFIXES = {DAV: "", CALDAV: "C:", CALENDARSERVER: "CS:", APPLE: "ICAL:", OURS: "DB:", _XML: "xml:"}
_OPEN = (
    b"<?xml version='1.0' encoding='utf-8'?>\n"
    b'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
    b' xmlns:ICAL="http://apple.com/ns/ical/" xmlns:DB="urn:daybridge">'
)
_CLOSE = b"</multistatus>"
# What quote() leaves as it is.
_UNQUOTED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/"
_PLAIN_HREF = re.compile(r"[A-Za-z0-9_.~/-]+")
# Larger and deeper than any client's question. What is too deep overflows the stack of whoever copies the tree.
_MOST_ELEMENTS = 20_000
_DEEPEST = 50
# Apple's apps ask for about forty; each is answered once for every object.
_MOST_PROPERTIES = 200


def clark(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def parse(body: bytes) -> Element | None:
    """The root element of a request, None for an empty one. Raises Invalid for what is not well-formed XML, has
    entities, or is far larger than a question needs to be."""
    if not body.strip():
        return None
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Invalid(reason="The request is not well-formed XML, or it defines entities.") from error
    _check_size(root)
    return root


def _check_size(root: Element) -> None:
    elements, row = 0, [root]
    for _ in range(_DEEPEST):
        row = [child for node in row for child in node]
        elements += len(row)
        if not row:
            break
    if row or elements > _MOST_ELEMENTS:
        raise Invalid(reason="The request has too many elements, or they are nested too deeply.")


def named(prop: Iterable[Element]) -> tuple[str, ...]:
    """The names of the properties that a `<prop>` holds, each once. Raises Invalid for more than anyone needs."""
    tags = tuple(dict.fromkeys(child.tag for child in prop))
    if len(tags) > _MOST_PROPERTIES:
        raise Invalid(reason=f"At most {_MOST_PROPERTIES} properties can be asked for at once.")
    return tags


def split(tag: str) -> tuple[str, str]:
    """(namespace, local name) of a Clark name."""
    namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return namespace, name


def element(tag: str, inner: str = "") -> str:
    """`<prefix:name>inner</prefix:name>`; `inner` is XML already."""
    namespace, name = split(tag)
    prefix = _PREFIXES.get(namespace)
    if prefix is not None:
        start = end = f"{prefix}{name}"
    elif namespace:
        start, end = f'X:{name} xmlns:X="{_attribute(namespace)}"', f"X:{name}"
    else:
        start, end = f'{name} xmlns=""', name
    return f"<{start}>{inner}</{end}>" if inner else f"<{start} />"


def text(value: str) -> str:
    return escape(value)


def escaped(body: bytes) -> bytes:
    """A body as it stands between tags."""
    return body.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def href(path: str) -> str:
    """A path as it stands in a `<href>`: percent-encoded."""
    return path if _PLAIN_HREF.fullmatch(path) else escape(quote(path))


def all_plain(names: Iterable[str]) -> bool:
    """Whether `href` would leave all of these as they are; far faster than asking for each."""
    return not "".join(names).encode().translate(None, _UNQUOTED)


def status(code: int) -> str:
    return f"<status>HTTP/1.1 {code} {responses[code]}</status>"


def propstat(code: int, properties: Iterable[str]) -> str:
    return f"<propstat><prop>{''.join(properties)}</prop>{status(code)}</propstat>"


def propstats(found: Sequence[str], missing: Sequence[str], *, minimal: bool) -> str:
    """What was found, and what was not unless the client asked for brevity (RFC 8144 2.1)."""
    parts = [propstat(200, found)] if found or not missing or minimal else []
    if missing and not minimal:
        parts.append(propstat(404, missing))
    return "".join(parts)


def response(path: str, inner: str) -> bytes:
    """One `<response>`; `inner` is what stands after its address."""
    return f"<response><href>{href(path)}</href>{inner}</response>".encode()


def gone(path: str) -> bytes:
    """A member that is not there (any more)."""
    return response(path, status(404))


def multistatus(parts: Iterable[bytes], tail: str = "") -> bytes:
    """The whole answer; `tail` stands after the responses (a sync token)."""
    return b"".join((_OPEN, *parts, tail.encode(), _CLOSE))


def error(precondition: str, explanation: str) -> bytes:
    """A `<D:error>` with a precondition element (RFC 4918 16), and in words what happened."""
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:DB="urn:daybridge">'
        f"{precondition}<DB:reason>{text(explanation)}</DB:reason></error>"
    ).encode()


def serialized(node: Element) -> str:
    """An element as text, with its own namespace declarations, to be kept and given back as it came."""
    node.tail = None
    for one in node.iter():
        if not one.tag.startswith("{"):
            # Where it is given back, WebDAV's is the namespace of what has none.
            one.set("xmlns", "")
    # A bare carriage return would be read as a line feed (XML 1.0, 2.11).
    return tostring(node, encoding="unicode").replace("\r", "&#13;")


def _attribute(value: str) -> str:
    return escape(value, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
