"""Radicale's application with our answers in front: who is it, can it be answered from rows, what do errors look like.

Each `do_` method answers itself or hands on to Radicale. This is one of the three places where errors become statuses.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from radicale import app as radicale_app
from radicale import httputils
from radicale.types import WSGIResponse

from gateway.core import ics
from gateway.core.errors import (
    DatabaseUnavailable,
    Invalid,
    InvalidSyncToken,
    NotEditable,
    NotYours,
    Refused,
    Throttled,
)
from gateway.services import collection
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from radicale_plugin import places, visits
from radicale_plugin.configuration import DAV, configuration
from radicale_plugin.fastpath import propfind, proppatch, report, retrieve, xml
from radicale_plugin.fastpath.properties import writable
from radicale_plugin.fastpath.report import Unanswerable
from radicale_plugin.fastpath.xml import CALDAV, OURS, clark
from radicale_plugin.fastpath.xml import DAV as DAV_NAMESPACE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

ALLOW = "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, PUT, DELETE"
_XML = {"Content-Type": "text/xml; charset=utf-8"}
_LONGEST_CREDENTIALS = 1024

Method = Callable[..., WSGIResponse]


def _answered(method: Method) -> Method:
    """Turns what a method raises into what a client understands; without a visit it asks for credentials."""

    def guarded(
        self: Application, environ: WSGIEnvironment, base_prefix: str, path: str, user: str, *rest: Any
    ) -> WSGIResponse:
        if not user:
            return httputils.NOT_ALLOWED  # Radicale makes it a 401 with a challenge
        try:
            return method(self, environ, base_prefix, path, user, *rest)
        except Refused as error:
            return refusal(error)
        except DatabaseUnavailable as error:
            log.error("%s", error)
            return _unavailable()

    return guarded


class Application(radicale_app.Application):
    """The WSGI application at /dav."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        super().__init__(configuration())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with ExitStack() as open_visit:
            try:
                visit = self._sign_in(environ, open_visit)
            except Throttled as error:
                return _plain(
                    start_response, 429, str(error), {"Retry-After": str(error.fields["retry_after"])}
                )
            except DatabaseUnavailable as error:
                log.error("%s", error)
                return _plain(
                    start_response, 503, "The database doesn't answer; try again.", {"Retry-After": "5"}
                )
            if visit is not None:
                open_visit.enter_context(visits.hold(visit))
            return super().__call__(environ, start_response)

    def _sign_in(self, environ: WSGIEnvironment, open_visit: ExitStack) -> Visit | None:
        """The visit of whoever sends this; None without credentials, or with wrong or revoked ones."""
        given = credentials(environ)
        if given is None:
            return None
        holder = self._deps.sign_ins.check(*given, environ.get("REMOTE_ADDR", ""))
        if holder is None:
            return None
        try:
            return open_visit.enter_context(
                collection.visit(self._deps.database, holder, self._deps.now)
            )
        except NotYours:
            self._deps.sign_ins.forget(holder)
            return None

    def do_OPTIONS(self, *_: Any) -> WSGIResponse:
        return 200, {"Allow": ALLOW, "DAV": DAV, "Content-Type": "text/plain"}, None, None

    @_answered
    def do_PROPFIND(
        self, environ: WSGIEnvironment, base_prefix: str, path: str, *_: Any
    ) -> WSGIResponse:
        minimal = _wants_minimal(environ)
        question = propfind.read(_xml_body(environ), environ.get("HTTP_DEPTH", "infinity"), minimal=minimal)
        return _multistatus(propfind.answer(visits.required(), base_prefix, path, question), minimal)

    @_answered
    def do_REPORT(
        self, environ: WSGIEnvironment, base_prefix: str, path: str, *rest: Any
    ) -> WSGIResponse:
        root = _xml_body(environ)
        if root is None:
            raise Invalid(reason="A REPORT needs a body.")
        minimal, visit = _wants_minimal(environ), visits.required()
        place = places.find(path, visit.visitor)
        if root.tag in (report.SYNC, report.MULTIGET, report.QUERY) and not place.slug:
            raise Unanswerable(clark(DAV_NAMESPACE, "supported-report"), "Ask this of a calendar.")
        if place.slug:
            calendar = visit.calendar(*places.calendar_key(place.slug, visit.visitor))
            known = report.answer(visit, base_prefix, calendar, root, minimal=minimal)
            if known is not None:
                return _multistatus(known, minimal)
        if root.tag == report.QUERY:
            report.check_filter(root)
        return self._by_radicale("do_REPORT", environ, base_prefix, path, *rest)

    @_answered
    def do_GET(self, environ: WSGIEnvironment, base_prefix: str, path: str, *_: Any) -> WSGIResponse:
        status, headers, body = retrieve.answer(
            visits.required(), path, environ.get("HTTP_IF_NONE_MATCH", "")
        )
        return status, {"Content-Type": "text/plain", "Cache-Control": "private, no-cache", **headers}, body, None

    @_answered
    def do_HEAD(self, *request: Any) -> WSGIResponse:
        return self.do_GET(*request)

    @_answered
    def do_PROPPATCH(
        self, environ: WSGIEnvironment, base_prefix: str, path: str, *_: Any
    ) -> WSGIResponse:
        visit = visits.required()
        place = places.find(path, visit.visitor)
        patch = proppatch.read(_xml_body(environ))
        may = bool(place.slug) and not place.href
        if place.slug:
            calendar = visit.calendar(*places.calendar_key(place.slug, visit.visitor))
            if place.href and not visit.objects(calendar, [place.href]):
                raise NotYours(what="no such event")
            if may and not patch.refused:
                collection.set_properties(self._deps.database, visit.visitor, calendar, patch.values)
        return _multistatus(proppatch.answer(base_prefix + path, patch, may=may), False)

    @_answered
    def do_PUT(self, environ: WSGIEnvironment, base_prefix: str, path: str, *_: Any) -> WSGIResponse:
        visit = visits.required()
        place = places.find(path, visit.visitor)
        if not place.href:
            raise NotEditable(reason="Calendars are made by the booking system.")
        calendar = visit.calendar(*places.calendar_key(place.slug, visit.visitor))
        _require_writable(visit, calendar)
        found = visit.objects(calendar, [place.href])
        _check_conditions(environ, found[0].etag if found else None)
        ics.check(environ["wsgi.input"].read())
        raise NotEditable(
            reason="Bookings can't be changed from a calendar app yet, and new events can't be added. "
            "Change them in the booking system; they appear here by themselves."
        )

    @_answered
    def do_DELETE(self, environ: WSGIEnvironment, base_prefix: str, path: str, *_: Any) -> WSGIResponse:
        visit = visits.required()
        place = places.find(path, visit.visitor)
        if not place.href:
            if place.slug:
                visit.calendar(*places.calendar_key(place.slug, visit.visitor))
            raise NotEditable(reason="This calendar belongs to the booking system and can't be deleted.")
        calendar = visit.calendar(*places.calendar_key(place.slug, visit.visitor))
        found = visit.objects(calendar, [place.href])
        if not found:
            raise NotYours(what="no such event")
        _require_writable(visit, calendar)
        _check_conditions(environ, found[0].etag)
        raise NotEditable(
            reason="Bookings can't be cancelled from a calendar app yet. Cancel them in the booking system."
        )

    @_answered
    def do_MKCALENDAR(self, *_: Any) -> WSGIResponse:
        raise NotEditable(reason="Calendars are made by the booking system.")

    @_answered
    def do_MKCOL(self, *_: Any) -> WSGIResponse:
        raise NotEditable(reason="Calendars are made by the booking system.")

    @_answered
    def do_MOVE(self, *_: Any) -> WSGIResponse:
        raise NotEditable(reason="Events can't be moved between calendars here.")

    def do_POST(self, *_: Any) -> WSGIResponse:
        return httputils.METHOD_NOT_ALLOWED

    def _by_radicale(self, method: str, environ: WSGIEnvironment, *rest: Any) -> WSGIResponse:
        """Radicale's own answer. What it can't make sense of is the question's fault, not the server's."""
        environ["wsgi.input"].seek(0)
        try:
            answer: WSGIResponse = getattr(super(), method)(environ, *rest)
        except (ValueError, AssertionError, KeyError, AttributeError, TypeError) as error:
            log.info("Radicale could not answer a %s: %s", method, type(error).__name__)
            raise Invalid(reason="This query can't be answered; is it as RFC 4791 has it?") from error
        return answer


