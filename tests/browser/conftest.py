"""A browser for the tests beside this file. Without one they say what to install; where it is required they fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    reason = chromium.missing()
    if reason and chromium.is_required():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with chromium.started() as running:
        yield running
