"""A worker in a thread of the test, a connected account as rows, and someone who stands for `serve`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway.jobs import Plan, work
from gateway.services.deps import Deps

JOBS = "SELECT task_name, status::text FROM daybridge_queue.procrastinate_jobs"
WORKERS = "SELECT count(*) FROM daybridge_queue.procrastinate_workers"


@contextmanager
def working(deps: Deps, plan: Plan | None = None) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(deps, stop, plan or Plan()), daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


class Serving:
    """Takes note of whom it served, and leaves their row as serving does. It waits for `gate` first, if told to."""

    def __init__(self, *, open_: bool = True) -> None:
        self.begun: list[tuple[int, int]] = []
        self.done: list[tuple[int, int]] = []
        self.gate = threading.Event()
        if open_:
            self.gate.set()

    def __call__(self, deps: Deps, business_id: int, connection_id: int) -> None:
        began = deps.now()
        self.begun.append((business_id, connection_id))
        self.gate.wait(60)
        with deps.database.owner() as session:
            session.run(
                "UPDATE daybridge.calendar_connections"
                " SET queued_at = NULL, served_at = %(began)s, pulled_at = %(began)s"
                " WHERE business_id = %(business_id)s AND id = %(id)s",
                began=began,
                business_id=business_id,
                id=connection_id,
            )
        self.done.append((business_id, connection_id))


def connect(town: Any, name: str = "home@example.com") -> tuple[int, int]:
    """An account that waits to be read for the first time: (business, connection)."""
    [(id_,)] = town.sql(
        "INSERT INTO daybridge.calendar_connections (business_id, staff_member_id, provider, account, account_key,"
        " sealed, connected_at) VALUES (1, 11, 'nowhere', %s, %s, 'sealed', now()) RETURNING id",
        name,
        name,
    )
    return 1, id_


def ask(town: Any) -> None:
    """Somebody wants to have all of them read, as `connections.ask_pull` notes it."""
    town.sql("UPDATE daybridge.calendar_connections SET pull_asked_at = now(), queued_at = NULL")
