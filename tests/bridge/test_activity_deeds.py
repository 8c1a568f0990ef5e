"""What can be done on the activity pages: try again, take the other version, have everything compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.core.errors import NotAccepted, Unavailable
from gateway.core.remote import RemoteEvent
from gateway.core.wanted import Wanted
from tests.bridge.accounts import MONDAY, PAGE, Scene, submit
from tests.bridge.test_activity import (
    ACTIVITY,
    ALICE,
    ELEVEN,
    PROGRESS,
    TEN,
    booked,
    csrf,
    logged,
    note,
    overruled,
    scene,
    story,
    times,
    words,
)

__all__ = ["scene"]  # a fixture

HOUR = timedelta(hours=1)
ON = timedelta(minutes=45)


def restoring(page: TestResponse) -> list[str]:
    return [words(one.button) for one in page.html.select("form[action$='/restore']")]


def events(page: TestResponse) -> list[str]:
    return [words(one) for one in page.html.select("#events li")]


class TestTryAgain:
    @pytest.fixture
    def refused(self, scene: Scene) -> tuple[TestApp, int]:
        """Alice's account, which takes no more events: booking 1001 waits for a while."""
        app, id_ = scene.connected(scene.town.alice, ALICE)
        scene.elsewhere.trouble = NotAccepted(host="Google", reason="it is full")
        scene.town.sql("UPDATE bookings SET notes = 'Another' WHERE id = 1001")
        with pytest.MonkeyPatch.context() as patch:
            # Only writing is refused.
            patch.setattr("tests.bridge.accounts.Opened.changes", lambda *_: pytest.fail("not read"))
            scene.work()
        scene.elsewhere.trouble = None
        return app, id_

    def due(self, scene: Scene) -> list[tuple[object, ...]]:
        return scene.town.sql(
            "SELECT wanted > pushed, not_before, attempts, last_error FROM daybridge.calendar_event_mappings"
            " WHERE booking_id = 1001"
        )

    def test_the_page_says_how_it_stands(self, scene: Scene, refused: tuple[TestApp, int]) -> None:
        app, _ = refused
        [(waits, until, attempts, error)] = self.due(scene)
        assert (waits, attempts, error) == (True, 1, "Google doesn't accept this: it is full.")
        assert isinstance(until, datetime)
        assert until > MONDAY
        [told] = events(app.get(story(1001)))
        assert told == (
            f"Google Not taken {ALICE} Google doesn't accept this: it is full."
            " Tried once; the next try is in a moment. Try again in Google"
        )
        scene.town.sql(
            "UPDATE daybridge.calendar_event_mappings SET attempts = 3, not_before = %s", MONDAY + 3 * HOUR
        )
        assert "Tried 3 times; the next try is at 15:00." in events(app.get(story(1001)))[0]

    def test_it_is_due_now_and_goes_out(self, scene: Scene, refused: tuple[TestApp, int]) -> None:
        app, id_ = refused
        scene.work()
        assert self.due(scene)[0][0] is True
        scene.town.sql(
            "UPDATE daybridge.calendar_connections SET not_before = %s, queued_at = %s", MONDAY + HOUR, MONDAY
        )
        after = submit(app.get(story(1001)), "/again").follow()
        assert self.due(scene)[0][:2] == (True, None)
        [(not_before, queued)] = scene.town.sql(
            "SELECT not_before, queued_at FROM daybridge.calendar_connections WHERE id = %s", id_
        )
        assert (not_before, queued) == (None, None)
        assert "Tried once; the next try is in a moment." in events(after)[0]
        scene.work()
        assert self.due(scene) == [(False, None, 0, "")]
        assert "There" in events(app.get(story(1001)))[0]
        assert logged(scene, 1001)[-2:] == [
            ("page", "Alice Adler", "try again", "accepted"),
            ("system", "Daybridge to Google", "update", "accepted"),
        ]

    def test_where_nothing_waits_nothing_changes(self, scene: Scene, refused: tuple[TestApp, int]) -> None:
        app, _ = refused
        page = app.get(story(1001))
        scene.later(days=1)
        scene.work()
        before = logged(scene, 1001)
        assert submit(page, "/again").status_int == 303
        assert logged(scene, 1001) == before

    def test_what_their_provider_asked_to_wait_for_stays_so(
        self, scene: Scene, refused: tuple[TestApp, int]
    ) -> None:
        app, _ = refused
        page = app.get(story(1001))
        scene.town.sql(
            "UPDATE daybridge.calendar_connections SET not_before = %s, paused_by_them = true", MONDAY + HOUR
        )
        [told] = events(app.get(story(1001)))
        assert "Google asked us to slow down" in told
        assert "Try again" not in told
        submit(page, "/again")
        assert scene.town.sql("SELECT not_before FROM daybridge.calendar_connections") == [(MONDAY + HOUR,)]

    def test_an_account_that_must_be_signed_in_to_is_led_to(
        self, scene: Scene, refused: tuple[TestApp, int]
    ) -> None:
        app, id_ = refused
        scene.town.sql("UPDATE daybridge.calendar_connections SET refused_at = %s", MONDAY)
        page = app.get(story(1001))
        assert "Google stopped letting us in today at 12:00." in events(page)[0]
        assert page.html.select_one("#events a")["href"] == f"{PAGE}/connections/{id_}"

    def test_an_account_that_doesn_t_show_it_is_no_place_to_try(self, scene: Scene) -> None:
        _, id_ = scene.connected(scene.town.bob, "bob@elsewhere.example")
        manager = scene.browser(scene.town.alice)
        manager.post(story(1001, "/again"), {"csrf_token": csrf(manager), "connection_id": id_}, status=404)
        manager.post(story(1001, "/again"), {"csrf_token": csrf(manager), "connection_id": "x"}, status=400)
        assert logged(scene, 1001) == []


