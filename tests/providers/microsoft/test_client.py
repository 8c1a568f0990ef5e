"""Microsoft's calendars through the port, over real sockets, against a Graph that is as strict as the real one."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.core.errors import (
    CursorExpired,
    GatewayError,
    NeedsReconnect,
    NotAccepted,
    RateLimited,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.keys import event_key
from gateway.core.model import Event
from gateway.core.remote import Grant, Showing, Stamp
from gateway.providers.microsoft.api import Api
from gateway.providers.microsoft.client import MicrosoftCalendar
from gateway.providers.port import Account, CalendarProvider
from tests.providers.microsoft.conftest import NOW, WINDOW, World, told
from tests.providers.outside import reply, starting
from tests.providers.outside import told as answer

UID = "booking-7@harbor.example"
KEY = event_key("harbor.example", 7, 1)
EVENT = Event(
    uid=UID,
    starts_at=NOW + timedelta(days=3),
    ends_at=NOW + timedelta(days=3, hours=1),
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut – Zoë Müller",
    description="Customer: Zoë Müller\n\n— notes —\nlikes <b>tea</b> & quiet",
    location="Hauptstr. 5",
    categories=("Bookings",),
    url="",
)
MOVED = replace(
    EVENT, starts_at=EVENT.starts_at + timedelta(hours=2), ends_at=EVENT.ends_at + timedelta(hours=2)
)


def of_others(days: float = 1, **more: Any) -> dict[str, Any]:
    start = NOW + timedelta(days=days)
    return {
        "subject": "Dentist",
        "start": _utc(start),
        "end": _utc(start + timedelta(hours=1)),
        **more,
    }


def weekly(**more: Any) -> dict[str, Any]:
    pattern = {"type": "daily", "interval": 1}
    spread = {
        "type": "numbered",
        "startDate": f"{NOW + timedelta(days=1):%Y-%m-%d}",
        "numberOfOccurrences": 3,
    }
    return of_others(recurrence={"pattern": pattern, "range": spread}, **more)


def _utc(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


# Putting


@pytest.mark.parametrize("way", ["201", "409", "forgotten"])
def test_an_event_whose_answer_was_lost_is_not_made_again(
    world: World, there: CalendarProvider, way: str
) -> None:
    """As the engine does it: what it doesn't know the fate of, it looks for by its key."""
    world.server.behaviour.change({"transaction": way})
    world.server.faults.lose_answer()
    with pytest.raises(Unavailable):
        there.put(world.main, KEY, EVENT, None)
    again = world.open()
    found = again.read(world.main, KEY)
    assert found.tag == UID
    stamp = again.put(world.main, KEY, MOVED, None)
    assert stamp.id == found.id
    [event] = world.ann.events()
    assert event["start"]["dateTime"].startswith(f"{MOVED.starts_at:%Y-%m-%dT%H}")


@pytest.mark.parametrize("way", ["201", "409"])
def test_putting_again_without_a_look_makes_one_event(
    world: World, there: CalendarProvider, way: str
) -> None:
    world.server.behaviour.change({"transaction": way})
    first = there.put(world.main, KEY, EVENT, None)
    second = world.open().put(world.main, KEY, MOVED, None)
    assert first.id == second.id
    assert len(world.ann.events()) == 1


