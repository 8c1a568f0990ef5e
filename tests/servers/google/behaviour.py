"""What can be set on this Google: where the real one is not documented, and where a test wants it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Behaviour:
    """May be changed while the server runs."""

    # OAuth. Google itself insists on neither state nor PKCE; a product that leaves them out is wrong all the same.
    require_state: bool = True
    require_pkce: bool = True
    access_seconds: int = 3599
    code_seconds: int = 60
    most_refresh_tokens: int = 100
    # Whether revoking one token ends everything that the person had granted this client.
    revoke_ends_grant: bool = False
    # Events. A write to a deleted event is 403, or brings it back.
    revives: bool = False
    # Lists. At most so many items on a page, and an empty first page.
    page_limit: int | None = None
    empty_pages: bool = False
    # What a sync token with timeMin or timeMax says of changed events outside: "shown", "cancelled" or "silent".
    outside_window: str = "shown"
    updated_min_days: int | None = None
    # Push.
    allow_http: bool = False
    channel_days: int = 7
    notification_timeout: float = 5.0
    notification_tries: int = 3

    def change(self, options: dict[str, Any]) -> None:
        for name, value in options.items():
            if name not in self.__slots__:
                raise ValueError(f"there is nothing called {name} to set")
            setattr(self, name, value)
