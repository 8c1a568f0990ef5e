"""How Google's own library asks through our one HTTP function.

The library's transport sends a POST again by itself when the answer is lost, follows addresses that it is told, and
waits for as long as it takes. So it gets another one. What it does for us is to build each request by the description
of the API that comes with it, https://developers.google.com/workspace/calendar/api/v3/reference.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.core.errors import Unavailable
from gateway.core.language import N_
from gateway.providers import http
from gateway.providers.google import refusals
from gateway.providers.google.config import GoogleConfig
from gateway.providers.http import Meaning

Json = dict[str, Any]

# Seconds for a whole answer; a full page of a list takes the longest.
_TIMEOUT: Final = 60.0
# A page of a list (see `client`), each of whose descriptions may be 8 kB long, and longer as it is written.
_MOST_BYTES: Final = 40_000_000

# Of the library's headers, those that say something. Its own names and its wish for gzip stay here.
_PASSED_ON: Final = frozenset({"accept", "content-type", "if-match", "x-http-method-override"})


class Api:
    """The methods of the API, asked in the name of who granted us `token`."""

    def __init__(self, config: GoogleConfig, token: str) -> None:
        self._config, self._token = config, token
        self.host = urlsplit(config.api_endpoint).hostname or ""
        self.events, self.calendars, self.channels = _resources(config.api_endpoint)

    def ask(self, request: Any, meanings: Sequence[Meaning] = refusals.API) -> Json:
        """What a request of the library's is answered with. Raises what the status means, and Unavailable for an
        answer that isn't one of this API."""
        try:
            said = request.execute(http=_Carrier(self._config, self._token, self.host, meanings))
        except (UnicodeDecodeError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise Unavailable(host=self.host, reason=N_("its answer can't be read"))
        return said

    def tell(self, request: Any, meanings: Sequence[Meaning] = refusals.API) -> None:
        """A request whose answer has nothing in it."""
        request.execute(http=_Carrier(self._config, self._token, self.host, meanings))


@lru_cache(maxsize=8)
def _resources(endpoint: str) -> tuple[Any, Any, Any]:
    """The library's objects for events, lists of calendars and channels. Making them takes a while; they hold nothing
    of anybody's, so all threads and accounts share them."""
    # Half a second, which only those pay who ask Google.
    from google.api_core.client_options import ClientOptions
    from googleapiclient.discovery import build

    # It writes whole addresses, and answers that it doesn't understand, into the log.
    logging.getLogger("googleapiclient").setLevel(logging.CRITICAL)
    service = build(
        "calendar",
        "v3",
        http=_Nobody(),
        static_discovery=True,
        cache_discovery=False,
        client_options=ClientOptions(api_endpoint=endpoint),
    )
    return service.events(), service.calendarList(), service.channels()


@dataclass(frozen=True, slots=True)
class _Told:
    """What the library wants to know of an answer beside its body."""

    status: int
    reason: str = ""


class _Nobody:
    """In place of a transport, where the library insists on one: each request comes with its own."""

    def request(self, *_: object, **__: object) -> tuple[_Told, bytes]:
        raise NotImplementedError


class _Carrier:
    """One account's transport, as the library wants it."""

    def __init__(self, config: GoogleConfig, token: str, host: str, meanings: Sequence[Meaning]) -> None:
        self._config, self._token, self._host, self._meanings = config, token, host, meanings

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> tuple[_Told, bytes]:
        passed_on = {name: value for name, value in (headers or {}).items() if name.lower() in _PASSED_ON}
        answer = http.send(
            method,
            uri,
            headers={**passed_on, "Authorization": f"Bearer {self._token}"},
            body=body.encode() if isinstance(body, str) else body,
            timeout=_TIMEOUT,
            allow_private=self._config.allow_private,
            most_bytes=_MOST_BYTES,
            ca_bundle=self._config.ca_bundle,
        )
        words = frozenset() if answer.status < 400 else refusals.reasons(answer.body)
        http.require_success(answer, self._host, words, self._meanings)
        return _Told(answer.status), answer.body
