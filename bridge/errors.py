"""Errors of the house as HTTP answers. One of the three places where errors become statuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from bridge.api import problems, telling
from bridge.api.reading import MOST_BYTES
from gateway.core.errors import (
    AppUnreachable,
    DatabaseUnavailable,
    NotAccepted,
    ProviderError,
    RateLimited,
    Refused,
    SetupError,
    SlotTaken,
    Unavailable,
)

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(SetupError, _not_set_up)
    app.register_error_handler(AppUnreachable, _unreachable)
    app.register_error_handler(ProviderError, _not_there)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _went_wrong)
    app.register_error_handler(404, lambda _: _say(404, "There is nothing at this address."))
    app.register_error_handler(413, lambda _: _say(413, _too_much()))
    app.register_error_handler(429, lambda _: _say(429, "That is too often; try again in a minute."))
    app.register_error_handler(500, lambda _: _say(500, "Something broke on our side. It is in the log."))


def _went_wrong(error: HTTPException) -> HTTPException | Response:
    """What Flask itself refuses. Its headers stay: 405 says which methods there are."""
    if error.code != 405 and not _by_program():
        return error
    response = _say(error.code or 500, _WORDS.get(error.code or 500, "This request can't be answered."))
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


_WORDS = {405: "This address can't be used that way.", 400: "This request can't be understood."}


def _too_much() -> str:
    return f"A body may have at most {MOST_BYTES} bytes." if _by_program() else "That is more than we take."


def _refused(error: Refused) -> Response:
    reasons = telling.reasons(error.reasons) if isinstance(error, SlotTaken) else ()
    return _say(error.status, str(error), reasons)


def _stale_form(_: CSRFError) -> Response:
    return _say(400, "This form is from another visit. Go back, reload the page and try again.")


def _unavailable(error: DatabaseUnavailable) -> Response:
    log.error("%s", error)
    response = _say(503, "The database doesn't answer; try again in a moment.")
    response.headers["Retry-After"] = "5"
    return response


def _not_set_up(error: SetupError) -> Response:
    """The operator's to mend: the log says what is wrong, and the answer that it isn't the asker's fault."""
    log.error("%s %s", error, error.remedy)
    response = _say(
        503, "Daybridge isn't set up as it should be; its operator's log says more. Try again later."
    )
    response.headers["Retry-After"] = "60"
    return response


def _unreachable(error: AppUnreachable) -> Response:
    response = _say(503, str(error))
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _not_there(error: ProviderError) -> Response:
    """While somebody waits; the worker has its own way with these."""
    log.warning("%s", error)
    host = error.fields["host"]
    if isinstance(error, Unavailable | RateLimited):
        wait = max(1, round(error.retry_after or 60))
        response = _say(
            503, f"{host} gives no answer at the moment. Nothing has changed; try again in a few minutes."
        )
        response.headers["Retry-After"] = str(wait)
        return response
    why = str(error) if isinstance(error, NotAccepted) else f"{host} didn’t let us in."
    return _say(502, f"{why} Nothing has changed; start again from your calendars page.")


def _by_program() -> bool:
    return request.path.startswith(problems.PREFIX)


def _say(status: int, words: str, reasons: Sequence[Mapping[str, object]] = ()) -> Response:
    """As a page for a person, as a line for a program; as a problem for who uses the API."""
    if _by_program():
        return problems.problem(status, words, reasons=reasons)
    if request.accept_mimetypes.accept_html and request.accept_mimetypes.provided:
        return make_response(render_template("message.html", words=words), status)
    return Response(f"{words}\n", status=status, mimetype="text/plain")
