"""Have providers call us when something changes, and believe them no more than that: a call only says "have a look".

Calls get lost, at both ends; so whatever is watched is read now and then all the same.
"""

from __future__ import annotations

import hmac
import logging
import re
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.core import secrets
from gateway.core.connected import ConnectedCalendar
from gateway.core.errors import NotAccepted, NotYours, RemoteGone
from gateway.core.notice import Call, Handshake, Notice, What
from gateway.db import connections, watches
from gateway.db.watches import Promise
from gateway.services.deps import Deps
from gateway.services.turns import Turn

log = logging.getLogger(__name__)

# A watch is made anew when this share of its life is left.
LEFT: Final = 0.2
# Calls come in heaps, and most of them tell of what we wrote ourselves.
_A_MOMENT: Final = timedelta(seconds=2)
# After a refusal, or an answer that never came, nothing is asked for so long.
_REFUSED_FOR: Final = timedelta(days=1)
# Ours are UUIDs; what can't be one is asked of nobody.
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_MOST_NOTICES: Final = 100


def address(deps: Deps, provider: str) -> str:
    """Where providers call us; empty if they can't, because this installation has no address out in the world."""
    settings = deps.settings
    if settings.address.startswith("https://") or settings.providers_allow_private_addresses:
        return f"{settings.address}/api/calendar/webhooks/{provider}"
    return ""


def keep(turn: Turn) -> None:
    """See to it that every calendar that is read is watched, by a watch that lasts."""
    url = address(turn.deps, turn.connection.provider)
    if not url:
        return
    for calendar in turn.calendars():
        with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
            known = watches.of(session, turn.business_id, calendar.id)
        if calendar.is_read and _is_due(known, turn.now()):
            _renew(turn, calendar, known, url)
        elif known and not calendar.is_read:
            end(turn, known)


def end(turn: Turn, known: list[Promise]) -> None:
    """Have the provider call no more."""
    for promise in known:
        if promise.watch.resource:
            turn.provider.unwatch(promise.watch)
        with turn.writing() as session:
            watches.remove(session, turn.business_id, promise.watch.id)


def listen(deps: Deps, provider: str, call: Call) -> str:
    """A provider, or somebody else, has called; the word that a handshake wants to hear back, as a rule empty. Raises
    NotYours where nothing in it is of a watch of ours whose secret it shows: all of those look the same."""
    kind = deps.providers.get(provider)
    told = kind.hear(call) if kind else ()
    if isinstance(told, Handshake):
        return told.word
    known = [heard(deps, one) for one in told[:_MOST_NOTICES]]
    if not any(known):
        raise NotYours(what="no such watch")
    return ""


def heard(deps: Deps, notice: Notice) -> bool:
    """Note that something has changed; whether this is a notice of one of our watches."""
    called = watches.by_id(deps.database, notice.watch) if _ID.fullmatch(notice.watch) else None
    shown = secrets.token_hash(notice.secret)
    if called is None or not hmac.compare_digest(called.secret_hash, shown):
        return False
    with deps.database.tenant(called.business_id) as session:
        watches.heard(session, called.business_id, notice.watch, deps.now())
        if notice.what is What.ENDING:
            watches.over(session, called.business_id, notice.watch, deps.now())
        connections.called(session, called.business_id, called.connection_id, deps.now(), _A_MOMENT)
    return True


def _is_due(known: list[Promise], now: datetime) -> bool:
    if not known:
        return True
    life = known[0].watch.expires_at - known[0].made_at
    return known[0].watch.expires_at - now < life * LEFT


def _renew(turn: Turn, calendar: ConnectedCalendar, known: list[Promise], url: str) -> None:
    """The new one stands before the old one is ended; in between both call, which does no harm."""
    id_ = str(UUID(bytes=turn.deps.chance(16), version=4))
    secret = secrets.make_token(turn.deps.chance(20))
    with turn.writing() as session:
        now = turn.now()
        hashed = secrets.token_hash(secret)
        watches.add(session, turn.business_id, id_, calendar.id, hashed, now, now + _REFUSED_FOR)
    try:
        made = turn.provider.watch(calendar.remote_id, id_, url, secret)
    except (NotAccepted, RemoteGone) as error:
        log.warning("calendar %s of business %s isn't watched: %s", calendar.id, turn.business_id, error)
        return
    if made is not None:
        with turn.writing() as session:
            watches.promised(session, turn.business_id, made)
    end(turn, known)
