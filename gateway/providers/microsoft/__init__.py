"""Microsoft 365 and Outlook: the calendars of Graph v1.0, and permission by MSAL.

`client` asks, `oauth` gets the permission to, `api` is how Graph is asked, `round` completes what a delta leaves out,
and what is pure stands apart: `translate` (events), `times` (when they are), `notices` (its calls).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.providers.microsoft.api import Api
from gateway.providers.microsoft.client import MicrosoftCalendar
from gateway.providers.microsoft.config import MicrosoftConfig
from gateway.providers.microsoft.notices import hear
from gateway.providers.microsoft.oauth import MicrosoftAuthority
from gateway.providers.port import Account, CalendarProvider, Provider

__all__ = ["MicrosoftCalendar", "MicrosoftConfig", "provider"]


def provider(config: MicrosoftConfig, clock: Callable[[], datetime]) -> Provider:
    """Microsoft as a kind of account that can be connected. `clock` tells the present, aware."""

    def opened(account: Account) -> CalendarProvider:
        return MicrosoftCalendar(Api(config, account.grant.access_token), account, clock)

    # 10,000 requests in ten minutes for a mailbox: https://learn.microsoft.com/graph/throttling-limits
    authority = MicrosoftAuthority(config, clock)
    return Provider("microsoft", "Microsoft 365 and Outlook", authority, opened, (1_000, 60_000), hear)
