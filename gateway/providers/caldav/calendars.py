"""The calendars of an account, as a server lists them (RFC 4791 4.2, RFC 3744 5.4, RFC 6638 9.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from gateway.core import reading
from gateway.core.remote import RemoteCalendar
from gateway.core.unacceptable import Unacceptable
from gateway.core.wire import one_line
from gateway.core.zone_names import known
from gateway.providers.caldav.multistatus import CALDAV, DAV, SERVER, Response

_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 1_000
_SAFE: Final = "/@:!$&'()*+,;=~"
# Subscriptions are other people's calendars, which their owner can connect by their own address.
_NO_PLACE: Final = frozenset({f"{SERVER}subscribed", f"{CALDAV}schedule-inbox", f"{CALDAV}schedule-outbox"})
_WHOLE: Final = frozenset({f"{DAV}write", f"{DAV}all"})
_BOTH: Final = frozenset({f"{DAV}bind", f"{DAV}write-content"})


def found(url: str, responses: Sequence[Response]) -> list[RemoteCalendar]:
    """Those among the things at `url` that hold events; their ids are paths on its server. None is the main one yet."""
    return [
        RemoteCalendar(
            id=path,
            name=one_line(one.text(f"{DAV}displayname"), _LONGEST_NAME)
            or path.rstrip("/").rpartition("/")[2],
            zone=zone(one),
            writable=_is_writable(one),
            primary=False,
        )
        for one in responses
        if _holds_events(one) and (path := path_of(url, one.href))
    ]


def default(url: str, responses: Sequence[Response]) -> str:
    """The path of the one that the server itself takes for the main one; empty if it doesn't say."""
    told = (href for one in responses for href in one.hrefs(f"{CALDAV}schedule-default-calendar-URL"))
    return next((path for href in told if (path := path_of(url, href))), "")


@lru_cache(maxsize=1_024)  # all that lies in a calendar has the same folder
def path_of(url: str, href: str, *, directory: bool = True) -> str:
    """The path of a thing on the same server, written one way; empty for one that lies elsewhere."""
    try:
        parts, here = urlsplit(urljoin(url, href)), urlsplit(url)
    except ValueError:
        return ""
    if (parts.hostname, parts.scheme) != (here.hostname, here.scheme) or len(parts.path) > _LONGEST_PATH:
        return ""
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_SAFE, errors="surrogateescape")
    if ".." in path.split("/") or not path.startswith("/"):
        return ""
    return f"{path.rstrip('/')}/" if directory else path


def zone(response: Response) -> str:
    """The zone that a calendar's times without one are meant in; empty if it isn't told or isn't known."""
    if name := known(response.text(f"{CALDAV}calendar-timezone-id")):
        return name
    try:
        definitions = reading.calendar(response.text(f"{CALDAV}calendar-timezone").encode()).parts(
            "VTIMEZONE"
        )
    except Unacceptable:
        return ""
    told = (part.value(name) for part in definitions for name in ("TZID", "X-LIC-LOCATION"))
    return next((found for name in told if (found := known(reading.text(name)))), "")


def _holds_events(response: Response) -> bool:
    kinds = response.names(f"{DAV}resourcetype")
    if f"{CALDAV}calendar" not in kinds or kinds & _NO_PLACE:
        return False
    supported = response.props.get(f"{CALDAV}supported-calendar-component-set")
    names = {each.get("name", "").upper() for each in supported} if supported is not None else set()
    return not names or "VEVENT" in names


def _is_writable(response: Response) -> bool:
    """Where privileges aren't told, writing will tell."""
    if f"{DAV}current-user-privilege-set" not in response.props:
        return True
    held = response.names(f"{DAV}current-user-privilege-set")
    return bool(held & _WHOLE) or held >= _BOTH
