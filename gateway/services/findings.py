"""What a business would notice if double bookings were refused: what was let through, and what overlaps now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from gateway.core import clock
from gateway.core.booking import LogEntry, Outcome
from gateway.core.errors import NotYours
from gateway.core.language import N_, _
from gateway.core.model import require_aware
from gateway.db import access, bookings, busy, synclog, team
from gateway.db.busy import Conflict
from gateway.db.engine import Session
from gateway.db.team import LetThrough
from gateway.services.deps import Deps

# What stands in a booking's way, by the reasons of the database. These two are for the command line, in English.
_WHY: Mapping[str, str] = {
    "OVERLAP": "Another booking{which} is there{when}.",
    "BUFFER": "That leaves no break beside another booking{which}{when}.",
    "EXTERNAL": "Another calendar says busy{when}.",
    "BLOCK": "Time was blocked{when}.",
}
_OVER: Mapping[str, str] = {
    "booking": "booking {id}",
    "block": "blocked time",
    "external": "busy time in another calendar",
}
# {when} is empty, or a comma and the times.
_STOOD_THERE: Mapping[str, str] = {
    "OVERLAP": N_("Another booking was there{when}."),
    "BUFFER": N_("It left no break beside another booking{when}."),
    "EXTERNAL": N_("Another calendar said busy{when}."),
    "BLOCK": N_("Time was blocked{when}."),
}
_TAKEN = N_("The time was taken{when}.")
_STANDS_THERE: Mapping[str, str] = {
    "booking": N_("Another booking is at the same time."),
    "block": N_("Time is blocked then."),
    "external": N_("Another calendar says busy then."),
}
# More than anybody looks through, and still a bound.
MOST_TOLD = 1_000
MOST_OVERLAPS = 50


@dataclass(frozen=True, slots=True)
class Findings:
    """In sentences. `would_be_refused`: the latest first; `overlap`: from now on, the earliest first."""

    would_be_refused: tuple[str, ...]
    overlap: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Double:
    """A double booking as a page shows it: when it is, whose, what was booked, and what it stands against."""

    when: str
    who: str
    staff_id: int | None
    service: str
    why: str


@dataclass(frozen=True, slots=True)
class Doubles:
    """`let_through` is a page of the `total` that would have been refused `since` a moment, in words as `beginning` has
    them; `overlaps` are there now, of which at the most `MOST_OVERLAPS` are told. `enforces`: double bookings are
    refused by now."""

    enforces: bool
    let_through: tuple[Double, ...]
    page: int
    pages: int
    total: int
    since: str
    overlaps: tuple[Double, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What it takes to tell a business of its own times."""

    zone: tzinfo
    now: datetime
    names: Mapping[int, str]

    def who(self, staff_id: int | None) -> str:
        unnamed = _("Staff member {id}").format(id=staff_id) if staff_id else _("No staff member")
        return self.names.get(staff_id or 0, unnamed)

    def moment(self, moment: datetime) -> str:
        return clock.day_and_time(moment.astimezone(self.zone), self.now)

    def span(self, starts_at: datetime, ends_at: datetime) -> str:
        return clock.span(starts_at.astimezone(self.zone), ends_at.astimezone(self.zone), self.now)

    def hours(self, starts_at: datetime, ends_at: datetime) -> str:
        """As `span`, without the day that it begins on."""
        begins, ends = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        until = clock.time(ends) if ends.date() == begins.date() else self.moment(ends_at)
        return _("{since} to {until}").format(since=clock.time(begins), until=until)


def find(deps: Deps, business_id: int) -> Findings:
    """What would have been refused so far, and what overlaps from now on. Raises NotYours for an unknown business."""
    now = deps.now()
    with deps.database.tenant(business_id, read_only=True) as session:
        scene = _scene(session, business_id, now)
        observed = synclog.with_outcome(session, business_id, Outcome.OBSERVED)
        overlaps = busy.conflicts(session, business_id, now)
    return Findings(
        tuple(_let_through(scene, entry) for entry in observed),
        tuple(_overlap(scene, conflict) for conflict in _once_each(overlaps)),
    )


