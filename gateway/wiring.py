"""Settings → what runs. The only place that builds things."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from gateway.db.engine import Database
from gateway.db.practice import PracticeStore
from gateway.providers import google, practice
from gateway.providers.google import GoogleConfig
from gateway.providers.port import Provider
from gateway.services.deps import Deps
from gateway.services.keys import ApiKeys
from gateway.services.sign_in import SignIns
from gateway.settings import Credentials, Settings, load_credentials


def build(settings: Settings) -> Deps:
    """What the doors and the worker need. Opens no connection yet, so it may be called before the database is up."""
    if not settings.database_url:
        raise ValueError("wiring needs a database_url; the embedded server is started before")
    database = Database(settings.database_url, size=settings.threads)
    now = partial(datetime.now, UTC)
    return Deps(
        settings=settings,
        database=database,
        sign_ins=SignIns(database, clock=time.monotonic, process_key=os.urandom(32)),
        api_keys=ApiKeys(database),
        now=now,
        chance=os.urandom,
        providers=providers(settings, database, now),
    )


def providers(settings: Settings, database: Database, now: Callable[[], datetime]) -> dict[str, Provider]:
    """The kinds of accounts that can be connected, by name: those that this installation has credentials for."""
    return {kind.name: kind for kind in _providers(settings, database, now)}


def _providers(settings: Settings, database: Database, now: Callable[[], datetime]) -> Iterator[Provider]:
    secrets = load_credentials(settings)
    if secrets.google_client_id:
        budget = settings.google_requests_per_minute, settings.google_requests_per_minute_in_all
        yield replace(google.provider(_google(settings, secrets), now), budget=budget)
    if settings.providers_practice:
        yield practice.provider(PracticeStore(database), settings.address, now, os.urandom)


def _google(settings: Settings, secrets: Credentials) -> GoogleConfig:
    given = {
        "authorize_url": settings.google_authorize_url,
        "token_url": settings.google_token_url,
        "revoke_url": settings.google_revoke_url,
        "api_endpoint": settings.google_api_endpoint,
    }
    return GoogleConfig(
        client_id=secrets.google_client_id,
        client_secret=secrets.google_client_secret,
        allow_private=settings.providers_allow_private_addresses,
        ca_bundle=settings.providers_ca_bundle,
        **{name: address for name, address in given.items() if address},
    )
