"""Before an account begins to work, its owner sees what it would change; until then it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.connection import State
from gateway.core.errors import Invalid, NotYours
from gateway.services import connect, disconnect, let_in, preview, serve
from gateway.services.accounts import Owner
from tests.conftest import Town
from tests.linked import SESSION, Linked, event, ours
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


def enter(world: Linked, owner: Owner) -> int:
    """An account that lets us in, and waits for its owner's word."""
    url = connect.begin(world.deps, owner, "google", SESSION, staff_id=owner.staff_id)
    return connect.finish(world.deps, owner, "google", SESSION, world.agree(url), look_first=True)


def test_it_says_what_closes_what_is_added_and_what_overlaps(
    world: Linked, alice: Human, owner: Owner
) -> None:
    world.town.sql("DELETE FROM bookings")
    free = world.book(world.in_days(3, hour=9))
    lunch = world.in_days(2, hour=15)
    overlapped = world.book(lunch)
    alice.create(event("Lunch", lunch, minutes=60))
    other = alice.add_calendar("Family", "America/New_York")
    alice.create(event("Cinema", world.in_days(4, hour=15), minutes=120), other)
    alice.create(event("Free", world.in_days(5, hour=15), transparency="transparent"))
    found = preview.preview(world.deps, owner, enter(world, owner))
    assert found.adds == 2
    assert len(found.overlaps) == 1
    assert {free, overlapped}
    by_name = {one.calendar.name: one for one in found.prospects}
    assert by_name["Family"].closes > 0
    assert not by_name["Family"].calendar.blocks
    main = next(one for one in found.prospects if one.calendar.main)
    assert found.closes == main.closes


def test_nothing_happens_before_its_owner_agrees(world: Linked, alice: Human, owner: Owner) -> None:
    world.book(world.in_days(3))
    alice.create(event("Dentist", world.in_days(2)))
    connection = enter(world, owner)
    world.later(hours=1)
    assert serve.due(world.deps) == []
    assert (ours(alice), world.busy()) == ([], [])
    assert world.state(connection) is State.CONNECTING
    assert "Nothing changes" in world.told(owner, connection)
    assert world.town.sql("SELECT count(*) FROM daybridge.calendar_sync_logs WHERE action = 'connect'") == [
        (0,)
    ]


def test_then_it_works_with_what_was_chosen(world: Linked, alice: Human, owner: Owner) -> None:
    world.book(world.in_days(3))
    alice.create(event("Dentist", world.in_days(2)))
    connection = enter(world, owner)
    found = preview.preview(world.deps, owner, connection)
    [main] = [one.calendar.id for one in found.prospects]
    let_in.agree(world.deps, owner, connection, main, [main])
    world.settle()
    assert len(world.busy()) == 1
    assert len(ours(alice)) == found.adds
    assert world.state(connection) is State.IN_STEP
    for again in (
        lambda: preview.preview(world.deps, owner, connection),
        lambda: let_in.agree(world.deps, owner, connection, None, []),
        lambda: disconnect.forget(world.deps, owner, connection),
    ):
        with pytest.raises(NotYours):
            again()


def test_a_calendar_that_is_not_there_is_no_choice(world: Linked, alice: Human, owner: Owner) -> None:
    connection = enter(world, owner)
    with pytest.raises(Invalid):
        let_in.agree(world.deps, owner, connection, 999_999, [])
    assert world.state(connection) is State.CONNECTING


def test_who_does_not_want_it_is_forgotten(world: Linked, alice: Human, owner: Owner) -> None:
    connection = enter(world, owner)
    disconnect.forget(world.deps, owner, connection)
    assert world.state(connection) is State.DISCONNECTED
    assert world.town.sql("SELECT sealed FROM daybridge.calendar_connections") == [(None,)]
    assert world.google.requests["oauth.revoke"] == 1
    # And may think again.
    assert enter(world, owner) == connection
    assert world.state(connection) is State.CONNECTING


def test_strangers_and_colleagues_see_nothing(world: Linked, alice: Human, owner: Owner) -> None:
    connection = enter(world, owner)
    for other in (world.town.bob, world.town.mallory):
        for act in (
            lambda who: preview.preview(world.deps, who, connection),
            lambda who: let_in.agree(world.deps, who, connection, None, []),
            lambda who: disconnect.forget(world.deps, who, connection),
        ):
            with pytest.raises(NotYours):
                act(world.owner(other))
