"""A link by which the booking app lets a staff member in: signed by a secret that both know, short-lived, for one use.

docs/sign-in.md tells the app how to make one.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from gateway.core.errors import NotYours

# No link is good for longer, however late the moment that stands in it.
LIFE: Final = timedelta(minutes=15)
VERSION: Final = "v1"
_FORMS: Final = {
    "business": r"[0-9]{1,18}",
    "staff": r"[0-9]{1,18}",
    "until": r"[0-9]{1,12}",
    "id": r"[A-Za-z0-9_-]{16,64}",
    "signature": r"v1=[0-9a-f]{64}",
}
_WRONG: Final = "this link isn’t one of the booking app’s; open the app and choose “Calendars” again"


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What stands in the link; `until` is in seconds since the epoch, `id` is never used again by the app."""

    business_id: int
    staff_id: int
    until: int
    id: str
    signature: str


def read(query: Mapping[str, str]) -> SignedLink:
    """Raises NotYours for what can't be one."""
    told = {name: query.get(name, "") for name in _FORMS}
    if not all(re.fullmatch(form, told[name], re.ASCII) for name, form in _FORMS.items()):
        raise NotYours(what=_WRONG)
    return SignedLink(
        int(told["business"]), int(told["staff"]), int(told["until"]), told["id"], told["signature"]
    )


def signature(secret: str, business_id: int, staff_id: int, until: int, id_: str) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `daybridge-sign-in:v1:<business>.<staff>.<until>.<id>`."""
    signed = f"daybridge-sign-in:{VERSION}:{business_id}.{staff_id}.{until}.{id_}"
    return f"{VERSION}={hmac.new(secret.encode(), signed.encode(), sha256).hexdigest()}"


def require(link: SignedLink, secret: str, now: datetime) -> None:
    """Raises NotYours unless it was signed with this secret, and its time has neither passed nor is too far off."""
    expected = signature(secret, link.business_id, link.staff_id, link.until, link.id)
    if not secret or not hmac.compare_digest(expected, link.signature):
        raise NotYours(what=_WRONG)
    left = link.until - now.timestamp()
    if not 0 < left <= LIFE.total_seconds():
        raise NotYours(what="this link is too old; open the booking app and choose “Calendars” again")


def mark(link: SignedLink) -> bytes:
    """What is kept to know that it was used."""
    return sha256(f"{link.business_id}.{link.id}".encode()).digest()
