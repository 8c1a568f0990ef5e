"""Forget what no one needs any more: tombstones that every client has long seen, and old lines of the timeline."""

from __future__ import annotations

from datetime import timedelta

from gateway.core import browser
from gateway.db import browsers, calendars, connections, desk, outbox, synclog, tallies
from gateway.services.deps import Deps

# After this long the same Idempotency-Key means a new request.
KEYS_ARE_KEPT = timedelta(days=2)
# Long enough for every dispute about an appointment.
TIMELINE_IS_KEPT = timedelta(days=400)
# A little more than the charts show.
TALLIES_ARE_KEPT = timedelta(days=32)
# What lets us into an account isn't kept for longer than this, if its owner only ever looked at what would change.
ONE_DECIDES_IN = timedelta(days=1)


def prune(deps: Deps) -> None:
    """Drop tombstones older than the setting says; a client that was away longer starts over by itself."""
    before = deps.now() - timedelta(days=deps.settings.tombstone_days)
    for business_id in outbox.businesses(deps.database):
        with deps.database.tenant(business_id) as session:
            outbox.claim(session, business_id, wait=True)
            calendars.prune_tombstones(session, business_id, before)
            desk.forget_questions(session, business_id, deps.now())
            desk.forget_once(session, business_id, deps.now() - KEYS_ARE_KEPT)
            connections.forget_undecided(session, business_id, deps.now() - ONE_DECIDES_IN, deps.now())
            browsers.forget(session, business_id, deps.now() - browser.LIFE)
            synclog.prune(session, business_id, deps.now() - TIMELINE_IS_KEPT)
            tallies.prune(session, business_id, deps.now() - TALLIES_ARE_KEPT)
