"""Who is calling: `Authorization: Bearer dbk_…`, and nothing else; no cookie is looked at."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, g, request

from bridge.api.problems import problem
from bridge.tenant import deps
from gateway.core.booking import Actor, Via
from gateway.services.keys import ApiKey

_WRITES = frozenset({"POST", "PATCH", "DELETE"})


def install(app: Flask, blueprint: Blueprint) -> None:
    """Note whose key came with a request, before anything is counted or done."""

    def recognise() -> None:
        if request.blueprint == blueprint.name:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            g.api_key = deps().api_keys.check(token.strip()) if scheme.lower() == "bearer" else None

    app.before_request(recognise)


def caller() -> ApiKey | None:
    return cast("ApiKey | None", g.get("api_key"))


def caller_known() -> ApiKey:
    """The caller, past `refuse_strangers`."""
    return cast(ApiKey, g.api_key)


def actor() -> Actor:
    """The caller as the desk knows them: the booking app, which may do what a manager may."""
    key = caller_known()
    return Actor(key.business_id, Via.API, key.name, manager=True)


def refuse_strangers() -> Response | None:
    """401 without a key that is good now, 403 for a write with a key that only reads (RFC 6750 3)."""
    if request.method == "OPTIONS":
        return None
    known = caller()
    if known is None:
        response = problem(401, "Send a key that is good: Authorization: Bearer dbk_…")
        said = ', error="invalid_token"' if "Authorization" in request.headers else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="Daybridge"{said}'
        return response
    if request.method in _WRITES and not known.may_write:
        return problem(403, "This key may read only; make one with the scope write.")
    return None
