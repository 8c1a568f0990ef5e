"""Events of a practice calendar in our words, and ours in its. Pure.

It keeps an event as we tell one (`core.remote.RemoteEvent`), so that a practice calendar can hold whatever a real one
can: what recurs or lasts all day, what was declined, what is shown as free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from gateway.core import wanted
from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Reply, Showing
from gateway.core.wanted import Wanted
from gateway.core.wire import one_line
from gateway.providers.practice.store import Kept

LONGEST_TITLE: Final = 255

_DAY: Final = timedelta(days=1)
_HEAD: Final = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:practice\r\nDTSTAMP:20000101T000000Z\r\n"
)
_FOOT: Final = "END:VEVENT\r\nEND:VCALENDAR\r\n"
_RECURRING: Final = ("RRULE", "RDATE", "EXDATE")
_LISTS: Final = ("categories",)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a practice calendar holds of an event. `times` are lines as in `RemoteEvent`, each with its CRLF; whole days
    in them are days in `zone`."""

    times: str
    title: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    showing: Showing = Showing.BUSY
    reply: Reply = Reply.NONE
    tentative: bool = False
    zone: str = "UTC"

    @property
    def content(self) -> dict[str, Any]:
        """As it is stored."""
        return {**asdict(self), "categories": list(self.categories)}

    @property
    def recurs(self) -> bool:
        return any(line.startswith(_RECURRING) for line in self.times.splitlines())

    @property
    def all_day(self) -> bool:
        return "DTSTART;VALUE=DATE:" in self.times

    @property
    def cancelled(self) -> bool:
        return "STATUS:CANCELLED" in self.times

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when to when it is; what recurs, the first time."""
        told = self.wanted()
        return told.starts_at, told.ends_at

    def wanted(self) -> Wanted:
        """What it says, as far as a booking is concerned."""
        told = wanted.read(f"{_HEAD}{self.times}{_FOOT}".encode(), zone=self.zone)
        return replace(
            told,
            summary=self.title,
            description=self.description,
            location=self.location,
            url=self.url,
            categories=self.categories,
            declined=self.reply is Reply.DECLINED,
            free=self.showing is Showing.FREE,
            tentative=self.tentative,
        )


def stored(content: Mapping[str, Any]) -> Entry:
    """What `Entry.content` gave; what an older version didn't know yet is as if nobody had said it."""
    known = {field.name: content[field.name] for field in fields(Entry) if field.name in content}
    known |= {name: tuple(known[name]) for name in _LISTS if name in known}
    showing, reply = Showing(known.get("showing", Showing.BUSY)), Reply(known.get("reply", Reply.NONE))
    return Entry(**{**known, "showing": showing, "reply": reply})


def written(event: Event) -> Entry:
    """An event of a booking."""
    return Entry(
        times=times(event.starts_at, event.ends_at),
        title=event.summary,
        description=event.description,
        location=event.location,
        url=event.url,
        categories=event.categories,
        tentative=event.tentative,
        zone=event.zone,
    )


def remote(kept: Kept, *, titles: bool) -> RemoteEvent:
    """An event as others are told of it."""
    if kept.deleted:
        return RemoteEvent(kept.id, kept.etag, kept.series, gone=True)
    entry = stored(kept.content)
    unsure = entry.tentative and entry.reply is not Reply.DECLINED
    return RemoteEvent(
        id=kept.id,
        etag=kept.etag,
        series=kept.series,
        times=entry.times.encode(),
        showing=entry.showing,
        reply=Reply.TENTATIVE if unsure else entry.reply,
        tag=kept.tag,
        wanted=entry.wanted() if kept.tag else None,
        title=one_line(entry.title, LONGEST_TITLE) if titles else "",
    )


def is_over(kept: Kept, moment: datetime) -> bool:
    """Whether an event of somebody else's had ended by then. Of what recurs, nobody has looked."""
    if kept.deleted or kept.tag or kept.series != kept.id:
        return False
    entry = stored(kept.content)
    # A whole day may end later somewhere else than where it is told.
    return not entry.recurs and entry.span[1] + _DAY <= moment


def times(start: date, end: date) -> str:
    """When an event is: from one moment to another, or from one day up to and without another."""
    return f"DTSTART{_point(start)}\r\nDTEND{_point(end)}\r\n"


def shifted(entry: Entry, by: timedelta) -> Entry:
    """Somewhat later or earlier: an event that doesn't recur, or one instance. Whole days are moved by whole days."""
    start, end = replace(entry, zone="UTC").span
    span = times(start.date() + by, end.date() + by) if entry.all_day else times(start + by, end + by)
    rest = [
        line for line in entry.times.splitlines(keepends=True) if not line.startswith(("DTSTART", "DTEND"))
    ]
    return replace(entry, times=span + "".join(rest))


def without(entry: Entry) -> Entry:
    """An instance of a series that doesn't happen."""
    return Entry(times=f"{entry.times}STATUS:CANCELLED\r\n", zone=entry.zone)


def _point(when: date) -> str:
    if not isinstance(when, datetime):
        return f";VALUE=DATE:{when:%Y%m%d}"
    return f":{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"
