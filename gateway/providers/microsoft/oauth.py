"""Microsoft's permission to use somebody's calendars, by way of MSAL.

https://learn.microsoft.com/entra/msal/python. MSAL's token cache is kept with the connection, sealed, and a new MSAL is
made for each question: it remembers refusals for a minute, and would keep a recovery from being seen.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msal
import requests

from gateway.core.errors import NeedsReconnect, NotAccepted, Unavailable
from gateway.core.language import N_
from gateway.core.remote import Grant
from gateway.providers import http
from gateway.providers.http import Answer, Meaning
from gateway.providers.microsoft import refusals
from gateway.providers.microsoft.config import MicrosoftConfig
from gateway.providers.oauth import as_https, challenge, declined, is_open, life
from gateway.providers.transport import Transport, carry

_CALENDARS: Final = "Calendars.ReadWrite"
_WHO: Final = "User.Read"
# MSAL asks for offline_access, openid and profile by itself, and refuses to be told.
SCOPES: Final = (_CALENDARS, _WHO)
_NEEDED: Final = {
    _CALENDARS: N_("see and change your calendars"),
    _WHO: N_("see who you are, which is your address"),
}
_TIMEOUT: Final = 20.0
# MSAL compares states too; ours was checked before (`services.connect`), and isn't handed on.
_CHECKED: Final = "checked"
# No answer of theirs is as MSAL thinks it; it says so in as many ways.
_ODD: Final = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)


class MicrosoftAuthority:
    """`port.Authority`. `clock` tells the present, aware."""

    def __init__(self, config: MicrosoftConfig, clock: Callable[[], datetime]) -> None:
        self._config, self._clock = config, clock
        self._open = is_open(config.authority)

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        told = {"prompt": "consent" if consent else "select_account"}
        told |= {"login_hint": hint} if hint else {}
        with self._msal() as (app, _), warnings.catch_warnings():
            # It would rather have the answer posted, and browsers would leave the session's cookie out of that.
            warnings.simplefilter("ignore", UserWarning)
            flow = app.initiate_auth_code_flow(list(SCOPES), redirect_uri=redirect, state=state, **told)
        parts = urlsplit(flow["auth_uri"])
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        # Whoever comes back may find another process: what has to be known then follows from the verifier.
        query |= {
            "code_challenge": challenge(verifier),
            "nonce": sha256(_nonce(verifier).encode()).hexdigest(),
        }
        scheme = "http" if self._open else parts.scheme
        return str(parts._replace(query=urlencode(query), scheme=scheme).geturl())

    def declined(self, error: str, detail: str) -> str:
        """An organization's own no looks like its member's, but for a number in the text."""
        if any(f"AADSTS{number}" in detail for number in refusals.ADMINISTRATORS):
            return refusals.ADMIN
        return declined(error)

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        if not code:
            raise NotAccepted(host=self._host, reason=N_("there is no code"))
        flow = {
            "state": _CHECKED,
            "redirect_uri": redirect,
            "scope": [*SCOPES, "offline_access", "openid", "profile"],
            "code_verifier": verifier,
            "nonce": _nonce(verifier),
        }
        with self._msal() as (app, cache):
            said = app.acquire_token_by_auth_code_flow(flow, {"code": code, "state": _CHECKED})
        return self._grant(said, cache, Grant("", "", self._clock()), refusals.EXCHANGE)

    def refresh(self, grant: Grant) -> Grant:
        with self._msal(grant.kept) as (app, cache):
            known = app.get_accounts()
            if not known:
                raise NeedsReconnect(host=self._host, reason=N_("its permission was for a short time only"))
            said = app.acquire_token_silent_with_error(list(SCOPES), account=known[0], force_refresh=True)
        if said is None:
            raise NeedsReconnect(host=self._host, reason=N_("its permission was for a short time only"))
        return self._grant(said, cache, grant, refusals.SIGN_IN)

    def revoke(self, grant: Grant) -> None:
        """Only its owner can give a grant back, at Microsoft's (myapps.microsoft.com); we forget it."""

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        return tuple(words for scope, words in _NEEDED.items() if scope not in grant.scopes)

    @property
    def _host(self) -> str:
        return urlsplit(self._config.authority).hostname or ""

    @contextmanager
    def _msal(self, kept: str = "") -> Iterator[tuple[Any, Any]]:
        """MSAL with what is known of one account. Raises Unavailable for answers that nobody can read."""
        cache = msal.SerializableTokenCache()
        session = requests.Session()
        transport = Transport(
            _TIMEOUT,
            allow_private=self._config.allow_private,
            ca_bundle=self._config.ca_bundle,
            judge=self._readable,
            in_the_open=self._open,
        )
        carry(session, transport)
        try:
            if kept:
                cache.deserialize(kept)
            app = msal.ConfidentialClientApplication(
                self._config.client_id,
                client_credential=self._config.client_secret,
                authority=as_https(self._config.authority),
                token_cache=cache,
                http_client=session,
                instance_discovery=self._config.instance_discovery,
            )
            yield app, cache
        except _ODD:
            # `from None`: what it says may hold whatever was answered.
            raise Unavailable(host=self._host, reason=N_("its answer can't be read")) from None

    def _readable(self, answer: Answer) -> Answer:
        """MSAL writes an answer that it can't read into the log as it is, with tokens and all."""
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise Unavailable(host=self._host, reason=N_("its answer can't be read"))
        return answer

    def _grant(self, said: Any, cache: Any, before: Grant, meanings: tuple[Meaning, ...]) -> Grant:
        """What a token's answer grants; what it leaves out is as before."""
        if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            raise self._refused(said if isinstance(said, dict) else {}, meanings)
        claims = said.get("id_token_claims")
        lasting = _lasting(cache)
        return Grant(
            access_token=said["access_token"],
            refresh_token=lasting or before.refresh_token,
            expires_at=self._clock() + life(said.get("expires_in")),
            scopes=_scopes(said.get("scope")) or before.scopes,
            account=_account(claims) or before.account,
            kept=cache.serialize(),
        )

    def _refused(self, said: Mapping[str, Any], meanings: tuple[Meaning, ...]) -> Exception:
        try:
            http.require_success(http.Answer(400, {}, b""), self._host, refusals.said(said), meanings)
        except (NeedsReconnect, NotAccepted, Unavailable) as error:
            return error
        return Unavailable(host=self._host, reason=N_("its answer can't be read"))


def _lasting(cache: Any) -> str:
    found = list(cache.search(msal.TokenCache.CredentialType.REFRESH_TOKEN))
    return str(found[0].get("secret", "")) if found else ""


def _scopes(told: object) -> frozenset[str]:
    """Some are told with the address of whose they are in front."""
    return frozenset(one.rpartition("/")[2] for one in told.split()) if isinstance(told, str) else frozenset()


def _account(claims: object) -> str:
    """Its name at Microsoft's, whose domain belongs to its organization. `email` counts for nothing: in a directory of
    their own, anybody may write anybody's address there."""
    if not isinstance(claims, dict):
        return ""
    names = (claims.get(name) for name in ("preferred_username", "upn"))
    return next((name.lower() for name in names if isinstance(name, str) and name), "")


def _nonce(verifier: str) -> str:
    return sha256(f"nonce {verifier}".encode()).hexdigest()
