"""Test a connected calendar: write an event of our own, read it, change it, take it away, and say in words how it went.

What providers promise and what an account really does are two things; this asks the account. The event is marked as a
test, so no reading ever takes it for somebody's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from gateway.core import keys, secrets
from gateway.core.connected import ConnectedCalendar
from gateway.core.errors import NotEditable, ProviderError, RemoteChanged, RemoteGone
from gateway.core.finding import Finding
from gateway.core.language import ANYBODY, N_, _, ngettext, speaking
from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Stamp
from gateway.core.zones import or_utc
from gateway.db import bookings, calendars, trials, watches
from gateway.services import turns
from gateway.services.absorb import window
from gateway.services.accounts import Owner, require
from gateway.services.budget import OverBudget
from gateway.services.deps import Deps
from gateway.services.turns import Ended, Turn

# Where nobody looks, and near enough to be within every window.
_AHEAD: Final = timedelta(days=20)
_LASTS: Final = timedelta(minutes=15)
_MOST_PAGES: Final = 20
# How long a call is waited for, and a turn that somebody else has.
_PATIENCE: Final = 20
_A_MOMENT: Final = 0.25


def probe(
    deps: Deps, owner: Owner, connection_id: int, pause: Callable[[float], None] = time.sleep
) -> tuple[Finding, ...]:
    """Takes some seconds. Raises NotYours, and NotEditable where the account can't be tested at present."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        connection = require(session, owner, connection_id)
        business = bookings.business(session, owner.business_id)
        installation = calendars.installation(session)
    zone = or_utc(business.time_zone if business else "UTC")
    trial = _Trial(zone, installation, secrets.make_token(deps.chance(20)), pause)
    for __ in range(_PATIENCE):
        ended = turns.take(deps, owner.business_id, connection.id, trial.run)
        if ended is not Ended.NO_TURN:
            break
        pause(_A_MOMENT)
    if not trial.steps:
        words = _(
            "This account can’t be tested at the moment: it is being read, or waits for something. Its state"
            " above says for what; try again in a minute."
        )
        raise NotEditable(reason=words)
    with speaking(ANYBODY):  # it is kept for whoever runs the installation
        kept = trial.told()
    with deps.database.tenant(owner.business_id) as session:
        trials.keep(session, owner.business_id, connection.id, kept, deps.now())
    return trial.told()


@dataclass(frozen=True, slots=True)
class _Step:
    """A finding that has not been said yet: in which language it is, is for its reader to choose."""

    name: str
    ok: bool | None
    words: Callable[[], str]


