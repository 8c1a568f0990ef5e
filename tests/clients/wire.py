"""HTTP by the octet: what a client library would never send, and what it would never show."""

from __future__ import annotations

import base64
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import IO, Any
from urllib.parse import urlsplit

from tests.conftest import Person

PATIENCE = 15


@dataclass(frozen=True)
class Answer:
    """Header names are in small letters, for servers differ in how they write them."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection. Everything that waits does so for PATIENCE seconds at most."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=PATIENCE)
        self._reader = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._socket.close()

    def send(self, *pieces: bytes) -> None:
        """Several pieces are several packets."""
        for piece in pieces:
            self._socket.sendall(piece)

    def send_as_far_as_taken(self, piece: bytes) -> None:
        """A server that has answered already need not take the rest."""
        with suppress(OSError):
            self._socket.sendall(piece)

    def line(self) -> bytes:
        return self._reader.readline().rstrip()

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, 100 Continue left out."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        response.begin()
        return Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )

    def rest(self) -> bytes:
        """Everything until the server hangs up."""
        got = b""
        with suppress(ConnectionResetError):
            while piece := self._reader.read1():
                got += piece
        return got

    def makefile(self, *_: object) -> _Kept:
        """For HTTPResponse, which takes us for a socket."""
        return _Kept(self._reader)


class _Kept:
    """A reader that stays open when its user has done: the next answer may be in it already."""

    def __init__(self, reader: IO[bytes]) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def close(self) -> None:
        pass


def head(method: str, target: str, *lines: str, who: Person | None = None) -> bytes:
    """The head of a request, up to and with its empty line."""
    if who is not None:
        word = base64.b64encode(f"{who.email}:{who.password}".encode()).decode()
        lines = (*lines, f"Authorization: Basic {word}")
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode("latin-1")


def chunked(body: bytes, size: int = 100) -> bytes:
    """A body in chunks (RFC 9112 7.1)."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
