"""What recurring-ical-events makes of a calendar object: slow, and not to be let near strangers' rules, but right."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from icalendar.timezone import tzp

from gateway.core.reading import Line, Part
from gateway.core.wire import unfold

_LINE = re.compile(r'([A-Za-z0-9_-]+)((?:;(?:[^":]|"[^"]*")*+)?):(.*)', re.DOTALL)
_WRAPPED = b"BEGIN:VCALENDAR\r\n%s\r\nEND:VCALENDAR\r\n"
Spans = tuple[tuple[datetime, datetime], ...]


def expected(body: bytes, zone: str, since: datetime, until: datetime, around: int = 3) -> Spans:
    """The blocking instances. Its own window is wider by some days, as it takes floating times for UTC."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # It keeps each client's zone for all who use the name later.
        tzp.use_default()
        calendar = icalendar.Calendar.from_ical(body)
        margin = timedelta(days=around)
        found = recurring_ical_events.of(calendar).between(since - margin, until + margin)
    spans = {_span(event, ZoneInfo(zone)) for event in found if _blocks(event)}
    return tuple(
        sorted((start, end) for start, end in spans if start < end and start < until and since < end)
    )


def _blocks(event: icalendar.Component) -> bool:
    words = [str(event.get(name, "")).upper() for name in ("TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")]
    return words[0] != "TRANSPARENT" and words[1] != "CANCELLED" and words[2] != "FREE"


def _span(event: icalendar.Component, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = (_instant(event[name].dt, zone) for name in ("DTSTART", "DTEND"))
    told = event["DTEND"].dt - event["DTSTART"].dt
    # Told by the clock it ends after it starts, but the clocks were put forward in between.
    return start, start + told if end <= start and told > timedelta(0) else end


def _instant(when: date, zone: ZoneInfo) -> datetime:
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=zone)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def samples() -> Iterator[Path]:
    """Real calendars that no one here wrote: all that the two packages carry as test data."""
    for package in (icalendar, recurring_ical_events):
        yield from sorted(Path(str(files(package))).rglob("*.ics"))


def single(sample: Path) -> Iterator[bytes]:
    """A sample as it is, and each of its series as an object of its own, so that no part of it goes untested."""
    whole = sample.read_bytes()
    yield whole
    calendar = _first_calendar(whole if b"VCALENDAR" in whole else _WRAPPED % whole)
    if calendar is None:
        return
    zones = [line for zone in calendar.parts("VTIMEZONE") for line in zone.written()]
    by_uid: dict[str, list[str]] = {}
    for event in calendar.parts("VEVENT"):
        lines = list(event.written())
        uid = event.value("UID")
        by_uid.setdefault(uid, []).extend(lines if uid else [lines[0], "UID:nobody", *lines[1:]])
    for series in by_uid.values():
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//X//Y//EN", *zones, *series, "END:VCALENDAR", ""]
        yield "\r\n".join(lines).encode()


def _first_calendar(body: bytes) -> Part | None:
    """The first VCALENDAR of a file, if it has one, read as kindly as can be: files are not all well-formed."""
    try:
        lines = [line for line in re.split(r"\r?\n", unfold(body.decode("utf-8-sig"))) if line]
    except UnicodeDecodeError:
        return None
    stack = [Part("")]
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        name, value = found[1].upper(), found[3].strip().upper()
        if name == "BEGIN":
            stack[-1].children.append(Part(value))
            stack.append(stack[-1].children[-1])
        elif name == "END":
            stack = stack[:-1] or [Part("")]
        else:
            stack[-1].lines.append(Line(name, found[2], found[3]))
    return next(iter(stack[0].parts("VCALENDAR")), None)
