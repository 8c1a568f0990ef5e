"""The queue: procrastinate's tables in a schema of their own, and who puts jobs into it or takes them out.

Nothing in it is truth, so a schema of another version is dropped and made anew. Both ends connect straight to
PostgreSQL: LISTEN and the search path belong to a session, and a pooler in transaction mode keeps neither.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from procrastinate.types import JSONDict

from gateway.core.errors import SetupError
from gateway.db.engine import LOCK_TIMEOUT_MS, Database, sqlalchemy_url

SCHEMA: Final = "daybridge_queue"
QUEUE: Final = "daybridge"
SERVE: Final = "serve_connection"
# So many jobs may wait. More would only get old, and be queued twice: who is due is chosen late, and in fair order.
ROOM: Final = 50

_MARK: Final = f"Queue of Daybridge: procrastinate {version('procrastinate')}"
_OURS: Final = f"daybridge queue {version('procrastinate')}"
# Two workers that make the schema at once take turns (an arbitrary number, ours alone).
_LOCK: Final = 0x6461796272717565
# Nobody waits longer than this, in seconds, for a connection; then the worker begins anew.
PATIENCE: Final = 3.0
# A failed or aborted job is kept for so long, for who wants to know what happened.
_KEPT_HOURS: Final = 24

# Three lines for each job, and one for each attempt to connect, would say no more than the worker's own.
logging.getLogger("procrastinate").setLevel(logging.WARNING)
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

_FOUND = "SELECT obj_description(to_regnamespace(%(schema)s)::oid, 'pg_namespace')"
_OTHERS = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE 'daybridge queue %%' AND application_name <> %(ours)s)"
)
_MAKE = (
    f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; "
    f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK}'; SET LOCAL search_path = {SCHEMA}"
)


def prepare(database: Database) -> bool:
    """Have the queue's schema as this version needs it; whether that was to be done. Harmless when repeated.

    Raises SetupError while a worker of another version runs: the two would drop it for each other without end.
    """
    with database.owner() as session:
        session.run(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        session.run("SELECT pg_advisory_xact_lock(%(key)s::bigint)", key=_LOCK)
        if session.value(_FOUND, schema=SCHEMA) == _MARK:
            return False
        if session.value(_OTHERS, ours=_OURS):
            raise SetupError(
                "A worker of another version still uses the queue.",
                "Stop it; this one goes on by itself then.",
            )
        session.run(_MAKE)
        session.run(SchemaManager.get_schema())
        return True


def worker_app(database: Database, patience: float = PATIENCE) -> App:
    """For the one who carries jobs out. An App has its own connector for good: procrastinate's way to exchange it
    leaves the periodic tasks behind."""
    return App(
        connector=PsycopgConnector(**_pool(database, 4, patience)),
        # What was missed while nobody worked is done at once, and once.
        periodic_defaults={"max_delay": 24 * 3600},
    )


class Queue:
    """For the one who has jobs carried out."""

    def __init__(self, database: Database, patience: float = PATIENCE) -> None:
        self._app = App(connector=SyncPsycopgConnector(**_pool(database, 1, patience)))

    def __enter__(self) -> Self:
        self._app.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._app.close()

    def room(self) -> int:
        """How many more jobs may wait."""
        found = self._app.connector.get_sync_connector().execute_query_one(
            "SELECT count(*) AS waiting FROM procrastinate_jobs WHERE status = 'todo'"
        )
        return max(ROOM - int(found["waiting"]), 0)

    def put(self, connections: Sequence[tuple[int, int]]) -> None:
        """Have these connections, as (business, connection), served; in one statement.

        Without `lock`, which makes jobs wait for the next poll or behind each other's pauses, and without
        `queueing_lock`, which loses changes: a lease in our own table keeps two from serving the same connection.
        """
        ids: list[JSONDict] = [{"business_id": one, "connection_id": other} for one, other in connections]
        if ids:
            self._app.configure_task(SERVE, queue=QUEUE).batch_defer(*ids)


async def reap(jobs: JobManager, stalled: float) -> None:
    """Take away the jobs of workers that died in them. They are not begun again: what they were about is due, which
    our own tables know, or comes by the clock."""
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=stalled):
        with suppress(ConnectorException):  # another worker was faster
            await jobs.finish_job(job, Status.ABORTED, delete_job=True)
    await jobs.prune_stalled_workers(stalled)


async def forget(jobs: JobManager) -> None:
    """Take away what ended otherwise than well and is old; what ended well is gone already."""
    await jobs.delete_old_jobs(_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)


def _pool(database: Database, size: int, patience: float) -> dict[str, Any]:
    """Connections as our own pool has them, but to the queue's schema. None is made before it is needed, so that
    nobody waits for them in vain; and who can't be reached is tried anew at the next need, not ever more seldom."""
    address = sqlalchemy_url(database.url)
    _, told = address.get_dialect()().create_connect_args(address)
    options = f"{told.get('options', '')} -c search_path={SCHEMA}".strip()
    ours = {"application_name": _OURS, "connect_timeout": max(2, round(patience)), "prepare_threshold": None}
    return {
        "kwargs": {**told, **ours, "options": options},
        "min_size": 0,
        "max_size": size,
        "num_workers": 1,
        "timeout": patience,
        "reconnect_timeout": patience,
    }
