"""Errors of the house as HTTP answers. One of the three places where errors become statuses."""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError

from gateway.core.errors import DatabaseUnavailable, Refused

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(404, lambda _: _say(404, "There is nothing at this address."))
    app.register_error_handler(405, lambda _: _say(405, "This address can't be used that way."))
    app.register_error_handler(413, lambda _: _say(413, "That is more than we take."))
    app.register_error_handler(500, lambda _: _say(500, "Something broke on our side. It is in the log."))


def _refused(error: Refused) -> Response:
    return _say(error.status, str(error))


def _stale_form(_: CSRFError) -> Response:
    return _say(400, "This form is from another visit. Go back, reload the page and try again.")


def _unavailable(error: DatabaseUnavailable) -> Response:
    log.error("%s", error)
    response = _say(503, "The database doesn't answer; try again in a moment.")
    response.headers["Retry-After"] = "5"
    return response


def _say(status: int, words: str) -> Response:
    """As a page for a person, as a line for a program."""
    if request.accept_mimetypes.accept_html and request.accept_mimetypes.provided:
        return make_response(render_template("message.html", words=words), status)
    return Response(f"{words}\n", status=status, mimetype="text/plain")
