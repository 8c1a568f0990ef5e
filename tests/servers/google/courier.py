"""Delivers notifications for real, in the background, with the mishaps that a test asks for; and keeps the books."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.servers.google.behaviour import Behaviour

# Nothing is ever sent to another machine.
_HERE = frozenset({"127.0.0.1", "localhost"})
_AGAIN = frozenset({500, 502, 503, 504})
_TAKEN = frozenset({102, 200, 201, 202, 204})
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the receiver answered, if it did, and after how many seconds."""

    status: int | None
    seconds: float


@dataclass(slots=True)
class Notification:
    channel_id: str
    address: str
    state: str
    number: int
    headers: Mapping[str, str]
    # waiting, delivered, failed, dropped (on request), or elsewhere (another machine: not sent)
    fate: str = "waiting"
    attempts: list[Attempt] = field(default_factory=list)
    written: float = field(default_factory=time.perf_counter)
    # From the change to the receiver's answer.
    seconds: float | None = None


@dataclass(slots=True)
class Mishaps:
    """What goes wrong with the next notifications: counts, of which -1 means every one; and a delay for all."""

    drop: int = 0
    duplicate: int = 0
    # So many are held back, and then sent the last one first.
    reorder: int = 0
    delay: float = 0.0

    def use(self, name: str) -> bool:
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0


class Courier:
    """One thread at a time per channel, so that a slow receiver only keeps itself waiting."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
        self.tls = tls
        self.mishaps = Mishaps()
        self.sent: list[Notification] = []
        self._held: list[Notification] = []
        self._waiting: dict[str, deque[Notification]] = defaultdict(deque)
        self._busy: set[str] = set()
        self._guard = threading.Condition()
        self._closed = threading.Event()
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="courier")

    def send(self, notification: Notification) -> None:
        with self._guard:
            self.sent.append(notification)
            if (urlsplit(notification.address).hostname or "") not in _HERE:
                notification.fate = "elsewhere"
            elif self.mishaps.use("drop"):
                notification.fate = "dropped"
            elif self.mishaps.reorder:
                self._hold(notification)
            else:
                self._queue(notification)

    def _hold(self, notification: Notification) -> None:
        self._held.append(notification)
        if len(self._held) >= self.mishaps.reorder:
            self.mishaps.reorder = 0
            held, self._held = self._held[::-1], []
            for one in held:
                self._queue(one)

    def _queue(self, notification: Notification) -> None:
        waiting = self._waiting[notification.channel_id]
        waiting.append(notification)
        if self.mishaps.use("duplicate"):
            waiting.append(notification)
        if notification.channel_id not in self._busy and not self._closed.is_set():
            self._busy.add(notification.channel_id)
            self._pool.submit(self._drain, notification.channel_id)

    def _drain(self, channel_id: str) -> None:
        while True:
            with self._guard:
                waiting = self._waiting[channel_id]
                if not waiting or self._closed.is_set():
                    self._busy.discard(channel_id)
                    self._guard.notify_all()
                    return
                notification = waiting.popleft()
            self._closed.wait(self.mishaps.delay)
            self._deliver(notification)

    def _deliver(self, notification: Notification) -> None:
        for number in range(self.behaviour.notification_tries):
            if self._closed.wait(_PAUSE * 2**number if number else 0):
                return
            attempt = self._attempt(notification)
            notification.attempts.append(attempt)
            if attempt.status is not None and attempt.status not in _AGAIN:
                break
        notification.seconds = time.perf_counter() - notification.written
        notification.fate = "delivered" if attempt.status in _TAKEN else "failed"

    def _attempt(self, notification: Notification) -> Attempt:
        begun = time.perf_counter()
        try:
            status = self._post(notification)
        except (OSError, http.client.HTTPException):
            status = None
        return Attempt(status, time.perf_counter() - begun)

    def _post(self, notification: Notification) -> int:
        parts = urlsplit(notification.address)
        limit = self.behaviour.notification_timeout
        if parts.scheme == "https":
            line = http.client.HTTPSConnection("127.0.0.1", parts.port, timeout=limit, context=self.tls)
        else:
            line = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=limit)  # type: ignore[assignment]
        try:
            target = parts.path or "/"
            line.request(
                "POST", f"{target}?{parts.query}" if parts.query else target, b"", dict(notification.headers)
            )
            return line.getresponse().status
        finally:
            line.close()

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until everything that can be delivered is; whether that was so in time."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._busy, seconds)

    def close(self) -> None:
        with self._guard:
            self._closed.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
