"""The one function through which Daybridge asks other servers, and one of the three places where errors are translated.

It follows no redirect, obeys no proxy or password file of the environment, verifies TLS, and is bounded in time and
size. Neither its errors nor the log ever hold an address's path or query, a header or a body: secrets are in them.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TooLate

from gateway.core.errors import ForbiddenAddress, NotAccepted, ProviderError, RateLimited, Unavailable
from gateway.core.language import N_
from gateway.providers.line import TOO_SLOW, Line

MOST_BYTES: Final = 1_000_000
# Google's library sends what is longer in a body instead.
LONGEST_URL: Final = 2_048
# Statuses that lead to another address. They are never followed here: who asked knows where a password may go.
LEADS: Final = frozenset({301, 302, 303, 307, 308})
# Nobody is waited for longer, whatever they ask for.
LONGEST_WAIT: Final = 86_400.0

_NAME: Final = re.compile(r"[a-z0-9._-]{1,253}")
_BRACKETED: Final = re.compile(r"[0-9a-f.]*:[0-9a-f.:]*")

# Requests' own errors are OSErrors.
_TROUBLE: Final = (OSError, HTTPError, HTTPException)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Names of headers in small letters."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout: float,
    allow_private: bool,
    most_bytes: int = MOST_BYTES,
    ca_bundle: str = "",
) -> Answer:
    """Ask, and give the answer whole. `timeout` is for all of it, from resolving the name to the last byte.

    `allow_private` also allows http and addresses inside our own network. Raises ForbiddenAddress for an address that
    may not be called, RateLimited for 429, Unavailable for 5xx and for whatever keeps a whole answer from us.
    """
    host = require_callable(url, allow_private=allow_private).hostname or ""
    with Line(timeout, allow_private=allow_private) as line, _session(line) as session:
        try:
            response = session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                verify=ca_bundle or True,
            )
            answer = _whole(response, most_bytes)
        except _TROUBLE as error:
            # `from None`: the cause's text has the whole address in it.
            raise Unavailable(host=host, reason=TOO_SLOW if line.was_cut else _reason(error)) from None
        if line.was_cut:  # an answer without a length looks as if it ended there
            raise Unavailable(host=host, reason=TOO_SLOW)
    return _translated(answer, host)


def _session(line: Line) -> requests.Session:
    # Below this level urllib3 writes whole addresses into the log.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    # A compressed answer could be larger than it looks.
    session.headers.update({"User-Agent": "Daybridge", "Accept-Encoding": "identity"})
    session.mount("https://", _Through(line))
    session.mount("http://", _Through(line))
    return session


def host_of(url: str) -> str:
    """For words about a server; "?" where an address has none."""
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def require_callable(url: str, *, allow_private: bool) -> SplitResult:
    """The parts of an address that may be called, as far as its letters tell. Raises ForbiddenAddress."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
    except ValueError:
        raise ForbiddenAddress(host="?", reason=N_("it can't be read")) from None
    host = parts.hostname or ""
    form = _BRACKETED if "[" in parts.netloc else _NAME
    if not form.fullmatch(host) or not port_fits or len(url) > LONGEST_URL or not url.isprintable():
        raise ForbiddenAddress(host="?", reason=N_("it can't be read"))
    if not url.isascii() or set(url) & set(' "<>\\^`{|}') or "@" in parts.netloc or parts.fragment:
        raise ForbiddenAddress(
            host=host, reason=N_("it holds a user name, a fragment or signs that don't belong there")
        )
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise ForbiddenAddress(host=host, reason=N_("it must begin with https://"))
    return parts


def _whole(response: requests.Response, most_bytes: int) -> Answer:
    body = bytearray()
    with response:
        # Only a read that gives nothing tells the end of an answer from one that broke off.
        while piece := response.raw.read(most_bytes + 1 - len(body), decode_content=False):
            body += piece
            if len(body) > most_bytes:
                raise _TooLong
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(body))


class _TooLong(OSError):
    pass


def _translated(answer: Answer, host: str) -> Answer:
    """The answer, unless its status says that asking later helps."""
    wait = _seconds(answer.headers.get("retry-after", ""))
    if answer.status == 429:
        raise RateLimited(host=host, retry_after=wait)
    if answer.status >= 500:
        raise Unavailable(host=host, reason=f"it answered {answer.status}", retry_after=wait)
    return answer


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of a vendor's table: what a status means there (None: any), if one of `words` comes with it (none: always).

    `because` is the reason in words of our own, `wait` how many seconds they are left alone at least.
    """

    status: int | None
    error: type[ProviderError]
    words: frozenset[str] = frozenset()
    because: str = ""
    wait: float | None = None


def require_success(answer: Answer, host: str, words: Collection[str], meanings: Iterable[Meaning]) -> Answer:
    """The answer, if they did what we asked. Raises what the first row that fits says, else NotAccepted.

    `words` are what the vendor says beside the status, such as "rateLimitExceeded".
    """
    if 200 <= answer.status < 300:
        return answer
    for row in meanings:
        if row.status in (None, answer.status) and (not row.words or not row.words.isdisjoint(words)):
            waits = [row.wait, _seconds(answer.headers.get("retry-after", ""))]
            wait = max((each for each in waits if each is not None), default=None)
            raise row.error(host=host, retry_after=wait, reason=row.because)
    raise NotAccepted(host=host, reason=f"it answered {answer.status}")


def _seconds(retry_after: str) -> float | None:
    """RFC 9110 10.2.3: a number of seconds, or a date."""
    if retry_after.isascii() and retry_after.isdecimal():
        return min(float(retry_after[:9]), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError, OverflowError):
        return None
    wait = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT)


def _reason(error: Exception) -> str:
    """In words of our own, since the error's own may hold anything."""
    if isinstance(error, _TooLong):
        return "its answer is too long"
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection can be made; its certificate may be the reason"
    if isinstance(error, requests.Timeout | TooLate | TimeoutError):
        return TOO_SLOW
    return "the connection broke off"


class _OnALine:
    """Lets urllib3 dial through us, and resolve nothing itself; the names in TLS and in Host stay as they are."""

    host: Any
    port: Any

    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.dial(self.host, self.port)


class _Plain(_OnALine, HTTPConnection):
    pass


class _Secure(_OnALine, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Through(HTTPAdapter):
    """Requests' way to a server, on a line of ours."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        parts = urlsplit(request.url or "")
        pool = _SecurePool if parts.scheme == "https" else _PlainPool
        host = parts.hostname or ""
        written = f"[{host}]" if ":" in host else host
        # Told none, urllib3's connection has none either, and we would dial port 0.
        port = parts.port or pool.ConnectionCls.default_port
        self._pool = pool(written, port, maxsize=1, retries=False, line=self._line)
        return self._pool

    def close(self) -> None:
        if self._pool:
            self._pool.close()
        super().close()