class TestTheOtherVersion:
    def test_from_two_changes_at_once_to_the_other_version_and_back(self, scene: Scene) -> None:
        app, _ = scene.connected(scene.town.alice, ALICE)
        scene.later(minutes=1)
        told = scene.elsewhere.accounts[ALICE].told[ALICE]
        ours = next(one for one in told if "1001" in one.tag)
        theirs = Wanted(TEN + 4 * HOUR, TEN + 4 * HOUR + ON)
        told.append(RemoteEvent(ours.id, "changed", ours.id, tag=ours.tag, wanted=theirs))
        scene.town.sql(
            "UPDATE bookings SET start_time = start_time + interval '1 h', end_time = end_time + interval '1 h'"
            " WHERE id = 1001"
        )
        submit(app.get(ACTIVITY), "/check")
        scene.work()
        page = app.get(story(1001))
        assert words(page.html.select_one(".two")) == (
            "Counts Now Tuesday 24 November, 11:00 to 11:45"
            " The other version Tuesday 24 November, 14:00 to 14:45 Still free"
        )
        page = submit(page, "/restore").follow()
        assert booked(scene, 1001)[0] == TEN + 4 * HOUR
        assert "moved to 14:00" in words(page.html.select(".line li")[-1]).lower()
        assert restoring(page) == ["Switch back : Tuesday 24 November, 11:00 to 11:45"]
        submit(page, "/restore")
        assert booked(scene, 1001)[0] == TEN + HOUR
        scene.work()
        last = [one for one in scene.elsewhere.accounts[ALICE].told[ALICE] if "1001" in one.tag][-1]
        assert last.etag != "changed"

    def test_a_deletion_that_lost_can_be_taken_too(self, scene: Scene) -> None:
        overruled(scene, 1005, None)
        app = scene.browser(scene.town.bob)
        page = app.get(story(1005))
        assert restoring(page) == ["Cancel the booking"]
        assert "tell them yourself" in page
        page = submit(page, "/restore").follow()
        assert booked(scene, 1005)[1] == 2
        assert logged(scene, 1005)[-1] == ("page", "Bob Brandt", "cancel", "accepted")
        assert restoring(page) == []

    def test_a_manager_restores_for_a_colleague(self, scene: Scene) -> None:
        overruled(scene, 1005, times(ELEVEN + 3 * HOUR))
        submit(scene.browser(scene.town.alice).get(story(1005)), "/restore")
        assert booked(scene, 1005) == (ELEVEN + 3 * HOUR, 1, 12)
        assert logged(scene, 1005)[-1] == ("page", "Alice Adler", "move", "accepted")

    @pytest.mark.parametrize(
        ("theirs", "trouble", "why"),
        [
            (ELEVEN + HOUR, "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id,"
             " start_time, end_time, status, created_at, updated_at) VALUES (1, 12, 31, 61, '2026-11-26 17:15',"
             " '2026-11-26 18:00', 1, now(), now())", "This time can't be booked"),
            (ELEVEN + HOUR, "INSERT INTO daybridge.business_settings (business_id, moves) VALUES (1, 'refuse')",
             "Your business doesn't move bookings from calendars."),
            (ELEVEN + HOUR, "UPDATE bookings SET video_meeting_provider = 1 WHERE id = 1005",
             "video meeting are moved in the booking system"),
            (None, "INSERT INTO daybridge.business_settings (business_id, on_delete) VALUES (1, 'refuse')",
             "Your business doesn't cancel bookings from calendars."),
        ],
    )  # fmt: skip
    def test_what_the_rules_refuse_is_said_and_nothing_changes(
        self, scene: Scene, theirs: datetime | None, trouble: str, why: str
    ) -> None:
        overruled(scene, 1005, times(theirs) if theirs else None)
        page = scene.browser(scene.town.bob).get(story(1005))
        assert ("Still free" in page) == (theirs is not None)
        scene.town.sql(trouble)
        refused = submit(page, "/restore")
        assert refused.status_int in (403, 409)
        assert words(refused.html.select_one(".banner.bad")).startswith("Nothing has changed")
        assert why in words(refused.html.select_one(".banner.bad"))
        assert booked(scene, 1005) == (ELEVEN, 1, 12)
        assert ("Still free" in refused) == ("video" in why or "move bookings" in why)
        action = "move" if theirs else "cancel"
        assert logged(scene, 1005)[-1] == ("page", "Bob Brandt", action, "refused")

    def test_a_booking_that_changed_since_is_decided_anew(self, scene: Scene) -> None:
        overruled(scene, 1005, times(ELEVEN + 3 * HOUR))
        page = scene.browser(scene.town.bob).get(story(1005))
        scene.town.sql(
            "UPDATE bookings SET start_time = start_time + interval '5 h', end_time = end_time + interval '5 h'"
            " WHERE id = 1005"
        )
        refused = submit(page, "/restore")
        assert refused.status_int == 412
        assert "This has changed since you read it" in refused
        assert booked(scene, 1005)[0] == ELEVEN + 5 * HOUR
        submit(refused, "/restore")
        assert booked(scene, 1005)[0] == ELEVEN + 3 * HOUR

    @pytest.mark.parametrize(
        ("theirs", "change"),
        [
            (ELEVEN, "SELECT 1"),
            (ELEVEN - timedelta(days=7), "SELECT 1"),
            (ELEVEN + HOUR, "UPDATE bookings SET status = 2 WHERE id = 1005"),
            (ELEVEN + HOUR, "UPDATE bookings SET start_time = '2026-11-23 16:30', end_time = '2026-11-23 17:15'"
             " WHERE id = 1005"),
            (None, "UPDATE bookings SET status = 3 WHERE id = 1005"),
        ],
    )  # fmt: skip
    def test_nothing_is_offered_that_can_t_be(
        self, scene: Scene, theirs: datetime | None, change: str
    ) -> None:
        overruled(scene, 1005, times(theirs) if theirs else None)
        scene.town.sql(change)
        assert restoring(scene.browser(scene.town.bob).get(story(1005))) == []

    def test_a_form_that_is_not_whole_does_nothing(self, scene: Scene) -> None:
        line = overruled(scene, 1005, times(ELEVEN + 3 * HOUR))
        app = scene.browser(scene.town.bob)
        for told in ({"line": "x", "etag": "*"}, {"line": line, "etag": ""}, {}):
            app.post(story(1005, "/restore"), {"csrf_token": csrf(app), **told}, status=400)
        app.post(story(1005, "/restore"), {"line": line, "etag": "*"}, status=400)
        ordinary = note(
            scene, booking_id=1005, staff_member_id=12, before=times(ELEVEN + HOUR), after=times(ELEVEN)
        )
        app.post(
            story(1005, "/restore"), {"csrf_token": csrf(app), "line": ordinary, "etag": "*"}, status=404
        )
        assert booked(scene, 1005)[0] == ELEVEN


