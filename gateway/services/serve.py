"""Everything that is due for a connected account, in one turn: read it, look after bookings' events, keep it watched.

What is due is found in our own tables, so a turn may come twice, late or never: the next one does what is left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway.db import connections, mappings, outbox
from gateway.services import disconnect, pull, push, turns, watch
from gateway.services.deps import Deps
from gateway.services.turns import Ended, Turn

# Whoever was queued and never served is queued again after this long: its worker has died.
PATIENCE: Final = timedelta(seconds=60)
_MOST: Final = 50


def due(deps: Deps, most: int = _MOST) -> list[tuple[int, int]]:
    """(business, connection) of what there is something to do for, in fair order; each told once."""
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    return connections.queue(deps.database, deps.now(), poll, PATIENCE, most)


def serve(deps: Deps, business_id: int, connection_id: int) -> bool:
    """One turn; whether it was one. Nothing of it is lost if it ends too early."""
    ended = turns.take(deps, business_id, connection_id, _work)
    if ended is Ended.REFUSED:
        disconnect.give_up(deps, business_id, connection_id)
    return ended is not Ended.NO_TURN


def _work(turn: Turn) -> None:
    if turn.connection.leaving:
        push.push(turn)
        disconnect.finish(turn)
        return
    known = turn.calendars() or pull.list_calendars(turn)
    if pull.is_due(turn, known):
        if not pull.pull(turn):
            return
        watch.keep(turn)
        known = turn.calendars()
    # A first reading comes before the first writing: what is there is known before anything is added.
    if not any(one.is_read and one.read_at is None for one in known):
        push.push(turn)


def sweep_all(deps: Deps, business_id: int | None = None) -> int:
    """As `sweep`, for all connections of a business or of everybody; how many events."""
    found = 0
    for one in outbox.businesses(deps.database) if business_id is None else [business_id]:
        with deps.database.tenant(one, read_only=True) as session:
            known = [each.id for each in connections.of(session, one) if each.sealed is not None]
        found += sum(sweep(deps, one, id_) for id_ in known)
    return found


def sweep(deps: Deps, business_id: int, connection_id: int) -> int:
    """Have every event of a booking to come compared with its booking; how many."""
    now = deps.now()
    with deps.database.tenant(business_id) as session:
        connections.get(session, business_id, connection_id)
        mappings.want_all(session, business_id, connection_id, now)
        found = mappings.sweep(session, business_id, connection_id, now)
        connections.ask_pull(session, business_id, connection_id, now, now_please=True)
    return found
