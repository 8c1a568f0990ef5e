"""Digest sign-in (RFC 7616), which Baïkal and some older servers ask for; reckoned by requests."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from requests.auth import HTTPDigestAuth
from requests.utils import parse_dict_header

_DIGEST: Final = re.compile(r"(?:^|,)\s*digest\s+(?=[^,]*=)", re.IGNORECASE)
_BASIC: Final = re.compile(r"(?:^|,)\s*basic\b", re.IGNORECASE)
_LONGEST: Final = 2_000


def is_asked_for(challenge: str) -> bool:
    """Whether a server takes this and nothing plainer."""
    return len(challenge) <= _LONGEST and bool(_DIGEST.search(challenge)) and not _BASIC.search(challenge)


class Digest:
    """Answers one challenge, as often as it is good for."""

    def __init__(self, user: str, password: str, challenge: str) -> None:
        self._auth = cast(Any, HTTPDigestAuth(user, password))
        self._auth.init_per_thread_state()
        told = parse_dict_header(_DIGEST.split(challenge, maxsplit=1)[-1])  # type: ignore[no-untyped-call]
        self._auth._thread_local.chal = {"realm": "", "nonce": "", **told}

    def header(self, method: str, url: str) -> str:
        """Empty for a way of reckoning that nobody here knows; the server then says no."""
        return self._auth.build_digest_header(method, url) or ""
