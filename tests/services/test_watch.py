"""Providers call us when something changes: as long as we want, with a secret of each watch's own, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.connection import State
from gateway.core.errors import NotYours
from gateway.core.notice import Call, Notice, What
from gateway.services import disconnect, watch
from gateway.services.accounts import Owner
from tests.conftest import Town
from tests.linked import Linked, event
from tests.servers.google import Human
from tests.servers.google import start as start_google

WATCHES = "SELECT id, expires_at FROM daybridge.calendar_watches WHERE resource <> '' ORDER BY made_at"


@pytest.fixture
def world(the_town: Town, tmp_path: Path) -> Iterator[Linked]:
    # Nobody listens where it calls: here is looked at what it would say.
    with start_google(allow_http=True, notification_tries=1, notification_timeout=0.2) as google:
        yield Linked.build(the_town, google, tmp_path)


@pytest.fixture
def alice(world: Linked) -> Human:
    return world.account()


@pytest.fixture
def owner(world: Linked) -> Owner:
    return world.owner(world.town.alice)


@pytest.fixture
def connection(world: Linked, alice: Human, owner: Owner) -> int:
    made = world.connect(owner)
    world.settle()
    return made


def called(world: Linked, id_: str) -> dict[str, str]:
    """What the stand-in has sent for a channel."""
    world.google.settle(5)
    found = [one.headers for one in world.google.notifications if one.headers["X-Goog-Channel-ID"] == id_]
    return dict(found[0])


def watches(world: Linked) -> list[str]:
    return [str(id_) for id_, _ in world.town.sql(WATCHES)]


def test_a_calendar_that_is_read_is_watched_once(world: Linked, connection: int) -> None:
    [id_] = watches(world)
    world.poll()
    assert watches(world) == [id_]
    assert world.google.requests["calendar.events.watch"] == 1


def call(world: Linked, id_: str, secret: str) -> None:
    headers = {"x-goog-channel-id": id_, "x-goog-channel-token": secret}
    assert watch.listen(world.deps, "google", Call(headers, {}, b"")) == ""


def test_a_watch_that_its_provider_ends_is_made_anew(world: Linked, connection: int) -> None:
    sent = called(world, watches(world)[0])
    world.clock.now += timedelta(seconds=10)
    notice = Notice(sent["X-Goog-Channel-ID"], sent["X-Goog-Channel-Token"], What.ENDING)
    assert watch.heard(world.deps, notice)
    world.settle()
    [id_] = watches(world)
    assert id_ != sent["X-Goog-Channel-ID"]


def test_a_call_has_it_read_and_says_nothing_else(world: Linked, alice: Human, connection: int) -> None:
    alice.create(event("Dentist", world.in_days(2)))
    sent = called(world, watches(world)[0])
    assert world.busy() == []
    world.clock.now += timedelta(seconds=10)
    call(world, sent["X-Goog-Channel-ID"], sent["X-Goog-Channel-Token"])
    world.settle()
    assert len(world.busy()) == 1


def test_a_forged_a_late_and_an_unknown_call_do_nothing_and_look_the_same(
    world: Linked, connection: int, owner: Owner
) -> None:
    sent = called(world, watches(world)[0])
    id_, secret = sent["X-Goog-Channel-ID"], sent["X-Goog-Channel-Token"]
    asked = world.town.sql("SELECT pull_asked_at FROM daybridge.calendar_connections")
    said = set()
    for one, other in ((id_, secret + "x"), (id_, ""), ("nobody", secret), ("", "")):
        with pytest.raises(NotYours) as caught:
            call(world, one, other)
        said.add(str(caught.value))
    assert len(said) == 1
    assert world.town.sql("SELECT pull_asked_at FROM daybridge.calendar_connections") == asked
    disconnect.begin(world.deps, owner, connection, remove=False)
    world.settle()
    with pytest.raises(NotYours):
        call(world, id_, secret)


def test_the_secret_is_kept_as_a_hash_only(world: Linked, connection: int) -> None:
    secret = called(world, watches(world)[0])["X-Goog-Channel-Token"]
    [(row,)] = world.town.sql("SELECT to_jsonb(w)::text FROM daybridge.calendar_watches w")
    assert secret not in str(row)


def test_a_watch_is_made_anew_before_it_ends_and_the_old_one_is_ended_after(
    world: Linked, connection: int
) -> None:
    [(old, expires_at)] = world.town.sql(WATCHES)
    world.clock.now = expires_at - timedelta(hours=1)  # type: ignore[operator]
    world.settle()
    [new] = watches(world)
    assert new != old
    order = [one.method for one in world.google.journal if one.method.startswith("calendar.")]
    assert order.index("calendar.channels.stop") > len(order) - 1 - order[::-1].index("calendar.events.watch")


def test_a_provider_that_refuses_to_call_is_asked_again_a_day_later_and_read_meanwhile(
    world: Linked, alice: Human, owner: Owner
) -> None:
    world.google.faults.fail(times=1, status=400, method="calendar.events.watch")
    made = world.connect(owner)
    world.settle()
    assert watches(world) == []
    alice.create(event("Dentist", world.in_days(2)))
    world.poll()
    assert (len(world.busy()), world.state(made)) == (1, State.IN_STEP)
    assert world.google.requests["calendar.events.watch"] == 1
    world.later(hours=25)
    assert len(watches(world)) == 1


def test_where_nobody_can_call_us_nobody_is_asked_to(world: Linked) -> None:
    inside = replace(world.deps.settings, providers_allow_private_addresses=False)
    assert watch.address(replace(world.deps, settings=inside), "google") == ""
    outside = replace(inside, public_url="https://day.example.com")
    assert (
        watch.address(replace(world.deps, settings=outside), "google")
        == "https://day.example.com/api/calendar/webhooks/google"
    )


def test_a_calendar_that_matters_no_more_is_watched_no_more(
    world: Linked, connection: int, owner: Owner
) -> None:
    disconnect.begin(world.deps, owner, connection, remove=True)
    world.settle()
    assert world.town.sql("SELECT count(*) FROM daybridge.calendar_watches") == [(0,)]
    assert world.google.requests["calendar.channels.stop"] == 1
