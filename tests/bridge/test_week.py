"""The week on the pages: what each person sees in it and what not, and why a time is not free."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway.core.booking import Actor, Via
from gateway.db import week as rows
from gateway.services import grant, week
from gateway.services.deps import Deps
from tests import elsewhere
from tests.bridge.conftest import WORKS, Api, path
from tests.caldav.client import event
from tests.conftest import Person, Town
from tests.services.test_blocks import store

WEEK = "/manage/settings/calendars/week"
NEW_YORK = ZoneInfo("America/New_York")
# Tuesday, 13:52 in New York.
NOW = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)
ALICE = Actor(1, Via.CALDAV, "Alice Adler", 11)


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@dataclass(frozen=True)
class Scene:
    """Harbor Hair on a Tuesday; Alice and Bob work from nine to five."""

    town: Town
    deps: Deps

    def browser(self, person: Person) -> TestApp:
        app = TestApp(create_app(self.deps), extra_environ={"HTTP_ACCEPT": "text/html"})
        link = grant.sign_in_link(self.deps, person.business_id, person.staff_id).secret
        app.get(path(link)).form.submit().follow()
        return app

    def external(
        self, staff_id: int, start: datetime, end: datetime, title: str = "", *, titles: bool = False
    ) -> None:
        """An event of a Google calendar called Therapy."""
        with psycopg.connect(self.town.url, autocommit=True) as app:
            place = elsewhere.calendar(app, 1, staff_id, "Therapy", self.deps.now())
            id_ = elsewhere.event(app, 1, place, staff_id, start, end)
        self.town.sql("UPDATE daybridge.external_calendar_events SET title = %s WHERE id = %s", title, id_)
        self.town.sql("UPDATE daybridge.calendar_connections SET titles = %s WHERE id = %s", titles, place[0])

    def book(self, staff_id: int, start: datetime, end: datetime, status: int = 1, service: int = 31) -> int:
        naive = [one.astimezone(UTC).replace(tzinfo=None) for one in (start, end)]
        [[id_]] = self.town.sql(
            "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
            " status, created_at, updated_at) VALUES (1, %s, %s, 62, %s, %s, %s, now(), now()) RETURNING id",
            staff_id, service, *naive, status,
        )  # fmt: skip
        return int(str(id_))


@pytest.fixture
def scene(the_town: Town) -> Scene:
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", WORKS)
    the_town.sql("INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (1, 'observe')")
    deps = replace(the_town.deps, now=lambda: NOW)
    return Scene(replace(the_town, deps=deps), deps)


@pytest.fixture
def alice(scene: Scene) -> TestApp:
    return scene.browser(scene.town.alice)


@pytest.fixture
def bob(scene: Scene) -> TestApp:
    return scene.browser(scene.town.bob)


def words(element: object) -> str:
    return " ".join(element.get_text(" ").split())  # type: ignore[attr-defined]


def events(page: TestResponse, where: str = "main") -> list[str]:
    """What stands in the week, in the order in which it is read."""
    return [words(one) for one in page.html.select(f"{where} .ev")]


def places(page: TestResponse, where: str) -> list[str]:
    return [" ".join(one.parent["class"]) for one in page.html.select(f"{where} .slots .ev")]


class TestAWeek:
    def test_it_opens_this_week_at_today(self, alice: TestApp) -> None:
        moved = alice.get(WEEK, status=303)
        assert moved.location.endswith(f"{WEEK}?from=2026-11-24#today")
        page = moved.follow()
        assert page.html.h1.get_text() == "Alice’s week"
        assert "23 to 29 November 2026" in page
        assert page.html.find(id="today").parent["id"] == "tue"
        assert [words(one) for one in page.html.select("[aria-current=date]")] == ["Today"]

    def test_bookings_stand_in_it_with_service_and_customer(self, alice: TestApp) -> None:
        page = alice.get(f"{WEEK}?from=2026-11-29")
        assert events(page) == [
            "10:00 to 10:45 Haircut Maria S.",
            "14:00 to 15:30 Colour Wei C., not confirmed",
        ]
        assert places(page, "#tue") == ["a1000 q3"]
        [booking, _] = page.html.select("a.ev")
        assert booking["href"].endswith("/activity/booking/1001")
        assert "latex" not in page
        assert "Santos" not in page

    def test_hours_are_its_ground(self, alice: TestApp) -> None:
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert [" ".join(one["class"]) for one in page.html.select("#tue .shut")] == [
            "shut a0000 q36",
            "shut a1700 q28",
        ]
        assert "day-shut" in page.html.find(id="sun")["class"]
        assert words(page.html.find(id="sun").small) == "Not working"
        [shape] = page.html.select(".week")
        assert {"f09", "n8", "shut-6", "shut-7"} <= set(shape["class"])
        assert "Free: 13:52 to 17:00" in words(page.html.find(id="tue")), "from now on"

    def test_weeks_follow_each_other(self, alice: TestApp) -> None:
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert "30 November to 6 December 2026" in page.click(href="from=2026-12-01")
        assert "16 to 22 November 2026" in page.click(href="from=2026-11-17")

    def test_over_midnight_and_all_day(self, scene: Scene, alice: TestApp) -> None:
        scene.external(11, at("2026-11-24 22:30"), at("2026-11-25 01:15"))
        scene.external(11, at("2026-11-26 00:00"), at("2026-11-28 12:00"))
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert events(page, "#tue")[-1] == "22:30 to Wed 01:15 Busy Google, Therapy"
        assert events(page, "#wed")[0] == "Tue 22:30 to 01:15 Busy Google, Therapy"
        assert [events(page, f"#{day} .whole") for day in ("thu", "fri")] == [
            ["All day Busy Google, Therapy"]
        ] * 2
        assert (places(page, "#sat"), events(page, "#sat .whole")) == (["a0000 q48"], [])

    def test_what_overlaps_is_marked_and_both_are_there(self, scene: Scene, alice: TestApp) -> None:
        scene.external(11, at("2026-11-24 10:30"), at("2026-11-24 12:00"))
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert events(page, "#tue") == [
            "10:00 to 10:45 Haircut Maria S. Overlap",
            "10:30 to 12:00 Busy Google, Therapy Overlap",
        ]
        assert places(page, "#tue") == ["a1000 q3 lane of2 at0", "a1030 q6 lane of2 at1"]
        assert len(page.html.select("#tue .flag svg")) == 2
        assert words(page.html.find(id="tue").small) == "1 booking, an overlap"

    def test_a_double_booking_is_marked_as_the_database_has_it(self, scene: Scene, alice: TestApp) -> None:
        scene.book(11, at("2026-11-24 10:15"), at("2026-11-24 11:00"))
        assert scene.town.sql("SELECT count(*) FROM daybridge.busy WHERE conflict") == [(1,)]
        assert [one.endswith("Overlap") for one in events(alice.get(f"{WEEK}?from=2026-11-24"), "#tue")] == [
            True,
            True,
        ]

    def test_a_booking_that_nobody_came_to_is_no_overlap(self, scene: Scene, alice: TestApp) -> None:
        scene.book(11, at("2026-11-24 10:00"), at("2026-11-24 10:45"), status=4)
        scene.book(11, at("2026-11-24 11:00"), at("2026-11-24 11:45"), status=2)
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert sorted(events(page, "#tue")) == [
            "10:00 to 10:45 Haircut Maria S.", "10:00 to 10:45 Haircut Wei C., nobody came",
        ]  # fmt: skip

    def test_hours_that_can_not_be_read_are_said(self, scene: Scene, alice: TestApp) -> None:
        scene.town.sql("UPDATE staff_members SET availability = '[1]' WHERE id = 11")
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert "The working hours of Alice Adler can’t be read" in page
        assert not page.html.select(".shut")

    def test_more_than_fits_is_said(
        self, scene: Scene, alice: TestApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rows, "MOST", 1)
        page = alice.get(f"{WEEK}?from=2026-11-24")
        assert "Alice Adler has more in this week than fits here" in page
        assert len(events(page)) == 1

    def test_what_others_wrote_is_text(self, scene: Scene, alice: TestApp) -> None:
        evil = "<b>x</b>{{ 7 * 7 }}"
        scene.town.sql("UPDATE services SET name = %s WHERE id = 31", evil)
        scene.town.sql("UPDATE staff_members SET name = %s WHERE id = 12", evil)
        scene.external(11, at("2026-11-24 10:30"), at("2026-11-24 12:00"), evil, titles=True)
        for query in ("from=2026-11-24", "team=1&from=2026-11-24", "why=2026-11-24T10:00&service=31"):
            page = alice.get(f"{WEEK}?{query}")
            assert "<b>x" not in page.text
            assert "49" not in words(page.html.select_one(".week"))
            assert not page.html.select("script, style, [style], [onclick]")
            assert page.headers["Cache-Control"] == "no-store"

    def test_every_place_in_the_day_has_its_class(self, alice: TestApp) -> None:
        sheet = alice.get("/static/week.css").text
        for quarter in range(96):
            assert f".a{quarter // 4:02}{quarter % 4 * 15:02}{{grid-row-start:{quarter + 2}}}" in sheet
            assert f".q{quarter + 1}{{grid-row-end:span {quarter + 1}}}" in sheet
        for hour in range(17):
            assert f".f{hour:02}{{--before:{hour * 4 + 1}}}" in sheet
        assert all(f".n{count}{{--rows:{count * 4}}}" in sheet for count in range(8, 25))
        assert all(f".of{lanes}{{" in sheet and f".at{lanes - 1}{{" in sheet for lanes in range(2, 7))


class TestWhoSeesWhat:
    """Titles are their owner's; bookings are for the one who does them, and for managers."""

    @pytest.fixture
    def private(self, scene: Scene) -> Scene:
        """Bob has kept time of his own, and an event whose title he lets us read."""
        store(
            scene.town,
            event("own", SUMMARY="Tattoo\\, left arm", DTSTART="20261124T180000Z", DTEND="20261124T190000Z"),
            uid="own",
        )
        scene.external(12, at("2026-11-25 10:00"), at("2026-11-25 11:00"), "Marriage counsel", titles=True)
        return scene

    def test_staff_see_what_is_theirs_in_full(self, private: Scene, bob: TestApp) -> None:
        assert events(bob.get(f"{WEEK}?from=2026-11-24")) == [
            "13:00 to 14:00 Tattoo, left arm Your block",
            "10:00 to 11:00 Marriage counsel Google, Therapy",
            "11:00 to 11:45 Haircut Maria S.",
        ]

    def test_a_manager_sees_when_and_not_what(self, private: Scene, alice: TestApp) -> None:
        solo = alice.get(f"{WEEK}?from=2026-11-24&staff=12")
        assert solo.html.h1.get_text() == "Bob’s week"
        assert events(solo) == [
            "13:00 to 14:00 Busy Own block",
            "10:00 to 11:00 Busy Google",
            "11:00 to 11:45 Haircut Maria S.",
        ]
        for query in ("staff=12", "team=1", "staff=12&why=2026-11-25T10:00&service=31"):
            for day in ("2026-11-24", "2026-11-25"):
                page = alice.get(f"{WEEK}?from={day}&{query}").text
                assert not re.search("Tattoo|Marriage|Therapy", page)

    def test_a_title_that_is_not_to_be_read_any_more_is_not_shown(self, private: Scene, bob: TestApp) -> None:
        private.town.sql("UPDATE daybridge.calendar_connections SET titles = false")
        assert "Marriage" not in bob.get(f"{WEEK}?from=2026-11-24")

    def test_staff_see_no_colleague(self, bob: TestApp) -> None:
        assert "Alice" not in words(bob.get(f"{WEEK}?from=2026-11-24").html.main)
        assert bob.get(f"{WEEK}?from=2026-11-24&staff=12", status=200)
        for query in ("staff=11", "team=1", "staff=11&why=2026-11-24T10:00&service=31"):
            page = bob.get(f"{WEEK}?from=2026-11-24&{query}", status=404)
            assert "Maria" not in page
            assert "Alice" not in words(page.html.main)

    def test_a_stranger_sees_nothing_of_another_business(self, private: Scene, alice: TestApp) -> None:
        mallory = private.browser(private.town.mallory)
        assert events(mallory.get(f"{WEEK}?from=2026-11-24")) == ["10:00 to 11:00 Oil change Maria S."]
        for query in ("staff=11", "staff=12", "staff=12&why=2026-11-24T10:00&service=41"):
            mallory.get(f"{WEEK}?from=2026-11-24&{query}", status=404)
        mallory.get(f"{WEEK}?why=2026-11-24T10:00&service=31", status=404)
        assert "Harbor" not in mallory.get(f"{WEEK}?team=1&from=2026-11-24").html.main.get_text()
        alice.get(f"{WEEK}?from=2026-11-24&staff=21", status=404)

    def test_who_has_left_has_no_week(self, scene: Scene, alice: TestApp) -> None:
        scene.town.sql("UPDATE staff_members SET active = false WHERE id = 12")
        alice.get(f"{WEEK}?from=2026-11-24&staff=12", status=404)
        assert "Bob" not in alice.get(f"{WEEK}?from=2026-11-26&team=1")

    def test_nobody_is_sent_in_without_signing_in(self, scene: Scene) -> None:
        app = TestApp(create_app(scene.deps))
        assert app.get(f"{WEEK}?from=2026-11-24", status=303).location.endswith("/")


