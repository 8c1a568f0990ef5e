"""What the worker does: project at once what changed, and now and then the chores that keep the house in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.core.errors import GatewayError
from gateway.services.attach import ensure_attached
from gateway.services.blocks import extend, extend_business
from gateway.services.deps import Deps
from gateway.services.project import project, waiting
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
    Chore(every=3600, do=extend),
    Chore(every=6 * 3600, do=prune),
)


def work(deps: Deps, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Work until `stop` is set. What fails is logged and tried again; it ends neither the worker nor other work."""
    pause = deps.settings.worker_poll_ms / 1000
    due = {chore: clock() for chore in CHORES}
    failures = 0
    while not stop.is_set():
        projected, errors = _turn(deps, due, clock())
        failures = min(failures + 1, 10) if errors else 0
        if not projected:
            stop.wait(min(pause * 2**failures, _LONGEST_PAUSE))


def _turn(deps: Deps, due: dict[Chore, float], now: float) -> tuple[int, int]:
    """The chores that are due, then a batch for each business that waits: (bookings projected, errors)."""
    projected, errors = 0, list[Exception]()
    for chore in CHORES:
        if due[chore] <= now:
            due[chore] = now + chore.every
            with _recorded(errors):
                chore.do(deps)
    businesses: list[int] = []
    with _recorded(errors):
        businesses = waiting(deps.database)
    for business_id in businesses:
        with _recorded(errors):
            projected += project(deps.database, business_id, deps.now(), wait=False)
            # Its time zone may be another one by now.
            extend_business(deps, business_id)
    return projected, len(errors)


@contextmanager
def _recorded(errors: list[Exception]) -> Iterator[None]:
    """The worker's edge: here, and nowhere else, any error is caught, so that one business's can't stop another's."""
    try:
        yield
    except GatewayError as error:
        log.error("%s %s", error, error.remedy)
        errors.append(error)
    except Exception as error:
        log.exception("a piece of the worker's work failed")
        errors.append(error)
