"""The booking app's API, version 1, at /api/v1."""

from __future__ import annotations

from typing import Any, Final

from flask import request
from flask_openapi3.openapi import OpenAPI
from werkzeug.wrappers import Response

from bridge.api import availability, bookings, keys, limits, problems, reading
from bridge.api.answers import Problem
from bridge.api.contract import INFO, SECURITY, api

__all__ = ["OPTIONS", "api", "install"]

# What an application that carries the API is made with.
OPTIONS: Final[dict[str, Any]] = {
    "info": INFO,
    "security_schemes": SECURITY,
    "doc_ui": False,
    "validation_error_status": 400,
    "validation_error_model": Problem,
    "validation_error_callback": problems.misread,
}

# The views register themselves with the blueprint.
_VIEWS = (availability, bookings)


def install(app: OpenAPI) -> None:
    """Hang the API into the application: first whose key it is, then how often, then what is asked."""
    reading.install(app)
    keys.install(app, api)
    limits.register(app, api)
    app.register_api(api)
    app.after_request(_finish)


@api.before_request
def _admit() -> Response | None:
    if request.endpoint == "api.openapi":
        return None
    return keys.refuse_strangers() or reading.refuse_unreadable()


def _finish(response: Response) -> Response:
    """Answers are for the caller alone, and true only now."""
    if request.path.startswith(problems.PREFIX):
        response.headers["Cache-Control"] = "no-store"
    return response
