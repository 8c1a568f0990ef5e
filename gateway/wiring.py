"""Settings → what runs. The only place that builds things."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from gateway.db.engine import Database
from gateway.db.practice import PracticeStore
from gateway.providers import caldav, google, ics, microsoft, practice
from gateway.providers.caldav import CaldavConfig
from gateway.providers.google import GoogleConfig
from gateway.providers.ics import IcsConfig
from gateway.providers.microsoft import MicrosoftConfig
from gateway.providers.port import Provider
from gateway.services.deps import Deps
from gateway.services.keys import ApiKeys
from gateway.services.sign_in import SignIns
from gateway.settings import Credentials, Settings, load_credentials


def build(settings: Settings, *, direct: bool = False) -> Deps:
    """What the doors and the worker need. Opens no connection yet, so it may be called before the database is up.
    `direct`: no pooler stands between us and PostgreSQL."""
    if not settings.database_url:
        raise ValueError("wiring needs a database_url; the embedded server is started before")
    database = Database(settings.database_url, size=settings.threads, keeps_plans=direct)
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
    if secrets.microsoft_client_id:
        budget = settings.microsoft_requests_per_minute, settings.microsoft_requests_per_minute_in_all
        yield replace(microsoft.provider(_microsoft(settings, secrets), now), budget=budget)
    if settings.providers_caldav and secrets.keys_encryption:  # a password has to be sealed with something
        allowed, bundle = settings.providers_allow_private_addresses, settings.providers_ca_bundle
        here = urlsplit(settings.address).hostname or ""
        yield caldav.provider(CaldavConfig(allowed, bundle, own_host=here), now)
        yield ics.provider(IcsConfig(allowed, bundle), now)
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


def _microsoft(settings: Settings, secrets: Credentials) -> MicrosoftConfig:
    given = {
        "authority": settings.microsoft_authority,
        "graph_endpoint": settings.microsoft_graph_endpoint,
    }
    return MicrosoftConfig(
        client_id=secrets.microsoft_client_id,
        client_secret=secrets.microsoft_client_secret,
        instance_discovery=settings.microsoft_instance_discovery,
        allow_private=settings.providers_allow_private_addresses,
        ca_bundle=settings.providers_ca_bundle,
        **{name: address for name, address in given.items() if address},
    )
