"""Debian's Chromium, driven by Playwright: one process, and for each visit a context of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

PATH: Final = Path("/usr/bin/chromium")
# Nothing that a browser does by itself: it talks to the pages, and to nobody else.
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-software-rasterizer",
    "--disable-features=IsolateOrigins,site-per-process",
    "--disable-site-isolation-trials",
)
# Milliseconds that anything may take on a busy machine.
PATIENCE: Final = 20_000


@dataclass(frozen=True)
class Size:
    """A screen; `touch` for one that is held in a hand."""

    name: str
    width: int
    height: int
    touch: bool


PHONE: Final = Size("phone", 390, 844, touch=True)
DESKTOP: Final = Size("desktop", 1280, 900, touch=False)
SIZES: Final = (PHONE, DESKTOP)


def missing() -> str:
    """What stands in the way, and what to do about it; empty where nothing does."""
    return "" if PATH.exists() else f"{PATH} is missing: `apt-get install chromium` brings it"


def is_required() -> bool:
    """Where changes are judged a browser has to be there."""
    return os.environ.get("DAYBRIDGE_BROWSER") == "required"


@contextmanager
def started() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=_ARGUMENTS, timeout=60_000)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, size: Size, *, scripts: bool = True, **more: Any) -> Iterator[Page]:
    """A window with cookies of its own; nothing moves in it."""
    context = browser.new_context(
        viewport={"width": size.width, "height": size.height},
        has_touch=size.touch,
        is_mobile=size.touch,
        java_script_enabled=scripts,
        reduced_motion="reduce",
        locale="en-GB",
        **more,
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()
