"""The town without its bookings, and the booking app at one connection to it; every test rolls back what it did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.services.attach import attach
from tests import rails, town
from tests.diary import BATH, RETREAT, Diary

PREPARE = f"""
    INSERT INTO services (id, business_id, name, duration, price, service_type, created_at, updated_at)
    VALUES ({BATH}, 1, 'Sound bath', 60, 40, 1, now(), now()), ({RETREAT}, 1, 'Retreat', 60, 40, 2, now(), now());
    DELETE FROM bookings; DELETE FROM daybridge.outbox
"""


@pytest.fixture(scope="module")
def diary_url(databases) -> Iterator[str]:
    url = databases.create()
    town.build(url)
    with rails.deps(url) as deps:
        attach(deps.database)
        with deps.database.owner() as session:
            session.run(PREPARE)
    yield url
    databases.drop(url)


@pytest.fixture
def diary(diary_url: str) -> Iterator[Diary]:
    """Of a business that only observes."""
    with rails.connect(diary_url) as connection, connection.transaction(force_rollback=True):
        yield Diary(connection)


@pytest.fixture
def strict(diary: Diary) -> Diary:
    """Of one that refuses."""
    diary.enforce()
    return diary
