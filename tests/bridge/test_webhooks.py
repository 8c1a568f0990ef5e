"""A provider calls: believed if it knows the watch's secret, and told nothing otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from bridge.app import create_app
from tests.bridge.accounts import Scene
from tests.conftest import Town

ADDRESS = "/api/calendar/webhooks/google"
ALICE = "alice@elsewhere.example"


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    made = Scene.set(the_town, tmp_path)
    made.connected(made.town.alice, ALICE)
    return made


@pytest.fixture
def caller(scene: Scene) -> TestApp:
    return TestApp(create_app(scene.deps))


def shown(scene: Scene, **other: str) -> dict[str, str]:
    [(id_, secret)] = scene.elsewhere.watched.items()
    told = {"id": id_, "token": secret, "resource_state": "exists"} | other
    names = {"id": "X-Goog-Channel-ID", "token": "X-Goog-Channel-Token"}
    return {names.get(name, "X-Goog-Resource-State"): text for name, text in told.items() if text}


def asked(scene: Scene) -> bool:
    """Whether somebody is to have a look."""
    [(waits,)] = scene.town.sql("SELECT pull_asked_at > pulled_at FROM daybridge.calendar_connections")
    return bool(waits)


@pytest.mark.parametrize("state", ["sync", "exists", "not_exists", "", "whatever"])
def test_who_knows_the_secret_has_us_look(scene: Scene, caller: TestApp, state: str) -> None:
    scene.later(seconds=5)
    assert not asked(scene)
    answer = caller.post(ADDRESS, headers=shown(scene, resource_state=state), status=204)
    assert answer.body == b""
    assert "Set-Cookie" not in answer.headers
    assert asked(scene)
    assert scene.town.sql("SELECT heard_at FROM daybridge.calendar_watches") == [(scene.moment[0],)]


def test_what_changed_blocks_after_the_worker_has_looked(scene: Scene, caller: TestApp) -> None:
    scene.later(seconds=5)
    scene.elsewhere.write(ALICE, "dentist", "20261125T150000Z", "20261125T160000Z")
    caller.post(ADDRESS, headers=shown(scene), status=204)
    scene.work()
    assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(1,)]


@pytest.mark.parametrize(
    "told",
    [
        {"token": "forged"},
        {"token": ""},
        {"id": "00000000-0000-4000-8000-000000000000"},
        {"id": ""},
        {"id": "x' OR 1"},
        {"id": "a\0b"},
        {"id": "a" * 5000},
        {"token": "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")},
    ],
    ids=lambda told: "-".join(told) + str(len(str(told))),
)
def test_whoever_does_not_is_told_what_everyone_is_told(
    scene: Scene, caller: TestApp, told: dict[str, str]
) -> None:
    scene.later(seconds=5)
    nowhere = caller.post("/api/calendar/nothing", status=404)
    answer = caller.post(ADDRESS, headers=shown(scene, **told), status=404)
    assert answer.body == nowhere.body
    assert not asked(scene)


@pytest.mark.parametrize("provider", ["hotmail", "practice", "GOOGLE", "google%00"])
def test_nobody_else_calls(scene: Scene, caller: TestApp, provider: str) -> None:
    scene.later(seconds=5)
    caller.post(f"/api/calendar/webhooks/{provider}", headers=shown(scene), status=404)
    assert not asked(scene)


def test_a_watch_that_was_ended_is_none(scene: Scene, caller: TestApp) -> None:
    headers = shown(scene)
    scene.town.sql("DELETE FROM daybridge.calendar_watches")
    caller.post(ADDRESS, headers=headers, status=404)


def test_a_body_is_not_looked_at_and_not_taken_when_it_is_long(scene: Scene, caller: TestApp) -> None:
    kind = {"Content-Type": "application/json"}
    caller.post(ADDRESS, "{" * 100, headers=shown(scene) | kind, status=204)
    caller.post(ADDRESS, "{" * 70_000, headers=shown(scene) | kind, status=413)


def test_only_a_post_is_a_call(scene: Scene, caller: TestApp) -> None:
    answer = caller.get(ADDRESS, headers=shown(scene), status=405)
    assert "POST" in answer.headers["Allow"]


def test_a_call_is_one_question_and_one_small_change(
    scene: Scene, caller: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Providers that wait for long call less often, and in the end no more."""
    begun: list[str] = []
    kept = scene.deps.database._transaction

    def counting(begin: str) -> object:
        begun.append(begin)
        return kept(begin)

    monkeypatch.setattr(scene.deps.database, "_transaction", counting)
    caller.post(ADDRESS, headers=shown(scene), status=204)
    assert ["READ ONLY" in one for one in begun] == [True, False]
