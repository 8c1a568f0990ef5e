"""The configuration profile by which an iPhone, an iPad or a Mac adds the calendar account, with nothing to type.

Source: Apple's Device Management documentation, "CalDAV" (com.apple.caldav.account) and "TopLevel".
"""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

CONTENT_TYPE: Final = "application/x-apple-aspen-config"
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class AppleAccount:
    """Whom the profile is for. `address` is ours as the phone reaches it, `home` the person's path there; `number`
    tells this profile from their others, and `who` from their colleagues'."""

    address: str
    home: str
    who: str
    user_name: str
    password: str
    business: str
    number: int


def profile(account: AppleAccount) -> bytes:
    """A property list in XML. The same account has the same UUIDs again, so that a second download replaces the first
    one on the phone."""
    parts = urlsplit(account.address)
    name = f"Bookings, {account.business}" if account.business else "Bookings"
    identifier = f"daybridge.{parts.hostname}.{account.home.strip('/').replace('/', '.')}.{account.number}"
    caldav = {
        "PayloadType": "com.apple.caldav.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.caldav",
        "PayloadUUID": _uuid(account, "caldav"),
        "PayloadDisplayName": name,
        "CalDAVAccountDescription": name,
        "CalDAVHostName": parts.hostname or "",
        "CalDAVPort": parts.port or _PORTS[parts.scheme],
        "CalDAVPrincipalURL": account.home,
        "CalDAVUseSSL": parts.scheme == "https",
        "CalDAVUsername": account.user_name,
        "CalDAVPassword": account.password,
    }
    whole = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": _uuid(account, "profile"),
        "PayloadDisplayName": f"{name}: {account.who}",
        "PayloadDescription": "Adds one calendar account with your bookings, and nothing else.",
        "PayloadOrganization": account.business or "Daybridge",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [caldav],
    }
    return plistlib.dumps(whole)


def _uuid(account: AppleAccount, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{account.address}{account.home}#{account.number}-{what}")).upper()
