"""Connecting an account: out to the provider and back, in one browser, once, and for whom it was begun."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.errors import NotAccepted, RateLimited, Unavailable
from tests.bridge.accounts import EVERYONE, PAGE, Scene, connect, link, submit, token, way
from tests.conftest import Town

ALICE = "alice@elsewhere.example"


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    return Scene.set(the_town, tmp_path)


def rows(scene: Scene) -> list[tuple[object, ...]]:
    return scene.town.sql(
        "SELECT business_id, staff_member_id, account FROM daybridge.calendar_connections ORDER BY id"
    )


class TestThereAndBack:
    def test_the_page_before_says_what_will_be_asked_and_has_a_plain_link(self, scene: Scene) -> None:
        """A form that is sent on to another site is blocked by our own policy, so it must be a link."""
        page = way(scene.browser(scene.town.alice))
        assert page.status_int == 200
        assert "You are about to go to Google" in page
        for wish in ("see and change the events of your calendars", "see the list of your calendars"):
            assert wish in page
        assert link(page).startswith("https://elsewhere.example/agree?state=")
        assert page.headers["Cache-Control"] == "no-store"
        assert "form-action 'self'" in page.headers["Content-Security-Policy"]
        assert not page.html.select("script, style, [style]")

    def test_one_comes_back_to_the_account_that_is_connected_now(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        back = connect(scene, app, ALICE)
        [[id_]] = scene.town.sql("SELECT id FROM daybridge.calendar_connections")
        assert back.status_int == 303
        assert back.location.endswith(f"{PAGE}#c{id_}")
        page = back.follow()
        card = page.html.find(id=f"c{id_}")
        assert ALICE in card.get_text()
        assert "Importing" in card.select_one(".pill").get_text()
        scene.work()
        assert "In step" in app.get(PAGE).html.find(id=f"c{id_}").select_one(".pill").get_text()
        assert rows(scene) == [(1, 11, ALICE)]

    def test_what_the_provider_is_shown_is_long_enough(self, scene: Scene) -> None:
        """RFC 7636 4.1: 43 to 128 letters."""
        way(scene.browser(scene.town.alice))
        [asked] = scene.elsewhere.asked.values()
        assert 43 <= len(str(asked["verifier"])) <= 128
        assert asked["redirect"] == f"{scene.deps.settings.address}/oauth/calendar/google/callback"

    def test_a_no_is_a_no(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        answer = app.get(scene.elsewhere.refuse(link(way(app))), status=403)
        assert "you said no there" in answer
        assert answer.html.select_one(f"a[href='{PAGE}']"), "there is a way back"
        assert rows(scene) == []

    def test_another_end_is_not_called_a_no(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        answer = app.get(scene.elsewhere.refuse(link(way(app)), "server_error"), status=403)
        assert "you said no" not in answer
        assert "was not connected" in answer

    def test_too_little_is_given_back(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        answer = connect(scene, app, ALICE, scopes={"events"})
        assert answer.status_int == 403
        assert "also needs to see the list of your calendars" in answer
        assert scene.elsewhere.revoked == [f"access {ALICE}"]
        assert rows(scene) == []

    @pytest.mark.parametrize(
        ("trouble", "status", "words"),
        [
            (Unavailable(host="google.example", reason="S3CR3T"), 503, "gives no answer at the moment"),
            (RateLimited(host="google.example", retry_after=7.2), 503, "gives no answer at the moment"),
            (NotAccepted(host="google.example", reason="the code is old"), 502, "the code is old"),
        ],
    )
    def test_trouble_there_is_told_as_theirs(
        self, scene: Scene, trouble: Unavailable, status: int, words: str
    ) -> None:
        app = scene.browser(scene.town.alice)
        there = link(way(app))
        back = scene.elsewhere.agree(there, ALICE)
        scene.elsewhere.trouble = trouble
        answer = app.get(back, status=status)
        assert words in answer
        assert "Nothing has changed" in answer
        assert "S3CR3T" not in answer
        assert answer.html.select_one(f"a[href='{PAGE}']")
        assert ("Retry-After" in answer.headers) == (status == 503)

    def test_a_permission_that_does_not_last_is_asked_for_once_more(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        again = connect(scene, app, ALICE, lasting=False)
        assert again.status_int == 200
        assert "Google has to ask you once more" in again
        assert rows(scene) == []
        assert list(scene.elsewhere.asked.values())[-1]["consent"] is True
        back = app.get(scene.elsewhere.agree(link(again), ALICE))
        assert back.status_int == 303
        assert rows(scene) == [(1, 11, ALICE)]

    def test_without_a_key_to_keep_secrets_with_it_is_for_later(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        page = app.get(PAGE)
        Path(scene.deps.settings.credentials_file).write_text("[keys]\nencryption = []")
        assert submit(page, f"{PAGE}/google").status_int == 503


class TestWhoseItIs:
    def test_a_manager_connects_for_a_colleague(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        back = connect(scene, app, "bob@elsewhere.example", whose="12", page=EVERYONE)
        assert f"{EVERYONE}#c" in back.location
        assert rows(scene) == [(1, 12, "bob@elsewhere.example")]
        assert "bob@elsewhere.example" in back.follow()
        assert "bob@elsewhere.example" in scene.browser(scene.town.bob).get(PAGE)

    def test_a_manager_connects_for_the_business(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        connect(scene, app, "office@elsewhere.example", whose="business", page=EVERYONE)
        assert rows(scene) == [(1, None, "office@elsewhere.example")]
        assert "Blocks nobody’s time" in app.get(EVERYONE)

    def test_what_the_business_connects_with_a_colleagues_address_is_the_colleagues(
        self, scene: Scene
    ) -> None:
        app = scene.browser(scene.town.alice)
        connect(scene, app, "bob@harbor.example", whose="business", page=EVERYONE)
        assert rows(scene) == [(1, 12, "bob@harbor.example")]

    @pytest.mark.parametrize("whose", ["11", "business", "21", "999"])
    def test_a_colleague_connects_only_their_own(self, scene: Scene, whose: str) -> None:
        app = scene.browser(scene.town.bob)
        app.post(f"{PAGE}/google", {"csrf_token": token(app), "for": whose}, status=404)
        assert scene.elsewhere.asked == {}

    @pytest.mark.parametrize("whose", ["21", "999"])
    def test_a_manager_connects_for_nobody_elses_staff(self, scene: Scene, whose: str) -> None:
        app = scene.browser(scene.town.alice)
        app.post(f"{PAGE}/google", {"csrf_token": token(app), "for": whose}, status=404)
        assert scene.elsewhere.asked == {}

    @pytest.mark.parametrize("field", ["for", "connection_id"])
    @pytest.mark.parametrize("text", ["x", "-1", "1" * 19, "٣", "1 OR 1"])
    def test_what_is_no_id_is_refused(self, scene: Scene, field: str, text: str) -> None:
        app = scene.browser(scene.town.alice)
        app.post(f"{PAGE}/google", {"csrf_token": token(app), field: text}, status=400)

    def test_there_is_no_such_provider(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        app.post(f"{PAGE}/hotmail", {"csrf_token": token(app)}, status=404)
        app.get("/oauth/calendar/hotmail/callback?state=x&code=y", status=404)


class TestTheWayBack:
    """Only the browser that set out, within minutes, once."""

    def test_nobody_is_signed_in(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        back = scene.elsewhere.agree(link(way(app)), ALICE)
        answer = scene.browser().get(back, status=403)
        assert "Sign in here first" in answer
        assert rows(scene) == []
        assert app.get(back).status_int == 303, "it is still good in the right browser"

    def test_who_has_left_meanwhile(self, scene: Scene) -> None:
        app = scene.browser(scene.town.bob)
        back = scene.elsewhere.agree(link(way(app)), ALICE)
        scene.town.sql("UPDATE public.staff_members SET active = false WHERE id = 12")
        assert app.get(back, status=303).location.endswith("/")
        assert rows(scene) == []

    @pytest.mark.parametrize("who", ["alice", "bob", "mallory"])
    def test_another_browser(self, scene: Scene, who: str) -> None:
        """Whoever lures somebody else into finishing gets nothing of theirs, and gives them nothing."""
        there = link(way(scene.browser(scene.town.alice)))
        other = scene.browser(getattr(scene.town, who))
        way(other)
        answer = other.get(scene.elsewhere.agree(there, ALICE), status=404)
        assert "start again from your calendars page" in answer
        assert rows(scene) == []

    def test_a_second_time(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        back = scene.elsewhere.agree(link(way(app)), ALICE)
        assert app.get(back).status_int == 303
        app.get(back, status=404)

    def test_too_late(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        back = scene.elsewhere.agree(link(way(app)), ALICE)
        scene.later(minutes=11)
        app.get(back, status=404)
        assert rows(scene) == []

    @pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?code=y", "?state=%00&code=%00"])
    def test_with_something_made_up(self, scene: Scene, query: str) -> None:
        app = scene.browser(scene.town.alice)
        way(app)
        app.get(f"/oauth/calendar/google/callback{query}", status=404)

    def test_a_form_from_elsewhere_starts_nothing(self, scene: Scene) -> None:
        scene.browser(scene.town.alice).post(f"{PAGE}/google", {"for": "own"}, status=400)
        assert scene.elsewhere.asked == {}

    def test_who_is_not_signed_in_starts_nothing(self, scene: Scene) -> None:
        app = scene.browser()
        form = app.get("/sign-in/" + "a" * 32).form
        found = app.post(f"{PAGE}/google", {"csrf_token": form["csrf_token"].value}, status=303)
        assert found.location.endswith("/")


class TestAgain:
    """An account that is connected already."""

    def refused(self, scene: Scene, id_: int) -> None:
        scene.town.sql(
            "UPDATE daybridge.calendar_connections SET refused_at = %s WHERE id = %s", scene.moment[0], id_
        )

    def test_it_is_made_good_and_stays_what_it_was(self, scene: Scene) -> None:
        app, id_ = scene.connected(scene.town.alice, ALICE)
        scene.later(hours=1)
        self.refused(scene, id_)
        page = app.get(PAGE)
        assert "One thing needs you" in page
        there = link(submit_again(page, id_))
        assert list(scene.elsewhere.asked.values())[-1]["hint"] == ALICE
        app.get(scene.elsewhere.agree(there, ALICE)).follow()
        assert len(rows(scene)) == 1
        assert "One thing needs you" not in app.get(PAGE)

    def test_with_the_wrong_account_nothing_changes(self, scene: Scene) -> None:
        app, id_ = scene.connected(scene.town.alice, ALICE)
        self.refused(scene, id_)
        there = link(submit_again(app.get(PAGE), id_))
        answer = app.get(scene.elsewhere.agree(there, "other@elsewhere.example"), status=400)
        assert f"this connection is {ALICE}" in answer
        assert rows(scene) == [(1, 11, ALICE)]

    def test_connecting_it_from_the_start_is_the_same(self, scene: Scene) -> None:
        app, _ = scene.connected(scene.town.alice, ALICE)
        connect(scene, app, ALICE, lasting=False)
        assert rows(scene) == [(1, 11, ALICE)]

    def test_a_colleague_or_a_stranger_does_not_do_it(self, scene: Scene) -> None:
        _, id_ = scene.connected(scene.town.alice, ALICE)
        before = len(scene.elsewhere.asked)
        for person in (scene.town.bob, scene.town.mallory):
            app = scene.browser(person)
            told = {"csrf_token": token(app), "connection_id": str(id_)}
            app.post(f"{PAGE}/google", told, status=404)
        assert len(scene.elsewhere.asked) == before

    def test_a_manager_does_it_for_a_colleague(self, scene: Scene) -> None:
        _, id_ = scene.connected(scene.town.bob, "bob@elsewhere.example")
        self.refused(scene, id_)
        app = scene.browser(scene.town.alice)
        there = link(submit_again(app.get(EVERYONE), id_))
        back = app.get(scene.elsewhere.agree(there, "bob@elsewhere.example"))
        assert back.location.endswith(f"{EVERYONE}#c{id_}")
        assert rows(scene) == [(1, 12, "bob@elsewhere.example")]

    def test_attempts_that_nobody_came_back_from_are_forgotten(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        way(app)
        scene.moment[0] += timedelta(minutes=11)
        way(app)
        assert scene.town.sql("SELECT count(*) FROM daybridge.connection_attempts") == [(1,)]


def submit_again(page, id_: int):
    [form] = [
        one
        for one in page.forms.values()
        if "connection_id" in one.fields and one["connection_id"].value == str(id_)
    ]
    return form.submit()
