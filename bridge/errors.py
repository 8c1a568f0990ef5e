"""Errors of the house as HTTP answers. One of the three places where errors become statuses."""

from __future__ import annotations

import logging

from flask import Flask, Response

from gateway.core.errors import DatabaseUnavailable, Refused

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)


def _refused(error: Refused) -> Response:
    return Response(f"{error}\n", status=error.status, mimetype="text/plain")


def _unavailable(error: DatabaseUnavailable) -> Response:
    log.error("%s", error)
    return Response(
        "The database doesn't answer; try again in a moment.\n",
        status=503,
        mimetype="text/plain",
        headers={"Retry-After": "5"},
    )
