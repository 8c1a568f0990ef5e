"""A block as a program writes it: a training on four Mondays at noon, one of them moved and one cancelled."""

from __future__ import annotations


def body(*parts: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//X//Y//EN", *parts, "END:VCALENDAR", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def vevent(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", "UID:training", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT"])


WEEKLY = vevent(
    "DTSTART;TZID=America/New_York:20261123T120000",
    "DTEND;TZID=America/New_York:20261123T130000",
    "RRULE:FREQ=WEEKLY;COUNT=4",
    "SUMMARY:Training",
)
MOVED = vevent(
    "RECURRENCE-ID;TZID=America/New_York:20261130T120000",
    "DTSTART;TZID=America/New_York:20261201T080000",
    "DTEND;TZID=America/New_York:20261201T083000",
    "SUMMARY:Training, early",
)
CANCELLED = vevent(
    "RECURRENCE-ID;TZID=America/New_York:20261207T120000",
    "DTSTART;TZID=America/New_York:20261207T120000",
    "DTEND;TZID=America/New_York:20261207T130000",
    "STATUS:CANCELLED",
    "SUMMARY:Training",
)
