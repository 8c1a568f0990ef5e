"""How many wrong passwords are too many: counted by account and address, without making anyone wait in line."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` within `seconds`."""

    failures: int
    seconds: float


class Throttle:
    """Counts failures by key in fixed windows. Bounded: the longest unused keys are forgotten first."""

    __slots__ = ("_counts", "_limit", "_most")

    def __init__(self, limit: Limit, most_keys: int = 10_000) -> None:
        self._limit = limit
        self._most = most_keys
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until this key may try again; 0 when it may now."""
        began, failures = self._counts.get(key, (now, 0))
        left = began + self._limit.seconds - now
        return left if failures >= self._limit.failures and left > 0 else 0.0

    def fail(self, key: str, now: float) -> None:
        began, failures = self._counts.pop(key, (now, 0))
        if now - began >= self._limit.seconds:
            began, failures = now, 0
        self._counts[key] = (began, failures + 1)
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def forget(self, key: str) -> None:
        self._counts.pop(key, None)
