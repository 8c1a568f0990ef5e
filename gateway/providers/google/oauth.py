"""Google's permission to use somebody's calendars.

https://developers.google.com/identity/protocols/oauth2/web-server, with PKCE (RFC 7636) and the least scopes that do.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from requests_oauthlib import OAuth2Session

from gateway.core.errors import NeedsReconnect, NotAccepted, Unavailable
from gateway.core.language import N_
from gateway.core.remote import Grant
from gateway.providers import http
from gateway.providers.google import refusals
from gateway.providers.google.config import GoogleConfig
from gateway.providers.http import Answer, Meaning
from gateway.providers.oauth import as_https, challenge, declined, is_open, life
from gateway.providers.transport import Transport, carry

_SCOPE: Final = "https://www.googleapis.com/auth/"
_EVENTS: Final = f"{_SCOPE}calendar.events"
_LIST: Final = f"{_SCOPE}calendar.calendarlist.readonly"
SCOPES: Final = (_EVENTS, _LIST)

# Each scope in words, and the wider ones that are as good.
_NEEDED: Final = {
    _EVENTS: (N_("see and change the events of your calendars"), frozenset({_EVENTS, f"{_SCOPE}calendar"})),
    _LIST: (
        N_("see the list of your calendars"),
        frozenset(
            {
                _LIST,
                *(f"{_SCOPE}{name}" for name in ("calendar", "calendar.readonly", "calendar.calendarlist")),
            }
        ),
    ),
}

_TIMEOUT: Final = 20.0


class GoogleAuthority:
    """`port.Authority`. `clock` tells the present, aware."""

    def __init__(self, config: GoogleConfig, clock: Callable[[], datetime]) -> None:
        self._config, self._clock = config, clock

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        told = {
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            # A lasting permission; Google gives one with the first consent only, and whenever `consent` asks anew.
            "access_type": "offline",
            "include_granted_scopes": "false",
        }
        told |= {"prompt": "consent"} if consent else {}
        told |= {"login_hint": hint} if hint else {}
        with OAuth2Session(self._config.client_id, redirect_uri=redirect, scope=SCOPES) as session:
            url, _ = session.authorization_url(as_https(self._config.authorize_url), state, **told)
        return f"http{url.removeprefix('https')}" if is_open(self._config.authorize_url) else str(url)

    def declined(self, error: str, detail: str) -> str:
        return declined(error)

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        if not code:
            raise NotAccepted(host=self._host, reason=N_("there is no code"))
        # Without scopes of its own: a session takes it for an error if others were granted, and people may choose.
        with self._session(refusals.EXCHANGE, redirect_uri=redirect) as session:
            token = session.fetch_token(
                as_https(self._config.token_url),
                code=code,
                code_verifier=verifier,
                client_secret=self._config.client_secret,
                include_client_id=True,
            )
        return self._grant(token, refresh_token="", scopes=frozenset(SCOPES))

    def refresh(self, grant: Grant) -> Grant:
        if not grant.refresh_token:
            raise NeedsReconnect(host=self._host, reason=N_("its permission was for a short time only"))
        with self._session(refusals.REFRESH) as session:
            token = session.refresh_token(
                as_https(self._config.token_url),
                refresh_token=grant.refresh_token,
                client_id=self._config.client_id,
                client_secret=self._config.client_secret,
            )
        return self._grant(token, refresh_token=grant.refresh_token, scopes=grant.scopes)

    def revoke(self, grant: Grant) -> None:
        """Google takes the access tokens back with the refresh token. It answers 400 for one that is dead already."""
        answer = http.send(
            "POST",
            self._config.revoke_url,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode({"token": grant.refresh_token or grant.access_token}).encode(),
            timeout=_TIMEOUT,
            allow_private=self._config.allow_private,
            ca_bundle=self._config.ca_bundle,
        )
        if answer.status != 400:
            http.require_success(answer, urlsplit(self._config.revoke_url).hostname or "", (), ())

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        return tuple(words for words, enough in _NEEDED.values() if enough.isdisjoint(grant.scopes))

    @property
    def _host(self) -> str:
        return urlsplit(self._config.token_url).hostname or ""

    def _session(self, meanings: Sequence[Meaning], **told: Any) -> OAuth2Session:
        # It writes tokens into the log.
        logging.getLogger("requests_oauthlib").setLevel(logging.CRITICAL)
        session = OAuth2Session(self._config.client_id, **told)
        transport = Transport(
            _TIMEOUT,
            allow_private=self._config.allow_private,
            ca_bundle=self._config.ca_bundle,
            judge=partial(_token_told, host=self._host, meanings=meanings),
            in_the_open=is_open(self._config.token_url),
        )
        carry(session, transport)
        return session

    def _grant(self, token: Mapping[str, Any], *, refresh_token: str, scopes: frozenset[str]) -> Grant:
        """What a token's answer grants; what it leaves out is as before."""
        told = token.get("scope")
        return Grant(
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token") or refresh_token,
            expires_at=self._clock() + life(token.get("expires_in")),
            scopes=frozenset(told) if told else scopes,
        )


def _token_told(answer: Answer, *, host: str, meanings: Sequence[Meaning]) -> Answer:
    """An answer with a token in it. Raises what the error in it means, or Unavailable if it is no such answer."""
    words = refusals.reasons(answer.body) if answer.status >= 400 else frozenset()
    http.require_success(answer, host, words, meanings)
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not said.get("access_token") or "error" in said or not _is_sound(said):
        raise Unavailable(host=host, reason=N_("its answer can't be read"))
    return answer


def _is_sound(said: Mapping[str, Any]) -> bool:
    """Whether each part that somebody will read is of its kind (RFC 6749 5.1)."""
    texts = ("access_token", "refresh_token", "scope", "token_type")
    numbers = ("expires_in", "expires_at")
    return all(isinstance(said.get(name, ""), str) for name in texts) and all(
        isinstance(said.get(name, 0), int) for name in numbers
    )
