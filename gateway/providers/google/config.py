"""Where Google is, and as whom we come."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GoogleConfig:
    """Each address is a setting, so that a test's server can stand in for Google.

    `allow_private` also allows http and addresses of our own network; `ca_bundle` is a file of certificates in PEM,
    empty for those that come with Python's requests.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105  (an address)
    revoke_url: str = "https://oauth2.googleapis.com/revoke"
    api_endpoint: str = "https://www.googleapis.com/calendar/v3/"
    allow_private: bool = False
    ca_bundle: str = ""
