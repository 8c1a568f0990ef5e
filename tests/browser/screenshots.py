"""Pictures of every page in every state: `make screenshots`, and with ARGS=--readme those of the README.

The salon, its day and its people are invented, and the same each time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page

from gateway.db import embedded
from gateway.services.grant import Member
from tests.browser import chromium, handles, places, shop
from tests.browser.chromium import DESKTOP, PHONE, SIZES, Size, window
from tests.browser.places import Place
from tests.browser.shop import Shop

ROOT: Final = Path(__file__).parents[2]
ALL: Final = ROOT / "build" / "screenshots"
README: Final = ROOT / "docs" / "screenshots"

Scheme = Literal["light", "dark"]
_SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")


@dataclass(frozen=True)
class Picture:
    """One of the README's: which place, who is there, and how it is looked at; `height` cuts it off below."""

    name: str
    place: str
    who: str
    size: Size
    scheme: Scheme
    height: int


# Wide enough for what is beside each other on a desk, and no wider: a README is read in a column.
_DESK: Final = replace(DESKTOP, width=1000)

_CHOSEN: Final = (
    Picture("my-calendars", "my-calendars", "third", PHONE, "light", 1000),
    Picture("look-first", "look", "manager", PHONE, "light", 1000),
    Picture("week-phone", "week", "third", PHONE, "dark", 1000),
    Picture("week", "week", "manager", _DESK, "light", 760),
    Picture("business", "business", "manager", _DESK, "dark", 760),
    Picture("activity", "activity", "staff", _DESK, "light", 760),
)


def main(told: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--readme", action="store_true", help="those of the README, into docs/screenshots")
    parser.add_argument("--only", default="", help="only places whose names begin so")
    asked = parser.parse_args(told)
    if reason := chromium.missing():
        sys.exit(reason)
    with _furnished() as made, chromium.started() as browser:
        if asked.readme:
            for picture in _CHOSEN:
                _choose(browser, made, picture)
        else:
            for size, scheme in product(SIZES, _SCHEMES):
                _take_all(browser, made, size, scheme, asked.only)


@contextmanager
def _furnished() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="daybridge-") as name:
        folder = Path(name)
        with (
            embedded.start(folder / "postgres", durable=False) as server,
            shop.opened(server.url, folder) as made,
        ):
            yield made


def _take_all(browser: Browser, made: Shop, size: Size, scheme: Scheme, only: str) -> None:
    ALL.mkdir(parents=True, exist_ok=True)
    with window(browser, size, color_scheme=scheme) as page:
        for place in places.outside(made):
            _take(page, made, place, size, _named("", place, size, scheme), only)
    for who in ("manager", "staff"):
        member: Member = getattr(made, who)
        with _signed_in(browser, made, member, size, scheme) as page:
            for place in places.inside(made, member):
                _take(page, made, place, size, _named(who, place, size, scheme), only)


def _named(who: str, place: Place, size: Size, scheme: Scheme) -> Path:
    return ALL / "-".join(part for part in (place.name, who, size.name, f"{scheme}.png") if part)


def _take(page: Page, made: Shop, place: Place, size: Size, file: Path, only: str) -> None:
    if place.name.startswith(only):
        _go(page, made, place)
        _stretch(page, size)
        page.screenshot(path=file)
        page.set_viewport_size({"width": size.width, "height": size.height})
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")


def _stretch(page: Page, size: Size) -> None:
    """A window as long as the page: what sticks to its edges is then where the page ends."""
    long: int = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size.width, "height": max(long, size.height)})


@contextmanager
def _signed_in(browser: Browser, made: Shop, member: Member, size: Size, scheme: Scheme) -> Iterator[Page]:
    with window(browser, size, color_scheme=scheme) as page:
        page.goto(made.sign_in(member))
        with page.expect_navigation():
            page.locator(handles.SIGN_IN).click()
        yield page


def _go(page: Page, made: Shop, place: Place) -> None:
    page.goto(made.address + place.path)
    for field, text in place.typed:
        handles.unfolded(page.locator(field).first).fill(text)
    for handle in place.presses:
        found = handles.unfolded(page.locator(handle).first)
        with page.expect_navigation():
            found.click()


def _choose(browser: Browser, made: Shop, picture: Picture) -> None:
    README.mkdir(parents=True, exist_ok=True)
    file = README / f"{picture.name}.png"
    member: Member = getattr(made, picture.who)
    with _signed_in(browser, made, member, picture.size, picture.scheme) as page:
        [place] = [one for one in places.inside(made, member) if one.name == picture.place]
        page.set_viewport_size({"width": picture.size.width, "height": picture.height})
        _go(page, made, place)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=file)
    sys.stdout.write(f"{file.relative_to(ROOT)} {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
