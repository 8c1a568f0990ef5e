"""Quotas of Outlook's service, per app and mailbox: at once, and within ten minutes.

https://learn.microsoft.com/graph/throttling-limits, "Outlook service limits".
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from tests.servers.microsoft.refusal import Refusal

_SPAN = timedelta(minutes=10)


@dataclass(slots=True)
class Limits:
    """`exceeded` counts the requests that were one too many, `peak` the most at once of any mailbox."""

    concurrent: int | None = 4
    per_ten_minutes: int | None = 10_000
    exceeded: int = 0
    peak: int = 0
    _now: Counter[str] = field(default_factory=Counter)
    _asked: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def within(self, email: str) -> Iterator[None]:
        """While a request is worked on."""
        with self._guard:
            if self.concurrent is not None and self._now[email] >= self.concurrent:
                raise self._refusal("MailboxConcurrency", 1)
            self._now[email] += 1
            self.peak = max(self.peak, self._now[email])
        try:
            yield
        finally:
            with self._guard:
                self._now[email] -= 1

    def count(self, email: str, now: datetime) -> None:
        """Note a request, and refuse it if it is one too many."""
        with self._guard:
            asked = self._asked[email]
            while asked and asked[0] <= now - _SPAN:
                asked.popleft()
            if self.per_ten_minutes is not None and len(asked) >= self.per_ten_minutes:
                wait = (asked[0] + _SPAN - now).total_seconds() if asked else _SPAN.total_seconds()
                raise self._refusal("MailboxRequests", ceil(wait))
            asked.append(now)

    def _refusal(self, which: str, wait: int) -> Refusal:
        self.exceeded += 1
        message = f"Application is over its {which} limit."
        return Refusal(429, "ApplicationThrottled", message, {"Retry-After": str(wait)})
