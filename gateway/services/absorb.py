"""Events of others become busy time: what a reading has found is kept, and the time that it takes is held.

Everything here happens in a transaction of the caller's, together with the cursor that says how far was read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from gateway.core import foreign, keys
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.foreign import Piece
from gateway.core.remote import RemoteEvent, Window
from gateway.core.zones import or_utc
from gateway.db import bookings, busy, calendars, connections, external, mappings
from gateway.db.engine import Session
from gateway.db.external import Holding, Part, Shelf
from gateway.services import adopt
from gateway.services.deps import Deps
from gateway.services.show import show

# What lies further back is of no interest to anybody who books.
_BACK: Final = timedelta(days=2)
_A_DAY: Final = timedelta(days=1)
# As many series without an end are held further in one go.
_GROWING: Final = 500


def window(deps: Deps) -> Window:
    """The time in which events of others matter."""
    now = deps.now()
    return Window(now - _BACK, now + timedelta(days=deps.settings.sync_import_days_ahead))


def absorb(
    session: Session,
    deps: Deps,
    connection: Connection,
    calendar: ConnectedCalendar,
    events: Sequence[RemoteEvent],
    round_: int,
) -> bool:
    """Keep what was told; whether `busy/` may have to show something else since (`show_held`). Of bookings' own events
    only those are marked of which we know another version; those that were left there at an earlier time, and that
    nobody looks after, are taken over before they are made once more."""
    own = ours(session, connection, calendar, events)
    seen = {one.id: "" if one.gone else one.etag for one in events if one.id in own}
    if seen:
        mappings.look(session, connection.business_id, calendar.id, seen)
        gone = [id_ for id_, etag in seen.items() if not etag]
        adopt.adopt(session, connection, calendar, adopt.there(events), gone)
    shelf = shelf_of(connection, calendar)
    if shelf is None:
        return False
    # What had lost its mark may have been taken for somebody else's.
    mistaken = external.kept(session, shelf, own) if own else []
    others = [one for one in events if one.id not in own]
    if others or mistaken:
        _absorb(session, deps, connection, shelf, others, mistaken, round_)
    return bool(others or mistaken)


def show_held(session: Session, deps: Deps, connection: Connection, calendar: ConnectedCalendar) -> None:
    """Have its owner's `busy/` agree with the time that is held by now. All of it is compared."""
    shelf = shelf_of(connection, calendar)
    if shelf is not None:
        busy.lock_staff(session, shelf.business_id, [shelf.staff_id])
        show(session, shelf.business_id, shelf.staff_id, deps.now())


def ours(
    session: Session, connection: Connection, calendar: ConnectedCalendar, events: Sequence[RemoteEvent]
) -> set[str]:
    """Which of these are our own, bookings' events or a test's: by their ids, and by the mark that we put on them."""
    installation = calendars.installation(session)
    marked = {
        one.id
        for one in events
        if keys.booking_of(one.tag, installation) is not None or keys.is_probe(one.tag)
    }
    known = mappings.ours(session, connection.business_id, calendar.id, [one.id for one in events])
    return marked | known


def shelf_of(connection: Connection, calendar: ConnectedCalendar) -> Shelf | None:
    """Where a calendar's events are kept; None where they take nobody's time."""
    if not calendar.blocks or connection.staff_id is None:
        return None
    return Shelf(connection.business_id, connection.id, calendar.id, connection.staff_id)


def remove(
    session: Session, deps: Deps, connection: Connection, shelf: Shelf, event_keys: Collection[str]
) -> None:
    """Events that are there no more give their time back; what is left of a series takes its own."""
    if event_keys:
        busy.lock_staff(session, shelf.business_id, [shelf.staff_id])
        hold(session, deps, connection, shelf, external.remove(session, shelf, event_keys))
        show(session, shelf.business_id, shelf.staff_id, deps.now())


def behind(session: Session, deps: Deps, connection: Connection, shelf: Shelf, round_: int) -> set[str]:
    """Instances that a whole reading has not shown because they were moved into the past. They are there all the same:
    without them, their series would take the time that they were moved away from."""
    zone, reach = _zone(session, connection), window(deps)
    found = external.unseen_instances(session, shelf, round_)
    return {part.event_key for part in found if _holding([part], zone, connection, reach).last <= reach.since}


def _absorb(
    session: Session,
    deps: Deps,
    connection: Connection,
    shelf: Shelf,
    events: Sequence[RemoteEvent],
    mistaken: Sequence[str],
    round_: int,
) -> None:
    busy.lock_staff(session, shelf.business_id, [shelf.staff_id])
    # Told twice, the later word counts.
    told = {one.id: one for one in events}
    there = [one for one in told.values() if not one.gone]
    gone = [*mistaken, *(one.id for one in told.values() if one.gone)]
    series = {one.series for one in told.values()}
    if gone:
        series |= external.remove(session, shelf, gone)
    external.keep(session, shelf, there, round_, deps.now())
    whole = {one.series for one in there if one.whole}
    if whole:
        external.remove_parts(session, shelf, whole, {one.id for one in there if one.series in whole})
    hold(session, deps, connection, shelf, series)


def hold(session: Session, deps: Deps, connection: Connection, shelf: Shelf, series: Collection[str]) -> None:
    """Hold the time that these series take, as their parts are kept now. The caller holds the staff member's lock."""
    zone = _zone(session, connection)
    found = external.series(session, shelf, series)
    reach = window(deps)
    holdings = [_holding(parts, zone, connection, reach) for parts in found.values()]
    external.hold(session, shelf, [part.id for parts in found.values() for part in parts], holdings)


def extend(
    session: Session, deps: Deps, connection: Connection, calendars: Sequence[ConnectedCalendar]
) -> int:
    """Hold what recurs for ever one day further, and whole days anew where the business has moved to another time zone;
    how many series that were."""
    if connections.moved(session, connection.business_id, connection.id, _zone(session, connection)):
        return hold_anew(session, deps, connection, calendars)
    before = window(deps).until - _A_DAY
    due = external.growing(session, connection.business_id, connection.id, before, _GROWING)
    return _hold_all(session, deps, connection, calendars, due)


def hold_anew(
    session: Session, deps: Deps, connection: Connection, calendars: Sequence[ConnectedCalendar]
) -> int:
    """Hold everything as the connection's rules are now; how many series that were."""
    every = external.all_series(session, connection.business_id, connection.id)
    return _hold_all(session, deps, connection, calendars, every)


def _hold_all(
    session: Session,
    deps: Deps,
    connection: Connection,
    calendars: Sequence[ConnectedCalendar],
    series: dict[int, list[str]],
) -> int:
    if not series or connection.staff_id is None:
        return 0
    busy.lock_staff(session, connection.business_id, [connection.staff_id])
    for calendar in calendars:
        shelf = shelf_of(connection, calendar)
        if shelf is not None and calendar.id in series:
            hold(session, deps, connection, shelf, series[calendar.id])
    show(session, connection.business_id, connection.staff_id, deps.now())
    return sum(map(len, series.values()))


def _zone(session: Session, connection: Connection) -> str:
    business = bookings.business(session, connection.business_id)
    return or_utc(business.time_zone if business else "UTC")


def _holding(parts: Sequence[Part], zone: str, connection: Connection, reach: Window) -> Holding:
    pieces = [Piece(part.times, part.showing, part.reply) for part in parts]
    found = foreign.held(pieces, zone=zone, rules=connection.rules, window=reach)
    until: datetime | None = reach.until if found.endless else None
    return Holding(parts[0].id, found.first, found.last, until, found.spans, found.problem)
