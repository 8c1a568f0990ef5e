"""The WSGI layer before Radicale: it believes no header that a stranger can set, and lets no body in without a bound.

Radicale trusts X-Script-Name and X-Forwarded-* from anyone, and reads its limits only under its own server; so the
headers are dropped and the body is read here, whether it came with a length or in chunks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BODY = 2 * 1024 * 1024
_MOST_PATH = 2048
_BELIEVED_BY_RADICALE = (
    "HTTP_X_SCRIPT_NAME",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REMOTE_ADDR",
    "HTTP_X_REMOTE_USER",
)
# Smaller answers don't get smaller by it. Level 1: bodies are made for one reader each, and the wire is fast.
_WORTH_COMPRESSING = 1400
_GZIP = 16 + zlib.MAX_WBITS


class _TooLarge(Exception):
    pass


class _Malformed(Exception):
    pass


class Guard:
    """WSGI middleware around the CalDAV application."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        for name in _BELIEVED_BY_RADICALE:
            environ.pop(name, None)
        path = environ.get("PATH_INFO", "")
        if len(path) > _MOST_PATH:
            return _refuse(start_response, "414 URI Too Long", "This address is too long.")
        try:
            # PEP 3333 hands the bytes through as Latin-1; Radicale takes them for text.
            environ["PATH_INFO"] = path.encode("latin-1").decode("utf-8")
            body = _body(environ)
        except UnicodeError:
            return _refuse(start_response, "400 Bad Request", "This address is not UTF-8.")
        except _TooLarge:
            return _refuse(start_response, "413 Content Too Large", f"At most {MOST_BODY} bytes are taken.")
        except _Malformed:
            return _refuse(start_response, "400 Bad Request", "The body did not arrive as announced.")
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if _takes_gzip(environ.pop("HTTP_ACCEPT_ENCODING", "")):
            return _compressed(self._application, environ, start_response)
        return self._application(environ, start_response)


def _takes_gzip(accepted: str) -> bool:
    """RFC 9110 12.5.3: named, and not with a weight of nothing."""
    for one in accepted.split(","):
        name, _, weight = one.replace(" ", "").lower().partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or not weight
    return False


def _body(environ: WSGIEnvironment) -> bytes:
    """The whole body, whatever way it came. Raises _TooLarge, _Malformed."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced:
        # Only servers that mark the end of a chunked body may be read without a length (PEP 3333 leaves it open).
        if not environ.get("wsgi.input_terminated"):
            return b""
        body = _read(environ, MOST_BODY + 1)
        if len(body) > MOST_BODY:
            raise _TooLarge
        return body
    if not announced.isascii() or not announced.isdecimal():
        raise _Malformed
    if len(announced) > 12 or int(announced) > MOST_BODY:
        raise _TooLarge
    body = _read(environ, int(announced))
    if len(body) < int(announced):
        raise _Malformed
    return body


def _read(environ: WSGIEnvironment, most: int) -> bytes:
    try:
        return bytes(environ["wsgi.input"].read(most))
    except (OSError, ValueError) as error:
        raise _Malformed from error


def _refuse(start_response: StartResponse, status: str, words: str) -> list[bytes]:
    body = words.encode() + b"\n"
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]


def _compressed(
    application: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    begun: list[object] = []

    def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
        begun[:] = [status, headers]
        return None

    body = b"".join(application(environ, begin))  # type: ignore[arg-type]  # no one uses the old write()
    status, headers = begun
    headers = [*headers, ("Vary", "Accept-Encoding")]  # type: ignore[misc]
    if len(body) > _WORTH_COMPRESSING:
        deflate = zlib.compressobj(level=1, wbits=_GZIP)
        body = deflate.compress(body) + deflate.flush()
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
    start_response(status, headers)  # type: ignore[arg-type]
    return [body]
