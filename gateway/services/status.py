"""How the whole installation does, in numbers: no business, no person, no account can be told from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.core.connection import State, state
from gateway.db import status
from gateway.services import watch
from gateway.services.deps import Deps


@dataclass(frozen=True, slots=True)
class Status:
    """At one moment. `connections` counts by provider and state, those that there were too; `waiting` are changes
    that are to go out to connected accounts, `notes` those that wait to be projected."""

    connections: Mapping[tuple[str, State], int]
    waiting: int
    notes: int
    oldest_note_seconds: float
    watches_alive: int
    watches_expiring: int
    conflicts: int
    external_events: int


def look(deps: Deps) -> Status:
    """Raises DatabaseUnavailable."""
    now, poll = deps.now(), timedelta(seconds=deps.settings.sync_poll_seconds)
    with deps.database.owner() as session:
        status.hurry(session)
        found = list(status.connections(session))
        notes, oldest = status.notes(session)
        alive, expiring = status.watches(session, now, watch.LEFT)
        conflicts = status.conflicts(session, now)
        events = status.external_events(session)
    counted = Counter((provider, state(facts, now, poll)) for provider, facts in found)
    known = {provider for provider, _ in found} | set(deps.providers)
    return Status(
        # Also those that are none: an alert needs a 0 to be over.
        {(provider, one): counted[provider, one] for provider in sorted(known) for one in State},
        sum(facts.waiting for _, facts in found),
        notes,
        oldest,
        alive,
        expiring,
        conflicts,
        events,
    )
