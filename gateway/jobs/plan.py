"""What a worker is to do and how often: the cron table, what serves a connected account, and the pace of the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.jobs.queue import PATIENCE
from gateway.services import serve
from gateway.services.attach import ensure_attached
from gateway.services.blocks import extend
from gateway.services.deps import Deps
from gateway.services.prune import prune

Serve = Callable[[Deps, int, int], object]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done by the clock, by any worker; doing it twice must be harmless."""

    name: str
    cron: str
    do: Callable[[Deps], object]


CHORES: Sequence[Chore] = (
    Chore("ensure_attached", "*/5 * * * *", lambda deps: ensure_attached(deps.database)),
    Chore("extend", "7 * * * *", extend),
    Chore("prune", "23 */6 * * *", prune),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a worker works; times in seconds.

    `poll` is the net under the queue's notifications: finishing a job wakes nobody, so it must stay under a second.
    Who has shown no `heartbeat` for longer than `stalled` is dead. Jobs under way may go on for `grace` when the worker
    ends; `pause` is between its death and its next life; `patience` is for a connection to the queue.
    """

    serve: Serve = serve.serve
    chores: Sequence[Chore] = CHORES
    reap: str = "* * * * *"
    forget: str = "41 * * * *"
    most: int = 8
    poll: float = 0.5
    heartbeat: float = 10.0
    stalled: float = 30.0
    grace: float = 5.0
    pause: float = 1.0
    patience: float = PATIENCE


USUAL = Plan()
