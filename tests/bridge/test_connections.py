"""Connected accounts on the pages: what each does, what it needs, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.core.remote import RemoteCalendar, Reply
from tests.bridge.accounts import EVERYONE, MONDAY, PAGE, Scene, connect, submit, token
from tests.conftest import Town

ALICE, BOB = "alice@elsewhere.example", "bob@elsewhere.example"
DAY = timedelta(days=1)


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    made = Scene.set(the_town, tmp_path)
    made.elsewhere.open_account(ALICE, "Salon", "Holidays")
    made.elsewhere.write(ALICE, "dentist", "20261127T150000Z", "20261127T160000Z")
    return made


@pytest.fixture
def connected(scene: Scene) -> tuple[TestApp, int]:
    """Alice's account, in step, and her browser."""
    return scene.connected(scene.town.alice, ALICE)


def address(id_: int, ending: str = "") -> str:
    return f"{PAGE}/connections/{id_}{ending}"


def change(scene: Scene, id_: int, **facts: object) -> None:
    for name, value in facts.items():
        scene.town.sql(f"UPDATE daybridge.calendar_connections SET {name} = %s WHERE id = %s", value, id_)


def card(page: TestResponse, id_: int):
    return page.html.find(id=f"c{id_}")


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def settings_form(app: TestApp, id_: int):
    [form] = [one for one in app.get(address(id_)).forms.values() if one.action.endswith(f"/{id_}")]
    return form


def ids(scene: Scene) -> dict[str, str]:
    return {
        str(name): str(id_)
        for name, id_ in scene.town.sql("SELECT name, id FROM daybridge.connection_calendars")
    }