@dataclass(slots=True)
class _Trial:
    """What is tried out, in order; each step's finding is kept, whatever comes after it."""

    zone: str
    installation: str
    token: str
    pause: Callable[[float], None]
    steps: list[_Step] = field(default_factory=list)

    def told(self) -> tuple[Finding, ...]:
        return tuple(Finding(_(one.name), one.ok, one.words()) for one in self.steps)

    def run(self, turn: Turn) -> None:
        known = [one for one in turn.calendars() if one.listed]
        receiving = next((one for one in known if one.receives), None)
        try:
            self._calendars(turn)
            if receiving is None:
                self._say(
                    N_("Writing"),
                    None,
                    N_("No calendar of this account receives bookings, so nothing is written."),
                )
            else:
                self._round(turn, receiving)
        except ProviderError as error:
            self.steps.append(_Step(N_("The rest"), False, error.said))
            raise
        except OverBudget:
            self._say(N_("The rest"), None, N_("That were too many requests for now; try again in a minute."))
            raise

    def _calendars(self, turn: Turn) -> None:
        words = partial(_lets_us_in, len(turn.provider.calendars()))
        self.steps.append(_Step(N_("Signing in"), True, words))

    def _round(self, turn: Turn, calendar: ConnectedCalendar) -> None:
        began = turn.now()
        event = self._event(began)
        stamp = turn.provider.put(calendar.remote_id, self._key(turn), event, None)
        try:
            self._say(N_("Writing"), True, N_("A test event was written into “{name}”."), name=calendar.name)
            self._time(turn.provider.read(calendar.remote_id, stamp.id), event)
            stamp = self._change(turn, calendar, stamp, event)
            self._sync(turn, calendar, stamp)
            self._call(turn, calendar, began)
        finally:
            turn.provider.delete(calendar.remote_id, stamp)
        self._gone(turn, calendar, stamp)

    def _time(self, there: RemoteEvent, event: Event) -> None:
        told = there.wanted
        if told is None or there.tag != event.uid:
            self._say(
                N_("Our mark"), False, N_("It came back without the mark by which we know our own events.")
            )
        elif (told.starts_at, told.ends_at) == (event.starts_at, event.ends_at):
            self._say(
                N_("Time zone"),
                True,
                N_("It is there at exactly the time that we wrote, in {zone}."),
                zone=self.zone,
            )
        else:
            off = round((told.starts_at - event.starts_at).total_seconds() / 60)
            self._say(
                N_("Time zone"),
                False,
                N_("It came back {n} minutes off; events there would be at a wrong time."),
                n=off,
            )

    def _change(self, turn: Turn, calendar: ConnectedCalendar, first: Stamp, event: Event) -> Stamp:
        later = replace(event, ends_at=event.ends_at + _LASTS)
        second = turn.provider.put(calendar.remote_id, first.id, later, first)
        try:
            second = turn.provider.put(calendar.remote_id, first.id, event, first)
        except RemoteChanged:
            self._say(
                N_("Changing"),
                True,
                N_("It can be changed, and a change made meanwhile is not written over."),
            )
        else:
            self._say(
                N_("Changing"),
                False,
                N_("It can be changed, but two changes at once are not told apart there."),
            )
        return second

    def _sync(self, turn: Turn, calendar: ConnectedCalendar, stamp: Stamp) -> None:
        cursor, reach = calendar.cursor, window(turn.deps)
        for __ in range(_MOST_PAGES):
            page = turn.provider.changes(calendar.remote_id, cursor, reach)
            if any(one.id == stamp.id and not one.gone for one in page.events):
                self._say(N_("Reading changes"), True, N_("The change was told to us when we asked."))
                return
            cursor = page.cursor
            if page.last:
                break
        self._say(
            N_("Reading changes"), False, N_("The change was not told; changes there may be seen late.")
        )

    def _call(self, turn: Turn, calendar: ConnectedCalendar, began: datetime) -> None:
        for __ in range(_PATIENCE):
            with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
                heard = watches.heard_since(session, turn.business_id, calendar.id, began)
            if heard is None:
                minutes = max(1, turn.deps.settings.sync_poll_seconds // 60)
                self._say(
                    N_("Being called"), None, N_("It doesn’t call us; we look every {n} min."), n=minutes
                )
                return
            if heard:
                self._say(N_("Being called"), True, N_("It called us when something changed."))
                return
            self.pause(_A_MOMENT)
        self._say(
            N_("Being called"), None, N_("No call came within a few seconds; changes may take some minutes.")
        )

    def _gone(self, turn: Turn, calendar: ConnectedCalendar, stamp: Stamp) -> None:
        try:
            turn.provider.read(calendar.remote_id, stamp.id)
        except RemoteGone:
            self._say(N_("Taking away"), True, N_("The test event is gone again."))
        else:
            self._say(
                N_("Taking away"), False, N_("The test event is still there; please delete it by hand.")
            )

    def _event(self, now: datetime) -> Event:
        start = now.replace(minute=0, second=0, microsecond=0) + _AHEAD
        return Event(
            uid=keys.probe_tag(self.token, self.installation),
            starts_at=start,
            ends_at=start + _LASTS,
            zone=self.zone,
            tentative=False,
            summary="Test by Daybridge",
            description="This event goes away by itself.",
            location="",
            categories=(),
            url="",
        )

    def _key(self, turn: Turn) -> str:
        return keys.event_key(f"{self.installation}/{turn.id}/{self.token}", 0, 0)

    def _say(self, step: str, ok: bool | None, text: str, **fields: object) -> None:
        self.steps.append(_Step(step, ok, lambda: _(text).format(**fields)))


def _lets_us_in(count: int) -> str:
    return ngettext(
        "It lets us in, and has {n} calendar.", "It lets us in, and has {n} calendars.", count
    ).format(n=count)