def credentials(environ: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, password) of a Basic header (RFC 7617); None when there is none that can be read."""
    scheme, _, encoded = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST_CREDENTIALS:
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name.strip(), password) if colon and name.strip() else None


def refusal(error: Refused) -> WSGIResponse:
    """A refusal as a client can show it: the status, the precondition element, and the reason in words."""
    if isinstance(error, NotYours):
        return 404, {"Content-Type": "text/plain"}, f"{error}\n", None
    if isinstance(error, Invalid):
        return 400, {"Content-Type": "text/plain"}, f"{error}\n", None
    if isinstance(error, _Precondition):
        return httputils.PRECONDITION_FAILED
    return 403, dict(_XML), xml.error(_precondition(error), str(error)), None


def _precondition(error: Refused) -> str:
    if isinstance(error, InvalidSyncToken):
        return clark(DAV_NAMESPACE, "valid-sync-token")
    if isinstance(error, Unanswerable):
        return error.precondition
    if isinstance(error, ics.Unacceptable):
        return clark(CALDAV, str(error.fields["precondition"]).removeprefix("C:"))
    return clark(OURS, "not-editable")


class _Precondition(Refused):
    """The event has changed since it was read."""

    status = 412


def _check_conditions(environ: WSGIEnvironment, etag: str | None) -> None:
    """If-Match and If-None-Match (RFC 9110 13.1): 412 only where the client really saw another version."""
    if_match, if_none_match = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if if_match and (etag is None or not retrieve.matches(if_match, etag)):
        raise _Precondition()
    if if_none_match and etag is not None and retrieve.matches(if_none_match, etag):
        raise _Precondition()


def _require_writable(visit: Visit, calendar: Any) -> None:
    if not writable(calendar, visit.visitor):
        raise Unanswerable(clark(DAV_NAMESPACE, "need-privileges"), "This calendar can only be read.")


def _xml_body(environ: WSGIEnvironment) -> Any:
    return xml.parse(environ["wsgi.input"].read())


def _wants_minimal(environ: WSGIEnvironment) -> bool:
    """Prefer: return=minimal (RFC 8144), or the older Brief: t."""
    return "return=minimal" in environ.get("HTTP_PREFER", "") or environ.get("HTTP_BRIEF", "").lower() == "t"


def _multistatus(body: bytes, minimal: bool) -> WSGIResponse:
    applied = {"Preference-Applied": "return=minimal", "Vary": "Prefer, Brief"} if minimal else {}
    return 207, {**_XML, **applied}, body, None


def _unavailable() -> WSGIResponse:
    headers = {"Content-Type": "text/plain", "Retry-After": "5"}
    return 503, headers, "The database doesn't answer; try again in a moment.\n", None


def _plain(
    start_response: StartResponse, status: int, words: str, headers: Mapping[str, str]
) -> Iterable[bytes]:
    body = f"{words}\n".encode()
    lines = {**headers, "Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    names = {429: "Too Many Requests", 503: "Service Unavailable"}
    start_response(f"{status} {names[status]}", list(lines.items()))
    return [body]
