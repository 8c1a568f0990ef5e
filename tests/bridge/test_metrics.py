"""What Prometheus is told: it can read it, it agrees with the pages, and nobody can be told from it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from webtest import TestApp

from bridge.app import create_app
from gateway import wiring
from gateway.core.connection import State
from gateway.settings import Settings
from tests.bridge.accounts import EVERYONE, MONDAY, Scene
from tests.conftest import Town

Told = dict[tuple[str, str], float]


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    return Scene.set(the_town, tmp_path)


def metrics(scene: Scene) -> Told:
    """The value of each, by its name and the values of its labels."""
    answer = TestApp(create_app(scene.deps)).get("/metrics", status=200)
    assert answer.content_type == "text/plain"
    families = list(text_string_to_metric_families(answer.text))
    assert all(one.documentation and one.type == "gauge" for one in families)
    return {
        (sample.name.removeprefix("daybridge_"), " ".join(sample.labels.values())): sample.value
        for one in families
        for sample in one.samples
    }


def add(scene: Scene, account: str, staff_id: int = 11, business_id: int = 1, **more: object) -> None:
    named = {"provider": "google", "connected_at": MONDAY, "sealed": b"x"} | more
    columns, values = ", ".join(named), ", ".join(["%s"] * len(named))
    scene.town.sql(
        "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, account, account_key,"
        f" {columns}) VALUES (%s, %s, %s, %s, {values})",
        *(business_id, staff_id, account, account, *named.values()),
    )


def test_an_installation_where_nothing_is_connected(scene: Scene) -> None:
    told = metrics(scene)
    assert {told[("connections", f"google {state}")] for state in State} == {0}
    assert {name for name, _ in told} == {
        "connections",
        "watches",
        "events_waiting",
        "outbox_notes",
        "oldest_waiting_seconds",
        "busy_conflicts",
        "external_events",
    }
    assert told[("outbox_notes", "")] == told[("oldest_waiting_seconds", "")] == 0


def test_the_states_are_those_of_the_page(scene: Scene) -> None:
    add(scene, "refused@x.example", refused_at=MONDAY)
    add(scene, "stopped@x.example", stopped_at=MONDAY)
    add(scene, "paused@x.example", not_before=MONDAY + timedelta(hours=1), paused_by_them=True)
    add(scene, "old@x.example", staff_id=12, failing_since=MONDAY - timedelta(hours=2))
    add(scene, "step@x.example", staff_id=12)
    add(scene, "never@x.example", staff_id=12, connected_at=None, sealed=None)
    pills = [
        one.get_text().split()[0]
        for one in scene.browser(scene.town.alice).get(EVERYONE).html.select(".pill")
    ]
    told = metrics(scene)
    counted = {state: told[("connections", f"google {state}")] for state in State}
    words = {
        "Sign": State.RECONNECT_NEEDED,
        "Stopped:": State.STOPPED,
        "Paused": State.PAUSED,
        "Out": State.STALE,
        "In": State.IN_STEP,
        "Connecting": State.CONNECTING,
    }
    assert sorted(words[one] for one in pills) == sorted(state for state, count in counted.items() if count)
    assert sum(counted.values()) == len(pills) == 6


def test_those_of_all_businesses_are_counted_and_those_that_were(scene: Scene) -> None:
    add(scene, "a@x.example")
    add(scene, "b@x.example", staff_id=21, business_id=2)
    add(scene, "c@x.example", closed_at=MONDAY, provider="practice")
    told = metrics(scene)
    assert told[("connections", "google in_step")] == 2
    assert told[("connections", "practice disconnected")] == 1


def test_what_waits_what_is_watched_and_what_is_kept(scene: Scene) -> None:
    scene.connected(scene.town.alice, "alice@x.example")
    told = metrics(scene)
    assert told[("events_waiting", "")] == 0
    assert (told[("watches", "alive")], told[("watches", "expiring")]) == (1, 0)
    scene.elsewhere.write("alice@x.example", "dentist", "20261125T190000Z", "20261125T200000Z")
    scene.later(minutes=6)
    scene.work()
    scene.town.sql("UPDATE daybridge.calendar_event_mappings SET wanted = wanted + 1")
    told = metrics(scene)
    assert told[("external_events", "")] == 1
    assert told[("events_waiting", "")] == 3
    assert told[("busy_conflicts", "")] == 1, "the booking 1002 is at that time"
    scene.later(days=6)
    told = metrics(scene)
    assert (told[("watches", "alive")], told[("watches", "expiring")]) == (0, 1)
    assert told[("busy_conflicts", "")] == 0, "it is over"


def test_what_is_to_be_projected(scene: Scene) -> None:
    scene.town.sql("UPDATE bookings SET notes = 'x' WHERE id IN (1001, 2001)")
    scene.town.sql("UPDATE daybridge.outbox SET noted_at = now() - interval '1 hour'")
    told = metrics(scene)
    assert told[("outbox_notes", "")] == 2
    assert 3600 <= told[("oldest_waiting_seconds", "")] < 3700


def test_nobody_can_be_told_from_it(scene: Scene) -> None:
    scene.connected(scene.town.alice, "alice@x.example")
    text = TestApp(create_app(scene.deps)).get("/metrics").text
    for word in ("alice", "Harbor", "Mallory", "business", "staff", "1001"):
        assert word not in text.replace("all businesses", "")


def test_without_a_database_there_is_nothing_to_tell() -> None:
    deps = wiring.build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    TestApp(create_app(deps)).get("/metrics", status=503)
