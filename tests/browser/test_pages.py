"""What has to hold on every page (`looking`), wherever links lead: light and dark, in a hand and on a desk."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as Trouble

from gateway.services.grant import Member
from tests.browser import handles, places
from tests.browser.chromium import DESKTOP, PHONE, Size, window
from tests.browser.looking import Looking
from tests.browser.places import Place
from tests.browser.shop import Shop

SIZES = [
    pytest.param(size, marks=pytest.mark.xdist_group(f"browser-{size.name}"), id=size.name)
    for size in (PHONE, DESKTOP)
]


class Round:
    """A walk over pages; what is wrong with each is gathered, so that one run tells everything."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.looking = Looking(page, address, ("https://elsewhere.example",))
        self.problems: list[str] = []

    def visit(self, place: Place) -> None:
        try:
            answer = self.page.goto(self.address + place.path)
            for field, text in place.typed:
                self.looking.open_folds()
                self.page.locator(field).first.fill(text)
            for handle in place.presses:
                with self.page.expect_navigation() as arrival:
                    self._press(handle)
                answer = arrival.value
        except Trouble as trouble:
            if "Download is starting" not in str(trouble):
                self.problems.append(f"{place.name}: {str(trouble)[:300]}")
            return
        if answer is None or answer.status != place.status:
            self.problems.append(f"{place.path}: answers {answer and answer.status}")
        if not place.presses and urlsplit(self.page.url).path != urlsplit(place.path).path:
            self.problems.append(f"{place.path}: leads to {self.page.url}")
        self.look()

    def look(self) -> None:
        """With everything open that can be opened, in both colours."""
        self.looking.open_folds()
        self.problems += self.looking.problems()
        self.page.emulate_media(color_scheme="dark")
        self.problems += self.looking.contrasts()
        self.page.emulate_media(color_scheme="light")

    def _press(self, handle: str) -> None:
        self.looking.open_folds()
        self.page.locator(handle).first.click()

    def follow(self, beginning: list[Place]) -> set[str]:
        """These places, and wherever links lead from there."""
        waiting, known = list(beginning), {places.kind(one.path) for one in beginning}
        while waiting:
            self.visit(waiting.pop(0))
            for path in places.links(self.page):
                if places.kind(path) not in known and path.startswith((handles.CALENDARS, "/practice/")):
                    known.add(places.kind(path))
                    waiting.append(Place(path, path))
        return known


@pytest.mark.parametrize("size", SIZES)
def test_before_signing_in(browser: Browser, the_shop: Shop, size: Size) -> None:
    with window(browser, size) as page:
        walk = Round(page, the_shop.address)
        for place in places.outside(the_shop):
            walk.visit(place)
        assert not walk.problems, "\n".join(walk.problems)


@pytest.mark.parametrize("who", ["manager", "staff"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page(browser: Browser, the_shop: Shop, who: str, size: Size) -> None:
    member: Member = getattr(the_shop, who)
    with window(browser, size) as page:
        page.goto(the_shop.sign_in(member))
        with page.expect_navigation():
            page.locator(handles.SIGN_IN).click()
        walk = Round(page, the_shop.address)
        walk.follow(list(places.inside(the_shop, member)))
        assert not walk.problems, "\n".join(walk.problems)
