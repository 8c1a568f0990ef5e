"""What Graph answers: too little, too much, from elsewhere, or what nobody can read. Each has its name, and nobody is
led to another server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.errors import CursorExpired, NotAccepted, RateLimited, Unavailable
from gateway.core.remote import Grant, Stamp
from gateway.providers.microsoft import api
from gateway.providers.microsoft.api import Api
from gateway.providers.microsoft.client import MicrosoftCalendar
from gateway.providers.port import Account, CalendarProvider
from tests.providers.microsoft.conftest import NOW, WINDOW, World
from tests.providers.microsoft.test_client import EVENT, KEY
from tests.providers.outside import Outside, reply, starting
from tests.providers.outside import told as answer

Ask = Callable[[CalendarProvider, World], object]

ASKS: dict[str, Ask] = {
    "calendars": lambda there, _: there.calendars(),
    "put": lambda there, world: there.put(world.main, KEY, EVENT, None),
    "read": lambda there, world: there.read(world.main, "AAMk"),
    "delete": lambda there, world: there.delete(world.main, Stamp("AAMk", "")),
    "changes": lambda there, world: there.changes(world.main, "", WINDOW),
    "watch": lambda there, world: there.watch(world.main, "w", "https://book.example/hooks", "S3CR3T"),
}


def at(world: World, graph: Outside) -> CalendarProvider:
    """Ann's account, where a test says what Graph answers."""
    config = replace(world.config, graph_endpoint=f"{graph.url}/v1.0/")
    grant = Grant("T0K3N", "R3FR3SH", NOW + timedelta(hours=1))
    return MicrosoftCalendar(Api(config, "T0K3N"), Account(1, 1, "", grant), world.clock)


@pytest.mark.parametrize("name", ASKS)
def test_who_asks_too_much_is_told_for_how_long_to_wait(
    world: World, there: CalendarProvider, name: str
) -> None:
    world.server.faults.throttle(retry_after=9)
    with pytest.raises(RateLimited) as caught:
        ASKS[name](there, world)
    assert caught.value.retry_after == 9


# Calendars


def test_every_calendar_is_listed_and_what_may_be_done_with_it(world: World, there: CalendarProvider) -> None:
    mine = {world.ann.add_calendar(f"Chair {number}") for number in range(70)}
    readable, shared = world.ann.share("The boss’s"), world.ann.share("Salon", can_edit=True)
    found = {one.id: one for one in there.calendars()}
    assert found.keys() == mine | {world.main, readable, shared}
    assert [one.id for one in found.values() if one.primary] == [world.main]
    assert [one.id for one in found.values() if not one.writable] == [readable]
    assert (found[readable].name, found[readable].zone) == ("The boss’s", "")
    with pytest.raises(NotAccepted):
        there.put(readable, KEY, EVENT, None)
    assert there.put(shared, KEY, EVENT, None).id


@pytest.mark.parametrize("way", ["endless", "elsewhere"])
def test_a_list_has_an_end_and_stays_where_it_is(world: World, way: str) -> None:
    with starting() as start:
        elsewhere = start(lambda _: reply(200))
        links = {"elsewhere": f"{elsewhere.url}/v1.0/me/calendars"}
        graph = start(lambda _: answer(200, {"value": [], "@odata.nextLink": links[way]}))
        links["endless"] = f"{graph.url}/v1.0/me/calendars?$skip=1"
        with pytest.raises((Unavailable, CursorExpired)):
            at(world, graph).calendars()
        assert len(graph.requests) < 50
        assert elsewhere.connections == 0


# What nobody can read


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    "said",
    [
        reply(200, b"<html>"),
        reply(200, b"\xff"),
        reply(200, b"[" * 99_999),
        answer(200, 7),
        answer(200, {"value": 7}),
    ],
)
def test_an_answer_that_nobody_can_read(world: World, name: str, said: bytes) -> None:
    """A deletion has no answer, and a list with nothing in it is an empty one."""
    with starting() as start:
        there = at(world, start(lambda _: said))
        if name == "calendars" and said.endswith(b"7}"):
            assert there.calendars() == []
        elif name == "delete" and said.endswith(b"7}"):
            there.delete(world.main, Stamp("AAMk", ""))
        else:
            with pytest.raises(Unavailable):
                ASKS[name](there, world)


@pytest.mark.parametrize(
    "parts",
    [
        None,
        7,
        [7],
        [{}],
        [{"id": []}],
        [{"id": "0"}],
        [{"id": "0", "status": "200"}],
        [{"id": "0", "status": 200, "body": 7}],
    ],
)
def test_a_part_that_nobody_can_read(world: World, parts: object) -> None:
    short = {"value": [{"id": "AAMk", "@removed": {}}], "@odata.deltaLink": "x"}
    with starting() as start:
        graph = start(lambda asked: answer(200, {"responses": parts} if asked.method == "POST" else short))
        with pytest.raises(Unavailable):
            at(world, graph).changes("c", "", WINDOW)


def test_an_answer_without_an_end_is_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_MOST_BYTES", 1_000)
    with starting() as start:
        graph = start(lambda _: answer(200, {"value": ["x" * 2_000]}))
        with pytest.raises(Unavailable, match="too long"):
            at(world, graph).calendars()


@pytest.mark.parametrize("status", [301, 302, 307])
def test_nobody_is_led_elsewhere(world: World, status: int) -> None:
    with starting() as start:
        elsewhere = start(lambda _: answer(200, {"id": "AAMk"}))
        graph = start(lambda _: reply(status, Location=f"{elsewhere.url}/v1.0/me"))
        with pytest.raises(NotAccepted):
            at(world, graph).read("c", "AAMk")
        assert elsewhere.connections == 0
