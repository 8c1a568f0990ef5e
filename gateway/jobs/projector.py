"""The projector: carries changes into the calendars as they happen, and queues what is to be done elsewhere."""

from __future__ import annotations

import threading

from gateway.jobs.edge import recorded
from gateway.jobs.executor import executing
from gateway.jobs.plan import USUAL, Plan
from gateway.jobs.queue import Queue
from gateway.services import serve
from gateway.services.blocks import extend_business
from gateway.services.deps import Deps
from gateway.services.project import project, waiting

# After an error the worker waits, longer each time up to this, and goes on: what changed is still noted.
_LONGEST_PAUSE = 30.0


def work(deps: Deps, stop: threading.Event, plan: Plan = USUAL) -> None:
    """Work until `stop` is set. What fails is logged and tried again; it ends neither the worker nor other work."""
    pause = deps.settings.worker_poll_ms / 1000
    failures = 0
    with executing(deps, plan) as ready, Queue(deps.database, plan.patience) as queue:
        while not stop.is_set():
            projected, errors = _turn(deps, queue if ready.is_set() else None)
            failures = min(failures + 1, 10) if errors else 0
            if not projected:
                stop.wait(min(pause * 2**failures, _LONGEST_PAUSE))


def _turn(deps: Deps, queue: Queue | None) -> tuple[int, int]:
    """A batch for each business that waits, a job for each connection that is due: (bookings projected, errors)."""
    projected, errors = 0, list[Exception]()
    businesses: list[int] = []
    with recorded("looking for changes", errors):
        businesses = waiting(deps.database)
    if errors:  # the database is gone, and so is the queue
        return 0, 1
    for business_id in businesses:
        with recorded(f"projecting business {business_id}", errors):
            projected += project(deps.database, business_id, deps.now(), wait=False)
    if queue is not None:
        with recorded("queueing what is due", errors):
            queue.put(serve.due(deps, queue.room()))
    # What can wait comes after what others wait for: a business's time zone may be another one by now.
    for business_id in businesses:
        with recorded(f"extending the blocks of business {business_id}", errors):
            extend_business(deps, business_id)
    return projected, len(errors)
