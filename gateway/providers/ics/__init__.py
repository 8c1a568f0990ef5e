"""Calendars at an address: what other programs call a subscription, an ICS feed or a webcal link (RFC 5545 as a file).

`door` lets us in, `feed` fetches, `client` finds out what has changed; `pieces` cuts the text into events and is pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.core.language import N_
from gateway.providers.ics.client import IcsCalendar
from gateway.providers.ics.config import IcsConfig
from gateway.providers.ics.door import IcsDoor
from gateway.providers.port import Account, CalendarProvider, Provider

__all__ = ["IcsCalendar", "IcsConfig", "provider"]


def provider(config: IcsConfig, clock: Callable[[], datetime]) -> Provider:
    """An address as a kind of account that can be connected."""

    def opened(account: Account) -> CalendarProvider:
        return IcsCalendar(config, account)

    return Provider("ics", N_("Calendar address (ICS)"), IcsDoor(config), opened, (30, 3_000))
