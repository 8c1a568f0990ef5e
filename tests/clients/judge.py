"""What stands against storing a file as a calendar object, by an independent look at it.

Read with icalendar, which takes nearly everything, and by the letter of RFC 4791 4.1 and 5.3.2.1 and RFC 5545 3.6.1.
"""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime, time

import icalendar
from dateutil.rrule import rrulestr
from icalendar.timezone import tzp

DATA = "valid-calendar-data"
OBJECT = "valid-calendar-object-resource"
COMPONENT = "supported-calendar-component"

MARKS = (("BEGIN:", 6), ("END:", 4))


def faults(body: bytes) -> set[str]:
    """The preconditions that a refusal may name; none if the file has to be taken."""
    calendars = read(body) if is_well_formed(body) else []
    if [calendar.name for calendar in calendars] != ["VCALENDAR"] * len(calendars) or not calendars:
        # Whatever it is, without an event it's no object either.
        return {DATA} if b"BEGIN:VEVENT" in body else {DATA, OBJECT}
    found = {OBJECT} if len(calendars) > 1 or "METHOD" in calendars[0] else set()
    [*events] = (part for part in calendars[0].subcomponents if part.name == "VEVENT")
    kinds = {part.name for part in calendars[0].subcomponents if not part.name.startswith("X-")}
    kinds.discard("VTIMEZONE")
    if kinds != {"VEVENT"}:
        found.add(COMPONENT if len(kinds) == 1 else OBJECT)
    # RFC 5545 3.6.5: clocks are changed at a time of day.
    onsets = (part.get("DTSTART") for part in calendars[0].walk() if part.name in ("STANDARD", "DAYLIGHT"))
    if any(part.errors for part in calendars[0].walk()) or not all(
        onset and kind(onset.dt) for onset in onsets
    ):
        found.add(DATA)
    return found | identity(events) | set().union(*map(times, events))


def is_well_formed(body: bytes) -> bool:
    """Content lines with a name and a value, and a calendar around them with as many ends as beginnings."""
    text = re.sub(r"\r?\n[ \t]", "", body.decode("utf-8-sig", errors="replace"))
    lines = [line for line in re.split(r"\r?\n", text) if line]
    begins, ends = (sorted(line[at:] for line in lines if line.startswith(word)) for word, at in MARKS)
    whole = lines[:1] == ["BEGIN:VCALENDAR"] and lines[-1:] == ["END:VCALENDAR"] and begins == ends
    return whole and all(re.match(r"[A-Za-z0-9-]+[;:]", line) and ":" in line for line in lines)


def read(body: bytes) -> list[icalendar.Component]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # It keeps each client's zone for all who use the name later.
        tzp.use_default()
        try:
            return icalendar.Component.from_ical(body, multiple=True)
        except (ValueError, IndexError):
            return []


def identity(events: list[icalendar.Component]) -> set[str]:
    uids = {str(event.get("UID", "")) for event in events}
    instances = [event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None for event in events]
    ambiguous = len(uids) > 1 or "" in uids or len(set(map(str, instances))) < len(instances)
    return {OBJECT} if ambiguous else set()


def times(event: icalendar.Component) -> set[str]:
    if not can_be_followed(event):
        return {DATA}
    if "DTSTART" not in event:
        return {OBJECT}
    start, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    if end is not None and ("DURATION" in event or kind(start) != kind(end)):
        return {OBJECT}
    if end is not None and not floats(start) and not floats(end) and end < start:
        return {OBJECT}
    return {OBJECT} if unknown(event) else set()


def can_be_followed(event: icalendar.Component) -> bool:
    """Whether its dates are dates, and its rule is one; an empty one is none."""
    dates = [event[name] for name in ("DTSTART", "DTEND") if name in event]
    if event.errors or not all(isinstance(getattr(one, "dt", None), date) for one in dates):
        return False
    rules = [rule.to_ical().decode() for rule in listed(event, "RRULE") if rule]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            [rrulestr(rule, ignoretz=True) for rule in rules]
    except ValueError:
        return False
    return all(not isinstance(each.dt, time) for one in listed(event, "RDATE") for each in one.dts)


def listed(event: icalendar.Component, name: str) -> list:
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def kind(moment: date) -> bool:
    return isinstance(moment, datetime)


def floats(moment: date) -> bool:
    return kind(moment) and moment.tzinfo is None


def unknown(event: icalendar.Component) -> bool:
    """Whether a time is in a zone that neither the file nor anyone else defines: icalendar lets it float."""
    moments = [event[name] for name in ("DTSTART", "DTEND", "RECURRENCE-ID") if name in event]
    return any("TZID" in one.params and floats(one.dt) for one in moments)
