"""What calendar apps ask, in the words in which they ask it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape

from tests.bench.caldav import meaning
from tests.bench.caldav.meaning import Meaning
from tests.bench.connection import Answer, Connection, Request

OURS, STOCK, FLOOR = "ours", "stock", "floor"
MULTIGET = 50

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_NAMES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/"'
_DATA = "<getetag/><C:calendar-data/>"


@dataclass(slots=True)
class Calendar:
    """One calendar on one server, and what its client remembers of it."""

    server: str
    size: int
    connection: Connection
    path: str
    credentials: tuple[str, str]
    hrefs: Sequence[str]
    week: tuple[date, date]
    # Changes one event, named by its href, before the next question.
    change: Callable[[str, bool], None]
    feed: str = ""
    feed_etag: str = ""
    token: str = ""
    changes: Iterator[str] = field(default_factory=lambda: iter(()))

    def headers(self, **more: str) -> dict[str, str]:
        basic = b64encode(":".join(self.credentials).encode()).decode()
        return {"Authorization": f"Basic {basic}", **more}


@dataclass(frozen=True, slots=True)
class Operation:
    """A question, and what its answer means. `change`: one event changes before it is asked; for our server it is
    "projected" by the worker by then, or still "waiting" so that the reader itself has to do it."""

    key: str
    title: str
    request: Callable[[Calendar], Request]
    meaning: Callable[[Answer], Meaning]
    change: str = ""
    status: int = 207
    stock: bool = True

    def wire(self, calendar: Calendar) -> bytes:
        request = self.request(calendar)
        path = floor_path(calendar.size, self.key) if calendar.server == FLOOR else request.path
        return Request(request.method, path, request.headers, request.body).wire()


def floor_path(size: int, key: str) -> str:
    return f"/n{size}/{key}"


def _propfind(names: str, depth: str, **headers: str) -> Callable[[Calendar], Request]:
    body = f"{_HEAD}<propfind {_NAMES}><prop>{names}</prop></propfind>".encode()
    return lambda calendar: Request("PROPFIND", calendar.path, calendar.headers(Depth=depth, **headers), body)


def _report(name: str, inside: Callable[[Calendar], str]) -> Callable[[Calendar], Request]:
    def request(calendar: Calendar) -> Request:
        body = f"{_HEAD}<{name} {_NAMES}>{inside(calendar)}</{name}>".encode()
        return Request("REPORT", calendar.path, calendar.headers(Depth="1"), body)

    return request


def _week(calendar: Calendar) -> str:
    since, until = (day.strftime("%Y%m%dT000000Z") for day in calendar.week)
    return (
        f'<prop>{_DATA}</prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{since}" end="{until}"/></C:comp-filter></C:comp-filter></C:filter>'
    )


def _multiget(calendar: Calendar) -> str:
    apart = max(1, len(calendar.hrefs) // MULTIGET)
    chosen = calendar.hrefs[::apart][:MULTIGET]
    return f"<prop>{_DATA}</prop>" + "".join(f"<href>{calendar.path}{href}</href>" for href in chosen)


def _sync(names: str, *, first: bool) -> Callable[[Calendar], str]:
    def inside(calendar: Calendar) -> str:
        token = "" if first else escape(calendar.token)
        return f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop>{names}</prop>"

    return inside


def _whole(calendar: Calendar) -> Request:
    return Request("GET", calendar.path, calendar.headers())


def _item(calendar: Calendar) -> Request:
    return Request("GET", calendar.path + calendar.hrefs[len(calendar.hrefs) // 2], calendar.headers())


def _feed(calendar: Calendar) -> Request:
    return Request("GET", calendar.feed, {"If-None-Match": calendar.feed_etag})


_LATER = _report("sync-collection", _sync("<getetag/>", first=False))
_FIRST = _report("sync-collection", _sync("<getetag/>", first=True))
_FIRST_WITH_DATA = _report("sync-collection", _sync(_DATA, first=True))
_LIST_COMPRESSED = _propfind("<getetag/>", "1", **{"Accept-Encoding": "gzip"})

POLL = Operation(
    "poll", "Poll: ctag and sync token", _propfind("<CS:getctag/><sync-token/>", "0"), meaning.properties
)
LISTING = Operation("listing", "List all ETags", _propfind("<getetag/>", "1"), meaning.members)
FIRST_WITH_DATA = Operation("sync_first_data", "First sync, with data", _FIRST_WITH_DATA, meaning.events)

OPERATIONS: tuple[Operation, ...] = (
    POLL,
    Operation("ctag", "Poll: ctag", _propfind("<CS:getctag/>", "0"), meaning.properties),
    Operation("sync_none", "Sync, nothing changed", _LATER, meaning.members),
    Operation("feed", "Feed, nothing changed", _feed, meaning.nothing, status=304, stock=False),
    Operation("sync_one", "Sync after one change", _LATER, meaning.members, change="projected"),
    Operation("sync_waiting", "Sync that projects a change", _LATER, meaning.members, change="waiting"),
    Operation("week", "One week, with data", _report("C:calendar-query", _week), meaning.events),
    Operation("multiget", f"Multiget of {MULTIGET} events", _report("C:calendar-multiget", _multiget), meaning.events),
    LISTING,
    Operation("listing_gzip", "List all ETags, gzip", _LIST_COMPRESSED, meaning.members),
    Operation("sync_first", "First sync, ETags only", _FIRST, meaning.members),
    FIRST_WITH_DATA,
    Operation("whole", "Whole calendar as .ics", _whole, meaning.uids, status=200),
    Operation("item", "One event", _item, meaning.uids, status=200),
)  # fmt: skip
