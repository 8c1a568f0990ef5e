"""The way into a calendar that has an address and nothing else."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar

from gateway.core.errors import NeedsReconnect, NotAccepted, Unavailable
from gateway.core.language import N_
from gateway.core.remote import FOREVER, Grant, Login
from gateway.providers.http import host_of
from gateway.providers.ics import feed, pieces
from gateway.providers.ics.config import IcsConfig
from gateway.providers.ics.feed import Marks


class IcsDoor:
    """`port.Door`."""

    asks_password: ClassVar[bool] = False

    def __init__(self, config: IcsConfig) -> None:
        self._config = config

    def enter(self, login: Login) -> Grant:
        url = feed.address(login.address)
        host = host_of(url)
        try:
            text = feed.fetch(self._config, url, Marks())
            pieces.cut(text.body or b"")
        except pieces.NoCalendar:
            reason = "there is no calendar at this address, but something else; it must be the calendar’s ICS address"
            raise NotAccepted(host=host, reason=reason) from None
        except NeedsReconnect:
            raise NotAccepted(
                host=host, reason=N_("it doesn’t give this calendar to everybody who knows the address")
            ) from None
        except Unavailable as error:
            if error.fields.get("reason") == "its answer is too long":
                raise NotAccepted(host=host, reason=N_("this calendar is too large")) from None
            raise
        # The address is a secret, so nothing of it is shown; and yet two of one server are told apart.
        mark = sha256(url.encode("utf-8", "replace")).hexdigest()[:8]
        return Grant(url, url, FOREVER, account=f"{host} ({mark})")

    def refresh(self, grant: Grant) -> Grant:
        return grant

    def revoke(self, grant: Grant) -> None:
        """There is nothing to give back."""
