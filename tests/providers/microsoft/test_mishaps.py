"""What happens between us and Graph: answers get lost, others are faster, a round is interrupted. None of it makes two
events of one, or one of two."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.errors import (
    CursorExpired,
    ProviderError,
    RateLimited,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.keys import event_key
from gateway.core.remote import Stamp, Window
from gateway.providers.port import CalendarProvider
from tests.providers.microsoft.conftest import NOW, WINDOW, World, told
from tests.providers.microsoft.test_client import EVENT, KEY, MOVED, UID, of_others


def look_and_put(world: World, event: Any = EVENT) -> Stamp:
    """As the engine does when it can't know what became of it."""
    there = world.open()
    with suppress(RemoteGone):
        there.read(world.main, KEY)
    return there.put(world.main, KEY, event, None)


# Lost on the way


@pytest.mark.parametrize("way", ["201", "409", "forgotten"])
@pytest.mark.parametrize("scope", ["mailbox", "calendar"])
@pytest.mark.parametrize(
    "losses", [("lose_request",), ("lose_answer",), ("lose_answer", "lose_answer"), ("malformed",)]
)
def test_nothing_that_is_lost_makes_two_events(
    world: World, there: CalendarProvider, way: str, scope: str, losses: tuple[str, ...]
) -> None:
    world.server.behaviour.change({"transaction": way, "transaction_scope": scope})
    put: Callable[[], object] = lambda: there.put(world.main, KEY, EVENT, None)  # noqa: E731
    for loss in losses:
        world.server.faults.order(loss, method="graph.events.create")
        world.server.faults.order(loss, method="graph.events.update")
        with pytest.raises(Unavailable):
            put()
        world.server.faults.clear()
        put = lambda: look_and_put(world, MOVED)  # noqa: E731
    stamp = look_and_put(world)
    [event] = world.ann.events()
    assert (event["id"], event["@odata.etag"]) == (stamp.id, stamp.etag)
    assert event["start"]["dateTime"].startswith(f"{EVENT.starts_at:%Y-%m-%dT%H}")


def test_a_key_that_was_found_in_one_calendar_says_nothing_of_another(
    world: World, there: CalendarProvider
) -> None:
    second = world.ann.add_calendar("Work")
    first = there.put(world.main, KEY, EVENT, None)
    there.read(world.main, KEY)
    other = there.put(second, KEY, EVENT, None)
    assert first.id != other.id
    assert [len(world.ann.events(place)) for place in (world.main, second)] == [1, 1]