def test_a_key_of_a_deleted_event_makes_a_new_one_or_is_gone(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    world.ann.delete(stamp.id)
    with pytest.raises(RemoteGone):
        there.read(world.main, KEY)
    try:
        there.put(world.main, KEY, EVENT, None)
    except RemoteGone:
        assert world.ann.events() == []
    else:
        assert len(world.ann.events()) == 1


def test_the_same_booking_in_two_calendars_of_a_mailbox(world: World, there: CalendarProvider) -> None:
    second = world.ann.add_calendar("Work")
    one, two = (there.put(place, KEY, EVENT, None) for place in (world.main, second))
    assert one.id != two.id


def test_an_event_is_known_by_its_key_until_its_id_is_heard(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    assert there.read(world.main, KEY).id == stamp.id
    there.delete(world.main, Stamp(KEY, ""))
    there.delete(world.main, Stamp(KEY, ""))
    assert world.ann.events() == []


def test_what_somebody_set_for_themselves_stays(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    world.ann.edit(stamp.id, {"sensitivity": "private", "reminderMinutesBeforeStart": 5})
    seen = there.read(world.main, stamp.id)
    there.put(world.main, stamp.id, MOVED, Stamp(seen.id, seen.etag))
    found = world.ann.get(stamp.id)
    assert (found["sensitivity"], found["reminderMinutesBeforeStart"]) == ("private", 5)


# Reading


def test_many_events_of_others_need_few_requests(world: World, there: CalendarProvider) -> None:
    for number in range(500):
        world.ann.create(of_others(number / 10, subject=f"No {number}"))
    world.server.reset_counters()
    began = time.perf_counter()
    found, _ = told(there, world.main)
    assert len(found) == 500
    assert sum(world.server.requests.values()) == 3
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("masters", ["last", "first", "never"])
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("size", [None, 1])
def test_occurrences_are_as_their_series_says(
    world: World, there: CalendarProvider, masters: str, bare: bool, size: int | None
) -> None:
    world.server.behaviour.change(
        {"masters": masters, "bare_exceptions": bare, "page_limit": size, "repeats": True, "empty_pages": 1}
    )
    id_ = world.ann.create(weekly(showAs="oof"))["id"]
    world.ann.move_one(id_, NOW + timedelta(days=2), timedelta(hours=1))
    found, _ = told(there, world.main)
    assert len(found) == 3
    assert {one.series for one in found.values()} == {id_}
    assert {one.showing for one in found.values()} == {Showing.OUT_OF_OFFICE}


def test_a_series_that_is_free_by_now_is_told_so(world: World, there: CalendarProvider) -> None:
    id_ = world.ann.create(weekly())["id"]
    _, cursor = told(there, world.main)
    world.ann.edit(id_, {"showAs": "free"})
    found, _ = told(there, world.main, cursor)
    assert [one.showing for one in found.values()] == [Showing.FREE] * 3


def test_our_own_event_that_left_the_window_is_not_gone(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    other = world.ann.create(of_others())["id"]
    _, cursor = told(there, world.main)
    for id_ in (stamp.id, other):
        world.ann.move(id_, timedelta(days=900))
    found, cursor = told(there, world.main, cursor)
    assert found[other].gone
    moved = found[stamp.id]
    assert (moved.gone, moved.tag) == (False, UID)
    assert moved.wanted
    assert moved.wanted.starts_at == EVENT.starts_at + timedelta(days=900)
    world.ann.delete(stamp.id)
    found, _ = told(there, world.main, cursor)
    assert found[stamp.id].gone


def test_a_link_to_elsewhere_is_not_followed(world: World) -> None:
    with starting() as start:
        elsewhere = start(lambda _: reply(200))
        for link in (
            elsewhere.url,
            "http://169.254.169.254/",
            world.config.graph_endpoint.replace("v1.0", "beta"),
        ):
            page = answer(200, {"value": [], "@odata.nextLink": link})
            graph = start(lambda _, page=page: page)
            config = replace(world.config, graph_endpoint=f"{graph.url}/v1.0/")
            opened = MicrosoftCalendar(Api(config, "T0K3N"), Account(1, 1, "", _grant()), world.clock)
            first = opened.changes("c", "", WINDOW)
            with pytest.raises(CursorExpired):
                opened.changes("c", first.cursor, WINDOW)
            assert len(graph.requests) == 1
        assert elsewhere.requests == []


def _grant() -> Grant:
    return Grant("T0K3N", "R3FR3SH", NOW + timedelta(hours=1))


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired", "SyncStateInvalid"])
def test_a_link_that_they_have_forgotten(world: World, there: CalendarProvider, code: str) -> None:
    world.server.behaviour.change({"gone_code": code})
    _, cursor = told(there, world.main)
    world.server.expire_delta_tokens()
    with pytest.raises(CursorExpired):
        there.changes(world.main, cursor, WINDOW)


# Errors


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (401, {"error": {"code": "InvalidAuthenticationToken"}}, NeedsReconnect),
        (403, {"error": {"code": "ErrorAccessDenied"}}, NotAccepted),
        (404, {"error": {"code": "ErrorItemNotFound"}}, RemoteGone),
        (412, {"error": {"code": "ErrorIrresolvableConflict"}}, RemoteChanged),
        (429, {"error": {"code": "ApplicationThrottled"}}, RateLimited),
        (503, {"error": {"code": "serviceNotAvailable"}}, Unavailable),
        (504, None, Unavailable),
        (200, [], Unavailable),
        (200, {"error": 7}, Unavailable),
        (200, {"id": 7}, Unavailable),
    ],
)
def test_what_graph_says_no_with(world: World, status: int, said: object, error: type[GatewayError]) -> None:
    with starting() as start:
        graph = start(lambda _: answer(status, said, Retry_After="7"))
        config = replace(world.config, graph_endpoint=f"{graph.url}/v1.0/")
        opened = MicrosoftCalendar(Api(config, "T0K3N"), Account(1, 1, "", _grant()), world.clock)
        with pytest.raises(error) as caught:
            opened.read("c", "AAMk")
        assert "T0K3N" not in "".join(traceback.format_exception(caught.value))
        if status == 429:
            assert getattr(caught.value, "retry_after", None) == 7


def test_every_request_asks_for_ids_that_stay_and_for_utc(world: World) -> None:
    with starting() as start:
        link: list[str] = []
        graph = start(lambda _: answer(200, {"value": [], "@odata.deltaLink": link[0]}))
        link.append(f"{graph.url}/v1.0/me?x")
        config = replace(world.config, graph_endpoint=f"{graph.url}/v1.0/")
        opened = MicrosoftCalendar(Api(config, "T0K3N"), Account(1, 1, "", _grant()), world.clock)
        opened.changes("c", opened.changes("c/d?", "", WINDOW).cursor, WINDOW)
        for request in graph.requests:
            assert 'IdType="ImmutableId"' in request.headers["prefer"]
            assert 'outlook.timezone="UTC"' in request.headers["prefer"]
        assert graph.requests[0].target.startswith("/v1.0/me/calendars/c%2Fd%3F/calendarView/delta?")


# Being told


def test_a_watch(world: World, there: CalendarProvider) -> None:
    watch = there.watch(world.main, "w1", "https://book.example/hooks/microsoft", "S3CR3T")
    assert watch
    assert watch.id == "w1"
    assert NOW + timedelta(days=6) < watch.expires_at < NOW + timedelta(days=7)
    [known] = world.server.subscriptions
    assert known.id == watch.resource
    there.unwatch(watch)
    there.unwatch(watch)
    assert world.server.subscriptions == []


def test_an_address_that_can_not_be_reached_is_polled_instead(world: World, there: CalendarProvider) -> None:
    world.server.behaviour.change({"handshake": True, "handshake_timeout": 1.0})
    assert there.watch(world.main, "w1", "http://127.0.0.1:9/hooks", "S3CR3T") is None
