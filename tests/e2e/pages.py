"""What end-to-end tests of connected accounts stand on: our pages in a browser, our server and our worker."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag
from waitress.server import create_server

import wsgi
from gateway import jobs
from gateway.services.deps import Deps

PAGE: Final = "/manage/settings/calendars"
_PATIENCE: Final = 60.0


def until(what: str, condition: Callable[[], Any]) -> Any:
    """What the condition gives, once it gives something."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it never happened: {what}")


@dataclass
class Browser:
    """A person before our pages: follows links, fills forms, keeps cookies."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> BeautifulSoup:
        return self._read(self.session.get(urljoin(self.address, path), timeout=20))

    def submit(self, form: Tag, **values: str) -> BeautifulSoup:
        sent = [
            one
            for one in form.select("input[name]")
            if one.get("type") not in ("radio", "checkbox") or one.has_attr("checked")
        ]
        named = {str(one["name"]): str(one.get("value", "")) for one in sent}
        action = urljoin(self.address, str(form.get("action") or ""))
        return self._read(self.session.post(action, data={**named, **values}, timeout=20))

    def press(self, page: BeautifulSoup, words: str) -> BeautifulSoup:
        """The button with these words, in whatever form it is."""
        for button in page.select("form button"):
            if words in button.get_text():
                form = button.find_parent("form")
                assert form is not None
                chosen = {str(button["name"]): str(button["value"])} if button.get("name") else {}
                return self.submit(form, **chosen)
        raise AssertionError(f"no button {words!r} on {page.title}")

    def _read(self, answer: requests.Response) -> BeautifulSoup:
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return BeautifulSoup(answer.text, "html.parser")


@contextmanager
def served(deps: Deps, listening: socket.socket) -> Iterator[None]:
    """Pages, API, CalDAV and webhooks."""
    server = create_server(
        wsgi.mount(deps), sockets=[listening], threads=8, clear_untrusted_proxy_headers=True
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield
    with suppress(OSError):
        server.trigger.pull_trigger(server.close)
    thread.join(5)
    server.task_dispatcher.shutdown()


@contextmanager
def working(deps: Deps) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(deps, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive(), "the worker doesn't stop"
