"""What a browser doesn't open but keeps: the profile for an iPhone or a Mac, and the table of what happened."""

from __future__ import annotations

import csv
import plistlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import handles
from tests.browser.chromium import DESKTOP, PHONE, Size, window
from tests.browser.shop import Shop

pytestmark = pytest.mark.xdist_group("browser-phone")


@pytest.fixture(params=[(PHONE, True), (DESKTOP, False)], ids=["phone-scripts", "desktop-bare"])
def page(browser: Browser, the_shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    size: Size = request.param[0]
    with window(browser, size, scripts=request.param[1]) as made:
        made.goto(the_shop.sign_in(the_shop.staff))
        with made.expect_navigation():
            made.locator(handles.SIGN_IN).click()
        yield made


def kept(page: Page, handle: str) -> Path:
    """The file that pressing this brings."""
    with page.expect_download() as arrival:
        handles.unfolded(page.locator(handle).first).click()
    assert arrival.value.failure() is None
    return Path(arrival.value.path()).rename(
        Path(arrival.value.path()).with_name(arrival.value.suggested_filename)
    )


def test_the_profile(page: Page, the_shop: Shop) -> None:
    page.goto(f"{the_shop.address}{handles.CALENDARS}/device#iphone")
    file = kept(page, handles.PROFILE)
    assert file.suffix == ".mobileconfig"
    [account] = plistlib.loads(file.read_bytes())["PayloadContent"]
    assert account["PayloadType"] == "com.apple.caldav.account"
    assert account["CalDAVUsername"] == the_shop.staff.email
    assert f"http://{account['CalDAVHostName']}:{account['CalDAVPort']}" == the_shop.address


def test_the_table_of_what_happened(page: Page, the_shop: Shop) -> None:
    page.goto(f"{the_shop.address}{handles.CALENDARS}/activity")
    file = kept(page, handles.TABLE)
    assert file.suffix == ".csv"
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)
