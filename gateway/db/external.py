"""Events of others in connected calendars: when they are, and the time of their owner that they take."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.remote import RemoteEvent, Reply, Showing
from gateway.db import queries
from gateway.db.busy import Span
from gateway.db.engine import Session

_SQL = queries.load("external.sql")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The events of one calendar, and whose time they take."""

    business_id: int
    connection_id: int
    calendar_id: int
    staff_id: int

    def key(self) -> dict[str, object]:
        return {"business_id": self.business_id, "calendar_id": self.calendar_id}


@dataclass(frozen=True, slots=True)
class Part:
    """A kept event: one that stands alone, the recurring one of a series, or an instance that differs from it."""

    id: int
    event_key: str
    series_key: str
    times: bytes
    showing: Showing
    reply: Reply


@dataclass(frozen=True, slots=True)
class Holding:
    """The time that a series takes; kept under its first part. `until`: held up to there, and it goes on for ever.

    `problem` says why nothing is held where that can't be told.
    """

    id: int
    first: datetime
    last: datetime
    until: datetime | None
    spans: tuple[Span, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be told of an event: its title only where its owner wanted titles read."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    unknown_zone: str
    problem: str


def keep(session: Session, shelf: Shelf, events: Sequence[RemoteEvent], round_: int, now: datetime) -> None:
    """Keep these events as they are told now; `round_` says in which reading they were."""
    session.run(
        _SQL["keep"],
        **shelf.key(),
        connection_id=shelf.connection_id,
        staff_id=shelf.staff_id,
        round=round_,
        now=now,
        event_keys=[one.id for one in events],
        series_keys=[one.series for one in events],
        times=[one.times for one in events],
        showings=[one.showing for one in events],
        replies=[one.reply for one in events],
        titles=[one.title for one in events],
        unknown_zones=[one.unknown_zone for one in events],
    )


def series(session: Session, shelf: Shelf, series_keys: Collection[str]) -> dict[str, list[Part]]:
    """All parts of these series, by series; the recurring event comes first."""
    found: dict[str, list[Part]] = {}
    for id_, event_key, series_key, times, showing, reply in session.all(
        _SQL["series"], **shelf.key(), series_keys=list(series_keys)
    ):
        part = _part(id_, event_key, series_key, times, showing, reply)
        found.setdefault(series_key, []).append(part)
    return found


def hold(session: Session, shelf: Shelf, parts: Collection[int], holdings: Sequence[Holding]) -> None:
    """Have these series take their time; `parts` are the ids of all their parts. Lock the staff member before."""
    session.run(_SQL["release"], business_id=shelf.business_id, ids=list(parts))
    session.run(
        _SQL["hold"],
        business_id=shelf.business_id,
        ids=[one.id for one in holdings],
        firsts=[one.first for one in holdings],
        lasts=[one.last for one in holdings],
        until=[one.until for one in holdings],
        problems=[one.problem for one in holdings],
    )
    spans = [(one.id, *span) for one in holdings for span in one.spans]
    session.run(
        _SQL["take"],
        business_id=shelf.business_id,
        staff_id=shelf.staff_id,
        ids=[id_ for id_, _, _ in spans],
        starts=[starts_at for _, starts_at, _ in spans],
        ends=[ends_at for _, _, ends_at in spans],
    )


def remove(session: Session, shelf: Shelf, event_keys: Collection[str]) -> set[str]:
    """Take events away, and with a recurring one all its parts. Whatever else their series, which are told, have must
    be held anew."""
    rows = session.all(_SQL["remove"], **shelf.key(), event_keys=list(event_keys))
    return {series for (series,) in rows}


def remove_parts(session: Session, shelf: Shelf, series_keys: Collection[str], left: Collection[str]) -> None:
    """Of these series only the parts `left` are there any more."""
    session.run(_SQL["remove_parts"], **shelf.key(), series_keys=list(series_keys), event_keys=list(left))


def kept(session: Session, shelf: Shelf, event_keys: Collection[str]) -> list[str]:
    """Those of these events that we have."""
    rows = session.all(_SQL["kept"], **shelf.key(), event_keys=list(event_keys))
    return [key for (key,) in rows]


def known(session: Session, shelf: Shelf, event_keys: Collection[str], now: datetime) -> set[str]:
    """Those of these events that we have, and that lie ahead."""
    rows = session.all(_SQL["known"], **shelf.key(), event_keys=list(event_keys), now=now)
    return {key for (key,) in rows}


def unseen(session: Session, shelf: Shelf, round_: int, now: datetime) -> dict[str, bool]:
    """What the present whole reading has not shown, and whether it lies ahead."""
    return dict(session.all(_SQL["unseen"], **shelf.key(), round=round_, now=now))


def unseen_instances(session: Session, shelf: Shelf, round_: int) -> list[Part]:
    """Instances that the present whole reading has not shown, though it has shown their series."""
    rows = session.all(_SQL["unseen_instances"], **shelf.key(), round=round_)
    return [_part(*row) for row in rows]


def count(session: Session, shelf: Shelf, now: datetime) -> int:
    """How many events lie ahead."""
    return int(session.value(_SQL["count"], **shelf.key(), now=now))


def growing(
    session: Session, business_id: int, connection_id: int, before: datetime, most: int
) -> dict[int, list[str]]:
    """By calendar, the series without an end whose time isn't held up to this moment yet."""
    key = {"business_id": business_id, "connection_id": connection_id}
    return _by_calendar(session.all(_SQL["growing"], **key, before=before, most=most))


def all_series(session: Session, business_id: int, connection_id: int) -> dict[int, list[str]]:
    key = {"business_id": business_id, "connection_id": connection_id}
    return _by_calendar(session.all(_SQL["all_series"], **key))


def clear(session: Session, business_id: int, calendar_id: int) -> None:
    """A calendar blocks nothing any more."""
    session.run(_SQL["clear"], business_id=business_id, calendar_id=calendar_id)


def forget_titles(session: Session, business_id: int, connection_id: int) -> None:
    session.run(_SQL["forget_titles"], business_id=business_id, connection_id=connection_id)


def told(session: Session, business_id: int, calendar_id: int, now: datetime, most: int = 200) -> list[Known]:
    """The events that lie ahead, the nearest first."""
    rows = session.all(_SQL["told"], business_id=business_id, calendar_id=calendar_id, now=now, most=most)
    return [Known(*row) for row in rows]


def blocked(session: Session, business_id: int, calendar_id: int, since: datetime, until: datetime) -> int:
    """How many stretches of time this calendar blocks."""
    key = {"business_id": business_id, "calendar_id": calendar_id}
    return int(session.value(_SQL["blocked"], **key, since=since, until=until))


def _by_calendar(rows: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for calendar_id, series_key in rows:
        found.setdefault(calendar_id, []).append(series_key)
    return found


def _part(id_: int, event_key: str, series_key: str, times: bytes, showing: str, reply: str) -> Part:
    return Part(id_, event_key, series_key, times, Showing(showing), Reply(reply))
