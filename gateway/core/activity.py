"""A line of the timeline as people read it: what happened, by whom and where from, and why. No I/O.

Nothing is told but what the timeline keeps: times, states, reasons, and the names of those who did it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.core import clock, deeds
from gateway.core.booking import LogEntry, Outcome, Via
from gateway.core.language import N_, _
from gateway.core.model import require_aware


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a line. `now` is on the business's clock, and so are the times that are told. `viewer` is
    the name of who reads; `staff` are names by id; `places` is what accounts are called, by connection."""

    now: datetime
    viewer: str
    staff: Mapping[int, str]
    places: Mapping[int, str]

    def __post_init__(self) -> None:
        require_aware(self.now)

    def here(self, moment: datetime) -> datetime:
        return moment.astimezone(self.now.tzinfo)


@dataclass(frozen=True, slots=True)
class Told:
    """`what` begins small, since a booking's name may stand before it; `why` are sentences; `icon` and `tone` say how
    it looks."""

    what: str
    why: str
    icon: str
    tone: str


Span = tuple[datetime, datetime]

_FROM: Final[Mapping[Via, str]] = {
    Via.API: N_("By {who}, through the booking app."),
    Via.CALDAV: N_("By {who}, in a calendar app."),
    Via.SQL: N_("In the booking app."),
    Via.PAGE: N_("By {who}, on these pages."),
    Via.PROVIDER: N_("By {who}."),
    Via.SYSTEM: N_("By {who}."),
}
# Where a change came from, in a word or two.
SOURCES: Final[Mapping[Via, str]] = {
    Via.API: N_("Booking app"),
    Via.CALDAV: N_("Calendar app"),
    Via.SQL: N_("Booking app"),
    Via.PAGE: N_("These pages"),
    Via.PROVIDER: N_("Connected account"),
    Via.SYSTEM: "Daybridge",
}
_STATES: Final[Mapping[str, str]] = {
    "pending": N_("not confirmed"),
    "confirmed": N_("confirmed"),
    "cancelled": N_("cancelled"),
    "completed": N_("completed"),
    "no_show": N_("missed"),
    "business_deleted": N_("deleted"),
}
# Who has no name of their own, as they are written down.
_WHO: Final[Mapping[str, str]] = {
    "operator": N_("whoever runs this installation"),
    "The booking system": N_("The booking system"),
}
_OUR_WAY_TO: Final = "Daybridge to "
_TWO_PLACES: Final = "BOTH_CHANGED"
_UNSURE: Final = "UNSURE"


def told(entry: LogEntry, around: Around) -> Told:
    """The line in words, for whatever was written down."""
    to = span(entry.after)
    what = _what(entry, to).format(
        to=_to(entry, to, around) if to else _("another time"), where=_where(entry, around)
    )
    return Told(what, " ".join(_why(entry, around)), _icon(entry), deeds.ENDS[entry.outcome].tone)


def by(entry: LogEntry, around: Around) -> str:
    """Who did it: "you", "Bob Brandt", "you in Google"."""
    who, viewer = entry.who, around.viewer
    if viewer and who == viewer:
        return _("you")
    if viewer and entry.via is Via.PROVIDER and who.startswith(f"{viewer} in "):
        return _("you in {place}").format(place=who.removeprefix(f"{viewer} in "))
    name, inside, place = who.rpartition(" in ")
    if inside and entry.via is Via.PROVIDER:
        return _("{name} in {place}").format(name=_("Somebody") if name == "Somebody" else name, place=place)
    if entry.via is Via.SYSTEM and who.startswith(_OUR_WAY_TO):
        return _("Daybridge to {place}").format(place=who.removeprefix(_OUR_WAY_TO))
    return _(_WHO[who]) if who in _WHO else who


def codes(entry: LogEntry) -> set[str]:
    return {str(reason.get("code", "")) for reason in entry.reasons}


def both_changed(entry: LogEntry) -> bool:
    """Whether two sides had changed the booking, and the calendar's version didn't count."""
    return entry.outcome is Outcome.RESTORED and bool(codes(entry) & {_TWO_PLACES, _UNSURE})


def span(kept: Mapping[str, object] | None) -> Span | None:
    """The times that a line keeps; None where it has none that can be read."""
    try:
        starts_at, ends_at = (datetime.fromisoformat(str((kept or {})[name])) for name in ("start", "end"))
        require_aware(starts_at, ends_at)
    except (KeyError, ValueError, TypeError):
        return None
    return starts_at, ends_at


