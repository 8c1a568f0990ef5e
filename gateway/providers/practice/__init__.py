"""The practice calendar: a provider that is only played, so that people can see a connected calendar at work without
any account elsewhere.

`client` answers as a provider would, `authority` gives the permission to, `translate` says what its events mean, and
`store` is what the database has to keep for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.core.language import N_
from gateway.providers.port import Account, CalendarProvider, Provider
from gateway.providers.practice.authority import PracticeAuthority
from gateway.providers.practice.client import PracticeCalendar
from gateway.providers.practice.store import Store

__all__ = ["NAME", "PracticeAuthority", "PracticeCalendar", "Store", "provider"]

NAME = "practice"


def provider(
    store: Store,
    address: str,
    clock: Callable[[], datetime],
    chance: Callable[[int], bytes],
    *,
    page: int = 250,
) -> Provider:
    """The practice calendar as a kind of account that can be connected.

    `address` is where people reach this installation, `clock` tells the present, aware; `chance(n)` gives n random
    bytes; `page` is how many events are told at a time.
    """

    def opened(account: Account) -> CalendarProvider:
        return PracticeCalendar(store, account, clock, page)

    return Provider(NAME, N_("Practice calendar"), PracticeAuthority(store, address, clock, chance), opened)
