"""The things in a week: what they are called for whoever looks, and which of them must not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.core import reading
from gateway.core.language import ngettext
from gateway.core.model import require_aware
from gateway.core.unacceptable import Unacceptable

# Of people who share a session; the others are counted.
_MOST_NAMES: Final = 3
_SHARED: Final = "session "


class Kind(StrEnum):
    BOOKING = "booking"
    BLOCK = "block"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that takes a staff member's time, in words that whoever looks may read. `key` tells it from all others.

    `booking_id` is what a booking opens. `session` is what several bookings may share. `clash`: it overlaps something
    that it must not. `pending`: not confirmed yet. `missed`: nobody came, so it takes no time.
    """

    key: str
    staff_id: int
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    title: str
    note: str = ""
    booking_id: int | None = None
    session: str = ""
    clash: bool = False
    pending: bool = False
    missed: bool = False

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


def whom(first_name: str, last_name: str) -> str:
    """ "Maria S.": enough to tell whom, and not more than that on a sheet that hangs on a wall."""
    first, last = first_name.strip(), last_name.strip()
    return f"{first} {last[0]}." if first and last else first or last


def block_title(body: bytes) -> str:
    """What its owner called a block; empty where that can't be read."""
    try:
        return reading.text(reading.event(reading.calendar(body)).value("SUMMARY")).strip()
    except Unacceptable:
        return ""


def shared(items: Iterable[Item]) -> list[Item]:
    """The same, with bookings that share a session as one."""
    found: dict[tuple[int, str], list[Item]] = {}
    for item in items:
        key = item.session if item.session.startswith(_SHARED) and not item.missed else item.key
        found.setdefault((item.staff_id, key), []).append(item)
    return [_as_one(group) for group in found.values()]


def _as_one(group: Sequence[Item]) -> Item:
    if len(group) == 1:
        return group[0]
    names = [one.note for one in group if one.note]
    rest = len(group) - min(len(names), _MOST_NAMES)
    told = ", ".join(names[:_MOST_NAMES])
    if rest:
        told = ngettext("{names} and {n} more", "{names} and {n} more", rest).format(names=told, n=rest)
    people = len(group)
    return replace(
        group[0],
        ends_at=max(one.ends_at for one in group),
        note=ngettext("{n} person: {names}", "{n} people: {names}", people).format(n=people, names=told),
        clash=any(one.clash for one in group),
        pending=all(one.pending for one in group),
    )


def marked(items: Iterable[Item]) -> list[Item]:
    """The same, in order, with a mark on each booking that overlaps something, and on what it overlaps. Two that share
    a session may, as may two things that are no bookings: nobody waits for anybody then."""
    found = sorted(items, key=lambda one: (one.starts_at, one.ends_at, one.key))
    clashing: set[str] = set()
    going: list[Item] = []
    for item in (one for one in found if not one.missed):
        going = [one for one in going if one.ends_at > item.starts_at]
        for one in going:
            if one.staff_id == item.staff_id and _at_odds(one, item):
                clashing |= {one.key, item.key}
        going.append(item)
    return [replace(one, clash=one.clash or one.key in clashing) for one in found]


def _at_odds(one: Item, other: Item) -> bool:
    if Kind.BOOKING not in (one.kind, other.kind):
        return False
    return one.kind is not other.kind or one.session != other.session
