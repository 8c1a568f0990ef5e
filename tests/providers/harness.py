"""An account with its owner, as all suites over providers see it; and what is known of a calendar after reading it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from gateway.core import foreign, keys
from gateway.core.blocking import BlockRules
from gateway.core.foreign import Piece
from gateway.core.model import Event
from gateway.core.remote import Grant, RemoteEvent, Reply, Showing, Window
from gateway.providers.port import CalendarProvider, Provider

BERLIN = ZoneInfo("Europe/Berlin")
TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # ten o'clock in Berlin, a Tuesday
HOUR = timedelta(hours=1)
WINDOW = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
VERIFIER = "v" * 64
ADDRESS = "https://book.example"
Json = dict[str, Any]

EVENT = Event(
    uid="booking-7@contract",
    starts_at=TEN,
    ends_at=TEN + HOUR,
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut – Ana",
    description="Customer: Ana\n\n— notes —\nLikes tea, & <biscuits>",
    location="Hafenweg 2, Kiel",
    categories=("Bookings", "Haircut"),
    url="https://video.example/7",
)
KEY = keys.event_key("contract", 7, 0)


@dataclass(frozen=True)
class Theirs:
    """An event of the owner's own: from when to when, or from which day to (without) which."""

    starts: date = TEN
    ends: date = TEN + HOUR
    title: str = "Dentist"
    rule: str = ""
    showing: Showing = Showing.BUSY
    reply: Reply = Reply.NONE


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Harness(Protocol):
    """An account with its owner. `main` is what its provider calls its main calendar, which is in Berlin."""

    provider: Provider
    clock: Clock
    main: str

    def open(self, *, titles: bool = False) -> CalendarProvider:
        """The account, through the port."""

    def put_unheard(self, event: Event) -> None:
        """A `put` of a new event under `KEY` that takes effect, and whose answer is lost."""

    def add(self, theirs: Theirs) -> str: ...
    def move(self, id_: str, by: timedelta) -> None: ...
    def rename(self, id_: str, title: str) -> None: ...
    def make_all_day(self, id_: str, day: date) -> None: ...
    def remove(self, id_: str) -> None: ...
    def move_one(self, id_: str, starts: datetime, by: timedelta, lasting: timedelta = HOUR) -> None:
        """Of a series in Berlin of an hour each, the instance that begins then."""

    def cancel_one(self, id_: str, starts: datetime) -> None: ...
    def add_calendar(self, name: str) -> str: ...
    def drop_calendar(self, id_: str) -> None: ...
    def expire_cursors(self) -> None: ...
    def pages_of(self, size: int) -> None: ...
    def visit(self, url: str, *, agrees: bool = True) -> dict[str, str]:
        """Where its owner is sent back to, after this page: the address's query."""

    @property
    def redirect(self) -> str: ...


def agreed(harness: Harness) -> Grant:
    """The whole way of letting us in."""
    authority = harness.provider.authority
    url = authority.authorize_url("a-state", VERIFIER, harness.redirect, consent=True, hint="")
    return authority.exchange(harness.visit(url)["code"], VERIFIER, harness.redirect)


def told(there: CalendarProvider, calendar: str, cursor: str = "") -> tuple[list[RemoteEvent], str]:
    """A round of reading: everything that it told, and where the next one goes on."""
    events: list[RemoteEvent] = []
    for _ in range(100):
        page = there.changes(calendar, cursor, WINDOW)
        events += page.events
        cursor = page.cursor
        assert cursor
        if page.last:
            return events, cursor
    raise AssertionError("a round without an end")


def replayed(known: dict[str, RemoteEvent], events: list[RemoteEvent]) -> dict[str, RemoteEvent]:
    """What is known after a round, as `services.absorb` understands it."""
    for event in events:
        if event.gone:
            known = {id_: one for id_, one in known.items() if event.id not in (id_, one.series)}
        else:
            known = {**known, event.id: event}
    whole = {event.series for event in events if event.whole}
    ids = {event.id for event in events}
    return {id_: one for id_, one in known.items() if one.series not in whole or id_ in ids}


def present(there: CalendarProvider, calendar: str) -> dict[str, RemoteEvent]:
    return replayed({}, told(there, calendar)[0])


def spans(
    events: list[RemoteEvent], rules: BlockRules | None = None
) -> tuple[tuple[datetime, datetime], ...]:
    """The time that a series takes."""
    ordered = sorted(events, key=lambda one: one.id != one.series)
    pieces = [Piece(one.times, one.showing, one.reply) for one in ordered]
    held = foreign.held(pieces, zone="Europe/Berlin", rules=rules or BlockRules(), window=WINDOW)
    assert not held.problem
    return held.spans


def hours(*starts: datetime) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((one, one + HOUR) for one in starts)


@contextmanager
def unchanged(there: CalendarProvider, calendar: str) -> Iterator[None]:
    """What happens in here must leave the calendar as it is."""
    before = present(there, calendar)
    yield
    assert present(there, calendar) == before
