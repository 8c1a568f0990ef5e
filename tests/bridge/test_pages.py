"""The pages: a link lets a person in once, and what they find there is theirs."""

from __future__ import annotations

import pytest

from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from tests.bridge.conftest import path


def test_opening_the_link_spends_nothing_and_the_button_does(browser, link) -> None:
    address = link(1, 11)
    for _ in range(3):
        browser().get(address, status=200)
    page = browser().get(address).form.submit().follow()
    assert page.html.h1.get_text() == "My calendars"
    assert "Alice, your account" in page.html.find(class_="me").get_text()
    again = browser().get(address).form.submit(status=404)
    assert "used or is too old" in again


def test_nobody_gets_in_without_a_link(browser) -> None:
    app = browser()
    assert app.get("/manage/settings/calendars", status=303).location.endswith("/")
    assert "makes a link" in app.get("/")
    wrong = app.get("/sign-in/" + "a" * 32).form.submit(status=404)
    assert "used or is too old" in wrong


def test_a_form_from_elsewhere_does_nothing(the_town, as_) -> None:
    alice = as_(the_town.alice)
    before = len(grant.app_passwords(the_town.deps, 1))
    refused = alice.post("/manage/settings/calendars/device", {"label": "evil"}, status=400)
    assert "another visit" in refused
    assert len(grant.app_passwords(the_town.deps, 1)) == before


@pytest.mark.parametrize("detail", list(Detail))
def test_a_link_to_look_at_works(the_town, as_, detail: Detail) -> None:
    app = as_(the_town.alice)
    form = next(f for f in app.get("/manage/settings/calendars").forms.values() if f.action.endswith("/feed"))
    form["detail"], form["label"] = detail.value, "kitchen"
    [shown] = form.submit().html.select("output.code-text")
    feed = app.get(path(shown.text))
    assert ("Maria" in feed) == (detail is Detail.FULL)
    assert feed.text.count("BEGIN:VEVENT") == 3


def test_a_detail_that_does_not_exist_is_refused(the_town, as_) -> None:
    app = as_(the_town.alice)
    form = next(f for f in app.get("/manage/settings/calendars").forms.values() if f.action.endswith("/feed"))
    form["detail"].force_value("everything")
    form["label"] = "x"
    assert "full, service or busy" in form.submit(status=400)


def test_what_is_a_colleagues_or_a_strangers_can_not_be_shut(the_town, as_) -> None:
    deps = the_town.deps
    others = [
        ("device", grant.app_passwords(deps, 1, 12)[0].id),
        ("device", grant.app_passwords(deps, 2, 21)[0].id),
        ("feed", grant.feed(deps, 1, CalendarKind.BOOKINGS, 12, Detail.FULL, "Bob's").id),
        ("feed", grant.feed(deps, 2, CalendarKind.BOOKINGS, 21, Detail.FULL, "Mallory's").id),
    ]
    app = as_(the_town.alice)
    token = app.get("/manage/settings/calendars").forms[0]["csrf_token"].value
    for kind, id_ in others:
        address = f"/manage/settings/calendars/{kind}/{id_}/revoke"
        app.post(address, {"csrf_token": token}, status=404)
    page = app.get("/manage/settings/calendars")
    assert "Bob's" not in page
    assert "Mallory" not in page


def test_who_has_left_is_out_at_the_next_click(the_town, as_) -> None:
    app = as_(the_town.bob)
    the_town.sql("UPDATE public.staff_members SET active = false WHERE id = 12")
    assert app.get("/manage/settings/calendars", status=303).location.endswith("/")


def test_signing_out(the_town, as_) -> None:
    app = as_(the_town.alice)
    account = app.get("/manage/settings/calendars").click(href="/account$")
    [form] = [one for one in account.forms.values() if one.action == "/sign-out"]
    form.submit().follow()
    app.get("/manage/settings/calendars", status=303)


def test_every_answer_is_hardened(the_town, as_) -> None:
    answer = as_(the_town.alice).get("/manage/settings/calendars")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script" not in answer.text
    assert " style=" not in answer.text


def test_a_cookie_of_someone_elses_making_is_nothing(browser) -> None:
    app = browser()
    app.set_cookie("session", "eyJzdGFmZl9pZCI6MTF9.aaaa.bbbb")
    app.get("/manage/settings/calendars", status=303)


@pytest.mark.parametrize("address", ["/nothing", "/feeds/x", "/manage", "/static/../app.py"])
def test_nothing_is_said_in_words(browser, address: str) -> None:
    assert "nothing at this address" in browser().get(address, status=404)
