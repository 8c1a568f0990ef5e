"""Harbor Hair on a Monday noon as its managers see it: its people’s browsers, and accounts as the database has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bs4 import Tag
from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway.services import grant
from tests.conftest import Person, Town

HERE = "/manage/settings/calendars/business"
# A Monday noon in New York.
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def on_monday(town: Town) -> Town:
    return replace(town, deps=replace(town.deps, now=lambda: MONDAY))


def browser(town: Town, person: Person | None = None) -> TestApp:
    """A browser, in which this person is signed in."""
    made = TestApp(create_app(town.deps), extra_environ={"HTTP_ACCEPT": "text/html"})
    if person:
        link = grant.sign_in_link(town.deps, person.business_id, person.staff_id).secret
        made.get("/" + link.split("/", 3)[3]).form.submit()
    return made


def words(element: Tag) -> str:
    """What is read there; a place where a line may break is no space."""
    return " ".join(element.get_text(" ").replace("@ ", "@").split())


def form(page: TestResponse, ending: str):  # WebTest has no types
    """The one form whose address ends so."""
    [found] = [one for one in page.forms.values() if one.action.endswith(ending)]
    return found


def log(town: Town) -> list[tuple[object, ...]]:
    """(via, who, action, staff member, after) of what was chosen for the business on a page."""
    return town.sql(
        "SELECT via, who, action, staff_member_id, after FROM daybridge.calendar_sync_logs"
        " WHERE business_id = 1 AND via = 'page' ORDER BY id"
    )


def connect(town: Town, staff_id: int | None, provider: str, account: str, **facts: object) -> int:
    """An account as the database has it, in step unless the facts say otherwise; its id."""
    facts = {"connected_at": MONDAY, "sealed": b"x"} | facts
    names, marks = ", ".join(facts), ", ".join("%s" for _ in facts)
    [(id_,)] = town.sql(
        f"INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key,"
        f" {names}) VALUES (1, %s, %s, %s, %s, {marks}) RETURNING id",
        staff_id, provider, account, account, *facts.values(),
    )  # fmt: skip
    town.sql(
        "INSERT INTO daybridge.connection_calendars"
        " (business_id, connection_id, remote_id, name, writable, main, receives, blocks, read_at)"
        " VALUES (1, %s, 'main', 'Main', true, true, true, true, %s)",
        id_, MONDAY - timedelta(minutes=4),
    )  # fmt: skip
    return int(str(id_))


def hire(town: Town, *names: str) -> list[int]:
    return [
        int(str(id_))
        for name in names
        for (id_,) in town.sql(
            "INSERT INTO staff_members (business_id, name, email, active, created_at, updated_at)"
            " VALUES (1, %s, %s, true, now(), now()) RETURNING id",
            name,
            f"{name.split()[0].lower()}@harbor.example",
        )
    ]
