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
from gateway.core.language import N_, _

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(SetupError, _not_set_up)
    app.register_error_handler(AppUnreachable, _unreachable)
    app.register_error_handler(ProviderError, _not_there)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _went_wrong)
    app.register_error_handler(404, lambda __: _say(404, _("There is nothing at this address.")))
    app.register_error_handler(413, lambda __: _say(413, _too_much()))
    app.register_error_handler(429, lambda __: _say(429, _("That is too often; try again in a minute.")))
    app.register_error_handler(500, lambda __: _say(500, _("Something broke on our side. It is in the log.")))


def _went_wrong(error: HTTPException) -> HTTPException | Response:
    """What Flask itself refuses. Its headers stay: 405 says which methods there are."""
    if error.code != 405 and not _by_program():
        return error
    response = _say(error.code or 500, _(_WORDS.get(error.code or 500, _ELSE)))
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


_WORDS = {405: N_("This address can't be used that way."), 400: N_("This request can't be understood.")}
_ELSE = N_("This request can't be answered.")


def _too_much() -> str:
    if _by_program():
        return f"A body may have at most {MOST_BYTES} bytes."
    return _("That is more than we take.")


def _refused(error: Refused) -> Response:
    reasons = telling.reasons(error.reasons) if isinstance(error, SlotTaken) else ()
    return _say(error.status, error.said(), reasons)


def _stale_form(__: CSRFError) -> Response:
    return _say(400, _("This form is from another visit. Go back, reload the page and try again."))


def _unavailable(error: DatabaseUnavailable) -> Response:
    log.error("%s", error)
    response = _say(503, _("The database doesn't answer; try again in a moment."))
    response.headers["Retry-After"] = "5"
    return response


def _not_set_up(error: SetupError) -> Response:
    """The operator's to mend: the log says what is wrong, and the answer that it isn't the asker's fault."""
    log.error("%s %s", error, error.remedy)
    response = _say(
        503, _("Daybridge isn't set up as it should be; its operator's log says more. Try again later.")
    )
    response.headers["Retry-After"] = "60"
    return response


def _unreachable(error: AppUnreachable) -> Response:
    response = _say(503, error.said())
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _not_there(error: ProviderError) -> Response:
    """While somebody waits; the worker has its own way with these."""
    log.warning("%s", error)
    host = error.fields["host"]
    if isinstance(error, Unavailable | RateLimited):
        wait = max(1, round(error.retry_after or 60))
        words = _("{host} gives no answer at the moment. Nothing has changed; try again in a few minutes.")
        response = _say(503, words.format(host=host))
        response.headers["Retry-After"] = str(wait)
        return response
    let_in = _("{host} didn’t let us in. Nothing has changed; start again from your calendars page.")
    accepted = _("{why} Nothing has changed; start again from your calendars page.")
    words = accepted if isinstance(error, NotAccepted) else let_in
    return _say(502, words.format(host=host, why=error.said()))


def _by_program() -> bool:
    return request.path.startswith(problems.PREFIX)


def _say(status: int, words: str, reasons: Sequence[Mapping[str, object]] = ()) -> Response:
    """As a page for a person, as a line for a program; as a problem for who uses the API."""
    if _by_program():
        return problems.problem(status, words, reasons=reasons)
    if request.accept_mimetypes.accept_html and request.accept_mimetypes.provided:
        return make_response(render_template("message.html", words=words), status)
    return Response(f"{words}\n", status=status, mimetype="text/plain")
