"""The page that asks a person for consent, and the person: who they are, whether they may, whether they say no.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from tests.servers.google.wire import Answer, Request, page
from tests.servers.microsoft.grants import GRAPH, KNOWN, SIGN_IN, Code, Grants
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.refusal import SignInRefusal

_NEEDED = ("client_id", "redirect_uri", "response_type", "scope")
_ASKED = frozenset(
    {
        *_NEEDED,
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "login_hint",
        "domain_hint",
    }
    | {"response_mode", "client_info", "claims", "X-AnchorMailbox", "x-client-SKU", "x-client-Ver"}
)
_PROMPTS = frozenset({"login", "none", "consent", "select_account"})


@dataclass(slots=True)
class Visitor:
    """Who sits before the browser. Without an e-mail address: whom the login hint names, else the first account."""

    email: str | None = None
    denies: bool = False
    # Their administrator doesn't let them decide.
    needs_admin: bool = False


def ask(request: Request, grants: Grants, mailboxes: dict[str, Mailbox], visitor: Visitor) -> Answer:
    """GET …/oauth2/v2.0/authorize."""
    try:
        asked = _asked(request, grants)
        who = _person(asked, mailboxes, visitor)
    except SignInRefusal as refusal:
        said = f"Sign in\nSorry, but we're having trouble signing you in.\n{refusal.description}\n"
        return page(refusal.status, said)
    given = {"state": asked["state"]} if "state" in asked else {}
    try:
        given = {"code": _agreed(asked, who, grants, visitor), **given, "session_state": "3f0a7c1e"}
    except SignInRefusal as refusal:
        given = {"error": refusal.error, "error_description": refusal.description, **given}
        given |= {"error_subcode": refusal.suberror} if refusal.suberror else {}
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Answer(302, b"", {"Location": f"{asked['redirect_uri']}{joint}{urlencode(given)}"})


def _asked(request: Request, grants: Grants) -> dict[str, str]:
    """What must be right before anybody can be sent back."""
    asked = dict(request.query)
    if len(asked) < len(request.query) or not asked.keys() <= _ASKED:
        names = sorted(name for name, _ in request.query if name not in _ASKED)
        raise SignInRefusal("invalid_request", 90014, f"Parameters unknown or given twice: {names}.")
    for name in _NEEDED:
        if not asked.get(name):
            raise SignInRefusal(
                "invalid_request", 900144, f"The request must contain the parameter: '{name}'."
            )
    client = grants.clients.get(asked["client_id"])
    if client is None:
        raise SignInRefusal("unauthorized_client", 700016, "Application was not found in the directory.")
    if asked["redirect_uri"] not in client.redirect_uris:
        said = f"The redirect URI '{asked['redirect_uri']}' specified in the request does not match."
        raise SignInRefusal("invalid_request", 50011, said)
    return asked


def _person(asked: dict[str, str], mailboxes: dict[str, Mailbox], visitor: Visitor) -> str:
    hinted = asked.get("login_hint", "")
    who = visitor.email or (hinted if hinted in mailboxes else next(iter(mailboxes), ""))
    if who not in mailboxes:
        raise SignInRefusal("invalid_request", 50034, f"The user account {who} does not exist.")
    return who


def scopes(text: str) -> frozenset[str]:
    found = frozenset(one.removeprefix(GRAPH) for one in text.split())
    if unknown := sorted(found - KNOWN):
        said = f"The provided value for the input parameter 'scope' is not valid: {' '.join(unknown)}."
        raise SignInRefusal("invalid_scope", 70011, said)
    return found


def _agreed(asked: dict[str, str], who: str, grants: Grants, visitor: Visitor) -> str:
    wanted = scopes(asked["scope"])
    _check_values(asked, grants)
    if visitor.denies:
        raise SignInRefusal("access_denied", 65004, "User declined to consent to access the app.", "cancel")
    if visitor.needs_admin:
        said = "Daybridge needs permission to access resources in your organization that only an admin can grant."
        raise SignInRefusal("access_denied", 90094, said)
    if not wanted - SIGN_IN:
        raise SignInRefusal("invalid_scope", 70011, "No resource is asked for.")
    expires = grants.now() + timedelta(seconds=grants.behaviour.code_seconds)
    challenge, nonce = asked.get("code_challenge"), asked.get("nonce", "")
    return grants.code(
        Code(asked["client_id"], who, wanted, asked["redirect_uri"], challenge, nonce, expires)
    )


def _check_values(asked: dict[str, str], grants: Grants) -> None:
    if asked["response_type"] != "code" or asked.get("response_mode", "query") != "query":
        raise SignInRefusal(
            "unsupported_response_type", 700054, "Only response_type=code, as a query, is played here."
        )
    prompts = set(asked.get("prompt", "").split())
    if not prompts <= _PROMPTS:
        raise SignInRefusal("invalid_request", 90023, "Unsupported 'prompt' value.")
    if "none" in prompts:
        raise SignInRefusal(
            "interaction_required", 50058, "A silent sign-in request, but no user is signed in."
        )
    if grants.behaviour.require_state and not asked.get("state"):
        raise SignInRefusal("invalid_request", 90014, "This server insists on a state.")
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if challenge is None and grants.behaviour.require_pkce:
        raise SignInRefusal("invalid_request", 9002325, "Proof Key for Code Exchange is required.")
    if challenge is not None and (method != "S256" or not re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge)):
        raise SignInRefusal("invalid_request", 501491, "Invalid size or method of Code_Challenge parameter.")
