"""The business on the pages: managers see everyone and set what holds for all; nobody else sees or changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from tests.bridge.business import HERE, MONDAY, browser, connect, form, hire, log, on_monday, words
from tests.conftest import Town

TABS = ("", "/health", "/double", "/rules", "/keys", "/feeds")


@pytest.fixture
def town(the_town: Town) -> Town:
    return on_monday(the_town)


@pytest.fixture
def alice(town: Town) -> TestApp:
    return browser(town, town.alice)


def people(page: TestResponse) -> list[str]:
    return [words(one.select("span")[-1]) for one in page.html.select("table.team th[scope=row]")]


def columns(page: TestResponse) -> list[str]:
    return [words(one) for one in page.html.select("table.team thead th")]


class TestWhoMayComeIn:
    """On every path, whatever is added to it: the paths come from the application."""

    def paths(self, town: Town) -> Iterator[tuple[str, str]]:
        for rule in create_app(town.deps).url_map.iter_rules():
            if rule.endpoint.startswith("team."):
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    yield method, str(rule.rule).replace("<id:id_>", "12")

    def test_they_are_these(self, town: Town) -> None:
        assert sorted(path for method, path in self.paths(town) if method == "GET") == sorted(
            HERE + one for one in TABS
        )
        assert len([path for method, path in self.paths(town) if method == "POST"]) == 7

    @pytest.mark.parametrize("who", ["bob", "mallory"])
    def test_a_colleague_and_a_stranger_find_nothing_and_change_nothing(self, town: Town, who: str) -> None:
        """Mallory manages the business next door: her own pages open, and name nobody of this one."""
        grant.api_key(town.deps, 1, "write", "Zq till")
        grant.feed(town.deps, 1, CalendarKind.TEAM, None, Detail.FULL, "Zq gallery")
        app = browser(town, getattr(town, who))
        token = app.get("/manage/settings/calendars").html.select_one("[name=csrf_token]")["value"]
        before = self.everything(town)
        for method, path in self.paths(town):
            if method == "POST":
                sent = {
                    "csrf_token": token,
                    "enforcement": "observe",
                    "moves": "refuse",
                    "on_delete": "cancel",
                }
                named = "12" in path
                if who == "bob" or named:
                    app.post(path, sent, status=404)
            elif who == "bob":
                assert "nothing here for you" in app.get(path, status=404)
            else:
                page = app.get(path)
                assert not [one for one in ("Alice", "Bob", "Harbor", "Zq till", "Zq gallery") if one in page]
        assert self.everything(town) == before

    def test_the_ids_of_another_business_are_nobodys(self, town: Town) -> None:
        key = grant.api_key(town.deps, 1, "write", "Zq till").id
        feed = grant.feed(town.deps, 1, CalendarKind.TEAM, None, Detail.FULL, "Zq gallery").id
        mallory = browser(town, town.mallory)
        token = mallory.get(f"{HERE}/keys").forms[0]["csrf_token"].value
        before = self.everything(town)
        for path in (f"/keys/{key}/revoke", f"/feeds/{feed}/remove", "/invite/11", "/invite/12"):
            mallory.post(HERE + path, {"csrf_token": token}, status=404)
        assert self.everything(town) == before

    def test_who_is_not_signed_in_is_sent_to_the_front_page(self, town: Town) -> None:
        app = browser(town)
        for method, path in self.paths(town):
            if method == "GET":
                assert app.get(path, status=303).location.endswith("/")

    def test_who_manages_no_more_is_out_at_the_next_click(self, town: Town, alice: TestApp) -> None:
        alice.get(HERE)
        town.sql("UPDATE users SET role = 2 WHERE id = 101")
        alice.get(HERE, status=404)

    def test_a_form_from_elsewhere_does_nothing(self, town: Town, alice: TestApp) -> None:
        before = self.everything(town)
        for method, path in self.paths(town):
            if method == "POST":
                assert "another visit" in alice.post(path, {"scope": "write", "label": "evil"}, status=400)
        assert self.everything(town) == before

    @staticmethod
    def everything(town: Town) -> list[tuple[object, ...]]:
        tables = ("api_keys", "feeds", "business_settings", "calendar_sync_logs")
        return [
            row
            for table in tables
            for row in town.sql(f"SELECT to_jsonb(t) FROM daybridge.{table} t ORDER BY to_jsonb(t)::text")
        ] + town.sql("SELECT count(*) FROM daybridge.sign_in_links WHERE business_id = 1")

    @pytest.mark.parametrize("path", TABS)
    def test_every_page_is_hardened_kept_nowhere_and_has_nothing_of_its_own_style(
        self, alice: TestApp, path: str
    ) -> None:
        page = alice.get(HERE + path)
        assert page.headers["Cache-Control"] == "no-store"
        assert not page.html.select("style, [style], [onclick], script")
        [current] = page.html.select(".tabs [aria-current]")
        assert current["href"] == HERE + path


class TestStaff:
    def test_who_needs_help_stands_first(self, town: Town, alice: TestApp) -> None:
        """Sign in again, then a large change, then what is out of date; who hasn't started before who is in step."""
        ids = hire(town, "Cleo Cook", "Dan Dorn", "Eva East", "Finn Falk", "Gil Gray")
        connect(town, ids[0], "google", "cleo@x.example")
        connect(town, ids[1], "google", "dan@x.example", stopped_at=MONDAY)
        connect(town, ids[2], "google", "eva@x.example", refused_at=MONDAY - timedelta(days=2))
        connect(
            town,
            ids[3],
            "google",
            "finn@x.example",
            not_before=MONDAY + timedelta(hours=1),
            paused_by_them=True,
        )
        page = alice.get(HERE)
        assert people(page) == [
            "Eva East", "Dan Dorn", "Finn Falk", "Gil Gray", "Alice Adler", "Bob Brandt", "Cleo Cook",
        ]  # fmt: skip
        assert "7 people. 2 need help; Gil has not started." in page

    def test_a_row_tells_each_account_by_its_pill_and_links_to_its_settings(
        self, town: Town, alice: TestApp
    ) -> None:
        good = connect(town, 12, "google", "bob@x.example")
        bad = connect(town, 12, "microsoft", "bob@y.example", refused_at=MONDAY - timedelta(days=2))
        page = alice.get(HERE)
        [row] = [one for one in page.html.select("table.team tbody tr") if "Bob" in one.get_text()]
        told = {one["href"].rpartition("/")[2]: words(one) for one in row.select("a.team-account")}
        assert told == {
            str(good): "In step bob@x.example checked 4 minutes ago",
            str(bad): "Sign in again bob@y.example since Saturday at 12:00",
        }
        assert row.select_one("td.act a")["href"] == "/manage/settings/calendars/week?staff=12"
        assert "1 device" in words(row)
        assert alice.get(row.select_one("a.team-account")["href"]).status_int == 200

    def test_its_states_are_those_of_the_page_of_all_accounts(self, town: Town, alice: TestApp) -> None:
        """Two ways to ask the database, one truth."""
        for number, facts in enumerate(
            (
                {}, {"refused_at": MONDAY}, {"stopped_at": MONDAY}, {"connected_at": None},
                {"connected_at": None, "sealed": None}, {"failing_since": MONDAY - timedelta(hours=3)},
                {"not_before": MONDAY + timedelta(hours=1), "paused_by_them": True}, {"leaving": True},
            )
        ):  # fmt: skip
            connect(town, (11, 12, None)[number % 3], "google", f"a{number}@x.example", **facts)
        imports = connect(town, 11, "google", "importing@x.example")
        late = connect(town, 12, "google", "late@x.example")
        read = "UPDATE daybridge.connection_calendars SET read_at = %s, imported = 7 WHERE connection_id = %s"
        town.sql(read, None, imports)
        town.sql(read, MONDAY - timedelta(days=1), late)
        town.sql(
            "INSERT INTO daybridge.calendar_event_mappings (business_id, booking_id, connection_id)"
            " SELECT 1, 1001, id FROM daybridge.calendar_connections WHERE account = 'a0@x.example'"
        )
        everyone = alice.get("/manage/settings/calendars/everyone").html
        expected = {one["id"][1:]: words(one.select_one(".pill")) for one in everyone.select("article.card")}
        page = alice.get(HERE).html
        rows = [(one, one) for one in page.select("a.team-account")]
        rows += [(one.a, one) for one in page.select("section[aria-labelledby=own] li")]
        found = {way["href"].rpartition("/")[2]: words(one.select_one(".pill")) for way, one in rows}
        assert found == expected
        assert len(set(found.values())) >= 7

    def test_25_stand_on_a_page(self, town: Town, alice: TestApp) -> None:
        hire(town, *(f"Person {number:02}" for number in range(48)))
        first = alice.get(HERE)
        second = first.click("Next")
        assert (len(people(first)), len(people(second))) == (25, 25)
        assert len({*people(first), *people(second)}) == 50
        assert "Page 2 of 2" in second
        assert people(second.click("Before")) == people(first)
        assert people(alice.get(f"{HERE}?page=99")) == people(second), "the last one instead of none"
        for odd in ("0", "-1", "x", "", "9" * 40):
            assert people(alice.get(f"{HERE}?page={odd}")) == people(first)

    def test_one_is_found_by_part_of_a_name(self, town: Town, alice: TestApp) -> None:
        hire(town, "Åsa Öberg", "<b>Eve</b>")
        search = alice.get(HERE).forms
        [find] = [one for one in search.values() if "q" in one.fields]
        find["q"] = "öb ås"
        assert people(find.submit()) == ["Åsa Öberg"]
        assert people(alice.get(f"{HERE}?q=%3Cb%3E")) == ["<b>Eve</b>"]
        nobody = alice.get(f"{HERE}?q=%22%3E%3Cb%3Ezz")
        assert people(nobody) == []
        assert 'Nobody is called “"><b>zz”' in words(nobody.html.main)
        assert "Show everyone" in nobody

    def test_those_who_need_help_can_be_seen_alone(self, town: Town, alice: TestApp) -> None:
        assert "Nobody needs help" in alice.get(f"{HERE}?show=help")
        connect(town, 12, "google", "bob@x.example", stopped_at=MONDAY)
        page = alice.get(HERE).click("Needs help, 1")
        assert people(page) == ["Bob Brandt"]
        assert people(alice.get(f"{HERE}?show=nonsense")) == ["Bob Brandt", "Alice Adler"]

    def test_who_has_left_is_not_there_but_their_accounts_are_told(self, town: Town, alice: TestApp) -> None:
        connect(town, 12, "google", "bob@x.example")
        town.sql("UPDATE staff_members SET active = false WHERE id = 12")
        page = alice.get(HERE)
        assert people(page) == ["Alice Adler"]
        assert "One belongs to people who have left." in words(page.html.main)

    def test_the_business_has_accounts_of_its_own(self, town: Town, alice: TestApp) -> None:
        assert "None is connected." in alice.get(HERE)
        id_ = connect(town, None, "google", "desk@x.example")
        own = alice.get(HERE).html.select_one("section[aria-labelledby=own]")
        assert "desk@x.example Google · checked 4 minutes ago In step" in words(own)
        assert own.select_one("li a")["href"].endswith(f"/connections/{id_}")

    def test_a_column_stands_there_for_what_can_be_connected_or_is(self, town: Town, alice: TestApp) -> None:
        assert columns(alice.get(HERE)) == ["Person", "Phone, computer", "Action"]
        connect(town, 12, "caldav", "bob@icloud.example")
        connect(town, 12, "microsoft", "bob@y.example")
        assert columns(alice.get(HERE))[2:4] == ["Microsoft 365", "iCloud and others"]


