"""The activity pages: who sees what on every path, each filter, paging, the table, and what can be done there."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.services import activity
from tests.bridge.accounts import PAGE, Scene
from tests.conftest import Person, Town

ACTIVITY = f"{PAGE}/activity"
TABLE = f"{ACTIVITY}.csv"
PROGRESS = f"{ACTIVITY}/progress"
ALICE, BOB = "alice@elsewhere.example", "bob@elsewhere.example"
# Alice's 1001 is tomorrow, Tuesday, at ten in New York; Bob's 1005 on Thursday at eleven.
TEN, ELEVEN = datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 26, 16, tzinfo=UTC)
DAY = "2026-11-23"
NEW_YORK_NOON = "2026-11-23 17:00:07+00"


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    made = Scene.set(the_town, tmp_path)
    made.elsewhere.open_account(ALICE, "Salon")
    made.elsewhere.open_account(BOB)
    # At any time of the day, so that what is refused is refused for a reason of its own.
    hours = json.dumps(
        {
            day: [{"start": "00:00", "end": "23:59"}]
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        }
    )
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", hours)
    return made


def times(start: datetime, minutes: int = 45) -> dict[str, object]:
    return {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}


def note(scene: Scene, **named: object) -> int:
    """A line of the timeline, as services write it; its id."""
    line = {
        "business_id": 1, "via": "caldav", "who": "Bob Brandt", "action": "move", "outcome": "accepted",
        "booking_id": None, "staff_member_id": None, "before": None, "after": None, "reasons": [],
        "happened_at": NEW_YORK_NOON,
    } | named  # fmt: skip
    told = {
        name: json.dumps(value) if name in ("before", "after", "reasons") and value is not None else value
        for name, value in line.items()
    }
    names, places = ", ".join(told), ", ".join(["%s"] * len(told))
    [(id_,)] = scene.town.sql(
        f"INSERT INTO daybridge.calendar_sync_logs ({names}) VALUES ({places}) RETURNING id", *told.values()
    )
    return int(str(id_))


def overruled(
    scene: Scene, booking_id: int, theirs: dict[str, object] | None, code: str = "BOTH_CHANGED"
) -> int:
    """What remains of a calendar's version that lost against the booking app's."""
    staff_id = 11 if booking_id == 1001 else 12
    return note(
        scene,
        via="provider",
        who=f"{'Alice Adler' if staff_id == 11 else 'Bob Brandt'} in Google",
        action="change" if theirs else "cancel",
        outcome="restored",
        booking_id=booking_id,
        staff_member_id=staff_id,
        after=theirs,
        reasons=[{"code": code, "detail": "Changed in two places at once; the booking's version counts."}],
    )


def words(element) -> str:
    return " ".join(element.get_text(" ").split())


def titles(page: TestResponse) -> list[str]:
    return [words(one) for one in page.html.select(".log .entry-main > strong")]


def table(app: TestApp, **query: object) -> list[list[str]]:
    answer = app.get(TABLE, query)
    assert answer.content_type == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def story(booking_id: int, ending: str = "") -> str:
    return f"{ACTIVITY}/booking/{booking_id}{ending}"


def csrf(app: TestApp) -> str:
    return str(app.get(PAGE).forms[0]["csrf_token"].value)


def booked(scene: Scene, booking_id: int) -> tuple[object, ...]:
    [row] = scene.town.sql(
        "SELECT start_time AT TIME ZONE 'UTC', status, staff_member_id FROM bookings WHERE id = %s",
        booking_id,
    )
    return row


def logged(scene: Scene, booking_id: int) -> list[tuple[object, ...]]:
    return scene.town.sql(
        "SELECT via, who, action, outcome FROM daybridge.calendar_sync_logs WHERE booking_id = %s ORDER BY id",
        booking_id,
    )


class TestTheList:
    def test_before_anything_happened_it_says_what_to_do(self, scene: Scene) -> None:
        page = scene.browser(scene.town.bob).get(ACTIVITY)
        assert "Nothing has happened yet" in page
        assert page.html.find("a", string="Connect a calendar")["href"] == PAGE

    def test_a_line_says_what_whose_by_whom_where_from_why_and_when(self, scene: Scene) -> None:
        note(
            scene,
            booking_id=1005,
            staff_member_id=12,
            before=times(ELEVEN),
            after=times(ELEVEN + timedelta(hours=4)),
        )
        page = scene.browser(scene.town.alice).get(ACTIVITY)
        assert titles(page) == ["Haircut, Maria Santos · Bob Brandt: moved to 15:00"]
        assert words(page.html.select_one(".entry-sub")) == (
            "By Bob Brandt, in a calendar app. Before, it was Thursday 26 November, 11:00 to 11:45."
        )
        assert words(page.html.select_one(".log-day")) == "Today, Monday 23 November"
        assert page.html.select_one(".entry time")["datetime"] == "2026-11-23T12:00:07-05:00"
        assert words(page.html.select_one(".entry time")) == "12:00:07"

    def test_who_reads_is_you_and_one_s_own_bookings_need_no_name(self, scene: Scene) -> None:
        note(scene, booking_id=1005, staff_member_id=12, action="cancel")
        page = scene.browser(scene.town.bob).get(ACTIVITY)
        assert titles(page) == ["Haircut, Maria Santos: cancelled"]
        assert "By you, in a calendar app." in page

    def test_days_are_those_of_the_business(self, scene: Scene) -> None:
        note(scene, action="block", staff_member_id=12, happened_at="2026-11-22 04:59+00")
        note(scene, action="unblock", staff_member_id=12, happened_at="2026-11-22 05:01+00")
        note(scene, action="keep", booking_id=1005, staff_member_id=12)
        page = scene.browser(scene.town.bob).get(ACTIVITY)
        assert [words(one) for one in page.html.select(".log-day")] == [
            "Today, Monday 23 November",
            "Yesterday, Sunday 22 November",
            "Saturday 21 November",
        ]

    def test_what_people_wrote_is_text(self, scene: Scene) -> None:
        scene.town.sql("UPDATE services SET name = '<b>Cut' WHERE id = 31")
        note(
            scene, booking_id=1005, staff_member_id=12, who="<i>Bob", outcome="refused",
            reasons=[{"code": "NotEditable", "detail": "<u>no</u>"}],
        )  # fmt: skip
        for path in (ACTIVITY, story(1005)):
            page = scene.browser(scene.town.bob).get(path)
            assert "<b>Cut" not in page.text
            assert "<i>Bob" not in page.text
            assert "<u>" not in page.text

    def test_no_script_or_style_stands_in_the_page(self, scene: Scene) -> None:
        overruled(scene, 1005, times(ELEVEN + timedelta(hours=4)))
        app = scene.browser(scene.town.bob)
        for path in (ACTIVITY, story(1005)):
            page = app.get(path)
            assert all(one.get("src") for one in page.html.select("script"))
            assert not page.html.select("style, [style], [onclick]")

    def test_a_booking_that_is_gone_has_its_number_and_nothing_to_open(self, scene: Scene) -> None:
        note(scene, booking_id=4711, staff_member_id=12, action="cancel")
        page = scene.browser(scene.town.bob).get(ACTIVITY)
        assert titles(page) == ["Booking 4711: cancelled"]
        assert not page.html.select(".log a")


class TestWhoSeesWhat:
    """Alice manages; Bob is her colleague; Mallory manages another business."""

    @pytest.fixture
    def lines(self, scene: Scene) -> Scene:
        [(alices,)] = scene.town.sql(
            "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key,"
            " connected_at) VALUES (1, 11, 'google', 'private@alice.example', 'a', now()) RETURNING id"
        )
        [(bobs,)] = scene.town.sql(
            "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key,"
            " connected_at) VALUES (1, 12, 'google', 'bob@example.com', 'b', now()) RETURNING id"
        )
        note(scene, booking_id=1001, staff_member_id=11, who="Alice Adler")
        note(scene, booking_id=1005, staff_member_id=12)
        # Of the business itself; of Bob's booking, by the business's account; by Alice, of Bob's account.
        note(scene, via="system", who="operator", action="choose")
        note(scene, via="system", who="Daybridge to Google", action="add", booking_id=1005)
        note(
            scene, via="page", who="Alice Adler", action="disconnect", staff_member_id=11,
            after={"connection_id": bobs, "account": "bob@example.com"},
        )  # fmt: skip
        note(
            scene, via="page", who="Alice Adler", action="connect", staff_member_id=11,
            after={"connection_id": alices, "account": "private@alice.example"},
        )  # fmt: skip
        note(scene, business_id=2, staff_member_id=21, who="Mallory", action="block")
        # Bob's once, by now Alice's: what he did himself is his to know, who the customer is isn't.
        note(scene, booking_id=1002, staff_member_id=12)
        return scene

    def seen(self, scene: Scene, person: Person) -> list[str]:
        """The same lines on the page and in the table."""
        app = scene.browser(person)
        on_page = titles(app.get(ACTIVITY))
        assert on_page == [row[1] for row in table(app)[1:]]
        return on_page

    def test_a_manager_sees_all_of_the_business_and_nothing_of_another(self, lines: Scene) -> None:
        assert self.seen(lines, lines.town.alice) == [
            "Colour, Wei Chen: moved to another time",
            "Google connected",
            "Asked to disconnect Google",
            "Haircut, Maria Santos · Bob Brandt: added to the calendar",
            "Rules of the business changed",
            "Haircut, Maria Santos · Bob Brandt: moved to another time",
            "Haircut, Maria Santos: moved to another time",
        ]

    def test_staff_see_themselves_their_bookings_and_their_accounts(self, lines: Scene) -> None:
        assert self.seen(lines, lines.town.bob) == [
            "Booking 1002: moved to another time",
            "Alice Adler: asked to disconnect Google",
            "Haircut, Maria Santos: added to the calendar",
            "Haircut, Maria Santos: moved to another time",
        ]

    def test_a_stranger_sees_their_own_business_only(self, lines: Scene) -> None:
        assert self.seen(lines, lines.town.mallory) == ["New time blocked"]

    def test_no_filter_shows_staff_more(self, lines: Scene) -> None:
        app = lines.browser(lines.town.bob)
        allowed = set(titles(app.get(ACTIVITY)))
        for query in ({"staff": "11"}, {"booking": "1001"}, {"outcome": "accepted"}, {"before": str(10**17)}):
            assert set(titles(app.get(ACTIVITY, query))) <= allowed
            assert {row[1] for row in table(app, **query)[1:]} <= allowed

    def test_another_one_s_account_shows_staff_nothing(self, lines: Scene) -> None:
        ids = lines.town.sql("SELECT id FROM daybridge.calendar_connections ORDER BY staff_member_id")
        app = lines.browser(lines.town.bob)
        assert titles(app.get(ACTIVITY, {"connection": ids[0][0]})) == []
        assert titles(app.get(ACTIVITY, {"connection": ids[1][0]})) == [
            "Alice Adler: asked to disconnect Google"
        ]
        assert "private@alice.example" not in app.get(ACTIVITY)
        stranger = lines.browser(lines.town.mallory)
        assert titles(stranger.get(ACTIVITY, {"connection": ids[0][0]})) == []

    def test_only_managers_choose_people(self, lines: Scene) -> None:
        def people(person: Person) -> list[str]:
            page = lines.browser(person).get(ACTIVITY)
            return [words(one) for one in page.html.select("select[name=staff] option")]

        assert people(lines.town.bob) == []
        assert people(lines.town.alice) == ["Everybody", "Alice Adler", "Bob Brandt"]

    def test_a_booking_s_timeline_is_for_its_staff_member_and_managers(self, lines: Scene) -> None:
        t = lines.town
        for person, booking_id, status in (
            (t.alice, 1001, 200), (t.alice, 1005, 200), (t.bob, 1005, 200), (t.bob, 1001, 404), (t.bob, 1002, 404),
            (t.mallory, 1005, 404), (t.mallory, 2001, 200), (t.alice, 2001, 404), (t.alice, 4711, 404),
        ):  # fmt: skip
            assert lines.browser(person).get(story(booking_id), status="*").status_int == status

    def test_what_is_done_there_too(self, lines: Scene) -> None:
        line = overruled(lines, 1001, times(TEN + timedelta(hours=3)))
        [(bobs,)] = lines.town.sql("SELECT id FROM daybridge.calendar_connections WHERE staff_member_id = 12")
        for person in (lines.town.bob, lines.town.mallory):
            app = lines.browser(person)
            told = {"csrf_token": csrf(app), "line": line, "etag": "*", "connection_id": bobs}
            for ending in ("/again", "/restore"):
                app.post(story(1001, ending), told, status=404)
        assert booked(lines, 1001) == (TEN, 1, 11)

    def test_who_is_not_signed_in_is_sent_to_the_front_page(self, scene: Scene) -> None:
        nobody = scene.browser()
        for path in (ACTIVITY, TABLE, PROGRESS, story(1001)):
            assert nobody.get(path).location.endswith("/")

    def test_nothing_is_kept_by_caches(self, scene: Scene) -> None:
        app = scene.browser(scene.town.bob)
        for path in (ACTIVITY, TABLE, PROGRESS, story(1005)):
            assert app.get(path).headers["Cache-Control"] == "no-store"

    def test_a_line_of_one_booking_restores_no_other(self, lines: Scene) -> None:
        line = overruled(lines, 1001, times(ELEVEN + timedelta(hours=3)))
        app = lines.browser(lines.town.bob)
        app.post(story(1005, "/restore"), {"csrf_token": csrf(app), "line": line, "etag": "*"}, status=404)
        assert booked(lines, 1005)[0] == ELEVEN

    def test_the_part_shows_one_s_own_accounts(self, lines: Scene) -> None:
        told = lines.browser(lines.town.bob).get(PROGRESS).text
        assert "bob@example.com" in told
        assert "private@alice.example" not in told
        assert "example" not in lines.browser(lines.town.mallory).get(PROGRESS).text


class TestFilters:
    @pytest.fixture
    def lines(self, scene: Scene) -> Scene:
        scene.town.sql(
            "INSERT INTO daybridge.calendar_connections (id, business_id, staff_member_id, provider, account,"
            " account_key, connected_at, closed_at) OVERRIDING SYSTEM VALUE VALUES"
            " (71, 1, 11, 'google', 'a@x.example', 'a', now(), NULL),"
            " (72, 1, NULL, 'google', 'b@x.example', 'b', now(), NULL),"
            " (73, 1, 12, 'google', 'c@x.example', 'c', now(), now())"
        )
        for id_, booking, staff in ((71, 1001, 11), (72, 1001, None), (73, 1005, 12)):
            note(
                scene, via="system", who="Daybridge to Google", action="add", booking_id=booking,
                staff_member_id=staff, after={"connection_id": id_, "account": "x"},
            )  # fmt: skip
        google = {"via": "provider", "action": "cancel", "outcome": "refused"}
        note(scene, **google, who="Alice Adler in Google", booking_id=1001, staff_member_id=11)
        note(scene, **google, who="Somebody in Google", booking_id=1001, staff_member_id=11)
        note(scene, action="block", staff_member_id=12)
        return scene

    def test_each_alone_and_together_on_the_page_and_in_the_table(self, lines: Scene) -> None:
        app = lines.browser(lines.town.alice)
        for query, count in (
            ({}, 6), ({"staff": "12"}, 2), ({"staff": "11"}, 4), ({"booking": "1001"}, 4), ({"booking": "#1005"}, 1),
            ({"outcome": "refused"}, 2), ({"connection": "71"}, 2), ({"connection": "72"}, 2),
            ({"connection": "73"}, 1), ({"connection": "71", "outcome": "refused"}, 1),
            ({"connection": "72", "staff": "12"}, 0), ({"staff": "11", "booking": "1005"}, 0),
            ({"staff": "11", "outcome": "refused", "booking": "1001"}, 2), ({"booking": "9" * 18}, 0),
            ({"connection": "4711"}, 0), ({"outcome": "asked"}, 0), ({"staff": "21"}, 0),
            ({"booking": "maria"}, 5), ({"booking": " Santos MARIA "}, 5), ({"booking": "Maria x"}, 0),
            ({"booking": "santos", "staff": "12"}, 1), ({"day": DAY}, 6), ({"day": "2001-01-01"}, 0),
            ({"day": DAY, "booking": "maria", "outcome": "refused"}, 2),
        ):  # fmt: skip
            assert len(titles(app.get(ACTIVITY, query))) == count, query
            assert len(table(app, **query)) == count + 1, query

    def test_a_day_is_the_business_s_own(self, lines: Scene) -> None:
        note(lines, action="block", happened_at="2026-11-20 04:59:59+00", staff_member_id=11)
        app = lines.browser(lines.town.alice)
        assert len(titles(app.get(ACTIVITY, {"day": "2026-11-19"}))) == 1
        assert not titles(app.get(ACTIVITY, {"day": "2026-11-20"}))
        assert "19 November 2026" in words(
            app.get(ACTIVITY, {"day": "2026-11-19"}).html.select_one("summary")
        )

    def test_staff_find_no_customer_of_somebody_else(self, lines: Scene) -> None:
        """Not even by which of the lines that they may see are left."""
        lines.town.sql("UPDATE bookings SET tenant_customer_id = 61 WHERE id = 1001")
        note(lines, booking_id=1001, staff_member_id=12)
        app = lines.browser(lines.town.bob)
        assert "Booking 1001" in " ".join(titles(app.get(ACTIVITY)))
        assert "Booking 1001" not in " ".join(titles(app.get(ACTIVITY, {"booking": "Maria"})))

    def test_what_makes_no_sense_filters_nothing(self, lines: Scene) -> None:
        app = lines.browser(lines.town.alice)
        for query in (
            {"staff": "x"}, {"booking": "-1"}, {"outcome": "blue"}, {"before": "1.5"}, {"connection": "9" * 40},
            {"booking": "\u0661"}, {"staff": ""}, {"booking": "%"}, {"day": "yesterday"}, {"day": "9999-12-31"},
        ):  # fmt: skip
            assert len(titles(app.get(ACTIVITY, query))) == 6, query

    def test_the_form_says_what_is_chosen_and_keeps_it(self, lines: Scene) -> None:
        app = lines.browser(lines.town.alice)
        form = next(one for one in app.get(ACTIVITY).forms.values() if "outcome" in one.fields)
        form["outcome"], form["connection"], form["staff"], form["booking"] = "refused", "71", "11", "1001"
        page = form.submit()
        assert titles(page) == ["Haircut, Maria Santos: deletion refused"]
        chosen = [words(one) for one in page.html.select("option[selected]")]
        assert chosen == ["Alice Adler", "Google, a@x.example", "Refused"]
        assert page.html.select_one("#booking")["value"] == "1001"
        assert words(page.html.select_one(".filter-fold summary")) == (
            "Alice Adler, Google, a@x.example, Refused, any day. Change"
        )
        [export] = [one["href"] for one in page.html.select("a[href*='activity.csv']")]
        assert len(list(csv.reader(io.StringIO(app.get(export).body.decode("utf-8-sig"))))) == 2

    def test_where_nothing_matches_there_is_a_way_back(self, lines: Scene) -> None:
        page = lines.browser(lines.town.alice).get(ACTIVITY, {"outcome": "asked"})
        assert "Nothing matches" in page
        assert len(titles(page.click("Show everything"))) == 6


class TestPaging:
    @pytest.mark.parametrize("who", ["alice", "bob"])
    @pytest.mark.parametrize("query", [{}, {"outcome": "accepted"}, {"connection": "72"}], ids=str)
    def test_nothing_is_lost_or_told_twice_while_lines_are_added(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch, who: str, query: dict[str, str]
    ) -> None:
        monkeypatch.setattr(activity, "PAGE", 4)
        scene.town.sql(
            "INSERT INTO daybridge.calendar_connections (id, business_id, provider, account, account_key, connected_at)"
            " OVERRIDING SYSTEM VALUE VALUES (72, 1, 'google', 'b@x.example', 'b', now())"
        )

        def push(number: int) -> None:
            # In turns of Bob himself, of his booking by the business's account, and of nobody's that he may know.
            whose = [{"staff_member_id": 12}, {"booking_id": 1005}, {"booking_id": 1001}][number % 3]
            told = {"connection_id": 72, "account": "b@x.example"}
            reasons = [{"code": "X", "detail": f"No {number}."}]
            note(scene, via="system", who="Daybridge", action="add", after=told, reasons=reasons, **whose)

        for number in range(20):
            push(number)
        page = scene.browser(getattr(scene.town, who)).get(ACTIVITY, query)
        seen, added = [], 20
        while True:
            told = [words(one) for one in page.html.select(".entry-sub")]
            assert len(told) <= 4
            seen += told
            if "Show older" not in page:
                break
            push(added)
            push(added + 1)
            added += 2
            page = page.click("Show older")
        known = [number for number in range(19, -1, -1) if who == "alice" or number % 3 != 2]
        assert seen == [f"No {number}." for number in known]

    def test_older_lines_follow_the_newest_in_order(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(activity, "PAGE", 3)
        for number in range(1, 8):
            note(scene, booking_id=9000 + number, staff_member_id=12, action="cancel")
        page = scene.browser(scene.town.alice).get(ACTIVITY)
        seen = titles(page)
        note(scene, booking_id=9100, staff_member_id=12, action="cancel")
        while "Show older" in page:
            page = page.click("Show older")
            seen += titles(page)
        assert seen == [f"Booking {9000 + number}: cancelled" for number in range(7, 0, -1)]
        assert titles(page.click("Back to the newest"))[0] == "Booking 9100: cancelled"


class TestTheTable:
    def test_it_says_all_with_times_in_the_zone_of_the_business(self, scene: Scene) -> None:
        note(
            scene,
            booking_id=1005,
            staff_member_id=12,
            before=times(ELEVEN),
            after=times(ELEVEN + timedelta(hours=4)),
        )
        head, row = table(scene.browser(scene.town.bob))
        assert head == ["When", "What", "Why", "Who", "Where from", "Result", "Person", "Booking", "Account"]
        assert row == [
            "2026-11-23T12:00:07-05:00",
            "Haircut, Maria Santos: moved to 15:00",
            "By you, in a calendar app. Before, it was Thursday 26 November, 11:00 to 11:45.",
            "Bob Brandt",
            "Calendar app",
            "Done",
            "Bob Brandt",
            "1005",
            "",
        ]

    def test_no_cell_is_a_formula(self, scene: Scene) -> None:
        note(scene, booking_id=1005, staff_member_id=12, who="nobody")
        app = scene.browser(scene.town.alice)
        for evil in ("=1+2", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"):
            scene.town.sql("UPDATE services SET name = %s WHERE id = 31", evil)
            scene.town.sql("UPDATE staff_members SET name = %s WHERE id = 12", evil)
            scene.town.sql("UPDATE daybridge.calendar_sync_logs SET who = %s", evil)
            [row] = table(app)[1:]
            assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))], evil
            assert (row[3], row[6]) == (f"'{evil}", f"'{evil}")
            assert row[1].startswith(f"'{evil}, Maria Santos")

    def test_letters_of_all_alphabets_and_quotes_and_lines_come_through(self, scene: Scene) -> None:
        scene.town.sql("UPDATE services SET name = %s WHERE id = 31", 'Färben, "kurz"\n日本')
        note(scene, booking_id=1005, staff_member_id=12)
        answer = scene.browser(scene.town.bob).get(TABLE)
        assert answer.body.startswith(b"\xef\xbb\xbf")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="activity.csv"' in answer.headers["Content-Disposition"]
        assert table(scene.browser(scene.town.bob))[1][1].startswith('Färben, "kurz"\n日本, Maria Santos')

    def test_it_is_bounded_and_the_page_says_so(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(5):
            note(scene, booking_id=9000 + number, staff_member_id=12, action="cancel")
        app = scene.browser(scene.town.alice)
        assert "the newest 10,000 at most" in words(app.get(ACTIVITY).html.main)
        monkeypatch.setattr(activity, "MOST_EXPORTED", 3)
        assert [row[7] for row in table(app)[1:]] == ["9004", "9003", "9002"]


class TestABooking:
    def test_its_timeline_begins_with_the_oldest_and_says_when_to_the_second(self, scene: Scene) -> None:
        note(scene, booking_id=1005, staff_member_id=12, action="book", via="api", who="API key dbk_ab12",
             after=times(ELEVEN), happened_at="2026-11-20 23:02:11+00")  # fmt: skip
        taken = [{"code": "OVERLAP", "detail": "Another booking is there"}]
        note(scene, booking_id=1005, staff_member_id=12, via="provider", who="Bob Brandt in Google",
             outcome="refused", action="change", after=times(TEN), reasons=taken)  # fmt: skip
        page = scene.browser(scene.town.bob).get(story(1005))
        assert [words(one.h3) for one in page.html.select(".line > li")] == [
            "Booked for Thursday 26 November, 11:00",
            "Move to Tuesday 24 November, 10:00 refused",
        ]
        assert [words(one.time) for one in page.html.select(".line > li")] == [
            "Fri 20 Nov, 18:02:11",
            "Today, 12:00:07",
        ]
        assert "By you in Google. Another booking is there." in page
        assert words(page.html.h1) == "Haircut, Maria Santos"
        assert "Thursday 26 November, 11:00 to 11:45. Booking 1005." in page

    def test_without_a_line_it_says_why(self, scene: Scene) -> None:
        page = scene.browser(scene.town.bob).get(story(1005))
        assert "Nothing is written down about this booking yet" in page
        assert "No connected account shows this booking" in page

    def test_a_long_one_is_told_page_by_page(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.services.story.PAGE", 2)
        for hour in range(5):
            note(scene, booking_id=1005, staff_member_id=12, after=times(TEN + timedelta(hours=hour)))
        page = scene.browser(scene.town.bob).get(story(1005))
        seen = [words(one) for one in page.html.select(".line h3")]
        while "Show what came after" in page:
            page = page.click("Show what came after")
            seen += [words(one) for one in page.html.select(".line h3")]
        assert seen == [f"Moved to Tuesday 24 November, {10 + hour}:00" for hour in range(5)]

    def test_a_question_that_waits_is_answered_from_there(self, scene: Scene) -> None:
        scene.town.sql(
            "INSERT INTO daybridge.questions (business_id, booking_id, staff_member_id, via, who)"
            " VALUES (1, 1005, 12, 'caldav', 'Bob Brandt')"
        )
        page = scene.browser(scene.town.bob).get(story(1005))
        assert page.html.find("a", string="Answer")["href"] == f"{PAGE}#asked"

    def test_the_list_leads_to_it(self, scene: Scene) -> None:
        note(scene, booking_id=1005, staff_member_id=12)
        page = scene.browser(scene.town.bob).get(ACTIVITY).click("Haircut, Maria Santos")
        assert page.request.path == story(1005)
