"""A server in front of a real one that may spoil what it says: what is known of other servers, done to this one."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.providers.outside import Outside, Request

# Says something instead of the server, or None.
Says = Callable[[Request], bytes | None]
# What becomes of an answer: status, headers, body.
Spoils = Callable[[Request, int, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]


@dataclass
class Front:
    """Passes on what it is asked, and spoils what comes back."""

    behind: str
    says: Says = lambda request: None
    spoils: Spoils = lambda request, status, headers, body: (status, headers, body)
    asked: list[Request] = field(default_factory=list)
    outside: Outside | None = None

    @property
    def url(self) -> str:
        assert self.outside is not None
        return self.outside.url

    def methods(self) -> list[str]:
        return [request.method for request in self.asked]

    def __call__(self, request: Request) -> bytes:
        self.asked.append(request)
        said = self.says(request)
        if said is not None:
            return said
        status, headers, body = self.spoils(request, *self._passed_on(request))
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _passed_on(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.behind)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in ("content-length", "accept-encoding")
        }
        try:
            connection.request(request.method, request.target, request.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            kept = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() in ("etag", "location", "content-type", "www-authenticate")
            }
            return answer.status, kept, body
        finally:
            connection.close()
