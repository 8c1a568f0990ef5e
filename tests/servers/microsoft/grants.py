"""What people have allowed which client: consents, codes, refresh tokens, access tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.google.grants import Client
from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.refusal import SignInRefusal, challenge

GRAPH = "https://graph.microsoft.com/"
SIGN_IN = frozenset({"openid", "profile", "email", "offline_access"})
KNOWN = SIGN_IN | {"Calendars.ReadWrite", "Calendars.Read", "User.Read", "MailboxSettings.Read"}
# Why a refresh token is worth nothing any more: error, AADSTS code, suberror, words.
ENDS: dict[str, tuple[str, int, str, str]] = {
    "revoked": (
        "invalid_grant",
        50173,
        "bad_token",
        "The provided grant has expired due to it being revoked.",
    ),
    "inactive": (
        "invalid_grant",
        700082,
        "token_expired",
        "The refresh token has expired due to inactivity.",
    ),
    "consent": (
        "invalid_grant",
        65001,
        "consent_required",
        "The user has not consented to use the application.",
    ),
    "mfa": ("interaction_required", 50076, "basic_action", "You must use multi-factor authentication."),
    "disabled": ("invalid_grant", 50057, "", "The user account is disabled."),
}


@dataclass(frozen=True, slots=True)
class Code:
    """What the browser carries back, to be exchanged once."""

    client: str
    email: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str | None
    nonce: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Token:
    client: str
    email: str
    scopes: frozenset[str]
    expires: datetime | None = None


@dataclass(slots=True)
class Grants:
    behaviour: Behaviour
    now: Callable[[], datetime]
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    redeemed: set[str] = field(default_factory=set)
    refreshes: dict[str, Token] = field(default_factory=dict)
    accesses: dict[str, Token] = field(default_factory=dict)
    # Refresh tokens that ended, and why.
    ended: dict[str, str] = field(default_factory=dict)

    def code(self, made: Code) -> str:
        code = f"1.AXoA{secrets.token_urlsafe(90)}"
        self.codes[code] = made
        return code

    def redeem(self, code: str, client: Client, redirect_uri: str, verifier: str | None) -> Code:
        """A code counts once, also when it comes with something wrong."""
        found = self.codes.pop(code, None)
        if code in self.redeemed:
            raise SignInRefusal("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
        if found is None or found.client != client.id:
            raise SignInRefusal("invalid_grant", 70000, "The provided authorization code is malformed.")
        self.redeemed.add(code)
        if found.expires <= self.now():
            raise SignInRefusal("invalid_grant", 70008, "The provided authorization code has expired.")
        if found.redirect_uri != redirect_uri:
            said = f"The reply address '{redirect_uri}' does not match the reply address of the code."
            raise SignInRefusal("invalid_grant", 500112, said)
        _verify(found, verifier)
        return found

    def new_refresh(self, token: Token) -> str:
        made = f"1.AXoA{secrets.token_urlsafe(120)}"
        self.refreshes[made] = token
        return made

    def new_access(self, token: Token) -> str:
        made = f"eyJ0eXAiOiJKV1Qi.{secrets.token_urlsafe(120)}"
        expires = self.now() + timedelta(seconds=self.behaviour.access_seconds)
        self.accesses[made] = Token(token.client, token.email, token.scopes - SIGN_IN, expires)
        return made

    def refresh(self, given: str, client: Client) -> Token:
        if given in self.ended:
            error, number, suberror, text = ENDS[self.ended[given]]
            raise SignInRefusal(error, number, text, suberror)
        found = self.refreshes.get(given)
        if found is None:
            said = "Invalid request. Request is malformed or invalid."
            raise SignInRefusal("invalid_grant", 9002313, said, "bad_token")
        if found.client != client.id:
            raise SignInRefusal(
                "invalid_grant", 700005, "The refresh token is for another client.", "bad_token"
            )
        if not self.behaviour.old_refresh_tokens:
            self.ended[given] = "revoked"
            del self.refreshes[given]
        return found

    def bearer(self, header: str | None) -> Token:
        """Whoever calls Graph; nobody without a living access token."""
        kind, _, token = (header or "").partition(" ")
        if not header or kind.lower() != "bearer" or not token:
            raise challenge("Access token is empty.")
        access = self.accesses.get(token)
        if access is None:
            raise challenge("CompactToken parsing failed with error code: 80049217")
        if access.expires is None or access.expires <= self.now():
            raise challenge("Lifetime validation failed, the token is expired.")
        return access

    def end(self, email: str, why: str, *, at_once: bool) -> None:
        """All of a person's refresh tokens. Access tokens live on for their hour, as a rule."""
        if why not in ENDS:
            raise ValueError(f"there is no reason {why}; there are {', '.join(ENDS)}")
        for token in [name for name, one in self.refreshes.items() if one.email == email]:
            self.ended[token] = why
            del self.refreshes[token]
        if at_once:
            self.accesses = {name: one for name, one in self.accesses.items() if one.email != email}


def _verify(code: Code, verifier: str | None) -> None:
    if code.challenge is None:
        return
    digest = (
        base64.urlsafe_b64encode(hashlib.sha256((verifier or "").encode()).digest()).rstrip(b"=").decode()
    )
    if not verifier or not secrets.compare_digest(digest, code.challenge):
        said = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        raise SignInRefusal("invalid_grant", 501481, said)