class TestTheCard:
    def test_before_anything_is_connected_it_says_what_one_gains(self, scene: Scene) -> None:
        page = scene.browser(scene.town.alice).get(PAGE)
        assert "Nothing private blocks your time yet" in page
        assert "Connect Google" in words(page.html.main)

    def test_where_nothing_can_be_connected_it_says_so(self, scene: Scene) -> None:
        bare = replace(scene, deps=replace(scene.deps, providers={}))
        page = bare.browser(bare.town.alice).get(PAGE)
        assert "No accounts can be connected here" in page
        assert not [one for one in page.forms.values() if one.action.endswith("google")]
        assert "No accounts can be connected here" in bare.browser(bare.town.alice).get(EVERYONE)

    def test_it_says_whose_it_is_what_blocks_and_where_bookings_appear(
        self, connected: tuple[TestApp, int]
    ) -> None:
        app, id_ = connected
        told = words(card(app.get(PAGE), id_))
        assert told.startswith(f"G Google {ALICE} In step Everything is where it should be. Check now")
        assert f"{ALICE} Blocks 1 stretch of time in the next 30 days · checked just now" in told
        assert "Salon Doesn’t block" in told
        assert f"Copied to Google Calendar “{ALICE}” in {ALICE} · 3 bookings there" in words(
            app.get(PAGE).html.main
        )

    def test_what_others_wrote_is_text(self, scene: Scene) -> None:
        evil = '"><b>Salon</b>{{ 7 * 7 }}'
        holding = scene.elsewhere.open_account("evil@elsewhere.example")
        holding.calendars[0] = RemoteCalendar("evil@elsewhere.example", evil, "", True, True)
        app, id_ = scene.connected(scene.town.alice, "evil@elsewhere.example")
        for path in (PAGE, address(id_), EVERYONE, address(id_, "/disconnect")):
            page = app.get(path)
            assert "<b>Salon" not in page.text
            assert not page.html.select("script, style, [style], [onclick]")
        assert evil in words(app.get(address(id_)).html.main)

    def test_an_account_of_a_provider_that_is_not_set_up_any_more(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        _, id_ = connected
        change(scene, id_, refused_at=MONDAY)
        bare = replace(scene, deps=replace(scene.deps, providers={}))
        told = words(card(bare.browser(bare.town.alice).get(PAGE), id_))
        assert "Sign in again" in told
        assert "Nobody can sign in to Google from here at present" in told


# Each state: what makes it, its pill, how its sentence begins, and its one button.
STATES: list[tuple[str, dict[str, object], str, str, str]] = [
    ("in_step", {}, "In step", "Everything is where", "Check now"),
    ("paused", {"not_before": MONDAY + DAY / 24, "paused_by_them": True},
     "Paused by Google until 13:00", "Google asked us to slow down.", ""),
    ("reconnect_needed", {"refused_at": MONDAY - DAY}, "Sign in again",
     "Google stopped letting us in on Sunday at 12:00.", "Sign in to Google again"),
    ("stopped", {"stopped_at": MONDAY}, "Stopped: large change", "Much was gone or moved at once", "Look at it"),
    ("disconnected", {"closed_at": MONDAY}, "Disconnected", "Disconnected today at 12:00.", "Connect again"),
    ("connecting", {"connected_at": None, "sealed": None}, "Connecting", "Waiting for you to finish at Google.",
     "Sign in to Google again"),
    ("look_first", {"connected_at": None}, "Look first", "Google let us in.", "Look at it"),
]  # fmt: skip


class TestEachState:
    """One pill, one sentence, one button at most; the same on every page that shows it."""

    @pytest.mark.parametrize(
        ("state", "facts", "pill", "sentence", "button"), STATES, ids=lambda v: str(v)[:12]
    )
    def test_it_is_told(
        self,
        scene: Scene,
        connected: tuple[TestApp, int],
        state: str,
        facts: dict[str, object],
        pill: str,
        sentence: str,
        button: str,
    ) -> None:
        app, id_ = connected
        change(scene, id_, **facts)
        self.look(app.get(address(id_)).html.main.section, pill, sentence, button)
        if state != "disconnected":
            self.look(card(app.get(PAGE), id_), pill, sentence, button)
            self.look(card(app.get(EVERYONE), id_), pill, sentence, button)

    @staticmethod
    def look(found, pill: str, sentence: str, button: str) -> None:
        assert words(found.select_one(".pill")) == pill
        assert words(found.select_one(".say p")).startswith(sentence)
        assert [words(one) for one in found.select(".say .btn")] == ([button] if button else [])

    def test_importing(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        scene.town.sql("UPDATE daybridge.connection_calendars SET read_at = NULL, imported = 7 WHERE blocks")
        self.look(card(app.get(PAGE), id_), "Importing", "7 events read so far.", "")
        assert "not read yet" in words(card(app.get(PAGE), id_))

    def test_catching_up(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        scene.town.sql("UPDATE daybridge.calendar_event_mappings SET wanted = wanted + 1")
        self.look(card(app.get(PAGE), id_), "Catching up", "3 changes wait", "")

    def test_stale(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        scene.later(hours=2)
        self.look(
            card(app.get(PAGE), id_), "Out of date", "The last answer came today at 12:00.", "Check now"
        )

    @pytest.mark.parametrize(("refused", "needs"), [(True, True), (False, False)])
    def test_what_needs_one_stands_at_the_top(
        self, scene: Scene, connected: tuple[TestApp, int], refused: bool, needs: bool
    ) -> None:
        app, id_ = connected
        if refused:
            change(scene, id_, refused_at=MONDAY)
        page = app.get(PAGE)
        assert page.html.h2.get_text() == ("One thing needs you" if needs else "Everything is in order")
        assert (page.html.select_one(f"a[href='#c{id_}']") is not None) is needs


class TestSwitches:
    """Each changes one thing, and nothing else."""

    SETTINGS = (
        "SELECT k.detail, k.tentative_blocks, k.all_day_blocks, k.titles, c.name, c.blocks, c.receives"
        " FROM daybridge.calendar_connections k JOIN daybridge.connection_calendars c"
        " ON c.connection_id = k.id ORDER BY c.id"
    )

    def press(self, app: TestApp, name: str) -> None:
        page = app.get(PAGE)
        [button] = page.html.find_all("button", attrs={"role": "switch", "aria-label": name})
        [form] = [one for one in page.forms.values() if one.action == button.find_parent("form")["action"]]
        form.submit().follow()

    def test_a_calendar_blocks_or_does_not(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, _ = connected
        before = scene.town.sql(self.SETTINGS)
        self.press(app, "Salon blocks my time")
        [changed] = set(scene.town.sql(self.SETTINGS)) - set(before)
        assert changed == ("full", True, True, False, "Salon", True, False)
        self.press(app, "Salon blocks my time")
        assert scene.town.sql(self.SETTINGS) == before

    def test_what_does_not_block_any_more_is_free(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, _ = connected
        self.press(app, f"{ALICE} blocks my time")
        assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(0,)]

    @pytest.mark.parametrize(
        ("name", "column"),
        [
            ("Unanswered events block time", 1),
            ("All-day events block the whole day", 2),
            ("Keep titles private", 3),
        ],
    )
    def test_a_rule_is_on_or_off(
        self, scene: Scene, connected: tuple[TestApp, int], name: str, column: int
    ) -> None:
        app, _ = connected
        before = scene.town.sql(self.SETTINGS)
        self.press(app, name)
        after = scene.town.sql(self.SETTINGS)
        changed = {
            n for one, other in zip(before, after, strict=True) for n in range(7) if one[n] != other[n]
        }
        assert changed == {column}
        self.press(app, name)
        assert scene.town.sql(self.SETTINGS) == before

    @pytest.mark.parametrize(
        "path", ["/calendars/{own}", "/rules/tentative", "/rules/nothing", "/calendars/999999"]
    )
    @pytest.mark.parametrize("to", ["", "yes"])
    def test_half_a_form_changes_nothing(
        self, scene: Scene, connected: tuple[TestApp, int], path: str, to: str
    ) -> None:
        app, id_ = connected
        before = scene.town.sql(self.SETTINGS)
        values = {"csrf_token": token(app), "to": to}
        app.post(address(id_, path.format(own=ids(scene)["Salon"])), values, status=400)
        assert scene.town.sql(self.SETTINGS) == before

    def test_what_is_not_there_can_not_be_switched(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        app, id_ = connected
        for path in ("/rules/nothing", "/calendars/999999"):
            app.post(address(id_, path), {"csrf_token": token(app), "to": "on"}, status=400)

    def test_a_colleague_and_a_stranger_switch_nothing(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        _, id_ = connected
        before = scene.town.sql(self.SETTINGS)
        for person in (scene.town.bob, scene.town.mallory):
            other = scene.browser(person)
            for path in (f"/calendars/{ids(scene)['Salon']}", "/rules/tentative"):
                other.post(address(id_, path), {"csrf_token": token(other), "to": "off"}, status=404)
        assert scene.town.sql(self.SETTINGS) == before


class TestChoosing:
    def test_the_form_shows_what_holds(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        form = settings_form(app, id_)
        assert form["receives"].value == ids(scene)[ALICE]
        assert form["detail"].value == "full"
        assert [box.checked for box in form.fields["blocks"]] == [True, False, False]
        assert (form["tentative"].checked, form["all_day"].checked, form["private"].checked) == (True,) * 3

    def test_saving_unchanged_changes_nothing(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        shown = "SELECT detail, tentative_blocks, all_day_blocks, titles FROM daybridge.calendar_connections"
        chosen = "SELECT name, blocks, receives FROM daybridge.connection_calendars ORDER BY id"
        before = scene.town.sql(shown), scene.town.sql(chosen)
        assert settings_form(app, id_).submit().location.endswith(f"{PAGE}#c{id_}")
        assert (scene.town.sql(shown), scene.town.sql(chosen)) == before

    def test_another_choice_holds(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        form = settings_form(app, id_)
        form["receives"] = ids(scene)["Salon"]
        form["detail"] = "busy"
        form.fields["blocks"][0].checked = False
        form.fields["blocks"][2].checked = True
        form["tentative"], form["all_day"], form["private"] = False, False, False
        form.submit().follow()
        scene.work()
        told = words(card(app.get(PAGE), id_))
        assert "Copied to Google Calendar “Salon”" in words(app.get(PAGE).html.main)
        assert "Salon Blocks nothing in the next 30 days" in told
        assert scene.town.sql(
            "SELECT detail, tentative_blocks, all_day_blocks, titles FROM daybridge.calendar_connections"
        ) == [("busy", False, False, True)]
        assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(0,)]

    def test_a_rule_holds_for_what_was_read_before(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        app, id_ = connected
        scene.elsewhere.write(ALICE, "maybe", "20261128T150000Z", "20261128T160000Z", reply=Reply.UNANSWERED)
        scene.later(minutes=6)
        scene.work()
        assert "Blocks 2 stretches" in words(card(app.get(PAGE), id_))
        form = settings_form(app, id_)
        form["tentative"] = False
        assert "Blocks 1 stretch of" in words(card(form.submit().follow(), id_))

    def test_no_bookings_there(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        form = settings_form(app, id_)
        form["receives"] = "none"
        form.submit()
        scene.work()
        assert "Copied to" not in app.get(PAGE)
        assert scene.town.sql("SELECT count(*) FROM daybridge.calendar_event_mappings") == [(0,)]

    def test_what_is_gone_from_the_account_is_told(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        app, id_ = connected
        scene.town.sql("UPDATE daybridge.connection_calendars SET listed = false WHERE blocks")
        assert "no longer in the account, so its last copy counts" in words(card(app.get(PAGE), id_))
        form = settings_form(app, id_)
        assert len(form.fields["blocks"]) == 2
        assert "Its last copy blocks 1 stretch of time until you save" in words(
            app.get(address(id_)).html.main
        )
        form.submit()
        assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(0,)]

    @pytest.mark.parametrize(
        ("told", "status"),
        [
            ({"receives": "x", "detail": "full"}, 400),
            ({"receives": "", "detail": "full"}, 400),
            ({"receives": "none", "detail": "everything"}, 400),
            ({"receives": "none"}, 400),
            ({"receives": "none", "detail": "full", "blocks": "x"}, 400),
            ({"receives": "none", "detail": "full", "blocks": "999999"}, 400),
            ({"receives": "999999", "detail": "full"}, 400),
            ({"receives": "9" * 30, "detail": "full"}, 400),
        ],
    )
    def test_what_the_form_can_not_say_is_refused(
        self, scene: Scene, connected: tuple[TestApp, int], told: dict[str, str], status: int
    ) -> None:
        app, id_ = connected
        before = scene.town.sql(
            "SELECT name, blocks, receives FROM daybridge.connection_calendars ORDER BY 1"
        )
        app.post(address(id_), {"csrf_token": token(app)} | told, status=status)
        after = scene.town.sql("SELECT name, blocks, receives FROM daybridge.connection_calendars ORDER BY 1")
        assert after == before

    def test_an_account_of_the_business_blocks_nobody(self, scene: Scene) -> None:
        app = scene.browser(scene.town.alice)
        connect(scene, app, "office@elsewhere.example", whose="business", page=EVERYONE)
        scene.work()
        [[id_]] = scene.town.sql("SELECT id FROM daybridge.calendar_connections")
        form = settings_form(app, int(str(id_)))
        form["detail"] = "service"
        assert form.submit().location.endswith(f"{EVERYONE}#c{id_}")
        assert scene.town.sql(
            "SELECT detail, tentative_blocks, all_day_blocks, titles FROM daybridge.calendar_connections"
        ) == [("service", True, True, False)]


class TestCheckingNow:
    def test_it_is_read_at_once(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        scene.elsewhere.write(ALICE, "lunch", "20261128T150000Z", "20261128T160000Z")
        scene.later(seconds=30)
        back = submit(app.get(PAGE), address(id_, "/check"))
        assert back.location.endswith(f"{PAGE}#c{id_}")
        scene.work()
        assert "Blocks 2 stretches" in words(card(app.get(PAGE), id_))

    def test_from_the_managers_page_one_comes_back_there(self, scene: Scene) -> None:
        _, id_ = scene.connected(scene.town.bob, BOB)
        page = scene.browser(scene.town.alice).get(EVERYONE)
        assert submit(page, address(id_, "/check")).location.endswith(f"{EVERYONE}#c{id_}")


class TestALargeChange:
    @pytest.fixture
    def stopped(self, scene: Scene) -> tuple[TestApp, int]:
        """Everything that Alice had in her calendar was gone at once."""
        for day in (28, 29, 30):
            scene.elsewhere.write(ALICE, f"e{day}", f"202611{day}T150000Z", f"202611{day}T160000Z")
        app, id_ = scene.connected(scene.town.alice, ALICE)
        scene.elsewhere.clear(ALICE)
        scene.later(minutes=6)
        scene.work()
        return app, id_

    def blocked(self, scene: Scene) -> object:
        return scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'")[0][0]

    def test_what_was_gone_is_listed(self, scene: Scene, stopped: tuple[TestApp, int]) -> None:
        app, id_ = stopped
        page = app.get(PAGE).click(href=address(id_, "/large-change"), index=0)
        told = words(page.html.main)
        assert "4 of 4 events were gone at once" in told
        assert f"calendar “{ALICE}”, today at 12:06" in told
        assert "Friday 27 November, 10:00 to 11:00" in told
        assert len(page.html.select("section .rows li")) == 4
        assert self.blocked(scene) == 4

    def test_believed_it_is_free(self, scene: Scene, stopped: tuple[TestApp, int]) -> None:
        app, id_ = stopped
        page = app.get(address(id_, "/large-change"))
        assert submit(page, "/large-change", "answer", "believe").status_int == 303
        scene.work()
        assert self.blocked(scene) == 0
        assert "In step" in words(card(app.get(PAGE), id_))

    def test_read_again_and_still_so_it_stops_again(self, scene: Scene, stopped: tuple[TestApp, int]) -> None:
        app, id_ = stopped
        submit(app.get(address(id_, "/large-change")), "/large-change", "answer", "again")
        scene.work()
        assert self.blocked(scene) == 4
        assert "Stopped: large change" in words(card(app.get(PAGE), id_))

    def test_anything_else_is_no_answer(self, scene: Scene, stopped: tuple[TestApp, int]) -> None:
        app, id_ = stopped
        told = {"csrf_token": token(app), "answer": "maybe"}
        app.post(address(id_, "/large-change"), told, status=400)
        assert "Stopped" in words(card(app.get(PAGE), id_))

    def test_where_nothing_waits_there_is_nothing(self, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        app.get(address(id_, "/large-change"), status=404)

    def test_of_bookings_it_says_what_follows(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        scene.town.sql(
            "UPDATE daybridge.calendar_connections SET stopped_at = %s, stop = jsonb_build_object('what',"
            " 'bookings', 'calendar_id', (SELECT id FROM daybridge.connection_calendars WHERE receives),"
            " 'gone', 3, 'of', 3, 'some', '[]'::jsonb) WHERE id = %s",
            MONDAY,
            id_,
        )
        told = words(app.get(address(id_, "/large-change")).html.main)
        assert "3 of 3 bookings were gone at once" in told
        assert "nothing was cancelled until you tell us" in told
        assert "27 November" not in told, "their private events are something else"


class TestParting:
    def test_the_page_before_says_what_changes(self, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        page = app.get(address(id_)).click(href=address(id_, "/disconnect"))
        told = words(page.html.main)
        assert "1 stretch of time in the next 30 days can be booked again" in told
        assert "3 bookings to come are there now" in told

    @pytest.mark.parametrize(("answer", "left"), [("remove", 0), ("leave", 3)])
    def test_our_events_go_or_stay(
        self, scene: Scene, connected: tuple[TestApp, int], answer: str, left: int
    ) -> None:
        app, id_ = connected
        page = app.get(address(id_, "/disconnect"))
        assert submit(page, "/disconnect", "events", answer).location.endswith(f"{PAGE}#c{id_}")
        assert "You have disconnected this account" in words(card(app.get(PAGE), id_))
        scene.work()
        assert card(app.get(PAGE), id_) is None
        there = {one.id: one for one in scene.elsewhere.accounts[ALICE].told[ALICE]}
        assert sum(1 for one in there.values() if one.tag) == left
        assert scene.elsewhere.revoked == [f"access {ALICE}"]
        assert scene.elsewhere.watched == {}
        assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE source = 'external'") == [(0,)]
        assert scene.town.sql("SELECT sealed FROM daybridge.calendar_connections") == [(None,)]

    def test_it_can_be_connected_again_as_it_was(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        submit(app.get(address(id_, "/disconnect")), "/disconnect", "events", "leave")
        scene.work()
        page = app.get(address(id_))
        assert "Disconnected" in words(page.html.select_one(".pill"))
        assert not [one for one in page.forms.values() if "detail" in one.fields]
        there = submit(page, f"{PAGE}/google").html.select_one("a.btn-main")["href"]
        app.get(scene.elsewhere.agree(there, ALICE)).follow()
        scene.work()
        assert "In step" in words(card(app.get(PAGE), id_))

    def test_where_we_are_shut_out_our_events_can_not_be_taken_away(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        app, id_ = connected
        change(scene, id_, refused_at=MONDAY)
        page = app.get(address(id_, "/disconnect"))
        assert "Google doesn’t let us in, so we can’t take them away" in words(page.html.main)
        assert [one["value"] for one in page.html.select("button[name=events]")] == ["leave"]
        submit(page, "/disconnect", "events", "leave")
        assert card(app.get(PAGE), id_) is None

    def test_twice_is_once(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        page = app.get(address(id_, "/disconnect"))
        submit(page, "/disconnect", "events", "leave")
        scene.work()
        assert submit(page, "/disconnect", "events", "remove").status_int == 303
        assert "disconnected already" in app.get(address(id_, "/disconnect"))

    def test_without_an_answer_nothing_happens(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        app.post(address(id_, "/disconnect"), {"csrf_token": token(app)}, status=400)
        assert "In step" in words(card(app.get(PAGE), id_))


class TestEveryone:
    def test_a_manager_sees_all_of_the_business_by_whose_they_are(
        self, scene: Scene, connected: tuple[TestApp, int]
    ) -> None:
        app, _ = connected
        scene.connected(scene.town.bob, BOB)
        connect(scene, app, "office@elsewhere.example", whose="business", page=EVERYONE)
        scene.connected(scene.town.mallory, "mallory@elsewhere.example")
        page = app.get(PAGE).click("Everyone’s accounts")
        told = [words(one) for one in page.html.select("main section")]
        assert [one.split(" An ")[0].split(" G ")[0] for one in told] == [
            "The business",
            "Alice Adler",
            "Bob Brandt",
        ]
        assert "office@" in told[0]
        assert ALICE in told[1]
        assert BOB in told[2]
        assert "mallory" not in page.text.lower()

    def test_whose_owner_has_left_is_there_still(self, scene: Scene) -> None:
        scene.connected(scene.town.bob, BOB)
        scene.town.sql("UPDATE public.staff_members SET active = false WHERE id = 12")
        page = scene.browser(scene.town.alice).get(EVERYONE)
        [section] = [one for one in page.html.select("main section") if BOB in one.get_text()]
        assert section.h2.get_text() == "Somebody who has left"
        assert "Connect Google" not in section.get_text()

    def test_a_manager_sets_a_colleagues_account(self, scene: Scene) -> None:
        _, id_ = scene.connected(scene.town.bob, BOB)
        app = scene.browser(scene.town.alice)
        form = settings_form(app, id_)
        form["detail"] = "busy"
        assert form.submit().location.endswith(f"{EVERYONE}#c{id_}")
        assert scene.town.sql("SELECT detail FROM daybridge.calendar_connections") == [("busy",)]

    def test_a_colleague_has_no_such_page(self, scene: Scene) -> None:
        app = scene.browser(scene.town.bob)
        app.get(EVERYONE, status=404)
        assert "Everyone’s accounts" not in app.get(PAGE)


Asks = Callable[[TestApp, int], TestResponse]
PATHS = ["", "/check", "/large-change", "/disconnect"]
ANSWERS = {
    "": {"receives": "none", "detail": "busy"},
    "/check": {},
    "/large-change": {"answer": "believe"},
    "/disconnect": {"events": "remove"},
}


class TestStrangers:
    """The business next door, and a colleague who doesn't manage: there is nothing here for them."""

    @pytest.mark.parametrize("who", ["bob", "mallory"])
    def test_every_path_is_a_dead_end(self, scene: Scene, connected: tuple[TestApp, int], who: str) -> None:
        _, id_ = connected
        change(scene, id_, stopped_at=MONDAY)
        app = scene.browser(getattr(scene.town, who))
        before = everything(scene)
        for path in PATHS:
            if path != "/check":
                assert ALICE not in app.get(address(id_, path), status=404)
            app.post(address(id_, path), {"csrf_token": token(app)} | ANSWERS[path], status=404)
        assert everything(scene) == before
        assert ALICE not in app.get(PAGE)
        assert ALICE not in app.get(EVERYONE, expect_errors=True)

    def test_who_is_not_signed_in_gets_nowhere(self, scene: Scene, connected: tuple[TestApp, int]) -> None:
        _, id_ = connected
        app = scene.browser()
        for path in (EVERYONE, *(address(id_, path) for path in PATHS if path != "/check")):
            assert app.get(path, status=303).location.endswith("/")

    @pytest.mark.parametrize("path", PATHS)
    def test_a_form_from_elsewhere_does_nothing(
        self, scene: Scene, connected: tuple[TestApp, int], path: str
    ) -> None:
        app, id_ = connected
        before = everything(scene)
        app.post(address(id_, path), ANSWERS[path], status=400)
        assert everything(scene) == before

    @pytest.mark.parametrize("id_", ["0", "999", "9" * 18, "9" * 19, "-1", "x", "1%00"])
    def test_there_is_no_such_account(self, scene: Scene, id_: str) -> None:
        app = scene.browser(scene.town.alice)
        for path in ("", "/large-change", "/disconnect"):
            app.get(f"{PAGE}/connections/{id_}{path}", status=404)

    def test_nothing_of_it_is_kept_by_a_cache(self, connected: tuple[TestApp, int]) -> None:
        app, id_ = connected
        for path in (PAGE, EVERYONE, address(id_), address(id_, "/disconnect")):
            assert app.get(path).headers["Cache-Control"] == "no-store"


def everything(scene: Scene) -> list[tuple[object, ...]]:
    return [
        row
        for table in ("calendar_connections", "connection_calendars", "calendar_event_mappings")
        for row in scene.town.sql(f"SELECT t::text FROM daybridge.{table} t ORDER BY 1")
    ]
