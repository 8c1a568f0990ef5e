"""Read what has changed in a connected account: events of others become busy time, changes of our own are marked.

What is found in one go is believed only up to a limit (`core/brake`); beyond it everything stays as it is, the cursor
too, and the owner is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from gateway.core import brake
from gateway.core.brake import OF_BOOKINGS, OF_OTHERS, Limit
from gateway.core.connected import ConnectedCalendar
from gateway.core.errors import CursorExpired, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.core.remote import Page, RemoteEvent
from gateway.db import connections, external, mappings, readings
from gateway.db.engine import Session
from gateway.services import absorb, adopt
from gateway.services.absorb import ours, shelf_of, window
from gateway.services.turns import Turn

log = logging.getLogger(__name__)

# The net under lost changes: now and then everything is read from its start.
WHOLE_EVERY: Final = timedelta(days=7)
# Calendars come and go without a word.
_LIST_EVERY: Final = timedelta(days=1)
# More than any calendar has, and still a bound.
_MOST_PAGES: Final = 400
_MOST_EVENTS: Final = 100_000
_FEW: Final = 20


class Stopped(Exception):
    """The change is too large to be believed; `found` is what its owner is asked about."""

    def __init__(self, found: dict[str, object]) -> None:
        super().__init__("a large change")
        self.found = found


def is_due(turn: Turn, calendars: Sequence[ConnectedCalendar]) -> bool:
    """Whether somebody asked for it, something was never read, or it was too long ago."""
    asked_at, pulled_at, now = turn.connection.pull_asked_at, turn.connection.pulled_at, turn.now()
    if pulled_at is None or (asked_at and pulled_at < asked_at <= now):
        return True
    if any(one.is_read and one.read_at is None for one in calendars):
        return True
    return now - pulled_at >= timedelta(seconds=turn.deps.settings.sync_poll_seconds)


def pull(turn: Turn) -> bool:
    """Read each calendar that matters; whether all of it was believed."""
    began = turn.now()
    listed_at = turn.connection.listed_at
    if listed_at is None or began - listed_at > _LIST_EVERY:
        list_calendars(turn)
    try:
        for calendar in turn.calendars():
            if calendar.is_read:
                _read(turn, calendar, began)
    except Stopped as stop:
        with turn.writing() as session:
            connections.stop(session, turn.business_id, turn.id, stop.found, turn.now())
        return False
    with turn.writing() as session:
        absorb.extend(session, turn.deps, turn.connection, turn.calendars())
        mappings.tell_rest(session, turn.business_id, began)
        connections.pulled(session, turn.business_id, turn.id, turn.lease, began)
    return True


def list_calendars(turn: Turn, gone: int | None = None) -> list[ConnectedCalendar]:
    """Learn which calendars the account has by now; one of them was just found to be `gone`."""
    found, before = turn.provider.calendars(), turn.calendars()
    if not found:
        raise Unavailable(host=turn.kind.title, reason=N_("it lists no calendar"))
    with turn.writing() as session:
        readings.list_calendars(session, turn.business_id, turn.id, found, gone)
        connections.listed(session, turn.business_id, turn.id, turn.now())
        after = readings.calendars(session, turn.business_id, turn.id)
        if before and {one.id for one in before if one.listed} != {one.id for one in after if one.listed}:
            mappings.want_all(session, turn.business_id, turn.id, turn.now())
    return after


def _read(turn: Turn, calendar: ConnectedCalendar, began: datetime) -> None:
    old = calendar.read_whole_at is None or began - calendar.read_whole_at > WHOLE_EVERY
    try:
        if calendar.cursor and not old:
            try:
                _read_on(turn, calendar)
                return
            except CursorExpired:
                log.info("calendar %s of business %s is read anew", calendar.id, turn.business_id)
        _read_whole(turn, calendar, began)
    except RemoteGone:
        # The calendar itself: what it held keeps blocking, and no booking goes there any more.
        list_calendars(turn, calendar.id)


def _read_on(turn: Turn, calendar: ConnectedCalendar) -> None:
    """What has changed since the cursor: all of it is looked at before any of it is believed."""
    events: list[RemoteEvent] = []
    cursor = calendar.cursor
    for page in _pages(turn, calendar, cursor):
        events += page.events
        cursor = page.cursor
        if len(events) > _MOST_EVENTS:
            raise CursorExpired(host=turn.kind.title)
    with turn.writing() as session:
        _brake_removals(turn, session, calendar, events)
        if absorb.absorb(session, turn.deps, turn.connection, calendar, events, calendar.round):
            absorb.show_held(session, turn.deps, turn.connection, calendar)
        doubled = adopt.doubled(session, turn.connection, calendar, adopt.there(events))
        readings.end_round(session, turn.business_id, calendar.id, cursor, turn.now(), whole=False)
    for booking_id, id_ in doubled:
        adopt.take_away(turn, calendar, booking_id, id_)


def _read_whole(turn: Turn, calendar: ConnectedCalendar, began: datetime) -> None:
    """Everything, page by page: what is found blocks at once, what is missing is judged at the end."""
    with turn.writing() as session:
        round_ = readings.begin_round(session, turn.business_id, calendar.id)
    seen: dict[str, tuple[str, str]] = {}
    cursor, unshown = "", False
    for number, page in enumerate(_pages(turn, calendar, ""), 1):
        there = [one for one in page.events if not one.gone]
        with turn.writing() as session:
            unshown |= absorb.absorb(session, turn.deps, turn.connection, calendar, there, round_)
            # It takes the longer the more there is: so it is done after one page, two, four, eight, and the last.
            if unshown and (page.last or number.bit_count() == 1):
                absorb.show_held(session, turn.deps, turn.connection, calendar)
                unshown = False
            readings.count_imported(session, turn.business_id, calendar.id, len(there))
        seen.update(adopt.there(there))
        cursor = page.cursor
    with turn.writing() as session:
        _forget_unseen(turn, session, calendar, seen, round_, began)
        doubled = adopt.doubled(session, turn.connection, calendar, seen)
        readings.end_round(session, turn.business_id, calendar.id, cursor, turn.now(), whole=True)
    for booking_id, id_ in doubled:
        adopt.take_away(turn, calendar, booking_id, id_)


def _pages(turn: Turn, calendar: ConnectedCalendar, cursor: str) -> Iterator[Page]:
    reach = window(turn.deps)
    for _ in range(_MOST_PAGES):
        page = turn.provider.changes(calendar.remote_id, cursor, reach)
        yield page
        if page.last:
            return
        cursor = page.cursor
    raise Unavailable(host=turn.kind.title, reason=N_("its list of changes has no end"))


def _brake_removals(
    turn: Turn, session: Session, calendar: ConnectedCalendar, events: Sequence[RemoteEvent]
) -> None:
    removed = {one.id for one in events if one.gone}
    own = ours(session, turn.connection, calendar, [one for one in events if one.gone])
    _judge_own(
        turn, session, calendar, len(mappings.shown(session, turn.business_id, calendar.id, own, turn.now()))
    )
    shelf = shelf_of(turn.connection, calendar)
    if shelf is not None and removed - own:
        known = external.known(session, shelf, removed - own, turn.now())
        _judge_others(turn, session, calendar, known)


def _forget_unseen(
    turn: Turn,
    session: Session,
    calendar: ConnectedCalendar,
    seen: adopt.There,
    round_: int,
    began: datetime,
) -> None:
    """What a whole reading didn't show: time is given back, and each booking's event is looked for by itself."""
    missing = mappings.unseen(session, turn.business_id, calendar.id, seen, turn.now(), began)
    _judge_own(turn, session, calendar, len(missing))
    shelf = shelf_of(turn.connection, calendar)
    if shelf is not None:
        gone = external.unseen(session, shelf, round_, turn.now())
        behind = absorb.behind(session, turn.deps, turn.connection, shelf, round_) if gone else set()
        _judge_others(turn, session, calendar, {key for key, ahead in gone.items() if ahead} - behind)
        absorb.remove(session, turn.deps, turn.connection, shelf, gone.keys() - behind)
    adopt.adopt(session, turn.connection, calendar, seen, missing)
    mappings.look(session, turn.business_id, calendar.id, dict.fromkeys(missing, ""))


def _judge_own(turn: Turn, session: Session, calendar: ConnectedCalendar, gone: int) -> None:
    of = mappings.count(session, turn.business_id, turn.id, turn.now())
    _judge(turn, calendar, "bookings", gone, of, OF_BOOKINGS)


def _judge_others(turn: Turn, session: Session, calendar: ConnectedCalendar, gone: set[str]) -> None:
    shelf = shelf_of(turn.connection, calendar)
    of = external.count(session, shelf, turn.now()) if shelf else 0
    _judge(turn, calendar, "events", len(gone), of, OF_OTHERS, sorted(gone)[:_FEW])


def _judge(
    turn: Turn,
    calendar: ConnectedCalendar,
    what: str,
    gone: int,
    of: int,
    limit: Limit,
    some: Sequence[str] = (),
) -> None:
    if not turn.connection.approved and brake.stops(gone, of, limit):
        found: dict[str, object] = {"what": what, "calendar_id": calendar.id, "gone": gone, "of": of}
        raise Stopped({**found, "some": list(some)})