def doubles(deps: Deps, business_id: int, *, page: int, size: int) -> Doubles:
    """As `find`, a page of it; the last one instead of one that isn't there. Raises NotYours."""
    now = deps.now()
    with deps.database.tenant(business_id, read_only=True) as session:
        scene = _scene(session, business_id, now)
        total, first = team.count_let_through(session, business_id, MOST_TOLD)
        pages = max(1, -(-total // size))
        page = min(max(page, 1), pages)
        observed = team.let_through(session, business_id, (page - 1) * size, size)
        enforces = busy.enforces(session, business_id)
        overlaps = _once_each(busy.conflicts(session, business_id, now, MOST_OVERLAPS))
        services = team.services_of(session, business_id, [one.booking_id for one in overlaps])
    return Doubles(
        enforces,
        tuple(_double(scene, one) for one in observed),
        page,
        pages,
        total,
        clock.beginning(first.astimezone(scene.zone), scene.now) if first else "",
        tuple(_overlapping(scene, one, services) for one in overlaps),
    )


def _double(scene: _Scene, one: LetThrough) -> Double:
    span = _told_span(scene, one.after)
    when = scene.span(*span) if span else scene.moment(one.happened_at)
    day = (span[0] if span else one.happened_at.astimezone(scene.zone)).date()
    why = " ".join(_stood_there(scene, reason, day) for reason in one.reasons)
    return Double(when, scene.who(one.staff_id), one.staff_id, one.service, why)


def _stood_there(scene: _Scene, reason: Mapping[str, object], day: date) -> str:
    """Why it was one; on the same day without saying that again."""
    words = _(_STOOD_THERE.get(str(reason.get("code")), _TAKEN))
    span = _told_span(scene, reason)
    if not span:
        return words.format(when="")
    when = scene.hours(*span) if span[0].date() == day else scene.span(*span)
    return words.format(when=f", {when}")


def _overlapping(scene: _Scene, one: Conflict, services: Mapping[int, str]) -> Double:
    over = _STANDS_THERE.get(one.source, _STANDS_THERE["booking"])
    service, when = services.get(one.booking_id, ""), scene.span(one.starts_at, one.ends_at)
    return Double(when, scene.who(one.staff_id), one.staff_id, service, _(over))


def _scene(session: Session, business_id: int, now: datetime) -> _Scene:
    business = bookings.business(session, business_id)
    if business is None:
        raise NotYours(what=f"no business {business_id}")
    zone = clock.zone_of(business.time_zone)
    names = {member.id: member.name for member in access.staff(session, business_id)}
    return _Scene(zone, now.astimezone(zone), names)


def _once_each(overlaps: list[Conflict]) -> list[Conflict]:
    """Two bookings that overlap each other are one thing to tell."""
    seen = dict[frozenset[tuple[str, int]], Conflict]()
    for one in overlaps:
        seen.setdefault(frozenset({("booking", one.booking_id), (one.source, one.source_id)}), one)
    return list(seen.values())


def _overlap(scene: _Scene, conflict: Conflict) -> str:
    over = _OVER[conflict.source].format(id=conflict.source_id)
    when = scene.span(conflict.starts_at, conflict.ends_at)
    return f"{scene.who(conflict.staff_id)}, {when}: booking {conflict.booking_id} overlaps {over}."


def _let_through(scene: _Scene, entry: LogEntry) -> str:
    when = _span_in_words(scene, entry.after or {})
    why = " ".join(_reason(scene, reason) for reason in entry.reasons)
    return f"{scene.who(entry.staff_id)}{when and f', {when}'}: booking {entry.booking_id}. {why}".strip()


def _reason(scene: _Scene, reason: Mapping[str, object]) -> str:
    when = _span_in_words(scene, reason)
    which = str(reason.get("source", "")).removeprefix("booking")
    words = _WHY.get(str(reason.get("code")), _TAKEN)
    return words.format(which=which, when=when and f" ({when})")


def _span_in_words(scene: _Scene, told: Mapping[str, object]) -> str:
    span = _told_span(scene, told)
    return scene.span(*span) if span else ""


def _told_span(scene: _Scene, told: Mapping[str, object]) -> tuple[datetime, datetime] | None:
    """The times as the timeline has them; None where it has none that can be read."""
    try:
        start, end = (datetime.fromisoformat(str(told[name])) for name in ("start", "end"))
        require_aware(start, end)
        return start.astimezone(scene.zone), end.astimezone(scene.zone)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
