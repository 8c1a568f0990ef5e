"""A browser for the tests beside this file. Without one they say what to install; where it is required they fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium, shop
from tests.browser.shop import Shop
from tests.conftest import Databases


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    reason = chromium.missing()
    if reason and chromium.is_required():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with chromium.started() as running:
        yield running


@pytest.fixture(scope="module")
def the_shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop.standing(databases, tmp_path_factory.mktemp("shop")) as made:
        yield made