class TestInviting:
    def test_a_link_is_made_shown_once_and_lets_them_in_once(self, town: Town, alice: TestApp) -> None:
        page = form(alice.get(HERE), "/invite/12").submit()
        assert page.headers["Cache-Control"] == "no-store"
        assert "Send this link to Bob Brandt yourself" in page
        assert "we send no e-mail" in page.text.lower()
        [link] = [one.text for one in page.html.select("output")]
        assert link.rpartition("/")[2] not in alice.get(HERE)
        bob = browser(town)
        way = "/" + link.split("/", 3)[3]
        bob.get(way).form.submit(status=303)
        assert "Bob" in bob.get("/manage/settings/calendars")
        bob.get(way).form.submit(status=404)

    def test_the_log_says_who_made_it_for_whom_and_not_the_link(self, town: Town, alice: TestApp) -> None:
        page = form(alice.get(HERE), "/invite/12").submit()
        assert log(town) == [("page", "Alice Adler", "invite", 12, {"name": "Bob Brandt"})]
        token = page.html.select_one("output").text.rpartition("/")[2]
        assert not town.sql("SELECT FROM daybridge.calendar_sync_logs t WHERE t::text LIKE %s", f"%{token}%")

    @pytest.mark.parametrize("id_", ["21", "999999", "abc", "0"])
    def test_nobody_else_can_be_invited(self, town: Town, alice: TestApp, id_: str) -> None:
        token = form(alice.get(HERE), "/invite/12")["csrf_token"].value
        alice.post(f"{HERE}/invite/{id_}", {"csrf_token": token}, status=404)
        assert log(town) == []

    def test_nor_who_has_left(self, town: Town, alice: TestApp) -> None:
        way = form(alice.get(HERE), "/invite/12")
        town.sql("UPDATE staff_members SET active = false WHERE id = 12")
        way.submit(status=404)
