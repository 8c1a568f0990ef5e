"""Mishaps on order: what shall go wrong with the next requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tests.servers.microsoft.refusal import Refusal

WRITES = tuple(f"graph.events.{name}" for name in ("create", "update", "delete"))

# Each kind, and what it does to a request that it meets.
KINDS = {
    "fail": "answers an error and does nothing",
    "lose_request": "hangs up and does nothing",
    "lose_answer": "does it and hangs up",
    "malformed": "does it and answers half a JSON document",
    "slow": "waits before it answers",
    "empty_listing": "a first delta or list shows nothing though there is something",
}
# Meant when no method is named: everything of Graph; but only writes have an answer worth losing.
ANY = "graph."
_CODES = {
    429: "ApplicationThrottled",
    500: "ErrorInternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


@dataclass(slots=True)
class Fault:
    """One order: for which methods (all with that beginning), after how many spared ones, how often; -1 is always."""

    kind: str
    method: str = ANY
    after: int = 0
    times: int = 1
    status: int = 503
    code: str = ""
    seconds: float = 0.0
    retry_after: int | None = None

    def meets(self, method: str) -> bool:
        if not method.startswith(self.method):
            return False
        if self.kind == "lose_answer" and self.method == ANY and method not in WRITES:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times > 0:
            self.times -= 1
        elif self.times == 0:
            return False
        return True

    def refusal(self) -> Refusal:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        code = self.code or _CODES.get(self.status, "UnknownError")
        return Refusal(self.status, code, "This was ordered.", headers)


@dataclass(slots=True)
class Faults:
    ordered: list[Fault] = field(default_factory=list)
    # Wakes up whoever is being slow, when the server closes.
    over: threading.Event = field(default_factory=threading.Event)

    def order(self, kind: str, **how: object) -> None:
        if kind not in KINDS:
            raise ValueError(f"there is no fault called {kind}; there are {', '.join(KINDS)}")
        self.ordered.append(Fault(kind, **how))  # type: ignore[arg-type]

    def take(self, method: str, *kinds: str) -> Fault | None:
        """The first order of one of these kinds that this request meets."""
        for fault in self.ordered:
            if fault.kind in kinds and fault.meets(method):
                return fault
        return None

    def fail(
        self,
        times: int = 1,
        status: int = 503,
        method: str = ANY,
        code: str = "",
        retry_after: int | None = None,
        nth: int = 1,
    ) -> None:
        """Any status with any code, such as a 412 that nobody's If-Match explains."""
        self.order(
            "fail",
            times=times,
            status=status,
            method=method,
            code=code,
            retry_after=retry_after,
            after=nth - 1,
        )

    def throttle(self, times: int = 1, retry_after: int | None = None, method: str = ANY) -> None:
        self.fail(times, 429, method, retry_after=retry_after)

    def lose_request(self, times: int = 1, method: str = ANY) -> None:
        self.order("lose_request", times=times, method=method)

    def lose_answer(self, nth: int = 1, times: int = 1, method: str = ANY) -> None:
        """The n-th next write takes effect, and nobody is told."""
        self.order("lose_answer", after=nth - 1, times=times, method=method)

    def malformed(self, times: int = 1, method: str = ANY) -> None:
        self.order("malformed", times=times, method=method)

    def slow(self, seconds: float, times: int = -1, method: str = ANY) -> None:
        self.order("slow", seconds=seconds, times=times, method=method)

    def empty_listing(self, times: int = 1) -> None:
        self.order("empty_listing", times=times)

    def clear(self) -> None:
        self.ordered.clear()
