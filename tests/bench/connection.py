"""A kept-alive HTTP connection that does as little as it can, so that the time measured is the server's.

`http.client` takes a quarter of a millisecond for each exchange, which is as much as the answers that we measure.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

# A query that takes the slowest server longer than this would make the whole run useless.
PATIENCE = 120.0
_MOST_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `path` is as it goes over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def wire(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines += ["Content-Type: text/xml; charset=utf-8", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long it took from the first byte sent to the last one received."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Connection:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, wire: bytes) -> Answer:
        """Send a request and wait for all of its answer. Raises ConnectionError when the server hangs up."""
        began = time.perf_counter()
        self._socket.sendall(wire)
        head, rest = self._head()
        status, headers = _parse(head)
        if headers.get("transfer-encoding") == "chunked":
            body = self._chunks(rest)
        else:
            body = self._body(rest, 0 if status in (204, 304) else int(headers["content-length"]))
        return Answer(status, headers, body, time.perf_counter() - began)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _head(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._some(_MOST_HEAD)
        head, _, rest = received.partition(b"\r\n\r\n")
        return head, rest

    def _chunks(self, begun: bytes) -> bytes:
        """A body whose length the server didn't say."""
        body = b""
        while True:
            while b"\r\n" not in begun:
                begun += self._some(_MOST_HEAD)
            size, _, begun = begun.partition(b"\r\n")
            length = int(size, 16) + 2
            while len(begun) < length:
                begun += self._some(_MOST_HEAD)
            if length == 2:
                return body
            body, begun = body + begun[: length - 2], begun[length:]

    def _body(self, begun: bytes, length: int) -> bytes:
        if len(begun) >= length:
            return begun
        whole = bytearray(length)
        whole[: len(begun)] = begun
        view, filled = memoryview(whole), len(begun)
        while filled < length:
            received = self._socket.recv_into(view[filled:])
            if not received:
                raise ConnectionError("the server hung up within an answer")
            filled += received
        return bytes(whole)

    def _some(self, most: int) -> bytes:
        received = self._socket.recv(most)
        if not received:
            raise ConnectionError("the server hung up instead of answering")
        return received


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in pairs}
