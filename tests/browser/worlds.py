"""Everything that runs while somebody connects an account: our server and our worker, and the account's provider."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import wiring
from gateway.db import practice as kept
from gateway.services import grant
from gateway.services.deps import Deps
from tests.browser import handles
from tests.browser.visitor import Visitor
from tests.conftest import Town
from tests.e2e.pages import Browser, served, working
from tests.e2e.test_accounts import ALWAYS, World, settings
from tests.e2e.there import EMAIL, CaldavServer, account

PROVIDERS = ("google", "microsoft", "caldav", "practice")


# The rows of Alice's practice calendar.
_PRACTICE = (1, "practice-11", "practice-11")


@dataclass
class Practice:
    """The practice calendar as `There`: what its owner does happens on pages of ours."""

    title, calls = "Practice calendar", True
    deps: Deps | None = None

    def settings(self) -> dict[str, object]:
        return {"providers_practice": True}

    def credentials(self) -> str:
        return ""

    def expects(self, address: str) -> None:
        """Nobody has to know us."""

    def of_booking(self, booking: int) -> str | None:
        assert self.deps
        with self.deps.database.tenant(1, read_only=True) as session:
            found = kept.events(session, _PRACTICE)
        return next((one.id for one in found if f"booking-{booking}@" in one.tag and not one.deleted), None)


@dataclass
class Visit:
    """Alice before the pages, and the world behind them."""

    visitor: Visitor
    world: World
    provider: str

    def agrees(self) -> None:
        """From the button that connects an account to the page that shows what would change."""
        self.visitor.presses(handles.connect(self.provider))
        if self.provider == "caldav":
            self._types("not this one")
            assert "nothing has changed" in self.visitor.reads().lower()
            self._types(CaldavServer.password)
            return
        self.visitor.presses(handles.ONWARD)
        if self.provider == "practice":
            self.visitor.presses(handles.PRACTICE_YES)

    def deletes(self, booking: int) -> None:
        """A booking's event, where its owner deletes it."""
        id_ = self.world.id_of(booking)
        if self.provider == "practice":
            self.visitor.goes("/practice/practice-11")
            self.visitor.presses(f"main form[action$='/event/{id_}/delete'] button")
        else:
            self.world.there.delete(id_)
        self.visitor.goes(handles.CALENDARS)

    def checks(self) -> None:
        """Where nobody calls us, somebody presses a button."""
        if not self.world.there.calls:
            self.visitor.presses(handles.CHECK_NOW)

    def _types(self, password: str) -> None:
        there: Any = self.world.there
        self.visitor.fills(address=there.server.url, user=EMAIL, password=password)
        self.visitor.presses(handles.ENTER)


@contextmanager
def somewhere(provider: str, folder: Path) -> Iterator[Any]:
    if provider == "practice":
        yield Practice()
        return
    with account(provider, folder) as there:
        yield there


@contextmanager
def world(provider: str, town: Town, folder: Path) -> Iterator[World]:
    """Harbor Hair, open round the clock, served with a worker beside it, and Alice's account elsewhere."""
    town.sql("UPDATE public.staff_members SET availability = %s::jsonb", ALWAYS)
    with somewhere(provider, folder) as there, socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        there.expects(address)
        deps = wiring.build(settings(town.url, address, there, folder))
        if provider == "practice":
            there.deps = deps
        with served(deps, listening), working(deps):
            key = grant.api_key(deps, 1, "write", "test").secret
            yield World(deps, town, there, Browser(address), key)
        deps.database.close()
