"""The other version of a booking, where two sides had changed it: what may be taken instead of what counts now."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core import activity
from gateway.core.activity import Span
from gateway.core.booking import LogEntry, Outcome, Via
from gateway.core.model import require_aware


@dataclass(frozen=True, slots=True)
class Version:
    """What a booking would be: at these times, or (None) cancelled. `back`: what it was before somebody chose."""

    span: Span | None
    back: bool = False

    def __post_init__(self) -> None:
        require_aware(*(self.span or ()))


def other(entry: LogEntry) -> Version | None:
    """The version that a line keeps beside the one that counts.

    That is a calendar's, which lost against the booking app's, and after a choice the one that was chosen against.
    Where nobody can tell whose version was overruled, only its times can be taken: that an event isn't there may then
    be our own doing.
    """
    if entry.outcome is Outcome.ACCEPTED and entry.action == "move" and entry.via is Via.PAGE:
        before = activity.span(entry.before)
        return Version(before, back=True) if before and before != activity.span(entry.after) else None
    if not activity.both_changed(entry):
        return None
    if theirs := activity.span(entry.after):
        return Version(theirs)
    deleted = entry.action == "cancel" and "BOTH_CHANGED" in activity.codes(entry)
    return Version(None) if deleted else None
