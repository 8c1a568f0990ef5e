"""The one who carries jobs out: procrastinate's worker in a thread beside the projector, with a loop of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from procrastinate import App

from gateway.jobs import queue, tasks
from gateway.jobs.edge import aside, recorded
from gateway.jobs.plan import Plan
from gateway.services.deps import Deps

log = logging.getLogger(__name__)

# Beyond the jobs' grace, for saying goodbye to the database; all in all less than whoever started us waits.
_FAREWELL = 3.0
# While the database can't be reached, it is tried more and more seldom, up to this.
_LONGEST_PAUSE = 10.0


@contextmanager
def executing(deps: Deps, plan: Plan) -> Iterator[threading.Event]:
    """Jobs are carried out meanwhile; gives whether the queue is ready to take some.

    At the end, jobs under way may go on for a while. Whoever doesn't come to an end is left behind, and what it was
    about is found due again.
    """
    ready = threading.Event()
    # psycopg wants this kind of loop, which isn't every system's first choice.
    loop = asyncio.SelectorEventLoop()
    living = loop.create_task(_live(deps, plan, ready))
    thread = threading.Thread(target=_run, args=[loop, living], name="daybridge queue", daemon=True)
    thread.start()
    try:
        yield ready
    finally:
        with suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(living.cancel)
        thread.join(plan.grace + _FAREWELL)
        if thread.is_alive():
            log.warning("The queue's worker doesn't come to an end, and is left behind.")


def _run(loop: asyncio.AbstractEventLoop, living: asyncio.Task[None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_until_cancelled(living))


async def _until_cancelled(living: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        await living


async def _live(deps: Deps, plan: Plan, ready: threading.Event) -> None:
    """Work, and begin anew after each death: the worker dies when its database is restarted, with or without a word."""
    app = queue.worker_app(deps.database, plan.patience)
    tasks.declare(app, deps, plan)
    this, deaths = asyncio.current_task(), 0
    # A worker that dies as it is being cancelled raises what it died of, and the cancellation is lost.
    while this and not this.cancelling():
        with recorded("the queue's worker"):
            await aside(queue.prepare, deps.database)
            deaths = 0
            ready.set()
            await _work(app, deps, plan)
        if not this.cancelling():
            pause = min(plan.pause * 2**deaths, _LONGEST_PAUSE)
            deaths = min(deaths + 1, 10)
            log.warning("The queue's worker has ended; it begins anew in %.1f s.", pause)
            await asyncio.sleep(pause)


async def _work(app: App, deps: Deps, plan: Plan) -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=[queue.QUEUE],
            concurrency=min(deps.settings.threads, plan.most),
            fetch_job_polling_interval=plan.poll,
            update_heartbeat_interval=plan.heartbeat,
            stalled_worker_timeout=plan.stalled,
            shutdown_graceful_timeout=plan.grace,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
