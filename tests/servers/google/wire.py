"""HTTP/1.1 on loopback: requests and answers as values, and a connection that can hang up on purpose."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

# Bigger than anything that a calendar client has reason to send.
LARGEST_BODY = 4_000_000


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    url: SplitResult
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.url.query, keep_blank_values=True)

    def says(self, name: str) -> str | None:
        """A header of the request; its name in lower case."""
        return self.headers.get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class HangUp(Exception):
    """The connection is closed without a word."""


Play = Callable[[Request], Answer]


def told(status: int, said: Any, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(said, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})})


def page(status: int, text: str) -> Answer:
    """What a browser is shown."""
    return Answer(status, text.encode(), {"Content-Type": "text/plain; charset=UTF-8"})


class _Line(BaseHTTPRequestHandler):
    """One connection of a client; asks the listener's play for every answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: Listener

    def _speak(self) -> None:
        try:
            answer = self.server.play(self._request())
        except HangUp:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _speak  # noqa: N815

    def _request(self) -> Request:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            raise HangUp
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, urlsplit(self.path), headers, self.rfile.read(length))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status not in (204, 304) and self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing: what was asked is in the journal."""


class Listener(ThreadingHTTPServer):
    """Listens until closed, and then lets nobody wait: open connections are cut."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, play: Play, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Line)
        self.play = play
        self.scheme = "https" if tls else "http"
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._over = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def _listen(self) -> None:
        while not self._over:
            self.handle_request()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            secured = self._tls.wrap_socket(request, server_side=True) if self._tls else request
        except OSError:
            self.shutdown_request(request)
            return
        with self._guard:
            self._open.add(secured)
        super().process_request_thread(secured, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that goes away in the middle is the client's business."""

    def close(self) -> None:
        self._over = True
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port), 5):
            pass  # so that the thread looks up
        self._thread.join(10)
        self.server_close()
        with self._guard:
            waiting = list(self._open)
        for connection in waiting:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
