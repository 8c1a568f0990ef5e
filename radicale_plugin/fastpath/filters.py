"""The filter of a calendar-query (RFC 4791 9.7): which ones SQL answers, and which nobody here can."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from radicale_plugin.fastpath.properties import COLLATIONS
from radicale_plugin.fastpath.refusals import Unmet, supported_filter, valid_filter
from radicale_plugin.fastpath.xml import CALDAV, clark, split

# From when to when; an open side is None.
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What Radicale is given to work on: events of this span, and no more of them than it can take in good time."""

    span: Span = (None, None)
    most: int = 100_000


_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_TIME_RANGE = clark(CALDAV, "time-range")
_NOT_DEFINED = clark(CALDAV, "is-not-defined")

# What may stand in what. A time-range comes first: Radicale looks for it nowhere else.
_HOLDS: dict[str, tuple[str, ...]] = {
    "comp-filter": ("time-range", "prop-filter", "comp-filter"),
    "prop-filter": ("time-range", "text-match", "param-filter"),
    "param-filter": ("text-match",),
    "text-match": (),
    "time-range": (),
}
# By level. An object here has events and nothing else that a query could tell apart; alarms are within events.
_COMPONENTS = (("VCALENDAR",), ("VEVENT", "VTODO", "VJOURNAL"), ("VALARM",))


def span(node: Element) -> Span:
    """From when to when a `<C:time-range>` or `<C:expand>` reaches. Raises Unmet."""
    since, until = _moment(node.get("start")), _moment(node.get("end"))
    if since is None and until is None:
        raise valid_filter("A time-range needs a start or an end.")
    if since is not None and until is not None and until <= since:
        raise valid_filter("A time-range must end after it starts.")
    return since, until


def common(one: Span, other: Span) -> Span:
    """A span that an event overlaps just when it overlaps both; it may end before it starts."""
    starts = [moment for moment in (one[0], other[0]) if moment]
    ends = [moment for moment in (one[1], other[1]) if moment]
    return max(starts, default=None), min(ends, default=None)


def simple_span(root: Element) -> Span | None:
    """What a query asks for, if it is all events or those in a range of time; None for any other filter.

    Raises Unmet where nobody here can answer it.
    """
    whole = _checked(root)
    if len(whole) == 0:
        return None, None
    events = whole[0]
    if len(whole) > 1 or len(events) > 1 or not _is_of_events(events):
        return None
    if len(events) == 0:
        return None, None
    return span(events[0]) if events[0].tag == _TIME_RANGE else None


def _is_of_events(node: Element) -> bool:
    return split(node.tag)[1] == "comp-filter" and node.get("name", "").upper() == "VEVENT"


def _checked(root: Element) -> Element:
    """The filter for VCALENDAR, which each query has one of (RFC 4791 9.7)."""
    filters = root.findall(clark(CALDAV, "filter"))
    if len(filters) != 1 or len(filters[0]) != 1 or split(filters[0][0].tag) != (CALDAV, "comp-filter"):
        raise valid_filter("A calendar-query needs one filter, with one comp-filter for VCALENDAR.")
    _check(filters[0][0], 0)
    return filters[0][0]


def _check(node: Element, level: int) -> None:
    """Refuse, in CalDAV's own words, what nobody here can answer (RFC 4791 7.8)."""
    name = split(node.tag)[1]
    if name.endswith("-filter") and not node.get("name"):
        raise valid_filter(f"A {name} needs a name.")
    if name == "comp-filter" and not _is_known(node, level):
        raise supported_filter(f"Events can't be told apart by {node.get('name')} here.")
    if name == "time-range":
        span(node)
    if name == "text-match":
        _check_text(node)
    if name.endswith("-filter") and [child.tag for child in node] == [_NOT_DEFINED]:
        return
    for at, child in enumerate(node):
        _check_place(name, child, at)
        _check(child, level + 1)


def _is_known(node: Element, level: int) -> bool:
    return level < len(_COMPONENTS) and node.get("name", "").upper() in _COMPONENTS[level]


def _check_place(holder: str, node: Element, at: int) -> None:
    namespace, name = split(node.tag)
    if namespace != CALDAV or (name not in _HOLDS and node.tag != _NOT_DEFINED):
        raise supported_filter(f"This server knows no filter {name}.")
    if name not in _HOLDS[holder] or (name == "time-range" and at > 0):
        raise valid_filter(f"{name} can't stand at this place of a {holder}.")


def _check_text(node: Element) -> None:
    if node.get("collation", "default") not in (*COLLATIONS, "default"):
        raise Unmet(clark(CALDAV, "supported-collation"), f"Known collations: {' and '.join(COLLATIONS)}.")
    if node.get("negate-condition", "no") not in ("yes", "no"):
        raise valid_filter("negate-condition is yes or no.")


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        if _MOMENT.fullmatch(written):
            return datetime.strptime(written, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise valid_filter("A time-range is written in UTC, like 20261124T090000Z.")
