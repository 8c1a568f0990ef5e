"""An account, from signing in to parting with it: browser, worker, webhooks and the provider on sockets of their own.

Where a provider calls us nothing is timed to a poll: the timed round is an hour away, so that what arrives has come by
a call or a change. A CalDAV server calls nobody, and is looked at every ten seconds, or when somebody asks for it.
"""

from __future__ import annotations

import base64
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway import wiring
from gateway.services import grant
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.conftest import Town
from tests.e2e.pages import PAGE, Browser, served, until, working
from tests.e2e.there import There, account

pytestmark = pytest.mark.xdist_group("accounts")

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ALWAYS = (
    '{"'
    + '": [{"start": "00:00", "end": "23:59"}], "'.join(DAYS)
    + '": [{"start": "00:00", "end": "23:59"}]}'
)


@dataclass
class World:
    """Everything that runs, and Alice before it."""

    deps: Deps
    town: Town
    there: There
    browser: Browser
    key: str

    def pill(self) -> str:
        found = self.browser.get(PAGE).select_one("article.card .pill")
        return found.get_text(strip=True) if found else ""

    def sees(self, pill: str) -> None:
        until(f"the page says {pill}", lambda: self.pill().startswith(pill))

    def soon(self, what: str, condition: Callable[[], Any]) -> None:
        """Of what happened there. Where nobody calls us, somebody presses a button."""
        page = self.browser.get(PAGE)
        if not self.there.calls and "Check now" in page.get_text():
            self.browser.press(page, "Check now")
        until(what, condition)

    def connect(self) -> None:
        """By the page, to where one signs in, and back; then what would change is shown."""
        page = self.browser.press(self.browser.get(PAGE), f"Connect {self.there.offer}")
        look = self.there.sign_in(self.browser, page)
        assert "This is what would change" in look.get_text()
        self.browser.press(look, f"Connect {self.there.title}")
        assert self.browser.get(PAGE).select_one("article.card")

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

    def id_of(self, booking: int) -> str:
        return str(until("it is there", lambda: self.there.of_booking(booking)))

    def shown_at(self, booking: int) -> datetime | None:
        found = self.there.of_booking(booking)
        return self.there.start(found) if found else None

    def busy(self, start: datetime) -> bool:
        query = {
            "staff_member_id": 11,
            "from": (start - timedelta(hours=1)).isoformat(),
            "to": (start + timedelta(hours=2)).isoformat(),
        }
        found = self.api("GET", "/busy", params=query)["intervals"]
        return any(one["source"] == "external" for one in found)


@pytest.fixture(params=["google", "microsoft", "caldav"])
def world(request: pytest.FixtureRequest, the_town: Town, tmp_path: Path) -> Iterator[World]:
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", ALWAYS)
    with (
        account(request.param, tmp_path) as there,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        there.expects(address)
        deps = wiring.build(settings(the_town.url, address, there, tmp_path))
        key = grant.api_key(deps, 1, "write", "test").secret
        with served(deps, listening), working(deps):
            browser = Browser(address)
            link = grant.sign_in_link(deps, 1, 11).secret
            browser.submit(browser.get(link).select("form")[0])
            yield World(deps, the_town, there, browser, key)
            browser.session.close()
        deps.database.close()


def settings(url: str, address: str, there: There, folder: Path) -> Settings:
    secrets = folder / "credentials.toml"
    secrets.touch(0o600)
    key = base64.b64encode(bytes([1]) * 32).decode()
    secrets.write_text(f'[keys]\nencryption = ["{key}"]\n{there.credentials()}')
    return Settings(
        database_url=url,
        credentials_file=str(secrets),
        providers_allow_private_addresses=True,
        public_url=address,
        sync_poll_seconds=3600 if there.calls else 10,
        **there.settings(),  # type: ignore[arg-type]
    )


def ahead(hour: int, days: int = 90) -> datetime:
    """Far beyond what the town has of its own."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_from_signing_in_to_parting(world: World) -> None:
    dentist = ahead(20)
    world.there.add("Dentist", dentist)

    world.connect()
    world.sees("In step")
    until("their event blocks", lambda: world.busy(dentist))

    booking = world.book(ahead(14))
    until("a booking appears", lambda: world.shown_at(booking) == ahead(14))
    other = world.book(ahead(17))
    until("another one too", lambda: world.shown_at(other) == ahead(17))

    later = ahead(22, days=91)
    world.there.add("Cinema", later)
    world.soon("a new event blocks", lambda: world.busy(later))
    id_ = world.id_of(booking)
    world.there.move(id_, timedelta(hours=1))
    world.soon("moving it reschedules", lambda: world.start_of(booking) == ahead(15))
    world.there.move(id_, timedelta(hours=2))
    world.soon("a time that is taken is refused and put back", lambda: world.shown_at(booking) == ahead(15))
    assert world.start_of(booking) == ahead(15)
    world.there.retitle(id_, "Lunch")
    world.soon("a title is put back", lambda: "Haircut" in world.there.events()[id_])

    world.there.delete(id_)
    world.soon("it is asked about", lambda: "Cancel" in world.browser.get(PAGE).get_text())
    until("and is back meanwhile", lambda: world.shown_at(booking) == ahead(15))
    world.browser.press(world.browser.get(PAGE), "Cancel the booking")
    until("cancelling takes it away", lambda: world.there.of_booking(booking) is None)
    assert world.api("GET", f"/bookings/{booking}")["status"] == "cancelled"

    world.there.shut_out()
    waiting = world.book(ahead(18))
    world.sees("Sign in again")
    assert world.busy(dentist), "the last copy goes on blocking"
    world.there.let_in()
    page = world.browser.press(world.browser.get(PAGE), f"Sign in to {world.there.title} again")
    world.there.sign_in(world.browser, page)
    world.sees("In step")
    until("what waited goes out", lambda: world.shown_at(waiting) == ahead(18))
    assert world.shown_at(other) == ahead(17)

    settled(world)
    part(world)


def settled(world: World) -> None:
    """Nothing goes back and forth."""
    before = world.there.quiet()
    world.browser.press(world.browser.get(PAGE), "Check now")
    time.sleep(1.5)
    world.sees("In step")
    assert world.there.quiet() == before


def part(world: World) -> None:
    card = world.browser.get(PAGE).select_one("article.card a[href*=connections]")
    assert card is not None
    number = re.findall(r"connections/(\d+)", str(card["href"]))[0]
    page = world.browser.get(f"{PAGE}/connections/{number}/disconnect")
    world.browser.press(page, "take the bookings out")
    until("our events go", lambda: set(world.there.events().values()) == {"Dentist", "Cinema"})
    until("and nothing blocks any more", lambda: not world.busy(ahead(20)))
    question = "SELECT count(*) FROM daybridge.calendar_connections WHERE sealed IS NOT NULL"
    until("what let us in is forgotten", lambda: world.town.sql(question) == [(0,)])