class TestTheTeam:
    def test_a_day_stands_side_by_side_and_the_week_in_numbers(self, alice: TestApp) -> None:
        page = alice.get(f"{WEEK}?team=1&from=2026-11-26")
        assert [words(one) for one in page.html.select(".day h2")] == [
            "Alice Adler , the whole week No bookings", "Bob Brandt , the whole week 1 booking",
        ]  # fmt: skip
        assert events(page, "#p12") == ["11:00 to 11:45 Haircut Maria S."]
        table = [
            [words(cell) for cell in row.select("th, td")] for row in page.html.select(".glance tbody tr")
        ]
        off = "– not working"
        assert table == [
            ["Alice Adler", "0", "1", "1", "0", "0", off, off],
            ["Bob Brandt", "0", "0", "0", "1", "0", off, off],
        ]
        assert [words(one) for one in page.html.select(".daypick [aria-current=date]")] == ["Thu 26"]
        assert page.click("Bob Brandt", index=0).html.h1.get_text() == "Bob’s week"

    def test_it_opens_today(self, alice: TestApp) -> None:
        assert alice.get(f"{WEEK}?team=1").location.endswith("?team=1&from=2026-11-24#today")

    def test_a_manager_picks_anybody(self, alice: TestApp) -> None:
        form = next(
            one for one in alice.get(f"{WEEK}?from=2026-12-02").forms.values() if "staff" in one.fields
        )
        form["staff"] = "12"
        page = form.submit()
        assert page.html.h1.get_text() == "Bob’s week"
        assert "30 November to 6 December" in page

    def test_fifty_people_are_pages_and_as_few_questions(
        self, scene: Scene, alice: TestApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scene.town.sql(
            "INSERT INTO staff_members (id, business_id, name, active, created_at, updated_at)"
            " SELECT 100 + n, 1, 'Person ' || n, true, now(), now() FROM generate_series(1, 48) n"
        )
        page = alice.get(f"{WEEK}?team=1&from=2026-11-24")
        assert len(page.html.select(".day")) == week.ABREAST
        assert "Page 1 of 7" in page
        last = alice.get(f"{WEEK}?team=1&from=2026-11-24&page=7")
        assert [words(one.a) for one in last.html.select(".day h2")] == [
            "Person 47 , the whole week",
            "Person 48 , the whole week",
        ]
        assert "page=7" in str(last.html.find(class_="daypick"))
        asked: list[object] = []
        run = psycopg.Cursor.execute

        def noted(self: psycopg.Cursor, statement: object, *more: object) -> psycopg.Cursor:
            asked.append(statement)
            return run(self, statement, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(psycopg.Cursor, "execute", noted)
        member = grant.member(scene.deps, 1, 11)
        counts = []
        for size in (2, 8):
            monkeypatch.setattr(week, "ABREAST", size)
            asked.clear()
            week.team(scene.deps, member, None, 1)
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 10


class TestOddNights:
    def test_the_hour_that_comes_twice(self, scene: Scene, alice: TestApp) -> None:
        for hour in (5, 6):
            start = datetime(2026, 11, 1, hour, 30, tzinfo=UTC)
            scene.book(11, start, start + timedelta(minutes=30))
        page = alice.get(f"{WEEK}?from=2026-11-01")
        assert events(page, "#sun") == [
            "01:30 (first time) to 01:00 (second time) Haircut Wei C.",
            "01:30 (second time) to 02:00 Haircut Wei C.",
        ]
        assert "The clocks change from 02:00 to 01:00." in words(page.html.find(id="sun"))

    def test_a_time_that_comes_twice_is_explained_twice(self, scene: Scene, alice: TestApp) -> None:
        start = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        scene.town.sql(
            "UPDATE staff_members SET availability = %s",
            json.dumps({"sunday": [{"start": "00:00", "end": "05:00"}]}),
        )
        scene.book(11, start, start + timedelta(minutes=45))
        early = replace(scene, deps=replace(scene.deps, now=lambda: datetime(2026, 10, 30, tzinfo=UTC)))
        app = early.browser(scene.town.alice)
        page = app.get(f"{WEEK}?why=2026-11-01T01:30&service=31")
        told = words(page.html.find(id="why"))
        assert "01:30 comes twice on this day. The clocks change from 02:00 to 01:00." in told
        assert "Not free, for one reason Sunday 1 November. A booking at 01:30 (first time) would end" in told
        assert "Free Sunday 1 November. A booking at 01:30 (second time) would end at 02:15." in told

    def test_a_time_that_clocks_skip_is_said(self, scene: Scene, alice: TestApp) -> None:
        page = alice.get(f"{WEEK}?why=2027-03-14T02:30&service=31")
        told = words(page.html.find(id="why"))
        assert "02:30 doesn’t come on this day. The clocks change from 02:00 to 03:00." in told
        assert "A booking at" not in told

    def test_a_zone_of_half_hours(self, scene: Scene) -> None:
        scene.town.sql("UPDATE businesses SET time_zone = 'Adelaide' WHERE id = 1")
        page = scene.browser(scene.town.alice).get(f"{WEEK}?from=2026-11-25")
        assert events(page, "#wed")[0] == "01:30 to 02:15 Haircut Maria S."
        assert places(page, "#wed")[0] == "a0130 q3"


class TestWhy:
    def test_the_words_are_those_of_the_api(self, scene: Scene, alice: TestApp) -> None:
        scene.external(11, at("2026-11-26 13:00"), at("2026-11-26 14:30"))
        scene.book(11, at("2026-11-26 14:00"), at("2026-11-26 15:00"))
        app = create_app(scene.deps)
        api = Api(app.test_client(), grant.api_key(scene.deps, 1, "write", "website").secret)
        for time, zone in (
            ("2026-11-26T14:00", "-05:00"),
            ("2026-11-28T10:00", "-05:00"),
            ("2026-11-23T10:00", "-05:00"),
        ):
            told = api.get(
                "/explain", staff_member_id="11", service_id="31", start=f"{time}:00{zone}"
            ).get_json()
            page = alice.get(f"{WEEK}?why={time}&service=31")
            reasons = [words(one) for one in page.html.select(".reasons strong")]
            assert reasons == [one["detail"] for one in told["reasons"]] != []

    def test_a_taken_time_and_the_next_that_are_free(self, scene: Scene, alice: TestApp) -> None:
        scene.external(11, at("2026-11-26 13:00"), at("2026-11-26 14:30"))
        page = alice.get(f"{WEEK}?why=2026-11-26T14:00&service=31")
        panel = page.html.find(id="why")
        assert words(panel.h2) == "Why is 14:00 not free?"
        assert (
            "Not free, for one reason Thursday 26 November. A booking at 14:00 would end at 14:45."
            in words(panel)
        )
        assert words(panel.select_one(".reasons")) == (
            "Alice Adler has something in another calendar 13:00-14:30. Calendar “Therapy”, read just now."
        )
        free = [words(one) for one in panel.select(".slots-free a")]
        assert free[0].startswith("Thu 26, 14:30")
        assert [one[:6] for one in free[4:]] == ["Fri 27", "Mon 30", "Tue 1,"]
        assert "23 to 29 November" in page, "the week that has it"
        chosen = page.click(free[0])
        assert words(chosen.html.find(id="why").h2) == "Is 14:30 free?"
        assert "Free Thursday 26 November" in words(chosen.html.find(id="why"))

    def test_the_form_asks_about_whose_week_it_is(self, alice: TestApp) -> None:
        form = next(
            one for one in alice.get(f"{WEEK}?from=2026-11-26&staff=12").forms.values() if "why" in one.fields
        )
        assert [text for _, _, text in form["service"].options] == ["Haircut, 45 minutes"]
        form["why"] = "2026-11-26T11:00"
        page = form.submit()
        assert page.html.h1.get_text() == "Bob’s week"
        assert "Bob Brandt is booked 11:00-11:45." in page

    def test_who_does_nothing_is_told_so(self, scene: Scene, alice: TestApp) -> None:
        scene.town.sql("DELETE FROM services_staff_members WHERE staff_member_id = 12")
        page = alice.get(f"{WEEK}?from=2026-11-26&staff=12")
        assert "Bob does no service yet" in words(page.html.find(id="why"))

    def test_a_question_that_makes_no_sense_is_answered_beside_its_field(self, alice: TestApp) -> None:
        for query, told in (
            ("why=", "Choose a day and a time"),
            ("why=2026-13-01T10:00&service=31", "Choose a day and a time"),
            ("why=2026-11-24T25:00&service=31", "Choose a day and a time"),
            ("why=%D9%A2026-11-24T10:00&service=31", "Choose a day and a time"),
            ("why=2026-11-24T10:00", "Choose a service."),
            ("why=2026-11-24T10:00&service=x", "Choose a service."),
            ("why=1066-10-14T10:00&service=31", "between 1971 and 2998"),
            ("why=9999-12-31T23:59&service=31", "between 1971 and 2998"),
        ):
            page = alice.get(f"{WEEK}?{query}", status=400)
            assert told in words(page.html.find(class_="field-error")), query
            assert page.html.find(id="when")["aria-invalid"] == "true"
            assert page.html.h1.get_text() == "Alice’s week"


class TestAddressesThatMakeNoSense:
    def test_a_day_that_is_none_is_this_week(self, alice: TestApp) -> None:
        for day in ("", "yesterday", "2026-02-30", "20261124", "2026-W48-2", "0000-01-01", "' OR 1=1"):
            assert "23 to 29 November 2026" in alice.get(WEEK, {"from": day}, status=303).follow()

    def test_a_day_out_of_reach_is_this_week(self, alice: TestApp) -> None:
        for day in ("0001-01-01", "9999-12-31", "1970-12-31", "2999-01-01"):
            for team in ("0", "1"):
                page = alice.get(WEEK, {"from": day, "team": team})
                assert re.search("23 to 29 November 2026|Tuesday 24 November 2026", page.text)

    def test_nobodys_number_is_nobodys_week(self, alice: TestApp) -> None:
        for staff in ("x", "-1", "9" * 30, "9" * 18, "0", "11.0"):
            alice.get(WEEK, {"from": "2026-11-24", "staff": staff}, status=404)

    def test_a_page_that_is_none_is_one_that_is(self, alice: TestApp) -> None:
        for page in ("x", "0", "-3", "9" * 30, "999"):
            assert "Alice Adler" in alice.get(WEEK, {"from": "2026-11-24", "team": "1", "page": page})
