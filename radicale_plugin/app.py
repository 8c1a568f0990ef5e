"""Radicale's application with our answers in front: who asks, can it be answered from rows, how are errors told.

Each `do_` method answers itself or hands on to Radicale. Here, by `answers`, is one of the three places where errors
become statuses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any
from xml.etree.ElementTree import Element

from radicale import app as radicale_app
from radicale import httputils
from radicale.types import WSGIEnviron, WSGIResponse, WSGIStartResponse
from vobject.base import VObjectError

from gateway.core.errors import (
    AppUnreachable,
    DatabaseUnavailable,
    Invalid,
    NotYours,
    Refused,
    SetupError,
    Throttled,
)
from gateway.services import collection
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from radicale_plugin import answers, auth, places, visits, writes
from radicale_plugin.answers import Whole
from radicale_plugin.configuration import DAV, REALM, configuration
from radicale_plugin.fastpath import freebusy, propfind, proppatch, report, retrieve, xml
from radicale_plugin.writes import Wish

log = logging.getLogger(__name__)

_ALLOW = "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, PUT, DELETE"
# Refused in words of our own; any other method is simply not known here.
_REFUSED = ("MKCALENDAR", "MKCOL", "MOVE", "COPY")
_METHODS = frozenset((*_ALLOW.split(", "), *_REFUSED))
_CHALLENGE = {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"', "DAV": DAV}
# Where a failure waits in the request's environ.
_FAILURE = "daybridge.failure"
# What Radicale and vobject raise at a question that makes no sense to them.
_SENSELESS = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    VObjectError,
)

Method = Callable[..., WSGIResponse]


def _answered(method: Method) -> Method:
    """Turns what a method refuses into what a client understands; without a visit it asks for credentials."""

    def guarded(
        self: Application, environ: dict[str, Any], base: str, path: str, user: str, *rest: Any
    ) -> WSGIResponse:
        if not user:
            return httputils.NOT_ALLOWED  # Radicale makes it a 401 with a challenge
        try:
            return method(self, environ, base, path, user, *rest)
        except Refused as error:
            return answers.refusal(error)
        except Exception as error:  # noqa: BLE001  # raised again behind Radicale's shell, which would swallow it
            environ[_FAILURE] = error
            return httputils.INTERNAL_SERVER_ERROR

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
        """The answer: made while the visit is open, sent after it is closed."""
        if environ["REQUEST_METHOD"] not in _METHODS:
            return answers.plain(405, "This server doesn't do that.", {"Allow": _ALLOW, "DAV": DAV})
        try:
            if not environ.get("HTTP_AUTHORIZATION"):
                return self._by_shell(environ)
            with ExitStack() as open_visit:
                visit = self._sign_in(environ, open_visit)
                if visit is None:
                    return answers.plain(401, "Sign in with your e-mail and an app password.", _CHALLENGE)
                open_visit.enter_context(visits.hold(visit, open_visit.close))
                return self._by_shell(environ)
        except Throttled as error:
            return answers.plain(429, str(error), {"Retry-After": str(error.fields["retry_after"])})
        except AppUnreachable as error:
            return answers.plain(503, str(error), {"Retry-After": str(error.retry_after)})
        except (DatabaseUnavailable, SetupError) as error:
            log.error("%s", error)
            return answers.unavailable()
        except Exception:
            log.exception("a %s could not be answered", environ["REQUEST_METHOD"])
            return answers.plain(500, "Something went wrong here. It was noted.", {})

    def _sign_in(self, environ: WSGIEnviron, open_visit: ExitStack) -> Visit | None:
        """The visit of whoever sends this; None with credentials that are wrong, revoked, or can't be read."""
        given = auth.credentials(environ)
        holder = self._deps.sign_ins.check(*given, environ.get("REMOTE_ADDR", "")) if given else None
        if holder is None:
            return None
        try:
            return open_visit.enter_context(collection.visit(self._deps.database, holder, self._deps.now))
        except NotYours:
            self._deps.sign_ins.forget(holder)
            return None

    def _by_shell(self, environ: WSGIEnviron) -> Whole:
        """Radicale's way from a request to the `do_` methods below, and from their answers to headers."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        body = super().__call__(environ, lambda status, headers: begun.append((status, headers)))
        if _FAILURE in environ:
            # Within the visit, so that its transaction knows, and says whether it is the database that failed.
            raise environ[_FAILURE]
        status, headers = begun[-1]
        return status, headers, body

    def do_OPTIONS(self, environ: WSGIEnviron, base: str, path: str, *rest: Any) -> WSGIResponse:
        """What the root can do may be known to all; what else there is, only to those who may see it."""
        return _options() if path == "/" else self._options_below(environ, base, path, *rest)

    @_answered
    def _options_below(self, _: WSGIEnviron, __: str, path: str, *___: Any) -> WSGIResponse:
        visit = visits.required()
        place = places.find(path, visit.visitor)
        if place.slug:
            places.calendar(visit, place.slug)
        return _options()

    @_answered
    def do_PROPFIND(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        minimal = _wants_minimal(environ)
        question = propfind.read(_xml_body(environ), environ.get("HTTP_DEPTH", "infinity"), minimal=minimal)
        return _multistatus(propfind.answer(visits.required(), base, path, question), minimal=minimal)

    @_answered
    def do_REPORT(self, environ: WSGIEnviron, base: str, path: str, *rest: Any) -> WSGIResponse:
        propfind.is_deep(environ.get("HTTP_DEPTH", "0"))
        root = _xml_body(environ)
        if root is None:
            raise Invalid(reason="A REPORT needs a body.")
        minimal, visit = _wants_minimal(environ), visits.required()
        place = places.find(path, visit.visitor)
        if root.tag == freebusy.QUERY:
            return freebusy.answer(visit, place, root, self._deps.now())
        known = report.answer(visit, base, place, root, minimal=minimal)
        if known is not None:
            return _multistatus(known, minimal=minimal)
        with visits.within(report.bounds(root)):
            return self._by_radicale("do_REPORT", environ, base, path, *rest)

    def _by_radicale(self, method: str, environ: WSGIEnviron, *rest: Any) -> WSGIResponse:
        """Radicale's own answer. What it can't make sense of is the question's fault, not the server's."""
        environ["wsgi.input"].seek(0)
        try:
            answer: WSGIResponse = getattr(super(), method)(environ, *rest)
        except _SENSELESS as error:
            log.warning("Radicale could not answer a %s: %s", method, type(error).__name__)
            raise Invalid(reason="This query can't be answered; is it as RFC 4791 has it?") from error
        return answer

    @_answered
    def do_GET(self, environ: WSGIEnviron, _: str, path: str, *__: Any) -> WSGIResponse:
        known = environ.get("HTTP_IF_NONE_MATCH", "")
        status, headers, body = retrieve.answer(visits.required(), path, known)
        return status, headers, body, None

    def do_HEAD(self, environ: WSGIEnviron, *rest: Any) -> WSGIResponse:
        # Radicale's shell leaves the body away, and keeps its length.
        return self.do_GET(environ, *rest)

    @_answered
    def do_PROPPATCH(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        visit = visits.required()
        place = places.find(path, visit.visitor)
        patch = proppatch.read(_xml_body(environ))
        return _multistatus(proppatch.answer(self._deps, visit, place, base + path, patch), minimal=False)

    @_answered
    def do_PUT(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        stored = writes.put(self._deps, Wish(visits.required(), environ, base, path))
        told = {"ETag": stored.etag} if stored.etag else {}
        # Told that nothing follows, waitress leaves the connection open.
        return (
            (201, {**told, "Content-Length": "0"}, None, None) if stored.created else (204, told, None, None)
        )

    @_answered
    def do_DELETE(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        writes.delete(self._deps, Wish(visits.required(), environ, base, path))
        return 204, {}, None, None

    @_answered
    def do_MKCALENDAR(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        writes.make_calendar(Wish(visits.required(), environ, base, path))

    do_MKCOL = do_MKCALENDAR  # noqa: N815

    @_answered
    def do_MOVE(self, environ: WSGIEnviron, base: str, path: str, *_: Any) -> WSGIResponse:
        writes.move(Wish(visits.required(), environ, base, path))

    do_COPY = do_MOVE  # noqa: N815


def _options() -> WSGIResponse:
    return 200, {"Allow": _ALLOW, "DAV": DAV, "Content-Type": "text/plain"}, None, None


def _xml_body(environ: WSGIEnviron) -> Element | None:
    return xml.parse(environ["wsgi.input"].read())


def _wants_minimal(environ: WSGIEnviron) -> bool:
    """Prefer: return=minimal (RFC 8144), or the older Brief: t."""
    return "return=minimal" in environ.get("HTTP_PREFER", "") or environ.get("HTTP_BRIEF", "").lower() == "t"


def _multistatus(body: bytes, *, minimal: bool) -> WSGIResponse:
    applied = {"Preference-Applied": "return=minimal", "Vary": "Prefer, Brief"} if minimal else {}
    return 207, {**answers.XML, **applied}, body, None
