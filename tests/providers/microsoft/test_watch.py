"""Being told of changes: Graph calls our address before it promises anything, for each change, and when it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gateway.core.errors import Unavailable
from gateway.core.notice import Call, Handshake, Notice, What
from gateway.core.remote import Stamp, Watch
from gateway.providers.port import CalendarProvider
from tests.providers.microsoft.conftest import ANN, World
from tests.providers.microsoft.test_client import EVENT, KEY, of_others
from tests.servers.microsoft.client import Ear, listening


@pytest.fixture
def ear(world: World) -> Iterator[Ear]:
    world.server.behaviour.change({"handshake": True, "handshake_timeout": 1.0})
    with listening() as made:
        yield made


def watched(world: World, there: CalendarProvider, ear: Ear) -> Watch:
    found = there.watch(world.main, "w1", ear.url, "S3CR3T")
    assert found
    return found


def heard(world: World, ear: Ear) -> list[Notice]:
    """What our side makes of everything that came."""
    assert world.server.settle()
    found: list[Notice] = []
    for body in ear.bodies:
        notices = world.provider.hear(Call({}, {"watch": "w1"}, json.dumps(body).encode()))
        assert isinstance(notices, tuple)
        found += notices
    ear.bodies.clear()
    return found


def test_it_is_given_its_own_word_back(world: World, there: CalendarProvider, ear: Ear) -> None:
    watch = watched(world, there, ear)
    [known] = world.server.subscriptions
    assert (known.id, known.lasting_ids) == (watch.resource, True)
    assert known.asked["notificationUrl"] == known.asked["lifecycleNotificationUrl"] == f"{ear.url}?watch=w1"
    assert ear.tokens
    for word in ear.tokens:
        assert world.provider.hear(Call({}, {"watch": "w1", "validationToken": word}, b"")) == Handshake(word)


def test_every_change_is_told_and_those_of_another_calendar_are_not(
    world: World, there: CalendarProvider, ear: Ear
) -> None:
    second = world.ann.add_calendar("Work")
    watch = watched(world, there, ear)
    stamp = there.put(world.main, KEY, EVENT, None)
    there.delete(world.main, Stamp(stamp.id, ""))
    world.ann.create(of_others(), second)
    assert heard(world, ear) == [Notice("w1", "S3CR3T")] * 2
    there.unwatch(watch)
    there.unwatch(watch)
    world.ann.create(of_others())
    assert heard(world, ear) == []


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ("missed", What.CHANGED),
        ("reauthorizationRequired", What.ENDING),
        ("subscriptionRemoved", What.ENDING),
    ],
)
def test_what_becomes_of_it_is_told(
    world: World, there: CalendarProvider, ear: Ear, event: str, what: What
) -> None:
    watched(world, there, ear)
    assert world.server.lifecycle(ANN, event) == 1
    assert heard(world, ear) == [Notice("w1", "S3CR3T", what)]


@pytest.mark.parametrize("wrong", [{"says": b"something else"}, {"kind": "text/html"}, {"pause": 2.0}])
def test_who_does_not_give_it_back_is_polled(
    world: World, there: CalendarProvider, ear: Ear, wrong: dict[str, object]
) -> None:
    for name, value in wrong.items():
        setattr(ear, name, value)
    assert there.watch(world.main, "w1", ear.url, "S3CR3T") is None
    assert world.server.subscriptions == []


def test_a_calendar_that_is_not_there_is_not_watched(world: World, there: CalendarProvider, ear: Ear) -> None:
    assert there.watch("x", "w1", ear.url, "S3CR3T") is None
    world.server.faults.fail(status=403, method="graph.subscriptions")
    assert there.watch(world.main, "w1", ear.url, "S3CR3T") is None


def test_a_watch_whose_answer_was_lost_is_asked_for_anew(
    world: World, there: CalendarProvider, ear: Ear
) -> None:
    world.server.faults.order("lose_answer", method="graph.subscriptions")
    with pytest.raises(Unavailable):
        there.watch(world.main, "w1", ear.url, "S3CR3T")
    assert watched(world, there, ear)


def test_what_has_ended_without_a_word_can_be_ended(world: World, there: CalendarProvider, ear: Ear) -> None:
    watch = watched(world, there, ear)
    world.server.expire_subscriptions()
    there.unwatch(watch)
