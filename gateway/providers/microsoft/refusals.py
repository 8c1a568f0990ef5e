"""What Microsoft's statuses and error codes mean. The first row that fits counts; 429 and 5xx are translated before.

Graph: https://learn.microsoft.com/graph/errors; sign-in: https://learn.microsoft.com/entra/identity-platform/
reference-error-codes (AADSTS…). What an error says in its text is for developers, and changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.core.errors import (
    CursorExpired,
    NeedsReconnect,
    NotAccepted,
    ProviderError,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.language import N_
from gateway.providers.http import Meaning

# An explanation is short; what is longer is none.
_LONGEST_EXPLANATION: Final = 100_000


class Taken(ProviderError):
    """{host} has made an event for this request already."""


class NoPush(ProviderError):
    """{host} doesn't tell us when this calendar changes: {reason}."""

    permanent = True


API: Final = (
    Meaning(401, NeedsReconnect, because="access has ended or was taken back"),
    Meaning(403, NeedsReconnect, frozenset({"Authorization_RequestDenied"}), N_("a permission is missing")),
    Meaning(403, NotAccepted, because="this account may not do that"),
    Meaning(404, RemoteGone),
    # An id that can't be one of theirs names nothing.
    Meaning(400, RemoteGone, frozenset({"ErrorInvalidIdMalformed"})),
    Meaning(409, Taken),
    Meaning(410, CursorExpired, frozenset({"SyncStateNotFound", "SyncStateInvalid", "resyncRequired"})),
    Meaning(410, RemoteGone),
    Meaning(412, RemoteChanged),
)

# Going on with a list: a link that it doesn't know is as bad as one that has expired.
GOING_ON: Final = (Meaning(400, CursorExpired), Meaning(410, CursorExpired), *API)

# It calls our address first of all, and says no if that doesn't answer.
WATCH: Final = (
    Meaning(400, NoPush, because="our address can't be reached from there"),
    Meaning(403, NoPush, because="this calendar can't be watched"),
    Meaning(404, NoPush, because="this calendar can't be watched"),
    *API,
)

# Numbers of AADSTS errors, or the words beside them, and what they mean for whoever signs in.
ADMIN: Final = N_("its organization wants an administrator's consent first; ask yours to agree to Daybridge")
ADMINISTRATORS: Final = frozenset({"90094", "90008", "90093", "650052", "650056"})
SIGN_IN: Final = (
    Meaning(
        None,
        NotAccepted,
        frozenset({"7000215", "7000222", "700016", "invalid_client", "unauthorized_client"}),
        N_("our client id or secret isn't valid there"),
    ),
    Meaning(None, NotAccepted, frozenset({"50011"}), N_("our address isn't registered for sign-ins there")),
    Meaning(None, NeedsReconnect, ADMINISTRATORS, ADMIN),
    Meaning(
        None,
        NeedsReconnect,
        frozenset({"65001", "65004", "consent_required"}),
        N_("it has to be agreed to anew"),
    ),
    Meaning(
        None, NeedsReconnect, frozenset({"50173"}), N_("the password was changed, or access was taken back")
    ),
    Meaning(None, NeedsReconnect, frozenset({"700082", "token_expired"}), N_("it was not used for too long")),
    Meaning(
        None,
        NeedsReconnect,
        frozenset({"50076", "50079", "50158", "basic_action", "additional_action"}),
        N_("it wants to see its owner once more"),
    ),
    Meaning(
        None, NeedsReconnect, frozenset({"50057", "50034"}), N_("the account was closed or switched off")
    ),
    Meaning(
        None,
        Unavailable,
        frozenset({"temporarily_unavailable", "server_error"}),
        N_("it has trouble of its own"),
    ),
    Meaning(
        None,
        NeedsReconnect,
        frozenset({"invalid_grant", "interaction_required", "login_required", "bad_token"}),
        N_("access has ended or was taken back"),
    ),
)

# Who only begins has nothing yet that could have ended; and a code that was used before, or is too old, is no grant.
_ANEW: Final = "the sign-in took too long or was used before, so it has to be started again"
EXCHANGE: Final = (
    Meaning(None, NotAccepted, frozenset({"54005", "70008"}), _ANEW),
    *(replace(row, error=NotAccepted) if row.error is NeedsReconnect else row for row in SIGN_IN[:-1]),
    Meaning(None, NotAccepted, frozenset({"invalid_grant", "invalid_request"}), _ANEW),
    replace(SIGN_IN[-1], error=NotAccepted),
)


def words(body: bytes) -> frozenset[str]:
    """What Graph says beside a status: its code, and the codes within."""
    try:
        said = json.loads(body) if len(body) <= _LONGEST_EXPLANATION else None
    except (ValueError, RecursionError):
        return frozenset()
    error = said.get("error") if isinstance(said, dict) else None
    found = set[str]()
    for _ in range(5):
        if not isinstance(error, dict):
            break
        if isinstance(error.get("code"), str):
            found.add(error["code"])
        error = error.get("innerError") or error.get("innererror")
    return frozenset(found)


def said(refused: Mapping[str, Any]) -> frozenset[str]:
    """What a refused sign-in says: the error of OAuth, Microsoft's word beside it, and the numbers of AADSTS."""
    found = [refused.get("error"), refused.get("suberror")]
    numbers = refused.get("error_codes")
    found += [str(one) for one in numbers] if isinstance(numbers, list) else []
    return frozenset(one for one in found if isinstance(one, str) and one)
