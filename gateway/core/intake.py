"""Whether an object that a calendar program wants to store is one that we, and every later reader, can take.

Objects are kept byte for byte, so whatever is let in here must be harmless for all who parse it later. Only
the dates go through icalendar: its parser takes seconds for a megabyte of short lines, and keeps each
VTIMEZONE it meets in a table of the whole process, under a name that the client chose.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from icalendar import Calendar, Component

from gateway.core import reading, rrule
from gateway.core.language import _
from gateway.core.moments import YEARS, moment, period_size
from gateway.core.reading import Line, Part
from gateway.core.unacceptable import COMPONENT, DATA, INSTANCES, OBJECT, SUPPORTED_DATA, Unacceptable
from gateway.core.zone_names import known

_MAX_DATES: Final = 5_000
_MAX_RULES: Final = 5
_MAX_RULE: Final = 2_000
_MAX_UID: Final = 1_000
_MAX_A_DAY: Final = 24

_LISTS: Final = frozenset({"RDATE", "EXDATE"})
_DATES: Final = frozenset({"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RDATE", "EXDATE"})
_TZID: Final = re.compile(r';TZID=("[^"]*"|[^;:"]*)', re.IGNORECASE)
_VALUE: Final = re.compile(r";VALUE=[A-Z-]+", re.IGNORECASE)
_OBSERVANCE: Final = {
    "DTSTART": re.compile(r"\d{8}T\d{6}Z?"),
    "TZOFFSETFROM": re.compile(r"[+-]\d{4}(\d\d)?"),
    "TZOFFSETTO": re.compile(r"[+-]\d{4}(\d\d)?"),
}


def check(body: bytes) -> None:
    """Raise `Unacceptable` with the precondition that a PUT of this body violates (RFC 4791 5.3.2.1)."""
    calendar = reading.calendar(body)
    _check_calendar(calendar)
    events = [child for child in calendar.children if child.name == "VEVENT"]
    zones = {_checked_zone(child) for child in calendar.children if child.name == "VTIMEZONE"}
    _check_identity(events)
    for event, dates in zip(events, _parsed(events, zones), strict=True):
        _check_times(dates)
        # Some exports write the name of the property and no rule, for "doesn't recur".
        _check_rules([line for line in event.all("RRULE") if line.value.strip()])


def _check_calendar(calendar: Part) -> None:
    """RFC 4791 4.1: no METHOD, and one kind of component; here that's events."""
    if calendar.value("VERSION") not in ("", "2.0"):
        raise Unacceptable(SUPPORTED_DATA, _("Only iCalendar 2.0 is understood."))
    if calendar.all("METHOD"):
        raise Unacceptable(OBJECT, _("A stored object can't have a METHOD."))
    kinds = {child.name for child in calendar.children if not child.name.startswith("X-")} - {"VTIMEZONE"}
    if len(kinds) != 1:
        raise Unacceptable(OBJECT, _("An object must hold one kind of component."))
    if kinds != {"VEVENT"}:
        raise Unacceptable(COMPONENT, _("This calendar takes events only."))


def _checked_zone(zone: Part) -> str:
    """The name of a VTIMEZONE that nobody will stumble over (RFC 5545 3.6.5)."""
    observances = [child for child in zone.children if child.name in ("STANDARD", "DAYLIGHT")]
    if not zone.value("TZID") or not observances:
        raise Unacceptable(DATA, _("A VTIMEZONE needs a TZID and a STANDARD or DAYLIGHT part."))
    for observance in observances:
        if not all(pattern.fullmatch(observance.value(name)) for name, pattern in _OBSERVANCE.items()):
            raise Unacceptable(DATA, _("A VTIMEZONE lacks a valid DTSTART, TZOFFSETFROM or TZOFFSETTO."))
        for line in observance.lines:
            if line.name in ("DTSTART", "RDATE"):
                _check_dates(line)
        for line in observance.all("RRULE"):
            rule = _rule(line.value)
            if rule.freq != "YEARLY" or rule.a_day > 1:
                raise Unacceptable(DATA, _("Clocks are changed by yearly rules only."))
    return re.sub(r"\\(.)", r"\1", zone.value("TZID"))


def _check_identity(events: list[Part]) -> None:
    """One UID, and each instance once (RFC 4791 4.1)."""
    uids = {event.value("UID") for event in events}
    if len(uids) > 1:
        raise Unacceptable(OBJECT, _("All events of an object must have the same UID."))
    if not all(0 < len(uid.encode()) <= _MAX_UID for uid in uids):
        raise Unacceptable(
            OBJECT, _("An event needs a UID, of {most} octets at most.").format(most=f"{_MAX_UID:,}")
        )
    if len({event.value("RECURRENCE-ID") for event in events}) < len(events):
        raise Unacceptable(OBJECT, _("The same instance is there twice."))


