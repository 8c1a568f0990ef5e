"""Quotas: how often one person and the whole project may ask within a minute, and how often they did."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.google.refusal import Refusal

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Window:
    """The requests of the last minute: all of them, and those that were let through."""

    asked: deque[datetime] = field(default_factory=deque)
    let: deque[datetime] = field(default_factory=deque)
    peak: int = 0

    def count(self, now: datetime) -> int:
        for times in (self.asked, self.let):
            while times and times[0] <= now - _MINUTE:
                times.popleft()
        self.asked.append(now)
        self.peak = max(self.peak, len(self.asked))
        return len(self.let)


@dataclass(slots=True)
class Limits:
    """Off unless numbers are set. `status` is what Google answers beyond them: 403 or 429, both are documented."""

    per_user: int | None = None
    per_project: int | None = None
    status: int = 403
    retry_after: int | None = None
    exceeded: int = 0
    _users: dict[str, _Window] = field(default_factory=lambda: defaultdict(_Window))
    _project: _Window = field(default_factory=_Window)

    def count(self, email: str, now: datetime) -> None:
        """Note a request, and refuse it if it is one too many; a refused one does not use up the quota."""
        user = self._users[email]
        of_user, of_all = user.count(now), self._project.count(now)
        if self.per_user is not None and of_user >= self.per_user:
            raise self._refusal("userRateLimitExceeded", "User Rate Limit Exceeded")
        if self.per_project is not None and of_all >= self.per_project:
            raise self._refusal("rateLimitExceeded", "Rate Limit Exceeded")
        user.let.append(now)
        self._project.let.append(now)

    def _refusal(self, reason: str, message: str) -> Refusal:
        self.exceeded += 1
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Refusal(self.status, reason, message, domain="usageLimits", headers=headers)

    @property
    def peak(self) -> int:
        """The most requests within any minute."""
        return self._project.peak

    def peak_of(self, email: str) -> int:
        return self._users[email].peak if email in self._users else 0
