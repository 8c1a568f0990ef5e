"""The token address: codes and refresh tokens become access tokens, and each refresh brings a new refresh token."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.google.grants import Client
from tests.servers.google.wire import Answer, Request, told
from tests.servers.microsoft import consent
from tests.servers.microsoft.discovery import TENANT
from tests.servers.microsoft.grants import SIGN_IN, Grants, Token
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.refusal import SignInRefusal

Form = dict[str, str]
Json = dict[str, Any]


def token(request: Request, grants: Grants, mailboxes: dict[str, Mailbox], issuer: str) -> Answer:
    """POST …/oauth2/v2.0/token."""
    form = _form(request)
    client = _client(form, grants)
    kind = form.get("grant_type", "")
    nonce = ""
    if kind == "authorization_code":
        code, redirect_uri = _needed(form, "code", "redirect_uri")
        redeemed = grants.redeem(code, client, redirect_uri, form.get("code_verifier"))
        given, nonce = Token(client.id, redeemed.email, redeemed.scopes), redeemed.nonce
    elif kind == "refresh_token":
        given = grants.refresh(_needed(form, "refresh_token")[0], client)
    else:
        raise SignInRefusal("unsupported_grant_type", 70003, f"The grant type '{kind}' is not supported.")
    given = _narrowed(given, form)
    return told(
        200, _said(given, grants, mailboxes[given.email], nonce, issuer), {"Cache-Control": "no-store"}
    )


def _form(request: Request) -> Form:
    kind = (request.says("content-type") or "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise SignInRefusal("invalid_request", 900144, "The request body must be a form.")
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    if len(form) < len(pairs):
        raise SignInRefusal("invalid_request", 9002313, "Request is malformed: a parameter is given twice.")
    return form


def _client(form: Form, grants: Grants) -> Client:
    client_id, secret = _needed(form, "client_id", "client_secret")
    client = grants.clients.get(client_id)
    if client is None:
        said = f"Application with identifier '{client_id}' was not found in the directory."
        raise SignInRefusal("unauthorized_client", 700016, said)
    if not secrets.compare_digest(client.secret.encode(), secret.encode()):
        raise SignInRefusal("invalid_client", 7000215, "Invalid client secret provided.", status=401)
    return client


def _needed(form: Form, *names: str) -> list[str]:
    for name in names:
        if not form.get(name):
            said = f"The request body must contain the following parameter: '{name}'."
            raise SignInRefusal("invalid_request", 900144, said)
    return [form[name] for name in names]


def _narrowed(given: Token, form: Form) -> Token:
    """What a client asks for beyond what was consented needs the person again."""
    wanted = consent.scopes(form["scope"]) if form.get("scope") else given.scopes
    if not wanted - SIGN_IN <= given.scopes:
        raise SignInRefusal("invalid_grant", 65001, "The user has not consented to this.", "consent_required")
    return Token(given.client, given.email, given.scopes)


def _said(given: Token, grants: Grants, mailbox: Mailbox, nonce: str, issuer: str) -> Json:
    said: Json = {
        "token_type": "Bearer",
        # offline_access is never among them.
        "scope": " ".join(sorted(given.scopes - {"offline_access"})),
        "expires_in": grants.behaviour.access_seconds,
        "ext_expires_in": grants.behaviour.access_seconds,
        "access_token": grants.new_access(given),
        "client_info": _coded({"uid": mailbox.oid, "utid": TENANT}),
    }
    if "offline_access" in given.scopes:
        said["refresh_token"] = grants.new_refresh(given)
    if "openid" in given.scopes:
        said["id_token"] = _id_token(given, grants, mailbox, nonce, issuer)
    return said


def _id_token(given: Token, grants: Grants, mailbox: Mailbox, nonce: str, issuer: str) -> str:
    """Who the person is. The signature is for show: this server has no keys to publish."""
    issued = int(grants.now().timestamp())
    claims: Json = {
        "aud": given.client,
        "iss": issuer,
        "iat": issued,
        "nbf": issued,
        "exp": issued + 3900,
        "name": mailbox.email.partition("@")[0].title(),
        "oid": mailbox.oid,
        "preferred_username": mailbox.email,
        "sub": base64.urlsafe_b64encode(mailbox.oid.encode()).decode(),
        "tid": TENANT,
        "ver": "2.0",
    }
    claims |= {"nonce": nonce} if nonce else {}
    return ".".join((_coded({"alg": "RS256", "typ": "JWT", "kid": "none"}), _coded(claims), "Zm9yIHNob3c"))


def _coded(said: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
