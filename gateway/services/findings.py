"""What a business would notice if double bookings were refused: what was let through, and what overlaps now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from gateway.core import clock
from gateway.core.booking import LogEntry, Outcome
from gateway.core.errors import NotYours
from gateway.core.model import require_aware
from gateway.db import access, bookings, busy, synclog
from gateway.db.busy import Conflict
from gateway.db.engine import Session
from gateway.services.deps import Deps

# What stands in a booking's way, by the reasons of the database.
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


@dataclass(frozen=True, slots=True)
class Findings:
    """In sentences. `would_be_refused`: the latest first; `overlap`: from now on, the earliest first."""

    would_be_refused: tuple[str, ...]
    overlap: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What it takes to tell a business of its own times."""

    zone: tzinfo
    now: datetime
    names: Mapping[int, str]

    def who(self, staff_id: int | None) -> str:
        return self.names.get(staff_id or 0, f"Staff member {staff_id}" if staff_id else "No staff member")

    def span(self, starts_at: datetime, ends_at: datetime) -> str:
        return clock.span(starts_at.astimezone(self.zone), ends_at.astimezone(self.zone), self.now)


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
    when = _told_span(scene, entry.after or {})
    why = " ".join(_reason(scene, reason) for reason in entry.reasons)
    return f"{scene.who(entry.staff_id)}{when and f', {when}'}: booking {entry.booking_id}. {why}".strip()


def _reason(scene: _Scene, reason: Mapping[str, object]) -> str:
    when = _told_span(scene, reason)
    which = str(reason.get("source", "")).removeprefix("booking")
    words = _WHY.get(str(reason.get("code")), "The time was taken{when}.")
    return words.format(which=which, when=when and f" ({when})")


def _told_span(scene: _Scene, told: Mapping[str, object]) -> str:
    """The times as the timeline has them; empty where it has none that can be read."""
    try:
        ends = [datetime.fromisoformat(str(told[name])) for name in ("start", "end")]
        require_aware(*ends)
        return scene.span(*ends)
    except (KeyError, ValueError, TypeError, OverflowError):
        return ""
