"""A Google account, from signing in to parting with it: browser, worker, webhooks and Google on sockets of their own.

Nothing is timed to a poll: the timed round is an hour away, so that what arrives has come by a call or a change.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup, Tag
from waitress.server import create_server

import wsgi
from gateway import jobs, wiring
from gateway.services import grant
from gateway.services.deps import Deps
from tests.conftest import Town
from tests.linked import credentials, event, ours, settings, starts
from tests.servers.google import GoogleServer, Human
from tests.servers.google import start as start_google

PAGE = "/manage/settings/calendars"
_PATIENCE = 60.0

pytestmark = pytest.mark.xdist_group("google")


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


@dataclass
class World:
    """Everything that runs, and Alice before it."""

    deps: Deps
    town: Town
    google: GoogleServer
    alice: Human
    browser: Browser
    key: str

    def pill(self) -> str:
        found = self.browser.get(PAGE).select_one("article.card .pill")
        return found.get_text(strip=True) if found else ""

    def sees(self, pill: str) -> None:
        until(f"the page says {pill}", lambda: self.pill().startswith(pill))

    def connect(self) -> None:
        """By the page, to the consent page and back."""
        page = self.browser.press(self.browser.get(PAGE), "Connect Google Calendar")
        self.browser.press(self.agree(page), "Connect Google Calendar")
        assert self.browser.get(PAGE).select_one("article.card")

    def agree(self, page: BeautifulSoup) -> BeautifulSoup:
        """To the consent page, and where it leads back to."""
        [link] = [one for one in page.select("a[href]") if str(one["href"]).startswith(self.google.url)]
        back = self.browser.session.get(str(link["href"]), timeout=20)
        assert back.url.startswith(f"{self.browser.address}{PAGE}")
        return BeautifulSoup(back.text, "html.parser")

    def api(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = requests.request(
            method,
            f"{self.deps.settings.address}/api/v1{path}",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=20,
            **more,
        )
        assert answer.ok, answer.text
        return dict(answer.json()) if answer.content else {}

    def book(self, start: datetime) -> int:
        wanted = {
            "staff_member_id": 11,
            "service_id": 31,
            "start": start.isoformat(),
            "tenant_customer_id": 61,
        }
        return int(self.api("POST", "/bookings", json=wanted)["id"])

    def start_of(self, booking: int) -> datetime:
        return datetime.fromisoformat(self.api("GET", f"/bookings/{booking}")["start"])

    def event_of(self, booking: int) -> dict[str, Any] | None:
        found = [one for one in ours(self.alice) if f"booking-{booking}@" in str(one)]
        assert len(found) < 2, "a booking has two events"
        return dict(found[0]) if found else None

    def shown_at(self, booking: int) -> datetime | None:
        found = self.event_of(booking)
        return starts(found) if found else None

    def busy(self, start: datetime) -> bool:
        query = {
            "staff_member_id": 11,
            "from": (start - timedelta(hours=1)).isoformat(),
            "to": (start + timedelta(hours=2)).isoformat(),
        }
        found = self.api("GET", "/busy", params=query)["intervals"]
        return any(one["source"] == "external" for one in found)


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


@pytest.fixture
def world(the_town: Town, tmp_path: Path) -> Iterator[World]:
    hours = (
        '{"'
        + '": [{"start": "00:00", "end": "23:59"}], "'.join(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        )
        + '": [{"start": "00:00", "end": "23:59"}]}'
    )
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", hours)
    with start_google(allow_http=True) as google, socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        chosen = replace(
            settings(the_town.url, credentials(tmp_path, google), google),
            public_url=address,
            sync_poll_seconds=3600,
        )
        deps = wiring.build(chosen)
        google.register(f"{address}/oauth/calendar/google/callback")
        alice = google.account("alice@harbor.example", "America/New_York")
        key = grant.api_key(deps, 1, "write", "test").secret
        with served(deps, listening), working(deps):
            browser = Browser(address)
            link = grant.sign_in_link(deps, 1, 11).secret
            browser.submit(browser.get(link).select("form")[0])
            yield World(deps, the_town, google, alice, browser, key)
            browser.session.close()
        deps.database.close()


def tomorrow(hour: int, days: int = 2) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_from_signing_in_to_parting(world: World) -> None:
    dentist = tomorrow(20)
    world.alice.create(event("Dentist", dentist))

    world.connect()
    world.sees("In step")
    until("their event blocks", lambda: world.busy(dentist))

    booking = world.book(tomorrow(14))
    until("a booking appears", lambda: world.shown_at(booking) == tomorrow(14))
    other = world.book(tomorrow(17))
    until("another one too", lambda: world.shown_at(other) == tomorrow(17))

    # A call tells us of what people do there; nothing else would within the hour.
    later = tomorrow(22, days=3)
    world.alice.create(event("Cinema", later))
    until("a new event blocks", lambda: world.busy(later))
    id_ = str(world.event_of(booking)["id"])  # type: ignore[index]
    world.alice.move(id_, timedelta(hours=1))
    until("moving it reschedules", lambda: world.start_of(booking) == tomorrow(15))
    world.alice.move(id_, timedelta(hours=2))
    until("a time that is taken is refused and put back", lambda: world.shown_at(booking) == tomorrow(15))
    assert world.start_of(booking) == tomorrow(15)
    world.alice.retitle(id_, "Lunch")
    until("a title is put back", lambda: "Haircut" in world.event_of(booking)["summary"])  # type: ignore[index]

    world.alice.delete(id_)
    until("it is asked about", lambda: "Cancel" in world.browser.get(PAGE).get_text())
    until("and is back meanwhile", lambda: world.shown_at(booking) == tomorrow(15))
    world.browser.press(world.browser.get(PAGE), "Cancel the booking")
    until("cancelling takes it away", lambda: world.event_of(booking) is None)
    assert world.api("GET", f"/bookings/{booking}")["status"] == "cancelled"

    world.google.revoke_grant("alice@harbor.example")
    waiting = world.book(tomorrow(18))
    world.sees("Sign in again")
    assert world.busy(dentist), "the last copy goes on blocking"
    world.google.at_consent("alice@harbor.example")
    page = world.browser.press(world.browser.get(PAGE), "Sign in to Google Calendar again")
    world.agree(page)
    world.sees("In step")
    until("what waited goes out", lambda: world.shown_at(waiting) == tomorrow(18))
    assert world.shown_at(other) == tomorrow(17)

    settled(world)
    part(world)


def settled(world: World) -> None:
    """Nothing goes back and forth."""
    world.google.settle(10)
    writes = world.google.writes
    world.browser.press(world.browser.get(PAGE), "Check now")
    time.sleep(1.5)
    world.sees("In step")
    assert world.google.writes == writes


def part(world: World) -> None:
    card = world.browser.get(PAGE).select_one("article.card a[href*=connections]")
    assert card is not None
    number = re.findall(r"connections/(\d+)", str(card["href"]))[0]
    page = world.browser.get(f"{PAGE}/connections/{number}/disconnect")
    world.browser.press(page, "take the bookings out")
    until("our events go", lambda: ours(world.alice) == [])
    until("and nothing blocks any more", lambda: not world.busy(tomorrow(20)))
    assert {one["summary"] for one in world.alice.events()} == {"Dentist", "Cinema"}
    question = "SELECT count(*) FROM daybridge.calendar_connections WHERE sealed IS NOT NULL"
    until("what let us in is forgotten", lambda: world.town.sql(question) == [(0,)])
