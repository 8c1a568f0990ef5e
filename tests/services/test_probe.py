"""Testing a connected calendar: what was tried and how it went, in words, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.core.errors import NotEditable, NotYours
from gateway.core.finding import Finding
from gateway.services import accounts, doctor, probe
from gateway.services.accounts import Owner
from tests.conftest import Town
from tests.linked import Linked, event
from tests.servers.google import Human
from tests.servers.google import start as start_google


@pytest.fixture
def world(the_town: Town, tmp_path: Path) -> Iterator[Linked]:
    with start_google(allow_http=True) as google:
        yield Linked.build(the_town, google, tmp_path)


@pytest.fixture
def alice(world: Linked) -> Human:
    return world.account()


@pytest.fixture
def owner(world: Linked) -> Owner:
    return world.owner(world.town.alice)


@pytest.fixture
def connection(world: Linked, alice: Human, owner: Owner) -> int:
    alice.create(event("Dentist", world.in_days(2)))
    made = world.connect(owner)
    world.settle()
    return made


def outcome(world: Linked, owner: Owner, connection: int) -> dict[str, Finding]:
    found = probe.probe(world.deps, owner, connection, pause=lambda _: None)
    return {one.name: one for one in found}


def test_all_is_well_and_nothing_is_left(world: Linked, alice: Human, owner: Owner, connection: int) -> None:
    before, busy = alice.events(), world.busy()
    found = outcome(world, owner, connection)
    assert {name: one.ok for name, one in found.items()} == {
        "Signing in": True,
        "Writing": True,
        "Time zone": True,
        "Changing": True,
        "Reading changes": True,
        "Being called": None,  # this installation has no address that providers could call
        "Taking away": True,
    }
    assert "America/New_York" in found["Time zone"].words
    world.poll()
    assert alice.events() == before
    assert world.busy() == busy


def test_a_test_that_could_not_clean_up_takes_nobodys_time(
    world: Linked, alice: Human, owner: Owner, connection: int
) -> None:
    busy = world.busy()
    world.google.faults.fail(1, 403, "calendar.events.delete")
    found = outcome(world, owner, connection)
    assert found["The rest"].ok is False
    world.poll()
    assert world.busy() == busy


def test_a_calendar_that_takes_nothing_is_told(
    world: Linked, alice: Human, owner: Owner, connection: int
) -> None:
    world.google.faults.fail(1, 403, "calendar.events.insert")
    found = outcome(world, owner, connection)
    assert list(found) == ["Signing in", "The rest"]
    assert found["The rest"].ok is False
    checks = [one for one in doctor.doctor(world.deps) if one.name == "calendar tests"]
    assert [one.ok for one in checks] == [False]
    assert found["The rest"].words in checks[0].words


def test_an_account_without_a_receiving_calendar_is_only_read(
    world: Linked, alice: Human, owner: Owner, connection: int, choose: Callable[[int | None], None]
) -> None:
    choose(None)
    found = outcome(world, owner, connection)
    assert found["Writing"].ok is None
    assert len(alice.events()) == 1


@pytest.fixture
def choose(world: Linked, owner: Owner, connection: int) -> Callable[[int | None], None]:
    def chosen(receives: int | None) -> None:
        known = accounts.view(world.deps, owner, connection)
        accounts.choose(
            world.deps,
            owner,
            connection,
            receives=receives,
            blocks=[one.calendar.id for one in known.calendars if one.calendar.blocks],
            detail=known.connection.detail,
            rules=known.connection.rules,
            titles=known.connection.titles,
        )
        world.settle()

    return chosen


def test_who_is_served_at_this_moment_is_not_tested(world: Linked, owner: Owner, connection: int) -> None:
    world.town.sql("UPDATE daybridge.calendar_connections SET lease_until = %s", world.in_days(1))
    with pytest.raises(NotEditable):
        outcome(world, owner, connection)


def test_strangers_test_nothing(world: Linked, connection: int) -> None:
    for other in (world.town.bob, world.town.mallory):
        with pytest.raises(NotYours):
            outcome(world, world.owner(other), connection)
