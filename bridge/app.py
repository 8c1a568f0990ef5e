"""The Flask application at /: pages, feeds, the API, and what operators ask."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_openapi3.openapi import OpenAPI
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from bridge import (
    account,
    activity,
    api,
    connections,
    device,
    errors,
    feeds,
    guide,
    language,
    oauth,
    ops,
    pages,
    practice,
    sign_in,
    team,
    webhooks,
    week,
)
from gateway import settings
from gateway.services.deps import Deps

# What answers, each at addresses of its own.
_ROOMS = (
    account,
    activity,
    connections,
    device,
    feeds,
    guide,
    oauth,
    ops,
    pages,
    practice,
    sign_in,
    team,
    webhooks,
    week,
)

# Nothing from elsewhere, no script but our own files, and nobody may put a page of ours into a frame.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def create_app(deps: Deps) -> Flask:
    """The web application. Nothing global: the dependencies hang on the application."""
    app = OpenAPI(__name__, **api.OPTIONS)
    app.extensions["daybridge"] = deps
    app.config.update(
        MAX_CONTENT_LENGTH=1024 * 1024,
        # Without a key of its own an installation signs with one of the process: everyone signs in anew at each start.
        SECRET_KEY=settings.load_credentials(deps.settings).session or deps.chance(32),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=deps.settings.address.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session; a page left open overnight still works
        WTF_CSRF_SSL_STRICT=False,  # behind a proxy the scheme of the request is not the reader's
    )
    language.install(app, deps.settings)
    protection = CSRFProtect(app)
    # What carries a key in a header can't be sent by somebody else's page, so these need no token against it.
    protection.exempt(api.api)
    protection.exempt(webhooks.blueprint)
    api.install(app)
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    errors.register(app)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
