"""Compare everything with one's accounts now, and see how far that is. Nobody waits for it: the worker does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.core import clock
from gateway.core.connected import Connection
from gateway.core.connection import State, state
from gateway.core.language import N_, _
from gateway.db import activity as stored
from gateway.db import bookings, connections, mappings, readings
from gateway.db.engine import Session
from gateway.services import accounts, serve
from gateway.services.accounts import Owner
from gateway.services.deps import Deps

# In these states nothing is done before its owner, or its provider, says so.
_WAITING: Final = frozenset(
    {State.DISCONNECTED, State.RECONNECT_NEEDED, State.STOPPED, State.CONNECTING, State.PAUSED}
)
_NO_ANSWER: Final = N_("No answer yet. We go on trying.")
# Whatever takes longer goes on, but nobody is told to look at it any more.
_PATIENCE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Run:
    """One account: how many of how many `things` are done ("bookings", or "calendars" that are read); `of` is 0 where
    nobody knows. `words` are one sentence, `tone` and `pill` the short of it."""

    connection_id: int
    title: str
    account: str
    busy: bool
    tone: str
    pill: str
    words: str
    done: int = 0
    of: int = 0
    things: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """All of one's accounts. `busy`: something is under way, so it is worth looking again."""

    runs: tuple[Run, ...]

    @property
    def busy(self) -> bool:
        return any(one.busy for one in self.runs)


def begin(deps: Deps, owner: Owner) -> int:
    """Have everything compared; how many accounts. Those that wait for somebody's word are left out."""
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        own = [one for one in _own(session, owner) if one.sealed is not None]
        ready = [one for one in own if state(one.facts, deps.now(), poll) not in _WAITING]
    for one in ready:
        serve.sweep(deps, owner.business_id, one.id)
    return len(ready)


def look(deps: Deps, owner: Owner) -> Progress:
    """How far it is, as of this moment."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        own = list(_own(session, owner))
        going = stored.going(session, owner.business_id, [one.id for one in own], deps.now())
        return Progress(tuple(_run(deps, session, one, going.get(one.id, 0)) for one in own))


def _own(session: Session, owner: Owner) -> Iterator[Connection]:
    """One's own accounts, and for a manager those of the business."""
    everyones = connections.of(session, owner.business_id, None if owner.manages else owner.staff_id)
    for one in everyones:
        if not one.leaving and one.staff_id in (owner.staff_id, None):
            yield one


def _run(deps: Deps, session: Session, one: Connection, going: int) -> Run:
    now, title = deps.now(), accounts.title(deps, one.provider, one.account)
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    stands = state(one.facts, now, poll)
    if stands in _WAITING:
        told = accounts.told(deps, session, one)
        tone = "bad" if stands is State.RECONNECT_NEEDED else "wait"
        return Run(one.id, title, one.account, False, tone, told.pill, told.sentence)
    if _asked(one, now) or (one.facts.importing and stands is not State.STALE):
        return _reading(session, one, title)
    if going and stands is not State.STALE:
        return _comparing(session, one, title, going, now)
    return _idle(deps, session, one, title)


def _comparing(session: Session, one: Connection, title: str, going: int, now: datetime) -> Run:
    """What a booking shows and what its event says, one after the other."""
    of = max(mappings.count(session, one.business_id, one.id, now), going)
    words = _("We compare each booking to come with its event there.")
    if one.facts.failing_since:
        words = _(_NO_ANSWER)
    pill = _("{done} of {of}").format(done=of - going, of=of)
    return Run(one.id, title, one.account, True, "work", pill, words, of - going, of, "bookings")


def _idle(deps: Deps, session: Session, one: Connection, title: str) -> Run:
    told = accounts.told(deps, session, one)
    if told.state is State.STALE:
        return Run(one.id, title, one.account, False, "wait", told.pill, told.sentence)
    if one.pulled_at is None:
        words = _("It is read as soon as it can be.")
        return Run(one.id, title, one.account, False, "wait", _("Not read yet"), words)
    words = _checked(deps, session, one.business_id, one.pulled_at)
    return Run(one.id, title, one.account, False, "ok", _("Checked"), words)


def _reading(session: Session, one: Connection, title: str) -> Run:
    """What changed there is read first, calendar by calendar."""
    known = [each for each in readings.calendars(session, one.business_id, one.id) if each.is_read]
    since = one.pull_asked_at
    done = sum(bool(each.read_at and since and each.read_at >= since) for each in known)
    words = _("We read what has changed there.")
    if one.facts.failing_since:
        words = _(_NO_ANSWER)
    elif one.facts.importing:
        words = _("{n} events read so far.").format(n=one.facts.imported)
    return Run(one.id, title, one.account, True, "work", _("Reading"), words, done, len(known), "calendars")


def _asked(one: Connection, now: datetime) -> bool:
    """Whether it is to be read and hasn't been since."""
    since = one.pull_asked_at
    if since is None or not now - _PATIENCE < since <= now:
        return False
    return one.pulled_at is None or one.pulled_at < since


def _checked(deps: Deps, session: Session, business_id: int, moment: datetime) -> str:
    business = bookings.business(session, business_id)
    zone = clock.zone_of(business.time_zone if business else "UTC")
    when = clock.lately(moment.astimezone(zone), deps.now().astimezone(zone))
    return _("Checked {when}.").format(when=when)
