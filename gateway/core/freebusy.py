"""When someone is taken, and nothing else: stretches of time put together into one VFREEBUSY (RFC 5545 3.6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.core.model import require_aware
from gateway.core.wire import CALENDAR_HEAD, escape, fold

# What one question may reach over (a leap year), and how many periods an answer may have.
LONGEST: Final = timedelta(days=366)
MOST: Final = 10_000

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A time that is taken, for certain or not yet."""

    starts_at: datetime
    ends_at: datetime
    tentative: bool = False

    def __post_init__(self) -> None:
        require_aware(self.starts_at, self.ends_at)


def periods(stretches: Iterable[Stretch], since: datetime, until: datetime) -> list[Stretch]:
    """What is taken between two moments: in order, none touching another of its kind, in whole seconds. What is taken
    for certain is not told as tentative too."""
    within = [cut for one in stretches if (cut := _cut(one, since, until))]
    busy = _merged(one for one in within if not one.tentative)
    tentative = _merged(one for one in within if one.tentative)
    return sorted([*busy, *_without(tentative, busy)])


def render(taken: Iterable[Stretch], since: datetime, until: datetime, *, stamp: datetime, uid: str) -> bytes:
    """A VCALENDAR with one VFREEBUSY. One period to a line: not every program takes a list of them."""
    lines = [
        f"{CALENDAR_HEAD}BEGIN:VFREEBUSY",
        fold(f"UID:{escape(uid)}"),
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(since)}",
        f"DTEND:{_utc(until)}",
        *map(_line, taken),
        "END:VFREEBUSY\r\nEND:VCALENDAR\r\n",
    ]
    return "\r\n".join(lines).encode()


def _cut(one: Stretch, since: datetime, until: datetime) -> Stretch | None:
    """The part within the span; a second that is taken in part is taken."""
    starts_at = max(_second(one.starts_at), since)
    ends_at = min(_second(one.ends_at + _SECOND - timedelta(microseconds=1)), until)
    return Stretch(starts_at, ends_at, one.tentative) if starts_at < ends_at else None


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Of one kind: what overlaps or touches is one."""
    found: list[Stretch] = []
    for one in sorted(stretches):
        if found and one.starts_at <= found[-1].ends_at:
            last = found.pop()
            one = Stretch(last.starts_at, max(last.ends_at, one.ends_at), one.tentative)  # noqa: PLW2901
        found.append(one)
    return found


def _without(stretches: Iterable[Stretch], others: list[Stretch]) -> Iterator[Stretch]:
    """What is left of the first where the others take their part; both are in order and merged."""
    at = 0
    for one in stretches:
        start = one.starts_at
        while at < len(others) and others[at].ends_at <= start:
            at += 1
        here = at
        while here < len(others) and others[here].starts_at < one.ends_at:
            if start < others[here].starts_at:
                yield Stretch(start, others[here].starts_at, one.tentative)
            start = max(start, others[here].ends_at)
            here += 1
        if start < one.ends_at:
            yield Stretch(start, one.ends_at, one.tentative)


def _line(one: Stretch) -> str:
    kind = "BUSY-TENTATIVE" if one.tentative else "BUSY"
    return fold(f"FREEBUSY;FBTYPE={kind}:{_utc(one.starts_at)}/{_utc(one.ends_at)}")


def _utc(moment: datetime) -> str:
    # As everywhere: strftime leaves out the zeros before a short year.
    return moment.astimezone(UTC).isoformat()[:19].replace("-", "").replace(":", "") + "Z"
