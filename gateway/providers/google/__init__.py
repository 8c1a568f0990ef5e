"""Google Calendar: its API v3 and its OAuth.

`client` asks, `oauth` gets the permission to, `api` is how both of Google's libraries speak through our one HTTP
function, and what is pure stands apart: `translate` (events), `times` (when they are), `markup` (their texts).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.core.notice import Call, Heard, Notice
from gateway.providers.google.api import Api
from gateway.providers.google.client import GoogleCalendar
from gateway.providers.google.config import GoogleConfig
from gateway.providers.google.oauth import GoogleAuthority
from gateway.providers.port import Account, CalendarProvider, Provider

__all__ = ["GoogleCalendar", "GoogleConfig", "provider"]


def provider(config: GoogleConfig, clock: Callable[[], datetime]) -> Provider:
    """Google as a kind of account that can be connected. `clock` tells the present, aware."""

    def opened(account: Account) -> CalendarProvider:
        return GoogleCalendar(Api(config, account.grant.access_token), account, clock)

    # What Google allows for a user and for a project, a minute:
    # https://developers.google.com/workspace/calendar/api/guides/quota
    return Provider("google", "Google Calendar", GoogleAuthority(config, clock), opened, (600, 10_000), hear)


def hear(call: Call) -> Heard:
    """https://developers.google.com/workspace/calendar/api/guides/push; whatever its X-Goog-Resource-State (`sync` is
    the first call of a new channel), it is worth a look."""
    return (Notice(call.headers.get("x-goog-channel-id", ""), call.headers.get("x-goog-channel-token", "")),)
