"""What managers set for the business on the pages: rules, double bookings, keys, links; the log has each of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from webtest import TestApp

from gateway.core.model import CalendarKind, Detail
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes
from gateway.services import findings, grant, rules
from gateway.services.rules import Enforcement
from tests.bridge.business import HERE, MONDAY, browser, form, log, on_monday, words
from tests.conftest import Town


@pytest.fixture
def town(the_town: Town) -> Town:
    return on_monday(the_town)


@pytest.fixture
def alice(town: Town) -> TestApp:
    return browser(town, town.alice)


class TestRules:
    def test_the_form_shows_what_holds(self, town: Town, alice: TestApp) -> None:
        rules.choose(town.deps, 1, moves="refuse", on_delete="cancel", notes="restore", waive_hours=True)
        shown = form(alice.get(f"{HERE}/rules"), "/rules")
        assert (shown["moves"].value, shown["on_delete"].value, shown["notes"].value) == (
            "refuse",
            "cancel",
            "restore",
        )
        assert (shown["waive_hours"].checked, shown["waive_notice"].checked) == (True, False)

    def test_every_answer_has_an_example(self, alice: TestApp) -> None:
        choices = alice.get(f"{HERE}/rules").html.select("label.choice")
        assert len(choices) == len(OnMove) + len(OnDelete) + len(OnNotes) + 2
        assert all(len(words(one.small).split()) >= 5 for one in choices)

    def test_what_is_saved_holds_and_the_log_says_who_changed_it(self, town: Town, alice: TestApp) -> None:
        sheet = form(alice.get(f"{HERE}/rules"), "/rules")
        sheet["moves"], sheet["on_delete"], sheet["notes"] = "refuse", "cancel", "restore"
        sheet["waive_hours"].checked = sheet["waive_notice"].checked = True
        assert "Saved. It holds from now on." in sheet.submit().follow()
        held, _ = rules.look(town.deps, 1)
        assert held == EditRules(
            OnMove.REFUSE, OnDelete.CANCEL, OnNotes.RESTORE, waive_hours=True, waive_notice=True
        )
        [(via, who, action, _, after)] = log(town)
        assert (via, who, action) == ("page", "Alice Adler", "choose")
        assert after == {
            "moves": "refuse", "on_delete": "cancel", "notes": "restore", "waive_hours": True, "waive_notice": True,
        }  # fmt: skip
        assert rules.look(town.deps, 2)[0] == EditRules(), "next door all is as it was"

    def test_what_is_not_ticked_is_switched_off(self, town: Town, alice: TestApp) -> None:
        rules.choose(town.deps, 1, waive_hours=True, waive_notice=True)
        sheet = form(alice.get(f"{HERE}/rules"), "/rules")
        sheet["waive_hours"].checked = False
        sheet.submit()
        held, _ = rules.look(town.deps, 1)
        assert (held.waive_hours, held.waive_notice) == (False, True)

    def test_saving_what_holds_already_writes_nothing(self, town: Town, alice: TestApp) -> None:
        form(alice.get(f"{HERE}/rules"), "/rules").submit()
        lines = len(log(town))
        form(alice.get(f"{HERE}/rules"), "/rules").submit()
        assert len(log(town)) == lines

    @pytest.mark.parametrize(
        ("field", "value", "question"),
        [
            ("moves", "", "They move it"),
            ("on_delete", "explode", "They delete it"),
            ("notes", "REFUSE", "They write a note"),
        ],
    )
    def test_a_form_that_is_not_whole_is_refused_in_words(
        self, town: Town, alice: TestApp, field: str, value: str, question: str
    ) -> None:
        sheet = form(alice.get(f"{HERE}/rules"), "/rules")
        sheet["waive_hours"].checked = True
        sheet[field].force_value(value)
        assert f"Choose one answer to “{question}”; nothing has changed." in sheet.submit(status=400)
        assert rules.look(town.deps, 1)[0] == EditRules()
        assert log(town) == []


def let_through(town: Town, number: int, *, business_id: int = 1) -> None:
    """A double booking as the database notes it, so many days ago."""
    starts = MONDAY - timedelta(days=number)
    reason = {
        "code": "EXTERNAL",
        "source": "external 9",
        "start": (starts - timedelta(minutes=30)).isoformat(),
        "end": (starts + timedelta(hours=1)).isoformat(),
    }
    after = {"start": starts.isoformat(), "end": (starts + timedelta(minutes=45)).isoformat()}
    town.sql(
        "INSERT INTO daybridge.calendar_sync_logs (business_id, happened_at, via, who, action, outcome, booking_id,"
        " staff_member_id, after, reasons) VALUES (%s, %s, 'sql', 'The booking system', 'hold', 'observed', 1005, 12,"
        " %s, %s)",
        business_id, starts - timedelta(hours=1), json.dumps(after), json.dumps([reason]),
    )  # fmt: skip


class TestDoubleBookings:
    def test_at_first_we_only_watch_and_say_what_would_have_been_refused(
        self, town: Town, alice: TestApp
    ) -> None:
        for number in (2, 1):
            let_through(town, number)
        let_through(town, 1, business_id=2)
        page = alice.get(f"{HERE}/double")
        assert "Since Saturday at 11:00 we would have refused 2 bookings." in words(page.html.main)
        found = [words(one) for one in page.html.select(".find")]
        assert found == [
            "Sunday 22 November, 12:00 to 12:45 Bob Brandt , Haircut Another calendar said busy, 11:30 to 13:00.",
            "Saturday 21 November, 12:00 to 12:45 Bob Brandt , Haircut Another calendar said busy, 11:30 to 13:00.",
        ]

    def test_the_switch_says_what_it_means_works_and_can_be_taken_back(
        self, town: Town, alice: TestApp
    ) -> None:
        page = alice.get(f"{HERE}/double")
        assert "Bookings you already have stay." in page
        after = form(page, "/double").submit().follow()
        assert rules.enforcement(town.deps, 1) is Enforcement.ENFORCE
        assert rules.enforcement(town.deps, 2) is Enforcement.OBSERVE
        assert "Double bookings are refused" in after
        assert "the booking app may make double bookings again" in words(after.html.main)
        back = form(after, "/double").submit().follow()
        assert rules.enforcement(town.deps, 1) is Enforcement.OBSERVE
        assert "We have only watched so far" in back
        assert [line[1:] for line in log(town)] == [
            ("Alice Adler", "choose", None, {"enforcement": "enforce"}),
            ("Alice Adler", "choose", None, {"enforcement": "observe"}),
        ]

    @pytest.mark.parametrize("value", ["", "yes", "ENFORCE"])
    def test_another_answer_is_refused(self, town: Town, alice: TestApp, value: str) -> None:
        sheet = form(alice.get(f"{HERE}/double"), "/double")
        sheet["enforcement"].force_value(value)
        assert "refused or only watched" in sheet.submit(status=400)
        assert rules.enforcement(town.deps, 1) is Enforcement.OBSERVE

    def test_what_overlaps_now_is_told_once(self, town: Town, alice: TestApp) -> None:
        town.sql(
            "INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time,"
            " end_time, status, created_at, updated_at)"
            " VALUES (5001, 1, 11, 32, 62, '2026-11-24 15:30', '2026-11-24 16:15', 1, now(), now())"
        )
        section = alice.get(f"{HERE}/double").html.select_one("section[aria-labelledby=overlaps]")
        [one] = [words(found) for found in section.select(".find")]
        assert one.startswith("Tuesday 24 November, 10:00 to 10:45 Alice Adler , Haircut Another booking")

    def test_they_are_told_page_by_page_and_not_without_an_end(
        self, town: Town, alice: TestApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(1, 31):
            let_through(town, number)
        first = alice.get(f"{HERE}/double")
        assert len(first.html.select(".find")) == 25
        rest = first.click("Next")
        assert len(rest.html.select(".find")) == 5
        assert len(alice.get(f"{HERE}/double?page=77").html.select(".find")) == 5
        monkeypatch.setattr(findings, "MOST_TOLD", 10)
        assert "10 bookings and more" in alice.get(f"{HERE}/double")

    def test_where_nothing_happened_it_says_so(self, alice: TestApp) -> None:
        page = words(alice.get(f"{HERE}/double").html.main)
        assert "Nothing was let through that we would have refused." in page


class TestKeys:
    def make(self, alice: TestApp, label: str = "Web site", scope: str = "write"):
        sheet = form(alice.get(f"{HERE}/keys"), "/keys")
        sheet["label"] = label
        sheet["scope"].force_value(scope)
        return sheet

    @pytest.mark.parametrize("scope", ["read", "write"])
    def test_a_new_key_works_and_is_shown_once(self, town: Town, alice: TestApp, scope: str) -> None:
        page = self.make(alice, scope=scope).submit()
        [secret] = [one.text for one in page.html.select("output")]
        key = town.deps.api_keys.check(secret)
        assert key is not None
        assert (key.business_id, key.may_write) == (1, scope == "write")
        assert page.text.count(secret) == 1
        assert page.headers["Cache-Control"] == "no-store"
        later = alice.get(f"{HERE}/keys")
        assert secret not in later
        assert f"{secret[:8]}…" in later

    def test_the_log_has_its_name_and_not_the_key(self, town: Town, alice: TestApp) -> None:
        secret = self.make(alice).submit().html.select_one("output").text
        assert log(town) == [
            ("page", "Alice Adler", "make_key", None, {"label": "Web site", "scope": "write"})
        ]
        assert not town.sql("SELECT FROM daybridge.calendar_sync_logs t WHERE t::text LIKE %s", f"%{secret}%")

    def test_the_list_says_what_it_may_when_it_was_used_and_when_made(
        self, town: Town, alice: TestApp
    ) -> None:
        grant.api_key(town.deps, 1, "read", "<b>tablet</b>")
        grant.api_key(town.deps, 2, "read", "Mallory's")
        town.sql(
            "UPDATE daybridge.api_keys SET last_used_at = %s, created_at = %s",
            MONDAY - timedelta(minutes=2),
            MONDAY - timedelta(days=3),
        )
        page = alice.get(f"{HERE}/keys")
        assert "<b>tablet" not in page.text
        [row] = [words(one) for one in page.html.select("ul.rows > li")]
        assert row.startswith("<b>tablet</b> dbk_")
        assert "only reads · used 2 minutes ago · made on Friday at 12:00" in row
        assert "Whatever uses this key stops at once" in row

    def test_a_revoked_key_is_out_at_once(self, town: Town, alice: TestApp) -> None:
        kept = grant.api_key(town.deps, 1, "read", "kept").secret
        made = grant.api_key(town.deps, 1, "write", "Old tablet")
        form(alice.get(f"{HERE}/keys"), f"/keys/{made.id}/revoke").submit().follow()
        assert town.deps.api_keys.check(made.secret) is None
        assert town.deps.api_keys.check(kept) is not None
        assert log(town) == [("page", "Alice Adler", "revoke_api_key", None, {"label": "Old tablet"})]

    def test_what_is_revoked_already_is_nothing(self, town: Town, alice: TestApp) -> None:
        made = grant.api_key(town.deps, 1, "write", "Old tablet")
        sheet = form(alice.get(f"{HERE}/keys"), f"/keys/{made.id}/revoke")
        sheet.submit()
        sheet.submit(status=404)
        assert len(log(town)) == 1, "what is undone is not told either"

    @pytest.mark.parametrize(
        ("label", "scope", "told"),
        [("", "read", "Give it a name"), ("   ", "read", "Give it a name"), ("x", "admin", "only read, or read and")],
    )  # fmt: skip
    def test_a_form_that_is_not_whole_is_refused_in_words(
        self, town: Town, alice: TestApp, label: str, scope: str, told: str
    ) -> None:
        assert told in self.make(alice, label, scope).submit(status=400)
        assert grant.api_keys(town.deps, 1) == []
        assert log(town) == []

    def test_there_is_a_bound(self, town: Town, alice: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(grant, "MOST_KEYS", 1)
        self.make(alice).submit(status=200)
        assert "revoke some first" in self.make(alice).submit(status=400)

    def test_where_there_is_none_it_says_what_one_is_for(self, alice: TestApp) -> None:
        assert "There is no key yet" in alice.get(f"{HERE}/keys")


class TestLinks:
    def test_the_business_s_stand_first_then_each_persons(self, town: Town, alice: TestApp) -> None:
        grant.feed(town.deps, 1, CalendarKind.BOOKINGS, 12, Detail.BUSY, "Bob at home")
        grant.feed(town.deps, 1, CalendarKind.TEAM, None, Detail.FULL, "Kitchen")
        grant.feed(town.deps, 2, CalendarKind.TEAM, None, Detail.FULL, "Mallory's")
        town.sql("UPDATE daybridge.feeds SET created_at = %s", MONDAY)
        rows = [words(one) for one in alice.get(f"{HERE}/feeds").html.select("ul.rows > li")]
        assert [row.partition(" Remove")[0] for row in rows] == [
            "Kitchen Everyone’s bookings · shows everything · not read yet · made today at 12:00",
            "Bob at home Bob Brandt · shows only busy times · not read yet · made today at 12:00",
        ]

    @pytest.mark.parametrize("detail", list(Detail))
    def test_a_link_to_everyones_bookings_is_made_and_shown_once(
        self, town: Town, alice: TestApp, detail: Detail
    ) -> None:
        sheet = form(alice.get(f"{HERE}/feeds"), "/feeds")
        sheet["label"], sheet["detail"] = "Kitchen", detail.value
        page = sheet.submit()
        [link] = [one.text for one in page.html.select("output")]
        town.settle()
        told = browser(town).get("/" + link.split("/", 3)[3]).text
        assert told.count("BEGIN:VEVENT") == 5, "of all who work here, and of nobody next door"
        assert ("Maria" in told) == (detail is Detail.FULL)
        assert link not in alice.get(f"{HERE}/feeds")
        assert log(town) == [
            ("page", "Alice Adler", "make_feed", None, {"label": "Kitchen", "detail": detail.value})
        ]

    def test_a_removed_link_shows_nothing_more(self, town: Town, alice: TestApp) -> None:
        made = grant.feed(town.deps, 1, CalendarKind.BOOKINGS, 12, Detail.FULL, "Bob at home")
        way = "/" + made.secret.split("/", 3)[3]
        browser(town).get(way, status=200)
        form(alice.get(f"{HERE}/feeds"), f"/feeds/{made.id}/remove").submit().follow()
        browser(town).get(way, status=404)
        assert log(town) == [("page", "Alice Adler", "revoke_feed", 12, {"label": "Bob at home"})]

    @pytest.mark.parametrize(
        ("label", "detail", "told"),
        [(" ", "full", "Give it a name"), ("x", "everything", "everything, the service or only busy")],
    )
    def test_a_form_that_is_not_whole_is_refused_in_words(
        self, town: Town, alice: TestApp, label: str, detail: str, told: str
    ) -> None:
        sheet = form(alice.get(f"{HERE}/feeds"), "/feeds")
        sheet["label"] = label
        sheet["detail"].force_value(detail)
        assert told in sheet.submit(status=400)
        assert grant.feeds(town.deps, 1) == []
