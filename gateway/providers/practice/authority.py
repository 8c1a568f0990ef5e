"""The permission to use a practice calendar: asked for on a page of our own, and kept in our own database."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from gateway.core.errors import NeedsReconnect, NotAccepted
from gateway.core.language import N_
from gateway.core.remote import Grant
from gateway.core.secrets import make_token, token_hash
from gateway.providers.oauth import declined
from gateway.providers.practice.client import HOST
from gateway.providers.practice.store import Store

PAGE: Final = "/practice/agree"
SCOPE: Final = "events"
_LIFE: Final = timedelta(hours=1)
_LONGEST_ID: Final = 18


class PracticeAuthority:
    """`port.Authority`. A token says which business it belongs to, so that it is looked for in no other.

    One token serves for both parts of a grant: nothing leaves the house, so nobody could pick up the one that is shown.
    `address` is where people reach us.
    """

    def __init__(
        self, store: Store, address: str, clock: Callable[[], datetime], chance: Callable[[int], bytes]
    ) -> None:
        self._store, self._address, self._clock, self._chance = store, address, clock, chance

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        """The page asks every time, and knows who is in front of it."""
        asked = {"state": state, "redirect_uri": redirect, "code_challenge": challenge(verifier)}
        return f"{self._address}{PAGE}?{urlencode(asked)}"

    def declined(self, error: str, detail: str) -> str:
        return declined(error)

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        business_id = _business(code)
        agreed = self._store.spend(business_id, token_hash(code)) if business_id is not None else None
        if business_id is None or agreed is None or agreed.expires_at <= self._clock():
            raise NotAccepted(host=HOST, reason=N_("the sign-in took too long or was used before"))
        if not hmac.compare_digest(agreed.challenge, challenge(verifier)) or agreed.redirect != redirect:
            raise NotAccepted(host=HOST, reason=N_("somebody else began this sign-in"))
        token = new_token(business_id, self._chance)
        self._store.let_in(business_id, token_hash(token), agreed.account)
        return Grant(token, token, self._clock() + _LIFE, frozenset({SCOPE}))

    def refresh(self, grant: Grant) -> Grant:
        business_id = _business(grant.refresh_token)
        if business_id is None or self._store.holder(business_id, token_hash(grant.refresh_token)) is None:
            raise NeedsReconnect(host=HOST, reason=N_("access was taken back"))
        return replace(grant, access_token=grant.refresh_token, expires_at=self._clock() + _LIFE)

    def revoke(self, grant: Grant) -> None:
        token = grant.refresh_token or grant.access_token
        business_id = _business(token)
        if business_id is not None:
            self._store.shut_out(business_id, token_hash(token))

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        return () if SCOPE in grant.scopes else (N_("see and change the events of your practice calendar"),)


def challenge(verifier: str) -> str:
    """RFC 7636 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def new_token(business_id: int, chance: Callable[[int], bytes]) -> str:
    """A code or a token of a business, with 160 bits that nobody can guess."""
    return f"{business_id}.{make_token(chance(20))}"


def _business(token: str) -> int | None:
    number, _, rest = token.partition(".")
    if not rest or not number.isascii() or not number.isdecimal() or len(number) > _LONGEST_ID:
        return None
    return int(number)
