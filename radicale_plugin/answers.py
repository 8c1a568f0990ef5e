"""What goes wrong, as an answer that a calendar app understands and a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http.client import responses

from radicale.types import WSGIResponse

from gateway.core import ics
from gateway.core.errors import InvalidSyncToken, NotEditable, Refused, SlotTaken
from radicale_plugin.fastpath import xml
from radicale_plugin.fastpath.refusals import Unmet
from radicale_plugin.fastpath.xml import CALDAV, DAV, OURS, clark, element

XML = {"Content-Type": "text/xml; charset=utf-8"}
# Status line, headers and body, as WSGI wants them.
Whole = tuple[str, list[tuple[str, str]], Iterable[bytes]]


def refusal(error: Refused) -> WSGIResponse:
    """The status, the precondition that was not met, and the reason in words."""
    precondition = _precondition(error)
    if not precondition:
        return error.status, {"Content-Type": "text/plain"}, f"{error}\n", None
    return 403, dict(XML), xml.error(precondition, str(error)), None


def _precondition(error: Refused) -> str:
    if isinstance(error, Unmet):
        return error.element
    if isinstance(error, InvalidSyncToken):
        return element(clark(DAV, "valid-sync-token"))
    if isinstance(error, ics.Unacceptable):
        return element(clark(CALDAV, error.precondition.removeprefix("C:")))
    if isinstance(error, NotEditable | SlotTaken):
        # DAVx5 goes on with the other events after need-privileges, and takes our version of this one.
        ours = "not-editable" if isinstance(error, NotEditable) else "booking-conflict"
        return element(clark(DAV, "need-privileges")) + element(clark(OURS, ours))
    return ""


def unavailable() -> Whole:
    """Never a 4xx: a client would drop what it wanted to send."""
    return plain(503, "The database doesn't answer; try again in a moment.", {"Retry-After": "5"})


def plain(status: int, words: str, headers: Mapping[str, str]) -> Whole:
    """An answer for which Radicale isn't needed."""
    body = f"{words}\n".encode()
    lines = {**headers, "Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    return f"{status} {responses[status]}", list(lines.items()), [body]
