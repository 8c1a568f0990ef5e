"""One connection to the world outside: to an address that was looked at, and for a limited time.

A name is resolved once, and the connection goes to what was found then. Whoever resolves, judges, and leaves it to the
library to resolve again connects to whatever the name means by then (DNS rebinding).
"""

from __future__ import annotations

import queue
import socket
import threading
from contextlib import suppress
from time import monotonic
from typing import Final

from gateway.core.errors import ForbiddenAddress, Unavailable
from gateway.core.language import N_
from gateway.providers.addresses import is_public

# How many of a name's addresses are tried, one after the other.
_MOST_ADDRESSES: Final = 4

# A socket's timeout is for one read only, and an answer may come in a thousand of them: so the line is cut in the end.
TOO_SLOW: Final = "it did not answer in time"


def resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of a name, as this machine's resolver has them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Line:
    """Dials, and hangs up when the time is over. To be used with `with`; good for one request."""

    def __init__(self, seconds: float, *, allow_private: bool) -> None:
        self.was_cut = False
        self._deadline = monotonic() + seconds
        self._allow_private = allow_private
        self._second: socket.socket | None = (
            None  # a second grip on the connection, which TLS doesn't take away
        )
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Line:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._second:
                self._second.close()
                self._second = None

    def left(self, host: str) -> float:
        """Seconds until the deadline. Raises Unavailable after it."""
        seconds = self._deadline - monotonic()
        if seconds <= 0 or self.was_cut:
            raise Unavailable(host=host, reason=TOO_SLOW)
        return seconds

    def dial(self, host: str, port: int) -> socket.socket:
        """A connection to one of the host's addresses. Raises ForbiddenAddress, Unavailable."""
        addresses = self._resolved(host, port)[:_MOST_ADDRESSES]
        if not self._allow_private and not all(map(is_public, addresses)):
            raise ForbiddenAddress(host=host, reason=N_("it lies in a private network"))
        for number, address in enumerate(addresses):
            share = self.left(host) / (len(addresses) - number)
            with suppress(OSError):
                return self._hold(socket.create_connection((address, port), timeout=share), host)
        self.left(host)
        raise Unavailable(host=host, reason=N_("no connection can be made"))

    def _resolved(self, host: str, port: int) -> list[str]:
        """`resolve`, within our time: the system's resolver has its own, which is longer."""
        answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        threading.Thread(target=_resolve_into, args=(answers, host, port), daemon=True).start()
        try:
            found = answers.get(timeout=self.left(host))
        except queue.Empty:
            raise Unavailable(host=host, reason=TOO_SLOW) from None
        if not found:
            raise Unavailable(host=host, reason=N_("there is no such server"))
        return found

    def _hold(self, connection: socket.socket, host: str) -> socket.socket:
        with self._lock:
            self._second = connection.dup()
        try:
            connection.settimeout(self.left(host))
        except Unavailable:
            connection.close()
            raise
        return connection

    def _cut(self) -> None:
        with self._lock, suppress(OSError):
            self.was_cut = True
            if self._second:
                self._second.shutdown(socket.SHUT_RDWR)


def _resolve_into(answers: queue.SimpleQueue[list[str]], host: str, port: int) -> None:
    try:
        answers.put(resolve(host, port))
    except (OSError, UnicodeError):  # a label that is too long or empty is no name either
        answers.put([])
