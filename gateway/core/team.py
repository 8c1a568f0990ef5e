"""A business's people and how their calendars stand: who needs help stands first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from gateway.core import clock, connection
from gateway.core.connection import Facts, State, Told
from gateway.core.language import N_, _, ngettext

Row = TypeVar("Row")

# On one page; more than fit on a phone, and few enough to be looked through.
A_PAGE: Final = 25

# The worst first. Who has not started stands between what needs somebody and what goes by itself.
_ORDER: Final = (
    State.RECONNECT_NEEDED,
    State.STOPPED,
    State.STALE,
    State.CONNECTING,
    State.PAUSED,
    None,
    State.IMPORTING,
    State.CATCHING_UP,
    State.IN_STEP,
    State.DISCONNECTED,
)
_RANK: Final = {state: place for place, state in enumerate(_ORDER)}
# What does not mend itself.
_NEEDS_SOMEBODY: Final = frozenset(_ORDER[:4])
# The columns of a table, from the left; they are said when the table is drawn.
FAMILIES: Final = ("Google", "Microsoft 365", N_("iCloud and others"))
# How these have stood is told by the last look, not by a beginning.
_AT_WORK: Final = frozenset({State.IMPORTING, State.CATCHING_UP, State.IN_STEP})


@dataclass(frozen=True, slots=True)
class Standing:
    """A connected account. `family` is the column that it stands in, `provider` what people call it; `when` says since
    when it stands like this, or when it was looked at last."""

    id: int
    staff_id: int | None
    family: str
    provider: str
    account: str
    told: Told
    when: str


@dataclass(frozen=True, slots=True)
class Person:
    """A staff member: how many phones and computers they have, when one of them was seen last in words, and the
    accounts that they have connected."""

    id: int
    name: str
    devices: int
    seen: str
    accounts: tuple[Standing, ...] = field(default=())

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()

    @property
    def first_name(self) -> str:
        return (self.name.split() or [_("Somebody")])[0]

    @property
    def started(self) -> bool:
        return bool(self.devices or self.accounts)

    @property
    def needs_help(self) -> bool:
        return any(one.told.state in _NEEDS_SOMEBODY for one in self.accounts)

    def of(self, family: str) -> tuple[Standing, ...]:
        """Those of their accounts that stand in this column."""
        return tuple(one for one in self.accounts if one.family == family)


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """One page of many rows; pages count from 1."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    total: int


def family(provider: str) -> str:
    """The column of a provider's accounts."""
    google, microsoft, others = FAMILIES
    return {"google": google, "microsoft": microsoft}.get(provider, others)


def standing(
    facts: Facts, now: datetime, poll: timedelta, zone: ZoneInfo, provider: str, *, leaving: bool = False
) -> tuple[Told, str]:
    """How an account stands in words, and since when or when it was looked at."""
    lasts = facts.closed_at or facts.refused_at or facts.stopped_at or facts.read_at or facts.failing_since
    local = now.astimezone(zone)
    began = (lasts or now).astimezone(zone)
    until = (facts.paused_until or now).astimezone(zone)
    told = connection.told(
        facts, now, poll, provider=provider, clock=clock.time(until), since=clock.lately(began, local)
    )
    if leaving:
        return told, _("being disconnected")
    if told.state in _AT_WORK:
        read = clock.ago(facts.read_at.astimezone(zone), local) if facts.read_at else ""
        return told, read and _("checked {ago}").format(ago=read)
    if told.state is State.PAUSED:
        waiting = ngettext("{n} waiting", "{n} waiting", facts.waiting).format(n=facts.waiting)
        return told, waiting if facts.waiting else ""
    if told.state is State.CONNECTING or not lasts:
        return told, ""
    return told, _("since {moment}").format(moment=clock.beginning(began, local))


def worst_first(people: Iterable[Person]) -> list[Person]:
    """Who has the worst account first, then who has more that need somebody, then by name."""
    return sorted(people, key=_place)


def _place(person: Person) -> tuple[int, int, str, int]:
    ranks = [_RANK[one.told.state] for one in person.accounts]
    if not ranks:
        ranks = [_RANK[State.IN_STEP if person.devices else None]]
    needs = sum(one.told.state in _NEEDS_SOMEBODY for one in person.accounts)
    return min(ranks), -needs, person.name.casefold(), person.id


def found(people: Iterable[Person], asked: str) -> list[Person]:
    """Those whose names have these words in them."""
    words = asked.casefold().split()
    return [one for one in people if all(word in one.name.casefold() for word in words)]


def cut(rows: Sequence[Row], page: int, size: int = A_PAGE) -> Slice[Row]:
    """A page of rows; the last one instead of one that isn't there."""
    pages = max(1, -(-len(rows) // size))
    page = min(max(page, 1), pages)
    return Slice(tuple(rows[(page - 1) * size : page * size]), page, pages, len(rows))


def summary(people: Sequence[Person]) -> str:
    """ "5 people. Ana needs help; Jonas has not started." """
    many = ngettext("{n} person", "{n} people", len(people)).format(n=len(people))
    help_ = _who_needs_help([one for one in people if one.needs_help])
    waits = _who_waits([one for one in people if not one.started])
    told = "; ".join(part for part in (help_, waits) if part) or _("Nobody needs help")
    return _("{people}. {told}.").format(people=many, told=f"{told[:1].upper()}{told[1:]}")


def _who_needs_help(people: Sequence[Person]) -> str:
    if len(people) == 1:
        return _("{name} needs help").format(name=people[0].first_name)
    n = len(people)
    return ngettext("{n} needs help", "{n} need help", n).format(n=n) if people else ""


def _who_waits(people: Sequence[Person]) -> str:
    if len(people) == 1:
        return _("{name} has not started").format(name=people[0].first_name)
    n = len(people)
    return ngettext("{n} has not started", "{n} have not started", n).format(n=n) if people else ""
