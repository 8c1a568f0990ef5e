"""Somebody before the pages who can only look and press; every page that they come to is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

from playwright.sync_api import Page

from tests.browser import handles
from tests.browser.looking import Looking

# Seconds that something may take to come about while the machine is busy.
_PATIENCE: Final = 60.0


@dataclass
class Visitor:
    page: Page
    looking: Looking
    touch: bool

    def goes(self, path: str) -> None:
        self.page.goto(urljoin(self.looking.ours, path))
        self.looks()

    def presses(self, handle: str) -> None:
        """A button or a link that leads to another page; a fold that it is in is opened before."""
        found = handles.unfolded(self.page.locator(handle).first)
        with self.page.expect_navigation():
            found.tap() if self.touch else found.click()
        self.looks()

    def fills(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.locator(f"main input[name={name}]").fill(text)

    def looks(self) -> None:
        problems = self.looking.problems()
        assert not problems, "\n".join(problems)

    def reads(self) -> str:
        return self.page.locator("body").inner_text()

    def pill(self) -> str:
        found = self.page.locator(handles.PILL)
        return found.first.inner_text() if found.count() else ""

    def waits(self, what: str, condition: Callable[[], Any]) -> None:
        """Reloads the page until it is so; a page works without anything that reloads it by itself."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}; the page says\n{self.reads()}"
            self.page.wait_for_timeout(300) if self.looking.scripts else time.sleep(0.3)
            self.page.goto(urljoin(self.looking.ours, handles.CALENDARS))
        self.looks()
