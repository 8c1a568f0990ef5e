"""The token and the revocation address: codes and refresh tokens become access tokens, and everything ends."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.servers.google.grants import Access, Client, Grants
from tests.servers.google.refusal import OAuthRefusal
from tests.servers.google.wire import Answer, Request, told

Form = dict[str, str]


def token(request: Request, grants: Grants) -> Answer:
    """POST /token."""
    form = _form(request)
    kind = form.get("grant_type", "")
    if kind not in ("authorization_code", "refresh_token"):
        raise OAuthRefusal(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")
    client = _client(request, form, grants)
    said = _exchange(form, client, grants) if kind == "authorization_code" else _refresh(form, client, grants)
    return told(200, said, {"Cache-Control": "no-store"})


def revoke(request: Request, grants: Grants) -> Answer:
    """POST /revoke; the token may stand in the body or in the address."""
    given = _form(request).get("token") or dict(request.query).get("token")
    if not given:
        raise OAuthRefusal(400, "invalid_request", "Bad Request")
    grants.revoke(given)
    return told(200, {})


def _form(request: Request) -> Form:
    kind = (request.says("content-type") or "").partition(";")[0].strip()
    if request.body and kind != "application/x-www-form-urlencoded":
        raise OAuthRefusal(400, "invalid_request", "Bad Request")
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    if len(form) < len(pairs):
        raise OAuthRefusal(400, "invalid_request", "OAuth 2 parameters can only have a single value.")
    return form


def _client(request: Request, form: Form, grants: Grants) -> Client:
    """Who asks, by body or by basic authentication."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    kind, _, coded = (request.says("authorization") or "").partition(" ")
    if kind.lower() == "basic":
        client_id, secret = _basic(coded)
    if not client_id:
        raise OAuthRefusal(400, "invalid_request", "Could not determine client ID from request.")
    client = grants.clients.get(client_id)
    if client is None:
        raise OAuthRefusal(401, "invalid_client", "The OAuth client was not found.")
    if not secrets.compare_digest(client.secret.encode(), secret.encode()):
        raise OAuthRefusal(401, "invalid_client", "Unauthorized")
    return client


def _basic(coded: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError as error:
        raise OAuthRefusal(401, "invalid_client", "Unauthorized") from error
    return unquote(name), unquote(secret)


def _needed(form: Form, *names: str) -> list[str]:
    for name in names:
        if not form.get(name):
            raise OAuthRefusal(400, "invalid_request", f"Missing required parameter: {name}")
    return [form[name] for name in names]


def _exchange(form: Form, client: Client, grants: Grants) -> dict[str, Any]:
    code, redirect_uri = _needed(form, "code", "redirect_uri")
    redeemed = grants.redeem(code, client, redirect_uri, form.get("code_verifier"))
    refresh = grants.new_refresh(redeemed.pair, redeemed.scopes) if redeemed.offline else None
    access = grants.new_access(redeemed.pair, redeemed.scopes, refresh.token if refresh else None)
    said = _said(access, grants)
    if refresh:
        said["refresh_token"] = refresh.token
    if "openid" in redeemed.scopes:
        said["id_token"] = _id_token(access, grants)
    return said


def _refresh(form: Form, client: Client, grants: Grants) -> dict[str, Any]:
    (given,) = _needed(form, "refresh_token")
    refresh = grants.refreshes.get(given)
    if refresh is None:
        raise OAuthRefusal(400, "invalid_grant", "Token has been expired or revoked.")
    if refresh.pair[0] != client.id:
        raise OAuthRefusal(401, "unauthorized_client", "Unauthorized")
    narrowed = frozenset(form["scope"].split()) if form.get("scope") else refresh.scopes
    if not narrowed <= refresh.scopes:
        raise OAuthRefusal(400, "invalid_scope", "Bad Request")
    return _said(grants.new_access(refresh.pair, narrowed, refresh.token), grants)


def _said(access: Access, grants: Grants) -> dict[str, Any]:
    return {
        "access_token": access.token,
        "expires_in": grants.behaviour.access_seconds,
        "scope": " ".join(sorted(access.scopes)),
        "token_type": "Bearer",
    }


def _id_token(access: Access, grants: Grants) -> str:
    """Who the person is. The signature is for show: this server has no keys to publish."""
    issued = int(grants.now().timestamp())
    claims = {
        "iss": "https://accounts.google.com",
        "aud": access.pair[0],
        "azp": access.pair[0],
        "sub": str(int.from_bytes(access.email.encode()[:8])),
        "email": access.email,
        "email_verified": True,
        "iat": issued,
        "exp": issued + 3600,
    }
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT", "kid": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"for show"))