def connection(entry: LogEntry) -> int | None:
    """Which connection a line is about."""
    found = (entry.after or {}).get("connection_id")
    return found if isinstance(found, int) else None


def _what(entry: LogEntry, to: Span | None) -> str:
    if entry.action == "change" and both_changed(entry):
        twice = _TWO_PLACES in codes(entry)
        return _("changed in two places at once") if twice else _("another version was found")
    if entry.action == "change" and entry.outcome is Outcome.REFUSED and to:
        return deeds.words("move", entry.outcome)
    if entry.action == "move" and entry.outcome is Outcome.ACCEPTED and to and span(entry.before) == to:
        return _("given to somebody else")
    return deeds.words(entry.action, entry.outcome)


def _icon(entry: LogEntry) -> str:
    return "warning" if both_changed(entry) else deeds.drawing(entry.action, entry.outcome)


def _to(entry: LogEntry, to: Span, around: Around) -> str:
    """The new time; the clock alone where the day stays."""
    here, before = around.here(to[0]), span(entry.before)
    if before and around.here(before[0]).date() == here.date():
        if before[0] == to[0]:
            return clock.span(here, around.here(to[1]), around.now)
        return clock.time(here)
    return clock.day_and_time(here, around.now)


def _where(entry: LogEntry, around: Around) -> str:
    return around.places.get(connection(entry) or 0, _("the calendar"))


def _why(entry: LogEntry, around: Around) -> Iterator[str]:
    if entry.who not in ("Daybridge",) and not (
        entry.via is Via.SYSTEM and entry.who.startswith("Daybridge")
    ):
        yield _(_FROM[entry.via]).format(who=by(entry, around))
    yield from _changes(entry, around)
    for reason in entry.reasons:
        if sentence := _reason(reason, around):
            yield sentence
    if both_changed(entry) and (theirs := span(entry.after)):
        yield _("There it was {when}.").format(when=_span(theirs, around))


def _changes(entry: LogEntry, around: Around) -> Iterator[str]:
    """What is another thing than before, but for what the title says."""
    before, after = entry.before or {}, entry.after or {}
    was, is_ = span(before), span(after)
    if was and is_ and was != is_:
        stays = entry.outcome is Outcome.REFUSED
        text = _("It stays {when}.") if stays else _("Before, it was {when}.")
        yield text.format(when=_span(was, around))
    elif was and entry.action == "cancel":
        yield _("It was {when}.").format(when=_span(was, around))
    if {"staff_member_id"} <= before.keys() & after.keys() and before["staff_member_id"] != after[
        "staff_member_id"
    ]:
        yield _("From {before} to {after}.").format(
            before=_staff(before, around), after=_staff(after, around)
        )
    if before.get("status") != after.get("status") and entry.action == "change":
        state = _STATES.get(str(after.get("status")))
        if state:
            yield _("It is {state} now.").format(state=_(state))
    yield from _particulars(before, after)


def _particulars(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    if after.get("manager_override") and not before.get("manager_override") and before:
        yield _("A rule of the business was overridden.")
    if after.get("label"):
        yield _("It is called “{name}”.").format(name=after["label"])
    if after.get("our_events"):
        removed = after["our_events"] == "removed"
        yield _("Our events there were taken out.") if removed else _("Our events there were left.")


def _staff(kept: Mapping[str, object], around: Around) -> str:
    id_ = kept["staff_member_id"]
    return around.staff.get(id_, _("somebody")) if isinstance(id_, int) else _("nobody")


# What `carry.note_restored` writes down: the things that were put back.
_PUT_BACK: Final = re.compile(r"Put back: (.+)\.")


def _reason(reason: Mapping[str, object], around: Around) -> str:
    # Most are written down in English, by the worker; those without data in them have a translation.
    if put_back := _PUT_BACK.fullmatch(str(reason.get("detail"))):
        return _("Put back: {what}.").format(what=", ".join(map(_, put_back[1].split(", "))))
    if detail := _(str(reason.get("detail") or "")):
        return detail if detail.endswith((".", "!", "?", "…")) else f"{detail}."
    when = span(reason)
    known = _(deeds.REASONS.get(str(reason.get("code")), ""))
    return known.format(when=f" ({_span(when, around)})" if when else "")


def _span(times: Span, around: Around) -> str:
    return clock.span(around.here(times[0]), around.here(times[1]), around.now)