class TestCheckNow:
    @pytest.fixture
    def connected(self, scene: Scene) -> TestApp:
        return scene.connected(scene.town.alice, ALICE)[0]

    def part(self, app: TestApp) -> tuple[str, str]:
        answer = app.get(PROGRESS)
        assert not answer.html.select("script, html, body, [style]")
        return words(answer.html), answer.headers["X-Daybridge-Busy"]

    def test_the_answer_comes_at_once_and_the_part_follows_it_to_the_end(
        self, scene: Scene, connected: TestApp
    ) -> None:
        scene.later(minutes=1)
        assert self.part(connected) == (
            f"Google , {ALICE} Checked Checked today at 12:00. Nothing is under way.", "no"
        )  # fmt: skip
        scene.elsewhere.trouble = Unavailable(
            host="Google", reason="nobody may be asked while somebody waits"
        )
        answer = submit(connected.get(ACTIVITY), "/check")
        scene.elsewhere.trouble = None
        assert answer.status_int == 303
        assert answer.location.endswith(f"{ACTIVITY}#check")
        page = answer.follow()
        assert "Comparing everything" in page
        assert page.html.select_one("[data-progress]")["data-busy"] == "yes"
        assert page.html.select_one("progress")["max"] == "1"
        told, busy = self.part(connected)
        assert (busy, "We read what has changed there." in told) == ("yes", True)
        # As when what is there has been read, and the bookings are compared one after the other.
        scene.town.sql("UPDATE daybridge.calendar_connections SET pulled_at = %s", scene.moment[0])
        scene.town.sql(
            "UPDATE daybridge.calendar_event_mappings SET pushed = wanted, look = false WHERE booking_id = 1001"
        )
        told, busy = self.part(connected)
        assert (busy, "1 of 3" in told) == ("yes", True)
        scene.work()
        assert self.part(connected) == (
            f"Google , {ALICE} Checked Checked today at 12:01. Nothing is under way.", "no"
        )  # fmt: skip

    def test_what_differs_there_is_found(self, scene: Scene, connected: TestApp) -> None:
        """Though nobody told us of it: reading says only what its provider says has changed."""
        told = scene.elsewhere.accounts[ALICE].told[ALICE]
        ours = next(one for one in told if "1001" in one.tag)
        told[told.index(ours)] = replace(ours, etag="9", wanted=Wanted(TEN + 4 * HOUR, TEN + 4 * HOUR + ON))
        submit(connected.get(ACTIVITY), "/check")
        scene.work()
        assert booked(scene, 1001)[0] == TEN + 4 * HOUR

    def test_what_was_put_off_keeps_nobody_watching(self, scene: Scene, connected: TestApp) -> None:
        scene.town.sql(
            "UPDATE daybridge.calendar_event_mappings SET wanted = wanted + 1, not_before = %s", MONDAY + HOUR
        )
        assert self.part(connected)[1] == "no"

    def test_an_account_that_waits_for_somebody_is_not_asked(self, scene: Scene, connected: TestApp) -> None:
        scene.town.sql("UPDATE daybridge.calendar_connections SET stopped_at = %s", MONDAY)
        before = scene.town.sql("SELECT pull_asked_at FROM daybridge.calendar_connections")
        submit(connected.get(ACTIVITY), "/check")
        assert scene.town.sql("SELECT pull_asked_at FROM daybridge.calendar_connections") == before
        told, busy = self.part(connected)
        assert (busy, "Stopped: large change" in told) == ("no", True)

    def test_where_nobody_answers_it_says_so_and_later_that_it_is_out_of_date(
        self, scene: Scene, connected: TestApp
    ) -> None:
        scene.later(minutes=1)
        submit(connected.get(ACTIVITY), "/check")
        scene.elsewhere.trouble = Unavailable(host="Google", reason="it is down")
        scene.work()
        told, busy = self.part(connected)
        assert (busy, "No answer yet. We go on trying." in told) == ("yes", True)
        scene.later(hours=1)
        told, busy = self.part(connected)
        assert (busy, "Out of date" in told) == ("no", True)

    def test_it_is_one_s_own_accounts_only(self, scene: Scene, connected: TestApp) -> None:
        bob, _ = scene.connected(scene.town.bob, "bob@elsewhere.example")
        scene.later(minutes=1)
        submit(bob.get(ACTIVITY), "/check")
        asked = scene.town.sql(
            "SELECT staff_member_id FROM daybridge.calendar_connections WHERE pull_asked_at > pulled_at"
        )
        assert asked == [(12,)]
        assert self.part(connected)[1] == "no"

    def test_a_manager_has_the_business_s_account_compared_too(
        self, scene: Scene, connected: TestApp
    ) -> None:
        scene.town.sql("UPDATE daybridge.calendar_connections SET staff_member_id = NULL")
        scene.later(minutes=1)
        assert "Checked today" in self.part(connected)[0]
        assert self.part(scene.browser(scene.town.bob))[0] == "Nothing is under way."
        submit(connected.get(ACTIVITY), "/check")
        assert self.part(connected)[1] == "yes"

    def test_without_an_account_there_is_nothing_to_check(self, scene: Scene) -> None:
        assert not scene.browser(scene.town.bob).get(ACTIVITY).html.select("[data-progress]")

    def test_without_a_script_one_looks_again(self, connected: TestApp) -> None:
        page = connected.get(ACTIVITY).click("Look again")
        assert page.request.path == ACTIVITY

    def test_it_asks_with_the_form_of_this_visit_only(self, scene: Scene, connected: TestApp) -> None:
        connected.post(f"{ACTIVITY}/check", {}, status=400)
        answer = connected.post(f"{ACTIVITY}/check", {"csrf_token": csrf(connected), "back": "calendars"})
        assert answer.location.endswith(f"{PAGE}#check")

    def test_the_script_is_our_own_file_and_small(self, connected: TestApp) -> None:
        [script] = connected.get(ACTIVITY).html.select("script")
        assert script.has_attr("defer")
        assert len(connected.get(str(script["src"])).body) < 4_000
        assert Path("bridge/static/activity.js").is_file()
