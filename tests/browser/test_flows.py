"""From signing in to disconnecting, in a real browser, at each provider: held in a hand and on a desk, with scripts and
without. Whoever comes to a page has it looked at (`looking`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.services import grant
from tests.browser import handles
from tests.browser.chromium import SIZES, Size, window
from tests.browser.looking import Looking
from tests.browser.visitor import Visitor
from tests.browser.worlds import PROVIDERS, Visit, world
from tests.conftest import Town
from tests.e2e.pages import until
from tests.e2e.test_accounts import ahead


@pytest.fixture
def visit(
    browser: Browser, the_town: Town, tmp_path: Path, provider: str, size: Size, scripts: bool
) -> Iterator[Visit]:
    with world(provider, the_town, tmp_path) as made, window(browser, size, scripts=scripts) as page:
        beyond = (made.there.server.url,) if provider in ("google", "microsoft") else ()
        looking = Looking(page, made.browser.address, beyond, scripts)
        yield Visit(Visitor(page, looking, size.touch), made, provider)


def each(provider: str) -> list[object]:
    group = pytest.mark.xdist_group(f"browser-{provider}")
    return [
        pytest.param(provider, size, scripts, marks=group, id=f"{provider}-{size.name}-{named}")
        for size in SIZES
        for scripts, named in ((True, "scripts"), (False, "bare"))
    ]


@pytest.mark.parametrize(
    ("provider", "size", "scripts"), [one for provider in PROVIDERS for one in each(provider)]
)
def test_from_signing_in_to_disconnecting(visit: Visit) -> None:
    visitor, world = visit.visitor, visit.world
    booking = world.book(ahead(14))
    if visit.provider != "practice":
        world.there.add("Dentist", ahead(20))

    visitor.goes("/")
    visitor.goes(grant.sign_in_link(world.deps, 1, 11).secret)
    visitor.presses(handles.SIGN_IN)
    visit.agrees()
    visitor.presses(handles.AGREE)
    visitor.waits("in step", lambda: visitor.pill().startswith(handles.IN_STEP))
    until("the booking is there", lambda: world.there.of_booking(booking))

    visitor.presses(handles.SETTINGS)
    visitor.presses(handles.TEST)
    assert visitor.page.locator("h1").inner_text() == "It works"

    visit.deletes(booking)
    visit.checks()
    visitor.waits("it is asked about", lambda: visitor.page.locator(handles.CANCEL).count())
    visitor.presses(handles.CANCEL)
    assert world.api("GET", f"/bookings/{booking}")["status"] == "cancelled"

    visitor.presses(handles.SETTINGS)
    visitor.presses(handles.DISCONNECT)
    visitor.presses(handles.TAKE_OUT)
    visitor.waits("it is gone", lambda: not visitor.page.locator(handles.CARD).count())
    question = "SELECT count(*) FROM daybridge.calendar_connections WHERE sealed IS NOT NULL"
    assert world.town.sql(question) == [(0,)]
