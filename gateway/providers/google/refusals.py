"""What Google's statuses mean, by the reason that comes with them.

https://developers.google.com/workspace/calendar/api/guides/errors; token endpoint: RFC 6749 5.2. The first row that
fits counts. 429 and 5xx are translated before (`http.send`).
"""

from __future__ import annotations

import json
from typing import Final

from gateway.core.errors import (
    CursorExpired,
    NeedsReconnect,
    NotAccepted,
    ProviderError,
    RateLimited,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.language import N_
from gateway.providers.http import Meaning
from gateway.providers.told import objects

# A limit on invitations and the like lasts for hours, not for seconds.
_QUOTA_WAIT: Final = 3600.0
# An explanation is short; what is longer is none.
_LONGEST_EXPLANATION: Final = 100_000


class IdTaken(ProviderError):
    """{host} has an event of this id already."""


class NoPush(ProviderError):
    """{host} doesn't tell us when this calendar changes: {reason}."""

    permanent = True


API: Final = (
    Meaning(
        401, NoPush, frozenset({"push.webhookUrlUnauthorized"}), N_("our address isn't registered there")
    ),
    Meaning(401, NeedsReconnect, because="access has ended or was taken back"),
    Meaning(403, RateLimited, frozenset({"rateLimitExceeded", "userRateLimitExceeded"})),
    Meaning(
        403,
        RateLimited,
        frozenset({"quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"}),
        wait=_QUOTA_WAIT,
    ),
    Meaning(403, NeedsReconnect, frozenset({"insufficientPermissions"}), N_("a permission is missing")),
    Meaning(
        403,
        NotAccepted,
        frozenset({"accessNotConfigured"}),
        N_("the Calendar API isn't switched on for our client"),
    ),
    Meaning(403, NotAccepted, because="this account may not do that"),
    Meaning(404, RemoteGone),
    Meaning(409, IdTaken),
    Meaning(410, CursorExpired, frozenset({"fullSyncRequired", "updatedMinTooLongAgo"})),
    Meaning(410, RemoteGone),
    Meaning(412, RemoteChanged),
)

# Going on with a list: a token that it doesn't know is as bad as one that has expired.
GOING_ON: Final = (
    Meaning(400, CursorExpired),
    Meaning(410, CursorExpired),
    *API,
)

# Some calendars, such as those of holidays, tell nobody; and Google calls only https addresses.
WATCH: Final = (
    Meaning(
        400,
        NoPush,
        frozenset({"pushNotSupportedForRequestedResource", "push.webhookUrlNotHttps"}),
        N_("it can't be told"),
    ),
    *API,
)

_TROUBLE: Final = Meaning(
    None,
    Unavailable,
    frozenset({"temporarily_unavailable", "server_error", "internal_failure"}),
    N_("it has trouble of its own"),
)
_CLIENT: Final = Meaning(
    None,
    NotAccepted,
    frozenset({"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}),
    N_("our client id or secret isn't valid there"),
)

EXCHANGE: Final = (
    _TROUBLE,
    _CLIENT,
    Meaning(
        None,
        NotAccepted,
        frozenset({"invalid_grant"}),
        N_("the sign-in took too long or was used before, so it has to be started again"),
    ),
    Meaning(
        None,
        NotAccepted,
        frozenset({"redirect_uri_mismatch"}),
        N_("our address isn't registered for sign-ins there"),
    ),
)

REFRESH: Final = (
    _TROUBLE,
    _CLIENT,
    Meaning(None, NeedsReconnect, frozenset({"invalid_grant"}), N_("access has ended or was taken back")),
    Meaning(
        None,
        NeedsReconnect,
        frozenset({"access_denied", "admin_policy_enforced", "org_internal"}),
        N_("its administrator doesn't allow it"),
    ),
)


def reasons(body: bytes) -> frozenset[str]:
    """What Google says beside the status: in the API's form, in the newer one with details, or in OAuth's."""
    try:
        said = json.loads(body) if len(body) <= _LONGEST_EXPLANATION else None
    except (ValueError, RecursionError):
        return frozenset()
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        return frozenset({error} if isinstance(error, str) else ())
    found = (entry.get("reason") for name in ("errors", "details") for entry in objects(error.get(name)))
    return frozenset(word for word in found if isinstance(word, str))
