"""What the worker does: project at once what changed, and now and then the chores that keep the house in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.core.errors import GatewayError
from gateway.services.attach import ensure_attached
from gateway.services.deps import Deps
from gateway.services.project import project_all
from gateway.services.prune import prune

log = logging.getLogger(__name__)

# After an error the worker waits, longer each time up to this, and goes on: what changed is still noted.
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done every so many seconds, by any worker; doing it twice must be harmless."""

    every: float
    do: Callable[[Deps], object]


CHORES: Sequence[Chore] = (
    Chore(every=300, do=lambda deps: ensure_attached(deps.database)),
    Chore(every=6 * 3600, do=prune),
)


def work(deps: Deps, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Work until `stop` is set. An error is logged and tried again; it never ends the worker."""
    pause = deps.settings.worker_poll_ms / 1000
    due = {chore: clock() for chore in CHORES}
    failures = 0
    while not stop.is_set():
        try:
            busy = project_all(deps.database, deps.now())
            _do_chores(deps, due, clock())
            failures = 0
        except GatewayError as error:
            failures += 1
            busy = 0
            log.error("%s %s", error, error.remedy)
        if not busy:
            stop.wait(min(pause * 2**failures, _LONGEST_PAUSE))


def _do_chores(deps: Deps, due: dict[Chore, float], now: float) -> None:
    for chore in CHORES:
        if due[chore] <= now:
            due[chore] = now + chore.every
            chore.do(deps)