def _parsed(events: list[Part], zones: set[str]) -> list[Component]:
    """Each event's dates as icalendar reads them. Times in a zone of the client's own are left floating."""
    lines = ["BEGIN:VCALENDAR"]
    for event in events:
        # Some exports write the name of a list and no dates.
        told = [
            line
            for line in event.lines
            if line.name in _DATES and (line.value.strip() or line.name not in _LISTS)
        ]
        dates = [_dated(line, zones) for line in told]
        if sum(line.count(",") + 1 for line in dates) > _MAX_DATES:
            raise Unacceptable(
                INSTANCES, _("An event may have {most} dates at most.").format(most=f"{_MAX_DATES:,}")
            )
        lines += ["BEGIN:VEVENT", *dates, "END:VEVENT"]
    lines += ["END:VCALENDAR", ""]
    try:
        # As bytes: a text of one line would be tried as the name of a file.
        return Calendar.from_ical("\r\n".join(lines).encode()).subcomponents
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, _("A date can't be read.")) from None


def _dated(line: Line, zones: set[str]) -> str:
    tzid = next((match[1].strip('"') for match in _TZID.finditer(line.params)), "")
    iana = known(tzid) if tzid else ""
    if tzid and tzid not in zones and not iana:
        raise Unacceptable(OBJECT, _("The time zone of {name} isn't defined.").format(name=line.name))
    if ";;" in line.params:
        raise Unacceptable(DATA, _("{name} has a parameter without a name.").format(name=line.name))
    # Of a time in a zone icalendar reads the first letters only.
    years = _check_dates(line) if line.name != "DURATION" else set()
    if line.name not in ("DTSTART", "DTEND") and years - set(YEARS):
        raise Unacceptable(
            DATA,
            _("A date is before {first} or after {last}.").format(first=YEARS.start, last=YEARS.stop - 1),
        )
    kind = _VALUE.search(line.params)
    zone = f";TZID={iana}" if iana else ""
    return f"{line.name}{kind[0] if kind else ''}{zone}:{line.value}"


def _check_dates(line: Line) -> set[int]:
    """The years of a list of dates, which in an RDATE may be periods."""
    years = set()
    try:
        for item in filter(None, map(str.strip, line.value.split(","))):
            start, slash, rest = item.partition("/")
            years.add(moment(start).year)
            if slash and line.name != "RDATE":
                raise ValueError("a period")
            if slash:
                period_size(rest, moment(start))
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, _("A date of {name} can't be read.").format(name=line.name)) from None
    return years


def _check_times(event: Component) -> None:
    """RFC 5545 3.6.1, 3.8.2.2: a start, and at most one of end and duration, which isn't before it."""
    if event.errors:
        raise Unacceptable(DATA, _("A date can't be read."))
    start, end, duration = (_date(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if not isinstance(start, date):
        raise Unacceptable(OBJECT, _("An event needs a DTSTART."))
    if end is not None and duration is not None:
        raise Unacceptable(OBJECT, _("An event has DTEND or DURATION, not both."))
    try:
        end = start + duration if isinstance(duration, timedelta) else end
    except OverflowError:
        raise Unacceptable("C:max-date-time", _("The event is too long.")) from None
    _check_order(start, start if end is None else end)


def _date(event: Component, name: str) -> object:
    value = event.get(name)
    if value is None:
        return None
    moment = getattr(value, "dt", None)
    if not isinstance(moment, timedelta if name == "DURATION" else date):
        raise Unacceptable(DATA, _("There must be one {name}, and it must be of its kind.").format(name=name))
    return moment


def _check_order(start: date, end: object) -> None:
    if not isinstance(end, date) or isinstance(start, datetime) != isinstance(end, datetime):
        raise Unacceptable(OBJECT, _("DTSTART and DTEND must be both dates or both times."))
    if start.year < YEARS.start:
        raise Unacceptable(
            "C:min-date-time", _("Events before {first} aren't kept.").format(first=YEARS.start)
        )
    if max(start.year, end.year) >= YEARS.stop:
        raise Unacceptable(
            "C:max-date-time", _("Events after {last} aren't kept.").format(last=YEARS.stop - 1)
        )
    # A floating time and one in a zone can't be compared; whoever mixes them means no order.
    floating = [getattr(moment, "tzinfo", None) is None for moment in (start, end)]
    if floating[0] == floating[1] and end < start:
        raise Unacceptable(OBJECT, _("The event ends before it starts."))


def _rule(value: str) -> rrule.Rule:
    try:
        return rrule.parse(value.strip() if len(value) <= _MAX_RULE else "")
    except ValueError:
        raise Unacceptable(DATA, _("A recurrence rule can't be read.")) from None


def _check_rules(lines: list[Line]) -> None:
    if len(lines) > _MAX_RULES:
        raise Unacceptable(
            INSTANCES, _("An event may have {most} recurrence rules at most.").format(most=_MAX_RULES)
        )
    rules = [_rule(line.value) for line in lines]
    if any(rule.freq in ("SECONDLY", "MINUTELY") or rule.a_day > _MAX_A_DAY for rule in rules):
        raise Unacceptable(
            INSTANCES, _("An event may recur {most} times a day at most.").format(most=_MAX_A_DAY)
        )
