"""The page that asks a person for consent, and the person: who they are, what they untick, whether they say no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from tests.servers.google import document
from tests.servers.google.accounts import Account
from tests.servers.google.grants import Client, Code, Grants
from tests.servers.google.wire import Answer, Request, page

_USERINFO = "https://www.googleapis.com/auth/userinfo."
_SHORT = {"email": f"{_USERINFO}email", "profile": f"{_USERINFO}profile"}
SIGN_IN = frozenset({"openid", *_SHORT.values()})
_NEEDED = ("client_id", "redirect_uri", "response_type", "scope")
_KNOWN = frozenset(
    {
        *_NEEDED,
        "state",
        "code_challenge",
        "code_challenge_method",
        "access_type",
        "prompt",
        "login_hint",
        "nonce",
    }
    | {"include_granted_scopes", "enable_granular_consent", "hd", "hl"}
)


@dataclass(slots=True)
class Visitor:
    """Who sits before the browser. Without an e-mail address: whom the login hint names, else the first account."""

    email: str | None = None
    untick: frozenset[str] = frozenset()
    denies: bool = False


class _Wrong(Exception):
    """What the page shows instead of asking."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(f"Error {status}: {error}\n{detail}\n")
        self.status = status


def ask(request: Request, grants: Grants, accounts: dict[str, Account], visitor: Visitor) -> Answer:
    try:
        asked = _asked(request, grants)
        who = _person(asked, accounts, visitor)
    except _Wrong as wrong:
        return page(wrong.status, str(wrong))
    client = grants.clients[asked["client_id"]]
    given = {"state": asked["state"]} if "state" in asked else {}
    allowed = frozenset() if visitor.denies else _allowed(_scopes(asked), visitor)
    prompts = asked.get("prompt", "").split()
    if "none" in prompts and not _scopes(asked) <= grants.consents.get((client.id, who), frozenset()):
        given |= {"error": "interaction_required"}
    elif not allowed:
        given |= {"error": "access_denied"}
    else:
        given |= _consented(asked, client, who, allowed, grants)
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Answer(302, b"", {"Location": f"{asked['redirect_uri']}{joint}{urlencode(given)}"})


def _asked(request: Request, grants: Grants) -> dict[str, str]:
    asked = dict(request.query)
    if len(asked) < len(request.query):
        raise _Wrong(400, "invalid_request", "OAuth 2 parameters can only have a single value.")
    for name in asked:
        if name not in _KNOWN:
            raise _Wrong(400, "invalid_request", f"Parameter not allowed for this message type: {name}")
    for name in _NEEDED:
        if not asked.get(name):
            raise _Wrong(400, "invalid_request", f"Required parameter is missing: {name}")
    client = grants.clients.get(asked["client_id"])
    if client is None:
        raise _Wrong(401, "invalid_client", "The OAuth client was not found.")
    if asked["redirect_uri"] not in client.redirect_uris:
        raise _Wrong(400, "redirect_uri_mismatch", f"redirect_uri={asked['redirect_uri']}")
    _check_values(asked, grants)
    return asked


def _check_values(asked: dict[str, str], grants: Grants) -> None:
    if asked["response_type"] != "code":
        raise _Wrong(400, "unsupported_response_type", asked["response_type"])
    unknown = _scopes(asked) - document.scopes() - SIGN_IN
    if unknown:
        raise _Wrong(400, "invalid_scope", f"Some requested scopes were invalid: {sorted(unknown)}")
    choices = {"access_type": ("online", "offline"), "include_granted_scopes": ("true", "false")}
    for name, allowed in choices.items():
        if asked.get(name, allowed[0]) not in allowed:
            raise _Wrong(400, "invalid_request", f"Invalid parameter value for {name}: '{asked[name]}'")
    prompts = set(asked.get("prompt", "").split())
    if not prompts <= {"none", "consent", "select_account"} or ("none" in prompts and len(prompts) > 1):
        raise _Wrong(400, "invalid_request", "Invalid parameter value for prompt")
    if grants.behaviour.require_state and not asked.get("state"):
        raise _Wrong(400, "invalid_request", "This server insists on a state.")
    _check_challenge(asked, grants.behaviour.require_pkce)


def _check_challenge(asked: dict[str, str], insist: bool) -> None:
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method", "plain")
    if challenge is None and (insist or "code_challenge_method" in asked):
        raise _Wrong(400, "invalid_request", "Required parameter is missing: code_challenge")
    if method not in ("S256", "plain") or (insist and method != "S256"):
        raise _Wrong(400, "invalid_request", f"Invalid code_challenge_method: {method}")
    if challenge is not None and not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", challenge):
        raise _Wrong(400, "invalid_request", "Invalid code_challenge")


def _scopes(asked: dict[str, str]) -> frozenset[str]:
    return frozenset(_SHORT.get(name, name) for name in asked["scope"].split())


def _person(asked: dict[str, str], accounts: dict[str, Account], visitor: Visitor) -> str:
    who = visitor.email or asked.get("login_hint") or next(iter(accounts), "")
    if who not in accounts:
        raise _Wrong(400, "invalid_account", f"There is no account {who!r} here.")
    return who


def _allowed(scopes: frozenset[str], visitor: Visitor) -> frozenset[str]:
    """There are boxes to untick only when more than one thing beyond signing in is asked for."""
    return scopes - visitor.untick if len(scopes - SIGN_IN) > 1 else scopes


def _consented(
    asked: dict[str, str], client: Client, who: str, allowed: frozenset[str], grants: Grants
) -> dict[str, str]:
    pair = (client.id, who)
    wants_offline = asked.get("access_type") == "offline"
    offline = wants_offline and (pair not in grants.offline or "consent" in asked.get("prompt", "").split())
    if wants_offline:
        grants.offline.add(pair)
    before = grants.consents.get(pair, frozenset())
    grants.consent(pair, allowed)
    scopes = allowed | before if asked.get("include_granted_scopes") == "true" else allowed
    made = Code(
        pair,
        scopes,
        asked["redirect_uri"],
        asked.get("code_challenge"),
        asked.get("code_challenge_method", "plain"),
        offline,
        grants.now() + timedelta(seconds=grants.behaviour.code_seconds),
    )
    return {
        "code": grants.code(made),
        "scope": " ".join(sorted(scopes)),
        "authuser": "0",
        "prompt": "consent",
    }
