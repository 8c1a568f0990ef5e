"""Radicale's application with our answers in front: who asks, can it be answered from rows, how are errors told.

Each `do_` method answers itself or hands on to Radicale. Here, by `answers`, is one of the three places where errors
become statuses.
"""
# ruff: noqa: N802  # Radicale calls do_PROPFIND by this name

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from radicale import app as radicale_app
from radicale import httputils
from radicale.types import WSGIEnviron, WSGIResponse, WSGIStartResponse

from gateway.core.errors import DatabaseUnavailable, GatewayError, Invalid, NotYours, Refused, SetupError, Throttled
from gateway.services import collection
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from radicale_plugin import answers, auth, places, visits, writes
from radicale_plugin.answers import Whole
from radicale_plugin.configuration import DAV, REALM, configuration
from radicale_plugin.fastpath import propfind, proppatch, report, retrieve, xml
from radicale_plugin.visits import Bounds
from radicale_plugin.writes import Wish

log = logging.getLogger(__name__)

ALLOW = "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, PUT, DELETE"
# Refused by us in words of their own; any other method is simply not known here.
_REFUSED = ("MKCALENDAR", "MKCOL", "MOVE", "COPY")
_METHODS = frozenset((*ALLOW.split(", "), *_REFUSED))
_CHALLENGE = {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"', "DAV": DAV}

Method = Callable[..., WSGIResponse]


def _answered(method: Method) -> Method:
    """Turns what a method raises into what a client understands; without a visit it asks for credentials."""

    def guarded(
        self: Application, environ: WSGIEnviron, base: str, path: str, user: str, *rest: Any
    ) -> WSGIResponse:
        if not user:
            return httputils.NOT_ALLOWED  # Radicale makes it a 401 with a challenge
        try:
            return method(self, environ, base, path, user, *rest)
        except Refused as error:
            return answers.refusal(error)
        except DatabaseUnavailable as error:
            log.error("%s", error)
            return answers.unavailable()

    return guarded


class Application(radicale_app.Application):
    """The WSGI application at /dav."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        super().__init__(configuration())

    def __call__(self, environ: WSGIEnviron, start_response: WSGIStartResponse) -> Iterable[bytes]:
        status, headers, body = self._answer(environ)
        start_response(status, headers)
        return body

    def _answer(self, environ: WSGIEnviron) -> Whole:
        """The answer, made while the visit is open and sent after it is closed."""
        if environ["REQUEST_METHOD"] not in _METHODS:
            return answers.plain(405, "This server doesn't do that.", {"Allow": ALLOW, "DAV": DAV})
        try:
            if not environ.get("HTTP_AUTHORIZATION"):
                return self._by_shell(environ)
            with self._visit(environ) as visit:
                if visit is None:
                    return answers.plain(401, "Sign in with your e-mail address and an app password.", _CHALLENGE)
                with visits.hold(visit):
                    return self._by_shell(environ)
        except Throttled as error:
            return answers.plain(429, str(error), {"Retry-After": str(error.fields["retry_after"])})
        except (DatabaseUnavailable, SetupError) as error:
            log.error("%s", error)
            return answers.whole_unavailable()

    @contextmanager
    def _visit(self, environ: WSGIEnviron) -> Iterator[Visit | None]:
        """The visit of whoever sends this; None with credentials that are wrong, revoked, or can't be read."""
        given = auth.credentials(environ)
        holder = given and self._deps.sign_ins.check(*given, environ.get("REMOTE_ADDR", ""))
        if not holder:
            yield None
            return
        opened = collection.visit(self._deps.database, holder, self._deps.now)
        try:
            visit = opened.__enter__()
        except NotYours:
            self._deps.sign_ins.forget(holder)
            yield None
            return
        with _entered(opened):
            yield visit
