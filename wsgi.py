"""Both doors of the house as one WSGI application.

`gunicorn -c config/gunicorn.conf.py 'wsgi:application()'` serves it; `daybridge up` does so with waitress.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.app import create_app
from gateway import settings, wiring
from gateway.services.deps import Deps
from radicale_plugin.app import Application
from radicale_plugin.guard import Guard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DAV = "/dav"
# Clients that were given only a host ask CalDAV questions at the root.
_CALDAV_METHODS = frozenset({"PROPFIND", "REPORT", "OPTIONS", "PROPPATCH"})


def application(config: str | None = None) -> WSGIApplication:
    """The application for an external WSGI server, by the settings file."""
    loaded = settings.load(Path(config) if config else None, os.environ)
    return mount(wiring.build(loaded))


def mount(deps: Deps) -> WSGIApplication:
    """CalDAV at /dav (and at / for CalDAV methods), everything else to Flask."""
    pages = create_app(deps)
    calendars = Guard(Application(deps))

    def dispatch(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _believe(deps.settings.trusted_proxy, environ)
        path = environ.get("PATH_INFO", "")
        if path == DAV or path.startswith(f"{DAV}/"):
            return calendars(_below(environ, path[len(DAV) :] or "/"), start_response)
        if path.rstrip("/") == "/.well-known/caldav":
            return _moved(start_response)
        if environ["REQUEST_METHOD"] in _CALDAV_METHODS and path in ("", "/"):
            return calendars(_below(environ, "/"), start_response)
        return pages(environ, start_response)

    return dispatch


def _believe(proxy: str, environ: WSGIEnvironment) -> None:
    """Where a request came from, by the word of our own web server in front; of nobody else's."""
    said = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    if proxy and said and environ.get("REMOTE_ADDR") == proxy:
        environ["REMOTE_ADDR"] = said[:64]


def _below(environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
    environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + DAV
    environ["PATH_INFO"] = path
    return environ


def _moved(start_response: StartResponse) -> Iterable[bytes]:
    """RFC 6764 5: where the calendars are, for every method."""
    start_response("301 Moved Permanently", [("Location", f"{DAV}/"), ("Content-Length", "0")])
    return []
