"""Put a staff member's bookings on one of their devices: a password of its own, by hand, by profile or by link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from gateway.core.apple_profile import AppleAccount, profile
from gateway.services import grant
from gateway.services.deps import Deps
from gateway.services.grant import Member


@dataclass(frozen=True, slots=True)
class Ready:
    """What to type into a calendar app; the password is shown this once. `davx5` opens that app with all but the
    password filled in, and is empty where it couldn't: it knows https only."""

    server: str
    user_name: str
    password: str
    davx5: str


def by_hand(deps: Deps, member: Member, label: str) -> Ready:
    """A password for a device, to be typed or pasted. Raises NotYours, Invalid."""
    granted = grant.app_password(deps, member.business_id, member.id, label)
    return Ready(f"{deps.settings.address}/dav/", granted.name, granted.secret, _davx5(deps, granted.name))


def by_profile(deps: Deps, member: Member, label: str) -> bytes:
    """A profile for Apple's devices, with a new password in it. Raises NotYours, Invalid."""
    granted = grant.app_password(deps, member.business_id, member.id, label)
    return profile(
        AppleAccount(
            address=deps.settings.address,
            home=f"/dav/s{member.id}/",
            who=member.name,
            user_name=granted.name,
            password=granted.secret,
            business=member.business,
            number=granted.id,
        )
    )


def _davx5(deps: Deps, user_name: str) -> str:
    parts = urlsplit(deps.settings.address)
    return f"davx5://{quote(user_name, safe='')}@{parts.netloc}/dav/" if parts.scheme == "https" else ""
