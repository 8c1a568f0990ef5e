"""How libraries that ask by way of `requests` do it through our one HTTP function."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from gateway.providers import http
from gateway.providers.http import Answer

# What a library says of the way and of itself. A length is told by whoever sends.
_LEFT_OUT: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "transfer-encoding", "user-agent"}
)


class Transport(BaseAdapter):
    """To be mounted on a session. Whatever timeout, proxy or certificates the library names, these here count.

    `judge` looks at each answer before the library does, and may raise. `in_the_open`: the library takes only
    https, and was told that where the address has http; whether that may be asked is for `http.send` to say.
    """

    def __init__(
        self,
        timeout: float,
        *,
        allow_private: bool,
        ca_bundle: str = "",
        judge: Callable[[Answer], Answer] | None = None,
        in_the_open: bool = False,
    ) -> None:
        super().__init__()
        self._timeout, self._allow_private, self._ca_bundle = timeout, allow_private, ca_bundle
        self._judge, self._in_the_open = judge, in_the_open

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Raises what `http.send` and `judge` do."""
        url = request.url or ""
        body = request.body
        answer = http.send(
            request.method or "GET",
            f"http{url.removeprefix('https')}" if self._in_the_open else url,
            headers={name: value for name, value in request.headers.items() if name.lower() not in _LEFT_OUT},
            body=body.encode() if isinstance(body, str) else body,
            timeout=self._timeout,
            allow_private=self._allow_private,
            ca_bundle=self._ca_bundle,
        )
        return _response(request, self._judge(answer) if self._judge else answer)

    def close(self) -> None:
        """There is nothing to close: each request has its own connection."""


def carry(session: requests.Session, transport: Transport) -> None:
    """Have everything that a session asks go this way, and take nothing from the environment."""
    session.trust_env = False
    session.mount("https://", transport)
    session.mount("http://", transport)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    # A session would follow to another address; no answer of ours leads anywhere.
    told = {name: value for name, value in answer.headers.items() if name != "location"}
    response.headers = CaseInsensitiveDict(told)
    response.raw = BytesIO(answer.body)
    response.encoding = "utf-8"
    response.url, response.request = request.url or "", request
    return response
