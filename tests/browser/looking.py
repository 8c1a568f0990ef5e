"""What has to hold on every page that somebody comes to.

No violation that axe finds, nothing in the console, nothing asked of any other host, nothing to scroll sideways at 320
pixels and at the screen's own width, and at most 150 kB for everything together, compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response, Route

MOST_BYTES: Final = 150_000
NARROWEST: Final = 320
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
_COLOURS: Final = ["color-contrast", "link-in-text-block"]

# What reaches beyond the right edge, and isn't in a box that scrolls by itself.
_TOO_WIDE = """wide => {
  const root = document.documentElement;
  if (root.scrollWidth <= wide) return [];
  const scrolls = one => { for (let up = one.parentElement; up; up = up.parentElement)
    if (up !== document.body && getComputedStyle(up).overflowX !== 'visible') return true; return false; };
  const found = [...document.body.querySelectorAll('*')].filter(one =>
    one.getBoundingClientRect().right > wide + 0.5 && !scrolls(one));
  return [`the page is ${root.scrollWidth} wide`, ...found.slice(0, 5).map(one =>
    `${one.outerHTML.slice(0, 120)} reaches to ${Math.round(one.getBoundingClientRect().right)}`)];
}"""

# Everything but the words and numbers: pages of one shape are the same to axe.
_SHAPE = """() => document.documentElement.outerHTML.replace(/>[^<]*</g, '><')
  .replace(/ (value|href|action|content)="[^"]*"/g, '').replace(/[0-9]+/g, '0')
  + innerWidth + matchMedia('(prefers-color-scheme: dark)').matches"""
_known_shapes: set[str] = set()

_OPEN_FOLDS = """() => document.querySelectorAll('details').forEach(one => {
  one.removeAttribute('name'); one.open = true; })"""

_AXE = """async rules => {
  const told = await axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false});
  return told.violations.flatMap(one => one.nodes.slice(0, 4).map(node =>
    `${one.id}: ${node.html.slice(0, 200)}; ${node.failureSummary}`));
}"""


@dataclass
class Looking:
    """Watches what a window asks for and complains of, from when it is opened. `ours` is the address of the pages;
    `beyond` are others that one may be led to, such as where one signs in to an account."""

    page: Page
    ours: str
    beyond: tuple[str, ...] = ()
    scripts: bool = True
    _answers: list[Response] = field(default_factory=list)
    _complaints: list[str] = field(default_factory=list)
    _page: str = ""

    def __post_init__(self) -> None:
        self.page.context.route("**/*", self._let_through)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._complaints.append(f"a script stopped: {error}"))

    def problems(self) -> list[str]:
        """What is wrong with the page that is open now, each with what it is about."""
        found = [*self._complaints, *self._too_heavy(), *self._sideways(), *self._axe()]
        self._complaints.clear()
        return [f"{urlsplit(self.page.url).path}: {one}" for one in dict.fromkeys(found)]

    def contrasts(self) -> list[str]:
        """What is wrong with the colours that are shown now; nothing else depends on them."""
        return [f"{urlsplit(self.page.url).path}: {one}" for one in self._axe(_COLOURS)]

    def open_folds(self) -> None:
        self.page.evaluate(_OPEN_FOLDS)

    def weight(self) -> int:
        """Bytes of the page with all that belongs to it, each file compressed."""
        bodies = [self._body(one) for one in self._answers if one.ok]
        return sum(len(gzip.compress(body, mtime=0)) for body in bodies)

    def _body(self, answer: Response) -> bytes:
        """Chromium forgets what it needs no more; then the page is as heavy as what it holds, and a file is asked for
        again."""
        try:
            return answer.body()
        except Error:
            if answer.request.is_navigation_request():
                return self.page.content().encode()
            return self.page.context.request.get(answer.url).body()

    def _too_heavy(self) -> Iterator[str]:
        weight = self.weight()
        if weight > MOST_BYTES:
            yield f"weighs {weight} bytes"

    def _sideways(self) -> Iterator[str]:
        size = self.page.viewport_size
        assert size is not None
        for width in (size["width"], NARROWEST):
            self.page.set_viewport_size({"width": width, "height": size["height"]})
            yield from (f"at {width}: {one}" for one in self.page.evaluate(_TOO_WIDE, width))
        self.page.set_viewport_size(size)

    def _axe(self, rules: list[str] = _RULES) -> list[str]:
        """Nothing for a page of a shape that was found to be well before; it takes longer than all the rest."""
        if not self.scripts or (shape := self.page.evaluate(_SHAPE)) in _known_shapes:
            return []
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        told: list[str] = self.page.evaluate(_AXE, rules)
        if not told:
            _known_shapes.add(shape)
        return told

    def _let_through(self, route: Route) -> None:
        if self._is_allowed(route.request):
            route.continue_()
        else:
            route.abort()

    def _asked(self, request: Request) -> None:
        """Each request, also one that another was redirected to."""
        if request.is_navigation_request() and request.redirected_from is None:
            self._answers.clear()
            self._page = request.url
        if not self._is_allowed(request):
            self._complaints.append(f"asks {request.url}")

    def _answered(self, response: Response) -> None:
        self._answers.append(response)

    def _is_allowed(self, request: Request) -> bool:
        allowed = (self.ours, *self.beyond) if request.is_navigation_request() else (self.ours,)
        return f"{request.url}/".startswith(tuple(f"{one}/" for one in allowed))

    def _said(self, message: ConsoleMessage) -> None:
        """A page that says no is an error to the console; that is not one of the page."""
        told: Any = message.location
        says_no = message.text.startswith("Failed to load resource") and told.get("url") == self._page
        if message.type in ("error", "warning") and not says_no:
            self._complaints.append(f"console: {message.text} ({told.get('url')})")
