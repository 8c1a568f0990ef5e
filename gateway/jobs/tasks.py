"""What the queue can do. A task only calls what does it: none is longer than five lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from procrastinate import App
from procrastinate.manager import JobManager

from gateway.jobs import queue
from gateway.jobs.edge import aside, recorded
from gateway.jobs.plan import Chore, Plan
from gateway.services.deps import Deps


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of one worker. None is tried again by the queue: when to come back is in our own tables, or in the
    cron table."""

    deps: Deps
    plan: Plan
    jobs: JobManager

    async def serve_connection(self, business_id: int, connection_id: int) -> None:
        """Do what is due for a connected account."""
        with recorded(f"serving connection {connection_id} of business {business_id}"):
            await aside(self.plan.serve, self.deps, business_id, connection_id)

    async def reap(self, timestamp: int) -> None:
        """Clear up after workers that died."""
        await queue.reap(self.jobs, self.plan.stalled)

    async def forget(self, timestamp: int) -> None:
        """Clear up after jobs that did not end well."""
        await queue.forget(self.jobs)

    def chore(self, chore: Chore) -> Callable[[int], Awaitable[None]]:
        """The task of a line of the cron table."""

        async def do(timestamp: int) -> None:
            with recorded(f"the chore {chore.name}"):
                await aside(chore.do, self.deps)

        return do


def declare(app: App, deps: Deps, plan: Plan) -> None:
    """Tell a worker's App what it can do, and when."""
    tasks = Tasks(deps, plan, app.job_manager)
    app.task(name=queue.SERVE, queue=queue.QUEUE)(tasks.serve_connection)
    by_the_clock = [
        ("reap", plan.reap, tasks.reap),
        ("forget", plan.forget, tasks.forget),
        *((chore.name, chore.cron, tasks.chore(chore)) for chore in plan.chores),
    ]
    for name, cron, do in by_the_clock:
        app.periodic(cron=cron)(app.task(name=name, queue=queue.QUEUE)(do))
