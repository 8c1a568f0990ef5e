"""Forget what no one needs any more: tombstones that every client has long seen."""

from __future__ import annotations

from datetime import timedelta

from gateway.db import calendars, outbox
from gateway.services.deps import Deps


def prune(deps: Deps) -> None:
    """Drop tombstones older than the setting says; a client that was away longer starts over by itself."""
    before = deps.now() - timedelta(days=deps.settings.tombstone_days)
    for business_id in outbox.businesses(deps.database):
        with deps.database.tenant(business_id) as session:
            outbox.claim(session, business_id, wait=True)
            calendars.prune_tombstones(session, business_id, before)
