"""Keeps to what providers allow: each request first takes a place in budgets that all processes share."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from gateway.core.connected import Connection
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.db import connections
from gateway.db.connections import Budgets
from gateway.providers.port import CalendarProvider, Provider
from gateway.services.deps import Deps


class OverBudget(Exception):  # nothing went wrong: it is just not our turn yet
    """No request may be sent for another `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def spender(deps: Deps, provider: Provider, connection: Connection) -> Callable[[], None]:
    """Takes one place in the account's budget and in the provider's own. Raises OverBudget."""
    of_account, of_all = provider.budget
    digest = sha256(connection.account_key.encode()).hexdigest()[:24]
    budgets = Budgets(f"{provider.name} {digest}", of_account, provider.name, of_all)

    def spend() -> None:
        wait = connections.spend(deps.database, budgets, deps.now())
        if wait > 0:
            raise OverBudget(wait)

    return spend


class Budgeted:
    """A provider that asks for a place before each request."""

    def __init__(self, provider: CalendarProvider, spend: Callable[[], None]) -> None:
        self._provider, self._spend = provider, spend

    def calendars(self) -> list[RemoteCalendar]:
        self._spend()
        return self._provider.calendars()

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        self._spend()
        return self._provider.put(calendar, key, event, seen)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        self._spend()
        self._provider.delete(calendar, stamp)

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        self._spend()
        return self._provider.read(calendar, id_)

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        self._spend()
        return self._provider.changes(calendar, cursor, window)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        self._spend()
        return self._provider.watch(calendar, id_, url, secret)

    def unwatch(self, watch: Watch) -> None:
        self._spend()
        self._provider.unwatch(watch)
