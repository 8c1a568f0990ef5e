"""The page between letting us in and connecting: what would change, and the two ways on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.core.errors import Unavailable
from tests.bridge.accounts import EVERYONE, PAGE, Scene, link, submit, token, way
from tests.conftest import Town

ALICE = "alice@elsewhere.example"


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    return Scene.set(the_town, tmp_path)


@pytest.fixture
def app(scene: Scene) -> TestApp:
    return scene.browser(scene.town.alice)


def arrive(scene: Scene, app: TestApp, email: str = ALICE, **how: str) -> TestResponse:
    """Back from the provider, as somebody who has not connected this account before."""
    return app.get(scene.elsewhere.agree(link(way(app, **how)), email)).follow()


def words(page: TestResponse) -> str:
    return " ".join(page.html.main.get_text(" ").split())


HOURS = '{"tuesday": [{"start": "08:00", "end": "18:00"}]}'


def test_it_says_what_would_change(scene: Scene, app: TestApp) -> None:
    scene.town.sql("UPDATE staff_members SET availability = %s WHERE id = 11", HOURS)
    scene.elsewhere.open_account(ALICE, "Family", "Holidays")
    scene.elsewhere.write(ALICE, "lunch", "20261124T170000Z", "20261124T180000Z")
    page = arrive(scene, app)
    assert "Nothing has changed yet." in words(page)
    found = re.search(r"Blocks (\d+) slots? that can be booked now", words(page))
    assert found
    assert int(found[1]) > 0
    assert "your bookings to come" in words(page)
    assert [one.get_text() for one in page.html.select("button.btn-main")] == ["Connect Google"]
    names = [str(one.find_next("span").contents[0]) for one in page.html.select("input[name=blocks]")]
    assert sorted(names) == ["Family", "Holidays", ALICE]
    scene.work()
    assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(0,)]


def test_agreeing_connects_with_what_was_chosen(scene: Scene, app: TestApp) -> None:
    scene.elsewhere.open_account(ALICE, "Family")
    scene.elsewhere.write(ALICE, "lunch", "20261124T170000Z", "20261124T180000Z")
    page = arrive(scene, app)
    back = submit(page, "/look", "answer", "connect")
    assert (back.status_int, "#c" in back.location) == (303, True)
    scene.work()
    assert "In step" in app.get(PAGE)
    assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(1,)]


def test_forgetting_leaves_nothing(scene: Scene, app: TestApp) -> None:
    page = arrive(scene, app)
    assert submit(page, "/look", "answer", "forget").status_int == 303
    assert scene.elsewhere.revoked == [f"access {ALICE}"]
    assert scene.town.sql("SELECT sealed FROM daybridge.calendar_connections") == [(None,)]


def test_who_leaves_the_page_finds_it_again(scene: Scene, app: TestApp) -> None:
    arrive(scene, app)
    page = app.get(PAGE)
    assert "Look first" in page
    assert "This is what would change" in page.click("Look at it", index=0)


def test_an_account_of_the_business_blocks_nobody(scene: Scene) -> None:
    page = arrive(
        scene, scene.browser(scene.town.alice), "office@elsewhere.example", whose="business", page=EVERYONE
    )
    assert "it blocks nobody’s time" in words(page)
    assert not page.html.select("input[name=blocks]")


def test_a_provider_that_gives_no_answer_is_told_and_nothing_changes(scene: Scene, app: TestApp) -> None:
    arrive(scene, app)
    [[id_]] = scene.town.sql("SELECT id FROM daybridge.calendar_connections")
    scene.elsewhere.trouble = Unavailable(host="Elsewhere", reason="it is closed")
    page = app.get(f"{PAGE}/connections/{id_}/look")
    assert "it is closed" in words(page)


@pytest.mark.parametrize("form", [{}, {"answer": "maybe"}, {"answer": "connect", "receives": "x"}])
def test_a_form_that_is_not_whole_changes_nothing(scene: Scene, app: TestApp, form: dict[str, str]) -> None:
    arrive(scene, app)
    [[id_]] = scene.town.sql("SELECT id FROM daybridge.calendar_connections")
    app.post(f"{PAGE}/connections/{id_}/look", {**form, "csrf_token": token(app)}, status=400)
    assert scene.town.sql("SELECT connected_at FROM daybridge.calendar_connections") == [(None,)]


def test_strangers_neither_see_nor_answer(scene: Scene, app: TestApp) -> None:
    arrive(scene, app)
    [[id_]] = scene.town.sql("SELECT id FROM daybridge.calendar_connections")
    other = scene.browser(scene.town.mallory)
    other.get(f"{PAGE}/connections/{id_}/look", status=404)
    form = {"answer": "connect", "receives": "none", "csrf_token": token(other)}
    other.post(f"{PAGE}/connections/{id_}/look", form, status=404)
    app.reset()
    assert app.get(f"{PAGE}/connections/{id_}/look", expect_errors=True).status_int in (302, 303, 401, 403)
