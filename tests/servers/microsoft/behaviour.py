"""What can be set on this Microsoft: where the real one is not documented, and where a test wants it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Behaviour:
    """May be changed while the server runs."""

    # Identity. MSAL takes only https addresses from the OpenID document, and this server speaks http.
    as_https: bool = True
    # Neither is demanded by Microsoft; a product that leaves them out is wrong all the same.
    require_state: bool = True
    require_pkce: bool = True
    access_seconds: int = 3599
    code_seconds: int = 600
    # Whether a refresh token goes on working after it was exchanged for the next one.
    old_refresh_tokens: bool = True
    # Events. A POST whose transactionId was used before: "201" with the event that is there, "409", or "forgotten".
    transaction: str = "201"
    # Within what a transactionId is unique: "mailbox" or "calendar".
    transaction_scope: str = "mailbox"
    # Ids of the other kind than the request's Prefer asks for are understood.
    mixed_ids: bool = True
    # What originalStartTimeZone says: the name as it was "given", or its "windows" name.
    zone_echo: str = "given"
    # Changing one occurrence makes a new version of its series too, and so of all the others.
    exceptions_touch_series: bool = True
    # Lists. At most so many items on a page; and so many when nothing is asked for.
    page_limit: int | None = None
    page_default: int = 10
    # Delta. A round begins with so many empty pages; each page repeats the last item of the one before.
    empty_pages: int = 0
    repeats: bool = False
    # Series masters are told "last", "first" or "never"; whether exceptions lack fields as occurrences do.
    masters: str = "last"
    bare_exceptions: bool = False
    # What a lost sync state is called: SyncStateNotFound, resyncRequired or SyncStateInvalid.
    gone_code: str = "SyncStateNotFound"
    # Beyond so many days a delta takes too long: 504.
    widest_days: int | None = None
    # $batch answers in the order "reversed" or "asked".
    batch_order: str = "reversed"
    # Push. Webhooks without TLS; whether they are asked for the validation token at first, and at renewals too.
    allow_http: bool = False
    handshake: bool = True
    handshake_on_renewal: bool = True
    handshake_timeout: float = 10.0
    notification_timeout: float = 3.0
    notification_tries: int = 3
    # So many notifications for one address go in one POST at most.
    together: int = 100

    def change(self, options: dict[str, Any]) -> None:
        for name, value in options.items():
            if name not in self.__slots__:
                raise ValueError(f"there is nothing called {name} to set")
            setattr(self, name, value)
