"""Accounts that are opened with a password: the form, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from gateway.core.errors import ForbiddenAddress, NeedsReconnect, NotAccepted, ProviderError, Unavailable
from gateway.core.remote import Grant, Login
from gateway.providers.port import Provider
from tests.bridge.accounts import PAGE, Elsewhere, Opened, Scene, submit, token
from tests.conftest import Town

ALICE = "alice@elsewhere.example"
FAR = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Gate:
    """port.Door: lets in whoever says the word."""

    asks_password: ClassVar[bool] = True
    seen: list[Login] = field(default_factory=list)
    trouble: ProviderError | None = None

    def enter(self, login: Login) -> Grant:
        self.seen.append(login)
        if self.trouble:
            raise self.trouble
        if login.password != "open sesame":
            raise NeedsReconnect(host="Elsewhere", reason="the password is wrong")
        return Grant(f"access {ALICE}", login.password, FAR, account=login.user or login.address)

    def refresh(self, grant: Grant) -> Grant:
        return grant

    def revoke(self, grant: Grant) -> None:
        pass


@dataclass
class Doors:
    scene: Scene
    gate: Gate
    app: TestApp

    def form(self) -> TestResponse:
        """The page with the form, from the button on the calendars page."""
        [offer] = [
            one
            for one in self.app.get(PAGE).forms.values()
            if one.action == f"{PAGE}/caldav" and "for" in one.fields
        ]
        return offer.submit()

    def enter(self, page: TestResponse, password: str = "open sesame", **more: str) -> TestResponse:
        [form] = [one for one in page.forms.values() if "address" in one.fields]
        form["address"] = ALICE
        form["password"] = password
        for name, value in more.items():
            form[name] = value
        return form.submit(expect_errors=True)


@pytest.fixture
def doors(the_town: Town, tmp_path: Path) -> Doors:
    scene, gate, elsewhere = Scene.set(the_town, tmp_path), Gate(), Elsewhere()
    elsewhere.open_account(ALICE)
    kind = Provider("caldav", "CalDAV", gate, lambda account: Opened(elsewhere, account))
    scene.deps = replace(scene.deps, providers={"caldav": kind})
    return Doors(scene, gate, scene.browser(scene.town.alice))


def test_an_account_is_opened_looked_at_and_connected(doors: Doors) -> None:
    page = doors.enter(doors.form()).follow()
    assert "This is what would change" in page
    submit(page, "/look", "answer", "connect")
    doors.scene.work()
    page = doors.app.get(PAGE)
    assert "In step" in page
    assert ALICE in page


def test_the_password_is_kept_sealed_and_shown_nowhere(doors: Doors) -> None:
    submit(doors.enter(doors.form()).follow(), "/look", "answer", "connect")
    doors.scene.work()
    assert "open sesame" not in doors.app.get(PAGE)
    for table in ("calendar_connections", "calendar_sync_logs", "connection_calendars"):
        assert "open sesame" not in str(
            doors.scene.town.sql(f"SELECT to_jsonb(t)::text FROM daybridge.{table} t")
        )


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (NeedsReconnect(host="cal.example", reason="the password is wrong"), "the password is wrong"),
        (NotAccepted(host="cal.example", reason="there is no calendar account"), "no calendar account"),
        (Unavailable(host="cal.example", reason="it did not answer in time"), "did not answer in time"),
        (ForbiddenAddress(host="10.0.0.1", reason="it lies in a private network"), "private network"),
    ],
)
def test_what_goes_wrong_is_told_in_the_form(doors: Doors, trouble: ProviderError, words: str) -> None:
    doors.gate.trouble = trouble
    page = doors.enter(doors.form(), user="ann")
    assert page.status_int == 422
    assert words in page
    assert "Nothing has changed." in page
    [form] = [one for one in page.forms.values() if "address" in one.fields]
    assert (form["address"].value, form["user"].value, form["password"].value) == (ALICE, "ann", "")
    assert doors.scene.town.sql("SELECT count(*) FROM daybridge.calendar_connections") == [(0,)]


def test_a_password_that_ended_is_typed_again(doors: Doors) -> None:
    submit(doors.enter(doors.form()).follow(), "/look", "answer", "connect")
    doors.scene.work()
    doors.scene.town.sql("UPDATE daybridge.calendar_connections SET refused_at = now()")
    page = doors.app.get(PAGE)
    [again] = [one for one in page.forms.values() if "connection_id" in one.fields]
    back = doors.enter(again.submit())
    assert (back.status_int, "/look" in back.location) == (303, False)
    doors.scene.work()
    assert "In step" in doors.app.get(PAGE)
    assert doors.scene.town.sql("SELECT count(*) FROM daybridge.calendar_connections") == [(1,)]


def test_nobody_opens_an_account_for_somebody_else(doors: Doors) -> None:
    bob = doors.scene.browser(doors.scene.town.bob)
    form = {"for": "11", "address": ALICE, "password": "open sesame", "csrf_token": token(bob)}
    bob.post(f"{PAGE}/caldav", form, status=404)
    assert doors.gate.seen == []
