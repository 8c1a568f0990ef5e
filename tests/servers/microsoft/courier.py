"""Delivers notifications for real, in the background: several for one address in one POST, with a test's mishaps.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.servers.google import courier as generic
from tests.servers.google.courier import Attempt

Json = dict[str, Any]

_HERE = frozenset({"127.0.0.1", "localhost"})
_PAUSE = 0.05
_LONGEST = 4_096


@dataclass(slots=True)
class Notification(generic.Notification):
    """`channel_id` is the address: one POST at a time goes to each. `state` is the kind of change."""

    subscription: str = ""
    value: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    status: int
    kind: str
    body: bytes


def post(address: str, body: bytes, kind: str, timeout: float) -> Heard:
    """To this machine and no other; raises OSError or HTTPException."""
    parts = urlsplit(address)
    if parts.hostname not in _HERE:
        raise OSError(f"{parts.hostname} is another machine")
    line = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=timeout)
    try:
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        line.request("POST", target, body, {"Content-Type": kind, "User-Agent": "Microsoft-Graph-Stand-In"})
        answer = line.getresponse()
        return Heard(answer.status, answer.getheader("Content-Type", ""), answer.read(_LONGEST))
    finally:
        line.close()


class Courier(generic.Courier):
    """As any courier, but for what goes together."""

    def _drain(self, channel_id: str) -> None:
        while True:
            with self._guard:
                waiting = self._waiting[channel_id]
                if not waiting or self._closed.is_set():
                    self._busy.discard(channel_id)
                    self._guard.notify_all()
                    return
                most = min(len(waiting), self.behaviour.together)  # type: ignore[attr-defined]
            # Others that come meanwhile go along.
            self._closed.wait(self.mishaps.delay)
            with self._guard:
                bunch = [waiting.popleft() for _ in range(most)]
            self._deliver_all(bunch)  # type: ignore[arg-type]

    def _deliver_all(self, bunch: list[Notification]) -> None:
        body = json.dumps({"value": [one.value for one in bunch]}).encode()
        for number in range(self.behaviour.notification_tries):
            if self._closed.wait(_PAUSE * 2**number if number else 0):
                return
            attempt = self._try(bunch[0].address, body)
            for one in bunch:
                one.attempts.append(attempt)
            if attempt.status is not None and 200 <= attempt.status < 300:
                break
        for one in bunch:
            one.seconds = time.perf_counter() - one.written
            one.fate = "delivered" if 200 <= (one.attempts[-1].status or 0) < 300 else "failed"

    def _try(self, address: str, body: bytes) -> Attempt:
        begun = time.perf_counter()
        status: int | None = None
        with suppress(OSError, http.client.HTTPException):
            status = post(address, body, "application/json", self.behaviour.notification_timeout).status
        return Attempt(status, time.perf_counter() - begun)