def test_a_lost_deletion_is_repeated(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    world.server.faults.lose_answer()
    with pytest.raises(Unavailable):
        there.delete(world.main, stamp)
    there.delete(world.main, stamp)
    assert world.ann.events() == []


# Others were faster


def test_whoever_was_faster_is_not_written_over(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    world.ann.move(stamp.id, timedelta(hours=1))
    with pytest.raises(RemoteChanged):
        there.put(world.main, stamp.id, MOVED, stamp)
    seen = there.read(world.main, stamp.id)
    there.put(world.main, stamp.id, MOVED, Stamp(seen.id, seen.etag))
    world.ann.delete(stamp.id)
    with pytest.raises(RemoteGone):
        there.put(world.main, stamp.id, EVENT, stamp)


def test_a_conflict_that_there_is_not_passes(world: World, there: CalendarProvider) -> None:
    stamp = there.put(world.main, KEY, EVENT, None)
    world.server.faults.fail(status=412, method="graph.events.update", code="ErrorIrresolvableConflict")
    with pytest.raises(RemoteChanged):
        there.put(world.main, stamp.id, MOVED, stamp)
    assert there.put(world.main, stamp.id, MOVED, stamp).id == stamp.id


@pytest.mark.parametrize("id_", ["x", "AAMk/../..", "AAMkADBl", "ä?&=%", "A" * 500])
def test_an_id_that_can_not_be_one_of_theirs_is_gone(world: World, there: CalendarProvider, id_: str) -> None:
    for ask in (
        lambda: there.read(world.main, id_),
        lambda: there.put(world.main, id_, EVENT, Stamp(id_, 'W/"1"')),
        lambda: there.put(world.main, id_, EVENT, Stamp(id_, "")),
        lambda: there.read(id_, "AAMk"),
    ):
        with pytest.raises(RemoteGone):
            ask()
    there.delete(world.main, Stamp(id_, ""))


def test_an_event_in_another_calendar_is_gone_from_the_first(world: World, there: CalendarProvider) -> None:
    second = world.ann.add_calendar("Work")
    stamp = there.put(world.main, KEY, EVENT, None)
    cursors = {place: told(there, place)[1] for place in (world.main, second)}
    world.ann.move_to(stamp.id, second)
    gone, here = (told(there, place, cursors[place])[0][stamp.id] for place in (world.main, second))
    assert (gone.gone, here.gone, here.tag) == (True, False, UID)
    with pytest.raises(RemoteGone):
        there.read(world.main, stamp.id)


@pytest.mark.parametrize("masters", ["last", "first", "never"])
def test_one_of_ours_that_somebody_let_recur_is_one(
    world: World, there: CalendarProvider, masters: str
) -> None:
    world.server.behaviour.change({"masters": masters})
    stamp = there.put(world.main, KEY, EVENT, None)
    _, cursor = told(there, world.main)
    spread = {"type": "numbered", "startDate": f"{EVENT.starts_at:%Y-%m-%d}", "numberOfOccurrences": 3}
    world.ann.edit(stamp.id, {"recurrence": {"pattern": {"type": "daily", "interval": 1}, "range": spread}})
    found, cursor = told(there, world.main, cursor)
    [one] = [each for each in found.values() if not each.gone]
    assert (one.id, one.tag, one.wanted and one.wanted.recurs) == (stamp.id, UID, True)
    there.put(world.main, stamp.id, EVENT, Stamp(one.id, one.etag))
    again = there.read(world.main, stamp.id)
    assert (again.tag, again.wanted and again.wanted.recurs) == (UID, False)


def test_each_whole_day_of_a_series_is_a_day_of_its_own(world: World, there: CalendarProvider) -> None:
    day = NOW + timedelta(days=1)
    edges = {"start": f"{day:%Y-%m-%d}", "end": f"{day + timedelta(days=1):%Y-%m-%d}"}
    times: dict[str, Any] = {
        name: {"dateTime": f"{when}T00:00:00", "timeZone": "Europe/Berlin"} for name, when in edges.items()
    }
    spread = {"type": "numbered", "startDate": edges["start"], "numberOfOccurrences": 3}
    pattern = {"type": "daily", "interval": 1}
    body = of_others(isAllDay=True, showAs="oof", recurrence={"pattern": pattern, "range": spread}, **times)
    series = world.ann.create(body)["id"]
    found, cursor = told(there, world.main)
    # The one in the middle becomes an exception, which tells which one it was as midnight in Berlin.
    middle = sorted(found.values(), key=lambda one: one.times)[1].id
    world.ann.retitle(middle, "Still away")
    again, _ = told(there, world.main, cursor)
    named = {
        line
        for one in (found | again).values()
        for line in one.times.split(b"\r\n")
        if b"RECURRENCE-ID" in line
    }
    assert {one.series for one in (found | again).values()} == {series}
    assert len(named) == 3


# Too much, too late


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (503, Unavailable), (504, Unavailable)])
def test_a_part_of_an_answer_that_is_missing_is_asked_for_again(
    world: World, there: CalendarProvider, status: int, error: type[ProviderError]
) -> None:
    stamps = [
        there.put(world.main, event_key("harbor.example", number, 0), EVENT, None) for number in range(3)
    ]
    world.server.faults.fail(status=status, method="graph.events.get", retry_after=9, nth=2)
    with pytest.raises(error) as caught:
        there.changes(world.main, "", WINDOW)
    if status == 429:
        assert caught.value.retry_after == 9
    assert told(there, world.main)[0].keys() == {stamp.id for stamp in stamps}


@pytest.mark.parametrize("order", ["reversed", "asked"])
def test_answers_that_come_in_any_order_are_told_apart(
    world: World, there: CalendarProvider, order: str
) -> None:
    world.server.behaviour.change({"batch_order": order})
    made = {}
    for number in range(25):  # more than fit into one question
        event = replace(EVENT, uid=f"booking-{number}@harbor.example")
        made[there.put(world.main, event_key("harbor.example", number, 0), event, None).id] = event.uid
    found, _ = told(there, world.main)
    assert {one.id: one.tag for one in found.values()} == made


def test_a_round_that_is_interrupted_is_begun_again(world: World, there: CalendarProvider) -> None:
    world.server.behaviour.change({"page_limit": 1})
    for number in range(3):
        world.ann.create(of_others(subject=f"No {number}"))
    page = there.changes(world.main, "", WINDOW)
    assert not page.last
    world.server.expire_delta_tokens()
    with pytest.raises(CursorExpired):
        there.changes(world.main, page.cursor, WINDOW)
    assert len(told(there, world.main)[0]) == 3


def test_a_window_that_has_moved_on_is_read_anew(world: World, there: CalendarProvider) -> None:
    _, cursor = told(there, world.main)
    near, far = (Window(WINDOW.since, WINDOW.until + timedelta(days=days)) for days in (29, 31))
    assert there.changes(world.main, cursor, near).last
    world.server.reset_counters()
    with pytest.raises(CursorExpired):
        there.changes(world.main, cursor, far)
    assert not world.server.requests
