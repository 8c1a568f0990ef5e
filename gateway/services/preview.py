"""What connecting an account would change, worked out before anything is: asked there, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gateway.core import clock, foreign, keys, outlook
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.errors import NotYours, ProviderError, Refused, Unavailable
from gateway.core.foreign import Piece
from gateway.core.free import Question
from gateway.core.language import N_, _
from gateway.core.outlook import Span
from gateway.core.remote import RemoteEvent, Window
from gateway.core.zones import or_utc
from gateway.db import ahead, bookings, calendars, readings
from gateway.providers.port import Account, CalendarProvider
from gateway.services import availability, turns
from gateway.services.accounts import Owner, require, title
from gateway.services.budget import Budgeted, OverBudget, spender
from gateway.services.deps import Deps

DAYS: Final = 30
# Somebody waits for the page.
_MOST_CALENDARS: Final = 10
_MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one calendar of the account would do: how many times it closes, and on how many days. `problem` says why
    nobody knows."""

    calendar: ConnectedCalendar
    closes: int = 0
    days: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change in the next 30 days. `provider` is what people call it; `adds` counts bookings to come, however
    far ahead; `overlaps` says when bookings are that lie over somebody's own events."""

    connection: Connection
    provider: str
    prospects: tuple[Prospect, ...]
    closes: int
    adds: int
    overlaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Present:
    """How things stand without the account."""

    zone: str
    installation: str
    free: list[Span]
    booked: list[Span]


@dataclass(frozen=True, slots=True)
class _Read:
    """The time that a calendar's events take, or why that can't be told."""

    calendar: ConnectedCalendar
    spans: list[Span]
    problem: str = ""


def preview(deps: Deps, owner: Owner, connection_id: int) -> Preview:
    """Raises NotYours for what doesn't wait for its owner's word, and what opening the account raises."""
    connection, known = _waiting(deps, owner, connection_id)
    window = Window(deps.now(), deps.now() + timedelta(days=DAYS))
    present = _present(deps, connection, window)
    read = [_Read(one, []) for one in known]
    if connection.staff_id is not None:
        account = _open(deps, connection)
        read = [_read(account, one, connection, present, window) for one in known[:_MOST_CALENDARS]]
    taken = [span for one in read if one.calendar.blocks for span in one.spans]
    return Preview(
        connection,
        title(deps, connection.provider, connection.account),
        tuple(_prospect(one, present) for one in read),
        len(outlook.overlapping(present.free, taken)),
        len(present.booked),
        tuple(_said(one, present, window) for one in outlook.overlapping(present.booked, taken)),
    )


def _waiting(deps: Deps, owner: Owner, connection_id: int) -> tuple[Connection, list[ConnectedCalendar]]:
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        connection = require(session, owner, connection_id)
        known = readings.calendars(session, owner.business_id, connection_id)
    if connection.facts.granted or connection.facts.closed_at or connection.sealed is None:
        raise NotYours(what=N_("this account doesn’t wait for your word any more"))
    return connection, [one for one in known if one.listed]


def _present(deps: Deps, connection: Connection, window: Window) -> _Present:
    business_id, staff_id = connection.business_id, connection.staff_id
    with deps.database.tenant(business_id, read_only=True) as session:
        business = bookings.business(session, business_id)
        booked = ahead.bookings(session, business_id, staff_id, window.since)
        service = None if staff_id is None else ahead.service(session, business_id, staff_id)
        installation = calendars.installation(session)
    zone = or_utc(business.time_zone if business else "UTC")
    if service is None or staff_id is None:
        return _Present(zone, installation, [], booked)
    question = Question((staff_id,), service, window.since, window.until)
    try:
        answer = availability.slots(deps, business_id, question)
    except Refused:  # a calendar may be connected before the rest is set up
        return _Present(zone, installation, [], booked)
    return _Present(zone, installation, [(since, until) for __, since, until in answer.each()], booked)


def _open(deps: Deps, connection: Connection) -> CalendarProvider:
    kind = deps.providers.get(connection.provider)
    if kind is None:
        raise Unavailable(host=connection.provider, reason=N_("this installation isn't set up for it"))
    grant = turns.unseal(deps, connection)
    account = Account(connection.business_id, connection.id, connection.account, grant)
    return Budgeted(kind.open(account), spender(deps, kind, connection))


def _read(
    account: CalendarProvider,
    calendar: ConnectedCalendar,
    connection: Connection,
    present: _Present,
    window: Window,
) -> _Read:
    try:
        events = _events(account, calendar.remote_id, window)
    except ProviderError as error:
        return _Read(calendar, [], error.said())
    except OverBudget:
        return _Read(calendar, [], _("It can’t be read at the moment."))
    series: dict[str, list[RemoteEvent]] = {}
    for one in events:
        if not one.gone and keys.booking_of(one.tag, present.installation) is None:
            series.setdefault(one.series, []).append(one)
    held = [
        foreign.held(_pieces(parts, id_), zone=present.zone, rules=connection.rules, window=window)
        for id_, parts in series.items()
    ]
    return _Read(calendar, [span for one in held for span in one.spans if span[1] > window.since])


def _events(account: CalendarProvider, calendar: str, window: Window) -> list[RemoteEvent]:
    cursor, told = "", dict[str, RemoteEvent]()
    for __ in range(_MOST_PAGES):
        page = account.changes(calendar, cursor, window)
        told.update({one.id: one for one in page.events})
        cursor = page.cursor
        if page.last:
            break
    return list(told.values())


def _pieces(parts: Sequence[RemoteEvent], series: str) -> list[Piece]:
    ordered = sorted(parts, key=lambda one: one.id != series)
    return [Piece(one.times, one.showing, one.reply) for one in ordered]


def _prospect(read: _Read, present: _Present) -> Prospect:
    closed = outlook.overlapping(present.free, read.spans)
    return Prospect(read.calendar, len(closed), len({since.date() for since, __ in closed}), read.problem)


def _said(span: Span, present: _Present, window: Window) -> str:
    zone = clock.zone_of(present.zone)
    since, until, now = (moment.astimezone(zone) for moment in (*span, window.since))
    return clock.span(since, until, now)
