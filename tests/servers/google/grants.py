"""What people have allowed which client: consents, codes, refresh tokens, access tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.google.behaviour import Behaviour
from tests.servers.google.refusal import OAuthRefusal, Refusal

Pair = tuple[str, str]
"""A client's id and an account's e-mail address."""


@dataclass(slots=True)
class Client:
    id: str
    secret: str
    redirect_uris: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Code:
    """What the browser carries back, to be exchanged once."""

    pair: Pair
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str | None
    challenge_method: str
    offline: bool
    expires: datetime


@dataclass(frozen=True, slots=True)
class Refresh:
    token: str
    pair: Pair
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Access:
    token: str
    pair: Pair
    scopes: frozenset[str]
    expires: datetime
    refresh: str | None

    @property
    def email(self) -> str:
        return self.pair[1]


@dataclass(slots=True)
class Grants:
    behaviour: Behaviour
    now: Callable[[], datetime]
    clients: dict[str, Client] = field(default_factory=dict)
    consents: dict[Pair, frozenset[str]] = field(default_factory=dict)
    offline: set[Pair] = field(default_factory=set)
    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)

    def consent(self, pair: Pair, scopes: frozenset[str]) -> None:
        self.consents[pair] = self.consents.get(pair, frozenset()) | scopes

    def code(self, made: Code) -> str:
        code = f"4/0{secrets.token_urlsafe(48)}"
        self.codes[code] = made
        return code

    def redeem(self, code: str, client: Client, redirect_uri: str, verifier: str | None) -> Code:
        """A code counts once, also when it comes with something wrong."""
        found = self.codes.pop(code, None)
        if found is None or found.pair[0] != client.id:
            raise OAuthRefusal(400, "invalid_grant", "Malformed auth code.")
        if found.expires <= self.now():
            raise OAuthRefusal(400, "invalid_grant", "Bad Request")
        if found.redirect_uri != redirect_uri:
            raise OAuthRefusal(400, "redirect_uri_mismatch", "Bad Request")
        _verify(found, verifier)
        return found

    def new_refresh(self, pair: Pair, scopes: frozenset[str]) -> Refresh:
        made = Refresh(f"1//0{secrets.token_urlsafe(48)}", pair, scopes)
        self.refreshes[made.token] = made
        living = [token for token, one in self.refreshes.items() if one.pair == pair]
        for token in living[: -self.behaviour.most_refresh_tokens]:
            self.end_refresh(token)
        return made

    def new_access(self, pair: Pair, scopes: frozenset[str], refresh: str | None) -> Access:
        expires = self.now() + timedelta(seconds=self.behaviour.access_seconds)
        made = Access(f"ya29.{secrets.token_urlsafe(60)}", pair, scopes, expires, refresh)
        self.accesses[made.token] = made
        return made

    def bearer(self, header: str | None) -> Access:
        """Whoever calls the API; nobody without a living access token."""
        kind, _, token = (header or "").partition(" ")
        if not header or kind.lower() != "bearer":
            raise _challenge("required", "Login Required.")
        access = self.accesses.get(token)
        if access is None or access.expires <= self.now():
            raise _challenge("authError", "Invalid Credentials")
        return access

    def revoke(self, token: str) -> None:
        """A refresh token ends with its access tokens, an access token with its refresh token."""
        access = self.accesses.get(token)
        refresh = token if token in self.refreshes else access.refresh if access else None
        if refresh is None and access is None:
            raise OAuthRefusal(400, "invalid_token", "Token expired or revoked")
        pair = self.refreshes[refresh].pair if refresh in self.refreshes else access.pair  # type: ignore[union-attr]
        self.accesses.pop(token, None)
        if refresh:
            self.end_refresh(refresh)
        if self.behaviour.revoke_ends_grant or not any(self._of(pair)):
            self.revoke_grant(pair)

    def _of(self, pair: Pair) -> Iterator[Refresh]:
        return (one for one in list(self.refreshes.values()) if one.pair == pair)

    def revoke_grant(self, pair: Pair) -> None:
        """The person takes back everything from this client."""
        for refresh in self._of(pair):
            self.end_refresh(refresh.token)
        self.accesses = {token: one for token, one in self.accesses.items() if one.pair != pair}
        self.consents.pop(pair, None)
        self.offline.discard(pair)

    def end_refresh(self, token: str) -> None:
        self.refreshes.pop(token, None)
        self.accesses = {name: one for name, one in self.accesses.items() if one.refresh != token}


def _verify(code: Code, verifier: str | None) -> None:
    if code.challenge is None:
        return
    if verifier is None:
        raise OAuthRefusal(400, "invalid_grant", "Missing code verifier.")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    answered = digest if code.challenge_method == "S256" else verifier
    if not secrets.compare_digest(answered, code.challenge):
        raise OAuthRefusal(400, "invalid_grant", "Invalid code verifier.")


def _challenge(reason: str, message: str) -> Refusal:
    headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}
    return Refusal(401, reason, message, location="Authorization", headers=headers)
