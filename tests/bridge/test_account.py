"""Signed in with several browsers: each can be signed out from any other, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestApp

from bridge.app import create_app
from gateway.core.signed_link import signature
from gateway.services import grant, prune
from tests.bridge.conftest import path
from tests.conftest import Town

HOME = "/manage/settings/calendars"
ACCOUNT = f"{HOME}/account"
SECRET = "s" * 40
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1) Version/19.1 Safari/604.1"
As = Callable[..., TestApp]


def is_in(app: TestApp) -> bool:
    answer = app.get(HOME, status="*")
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def press(page: Any, action: str) -> Any:
    [form] = [one for one in page.forms.values() if one.action == action]
    return form.submit()


def put_back(app: TestApp, cookies: dict[str, str]) -> None:
    app.reset()
    for name, value in cookies.items():
        app.set_cookie(name, value)


@pytest.fixture
def clocked(the_town: Town) -> tuple[Callable[..., TestApp], list[datetime]]:
    """Browsers that are signed in, before a clock that can be put forward."""
    moment = [datetime(2026, 11, 24, 12, tzinfo=UTC)]
    deps = replace(the_town.deps, now=lambda: moment[0])
    app = create_app(deps)

    def signed_in(agent: str = PHONE) -> TestApp:
        browser = TestApp(app, extra_environ={"HTTP_USER_AGENT": agent, "HTTP_ACCEPT": "text/html"})
        link = grant.sign_in_link(deps, the_town.alice.business_id, the_town.alice.staff_id).secret
        browser.get(path(link)).form.submit()
        return browser

    return signed_in, moment


def test_the_page_lists_where_one_is_signed_in(clocked: Any) -> None:
    signed_in, moment = clocked
    signed_in()
    moment[0] += timedelta(minutes=20)
    here = signed_in("Mozilla/5.0 (Windows NT 10.0) Firefox/145.0")
    rows = [" ".join(row.get_text(" ").split()) for row in here.get(ACCOUNT).html.select(".rows li")]
    assert rows == [
        "Firefox on Windows · this one Signed in today at 07:20 · seen just now Sign out",
        "Safari on iPhone Signed in today at 07:00 · seen 20 minutes ago Sign out",
    ]


def test_a_lost_phone_is_signed_out_from_here(clocked: Any) -> None:
    signed_in, _ = clocked
    phone, here = signed_in(), signed_in("Firefox on Windows")
    [lost] = [
        one
        for one in here.get(ACCOUNT).html.select(".rows form")
        if "this one" not in one.button["aria-label"]
    ]
    press(here.get(ACCOUNT), lost["action"])
    assert (is_in(phone), is_in(here)) == (False, True)


def test_signing_out_here_leaves_the_others(clocked: Any) -> None:
    signed_in, _ = clocked
    phone, here = signed_in(), signed_in()
    stolen = dict(here.cookies)
    press(here.get(ACCOUNT), "/sign-out")
    assert (is_in(phone), is_in(here)) == (True, False)
    put_back(here, stolen)
    assert not is_in(here), "the cookie from before is worth nothing"


def test_signing_out_everywhere(clocked: Any) -> None:
    signed_in, _ = clocked
    phone, here = signed_in(), signed_in()
    press(here.get(ACCOUNT), f"{ACCOUNT}/sign-out-everywhere")
    assert (is_in(phone), is_in(here)) == (False, False)


def test_a_colleagues_browser_is_not_there(the_town: Town, as_: As) -> None:
    alice, bob = as_(the_town.alice), as_(the_town.bob)
    [(id_,)] = the_town.sql("SELECT id FROM daybridge.browsers WHERE staff_member_id = 11")
    mallory = as_(the_town.mallory)
    for other in (bob, mallory):
        token = other.get(ACCOUNT).forms[0]["csrf_token"].value
        other.post(f"{ACCOUNT}/browsers/{id_}/sign-out", {"csrf_token": token}, status=404)
    assert is_in(alice)
    press(bob.get(ACCOUNT), f"{ACCOUNT}/sign-out-everywhere")
    assert is_in(alice)


def test_its_key_is_exchanged_daily_and_an_old_cookie_is_worth_nothing(clocked: Any) -> None:
    signed_in, moment = clocked
    here = signed_in()
    old = dict(here.cookies)
    moment[0] += timedelta(days=1, minutes=1)
    assert is_in(here)
    assert dict(here.cookies) != old
    moment[0] += timedelta(minutes=2)
    put_back(here, dict(here.cookies))
    assert is_in(here)
    put_back(here, old)
    assert not is_in(here)


def test_signing_in_never_keeps_what_a_cookie_held_before(the_town: Town, browser: Any, link: Any) -> None:
    """Whoever plants a cookie in somebody's browser doesn't share what they sign in to."""
    app = browser()
    app.get(link(1, 11)).form.submit()
    planted = dict(app.cookies)
    app.get(link(1, 12)).form.submit()
    assert dict(app.cookies) != planted
    assert app.get(HOME).html.find(class_="me").get_text().endswith("Bob, your account")


def test_who_was_away_for_a_month_is_out_and_forgotten(the_town: Town, clocked: Any) -> None:
    signed_in, moment = clocked
    here = signed_in()
    moment[0] += timedelta(days=31)
    assert not is_in(here)
    prune.prune(replace(the_town.deps, now=lambda: moment[0]))
    assert the_town.sql("SELECT count(*) FROM daybridge.browsers") == [(0,)]


def test_thirty_are_enough(the_town: Town, clocked: Any) -> None:
    signed_in, moment = clocked
    first = signed_in()
    for _ in range(30):
        moment[0] += timedelta(minutes=1)
        last = signed_in()
    assert (is_in(first), is_in(last)) == (False, True)
    assert the_town.sql("SELECT count(*) FROM daybridge.browsers") == [(30,)]


def test_the_cookie_can_not_be_read_by_scripts_nor_sent_from_elsewhere(browser: Any, link: Any) -> None:
    app = browser(public_url="https://day.example")
    told = app.get(link(1, 11)).form.submit().headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(told.split("; "))


class TestLinksOfTheBookingApp:
    @pytest.fixture
    def app(self, the_town: Town, browser: Any, tmp_path: Path) -> TestApp:
        secrets = tmp_path / "credentials.toml"
        secrets.touch(0o600)
        secrets.write_text(f'[keys]\nsign_in = "{SECRET}"\n')
        made: TestApp = browser(credentials_file=str(secrets))
        return made

    def address(self, the_town: Town, staff_id: int = 11, business_id: int = 1, id_: str = "a" * 24) -> str:
        until = int(the_town.deps.now().timestamp()) + 600
        signed = signature(SECRET, business_id, staff_id, until, id_)
        query = {"business": business_id, "staff": staff_id, "until": until, "id": id_, "signature": signed}
        return f"/sign-in/from-app?{urlencode(query)}"

    def test_it_lets_in_once_and_looking_spends_nothing(self, the_town: Town, app: TestApp) -> None:
        address = self.address(the_town)
        for _ in range(3):
            page = app.get(address)
        assert "My calendars" in page.form.submit().follow()
        assert "used already" in app.get(address).form.submit(status=404)

    def test_of_a_strangers_staff_member_it_is_none(self, the_town: Town, app: TestApp) -> None:
        for staff_id, business_id in ((21, 1), (11, 2), (999, 1)):
            app.get(self.address(the_town, staff_id, business_id)).form.submit(status=404)
        assert the_town.sql("SELECT count(*) FROM daybridge.browsers") == [(0,)]

    def test_who_has_left_is_not_let_in(self, the_town: Town, app: TestApp) -> None:
        the_town.sql("UPDATE staff_members SET active = false WHERE id = 11")
        app.get(self.address(the_town)).form.submit(status=404)

    def test_a_changed_one_is_refused_before_and_after(self, the_town: Town, app: TestApp) -> None:
        address = self.address(the_town)
        assert app.get(address.replace("staff=11", "staff=12")).form.submit(status=404)
        app.get(address.replace("signature=v1", "signature=v9"), status=404)

    def test_without_a_secret_there_are_no_such_links(self, the_town: Town, browser: Any) -> None:
        browser().get(self.address(the_town)).form.submit(status=404)
