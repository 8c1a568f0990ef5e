"""What a calendar program keeps for its own user in an event of ours: reminders, a colour, private properties.

They are stored beside the event, per staff member, and put into each new rendering for the programs of that one only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.core import reading
from gateway.core.language import N_, _
from gateway.core.reading import Part
from gateway.core.unacceptable import SIZE, Unacceptable
from gateway.core.wire import fold

MOST_ALARMS: Final = 20
MOST_OCTETS: Final = 16_384

_END: Final = b"\r\nEND:VEVENT\r\n"
# Private properties that repeat what the booking says. Kept, they would tell the old story beside the new one.
_SAY_IT_AGAIN: Final = frozenset(
    {
        "X-ALT-DESC",
        "X-APPLE-STRUCTURED-LOCATION",
        "X-LIC-ERROR",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
    }
)


def kept(rendered_body: bytes, sent_body: bytes) -> str:
    """The part of a sent object that stays as its program wrote it, as content lines; perhaps none.

    `rendered_body` is our own rendering, without anything personal in it: a private property of ours isn't theirs.
    """
    ours = {line.text for line in reading.event(reading.calendar(rendered_body)).lines}
    event = reading.event(reading.calendar(sent_body))
    lines = [line.text for line in event.lines if _is_private(line.name) and line.text not in ours]
    alarms = [alarm for alarm in event.parts("VALARM") if not _mails(alarm)]
    if len(alarms) > MOST_ALARMS:
        raise Unacceptable(
            SIZE,
            _("A booking may have {most} reminders at most. Please remove some.").format(most=MOST_ALARMS),
        )
    lines += [line for alarm in alarms for line in alarm.written()]
    text = "".join(f"{fold(line)}\r\n" for line in lines)
    if len(text.encode()) > MOST_OCTETS:
        raise Unacceptable(SIZE, _("Your reminders and private fields are too long. Please remove some."))
    return text


def left_out(sent_body: bytes) -> tuple[str, ...]:
    """What a program wants to keep and we don't, by the names that people know."""
    alarms = reading.event(reading.calendar(sent_body)).parts("VALARM")
    return (N_("e-mail reminders"),) if any(map(_mails, alarms)) else ()


def merge(body: bytes, kept: str) -> bytes:
    """Our rendering of an event with what its user's program keeps in it."""
    head, end, tail = body.rpartition(_END)
    if not kept or not end:
        return body
    return b"".join((head, b"\r\n", kept.encode().removesuffix(b"\r\n"), end, tail))


def _is_private(name: str) -> bool:
    return (name.startswith("X-") and name not in _SAY_IT_AGAIN) or name == "COLOR"


def _mails(alarm: Part) -> bool:
    """Whether a server might write to somebody because of it (RFC 5545 3.6.6): customers hear from the booking app."""
    return any(
        line.name == "ATTENDEE" or (line.name == "ACTION" and line.value.strip().upper() == "EMAIL")
        for part in _all(alarm)
        for line in part.lines
    )


def _all(part: Part) -> Iterator[Part]:
    yield part
    for child in part.children:
        yield from _all(child)
