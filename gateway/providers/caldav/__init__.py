"""CalDAV accounts (RFC 4791): iCloud, Fastmail, Nextcloud and any server that people name.

`discovery` finds an account, `client` reads and writes it, `rounds` finds out what has changed, `api` is how they ask
through our one HTTP function; `quirks` says what is special about whom. What is pure stands apart: `translate` (objects
and events), `times` (when they are), `calendars`, `multistatus`, `questions`, `cursor`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.core.language import N_
from gateway.providers.caldav import quirks
from gateway.providers.caldav.client import CaldavCalendar
from gateway.providers.caldav.config import CaldavConfig
from gateway.providers.caldav.discovery import CaldavDoor
from gateway.providers.port import Account, CalendarProvider, Provider

__all__ = ["CaldavCalendar", "CaldavConfig", "provider"]


def provider(config: CaldavConfig, clock: Callable[[], datetime]) -> Provider:
    """CalDAV as a kind of account that can be connected. `clock` tells the present, aware."""

    def opened(account: Account) -> CalendarProvider:
        return CaldavCalendar(config, account, clock)

    # Nobody publishes a limit; so many are what a person's own programs ask for.
    return Provider(
        "caldav",
        N_("CalDAV (iCloud, Fastmail, Nextcloud …)"),
        CaldavDoor(config),
        opened,
        (300, 6_000),
        called=quirks.called,
    )
