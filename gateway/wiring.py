"""Settings → what runs. The only place that builds things."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from gateway.db.engine import Database
from gateway.services.deps import Deps
from gateway.services.keys import ApiKeys
from gateway.services.sign_in import SignIns
from gateway.settings import Settings


def build(settings: Settings) -> Deps:
    """What the doors and the worker need. Opens no connection yet, so it may be called before the database is up."""
    if not settings.database_url:
        raise ValueError("wiring needs a database_url; the embedded server is started before")
    database = Database(settings.database_url, size=settings.threads)
    return Deps(
        settings=settings,
        database=database,
        sign_ins=SignIns(database, clock=time.monotonic, process_key=os.urandom(32)),
        api_keys=ApiKeys(database),
        now=lambda: datetime.now(UTC),
        chance=os.urandom,
    )
