"""Practice calendars in a database of one's own: Harbor Hair's, and that of the business next door."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.model import Event
from gateway.core.remote import Grant, Window
from gateway.core.secrets import token_hash
from gateway.db import practice as kept
from gateway.db.engine import Database, Session
from gateway.db.practice import PracticeStore
from gateway.providers import practice
from gateway.providers.port import Account, CalendarProvider, Provider
from gateway.providers.practice.authority import new_token
from tests.conftest import Town

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=2), NOW + timedelta(days=400))
EVENT = Event(
    uid="booking-7@here",
    starts_at=NOW + timedelta(days=1),
    ends_at=NOW + timedelta(days=1, hours=1),
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut",
    description="",
    location="",
    categories=(),
    url="",
)


@dataclass(frozen=True)
class Place:
    """A practice account, with the token that lets into it."""

    database: Database
    provider: Provider
    business_id: int
    grant: Grant
    name: str = "mine"

    @property
    def where(self) -> tuple[int, str, str]:
        return self.business_id, self.name, self.name

    @property
    def store(self) -> PracticeStore:
        return PracticeStore(self.database)

    def open(self, business_id: int | None = None) -> CalendarProvider:
        return self.provider.open(Account(business_id or self.business_id, 1, self.name, self.grant))

    def by_hand(self, act: Callable[[Session, int], object]) -> None:
        """A change as its owner makes it; `act` gets the revision."""
        with self.database.tenant(self.business_id) as session:
            act(session, kept.begin(session, self.where))


@pytest.fixture
def place(the_town: Town) -> Place:
    database = the_town.deps.database
    provider = practice.provider(PracticeStore(database), "https://book.example", lambda: NOW, os.urandom)
    grant = Grant("", "", NOW + timedelta(hours=1), frozenset({"events"}))
    return opened(Place(database, provider, 1, grant))


@pytest.fixture
def next_door(place: Place) -> Place:
    return opened(replace(place, business_id=2))


def opened(place: Place) -> Place:
    token = new_token(place.business_id, os.urandom)
    place.store.let_in(place.business_id, token_hash(token), place.name)
    with place.database.tenant(place.business_id) as session:
        kept.open_calendar(session, place.where, "Mine", "Europe/Berlin")
    return replace(place, grant=replace(place.grant, access_token=token, refresh_token=token))
