"""The queue's schema: made once, apart from everything, made anew for another version, and nothing but ids in it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import psycopg
import pytest

from gateway.core.errors import SetupError
from gateway.db.engine import Database
from gateway.jobs import queue
from gateway.jobs.queue import Queue, prepare
from gateway.services import serve
from tests import catalog
from tests.jobs.crew import connect

ROWS = "SELECT task_name, args, lock, queueing_lock, scheduled_at FROM daybridge_queue.procrastinate_jobs ORDER BY id"


@pytest.fixture
def filled(the_town) -> Iterator[Queue]:
    prepare(the_town.deps.database)
    with Queue(the_town.deps.database) as opened:
        yield opened


def test_it_is_made_once_and_touches_nothing_else(the_town) -> None:
    before = catalog.of(the_town.url)
    assert prepare(the_town.deps.database)
    made = catalog.of(the_town.url)
    new = {name: made[name] - before[name] for name in made}
    assert {row[0] for name in ("schemas", "relations", "functions", "large types") for row in new[name]} == {
        "daybridge_queue"
    }
    assert not [name for name in before if before[name] - made[name]]
    assert not new["extensions"]
    assert not prepare(the_town.deps.database)
    assert catalog.of(the_town.url) == made


def test_several_at_once_take_turns(the_town) -> None:
    def run(_: int) -> bool:
        database = Database(the_town.url)
        try:
            return prepare(database)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(run, range(4))) == [False, False, False, True]


def test_another_versions_is_made_anew(the_town, filled: Queue) -> None:
    filled.put([(1, 2)])
    the_town.sql("COMMENT ON SCHEMA daybridge_queue IS 'Queue of Daybridge: procrastinate 0.1'")
    the_town.sql("DROP FUNCTION daybridge_queue.procrastinate_register_worker_v1")
    assert prepare(the_town.deps.database)
    assert the_town.sql(ROWS) == []
    assert version("procrastinate") in str(
        the_town.sql("SELECT obj_description('daybridge_queue'::regnamespace)")
    )
    filled.put([(1, 3)])
    assert len(the_town.sql(ROWS)) == 1, "who puts jobs into it notices nothing"


def test_it_is_left_alone_while_a_worker_of_another_version_runs(the_town, filled: Queue) -> None:
    mark = "COMMENT ON SCHEMA daybridge_queue IS 'Queue of Daybridge: procrastinate 0.1'"
    the_town.sql(mark)
    before = catalog.of(the_town.url)
    with (
        psycopg.connect(the_town.url, application_name="daybridge queue 0.1"),
        pytest.raises(SetupError, match="another version still uses the queue") as found,
    ):
        prepare(the_town.deps.database)
    assert found.value.remedy
    assert catalog.of(the_town.url) == before


def test_a_job_holds_ids_and_no_lock(the_town, filled: Queue) -> None:
    filled.put([(1, 2), (1, 3)])
    assert the_town.sql(ROWS) == [
        ("serve_connection", {"business_id": 1, "connection_id": 2}, None, None, None),
        ("serve_connection", {"business_id": 1, "connection_id": 3}, None, None, None),
    ]


def test_there_is_an_end_to_its_room(the_town, filled: Queue) -> None:
    """A queue that nobody empties doesn't grow; what has no room is due later, and isn't marked as queued now."""
    for number in range(queue.ROOM + 5):
        connect(the_town, f"{number}@example.com")
    for _ in range(2):
        filled.put(serve.due(the_town.deps, filled.room()))
    assert filled.room() == 0
    assert len({str(args) for _, args, *_ in the_town.sql(ROWS)}) == len(the_town.sql(ROWS)) == queue.ROOM
    unmarked = "SELECT count(*) FROM daybridge.calendar_connections WHERE queued_at IS NULL"
    assert the_town.sql(unmarked) == [(5,)]


def test_it_connects_as_we_do_but_to_its_own_schema() -> None:
    url = "postgres://ann:p%40ss%2F@db.example:5433/shop?sslmode=require&options=-c%20statement_timeout%3D1s"
    database = Database(url)
    told = queue.worker_app(database).connector._pool_args["kwargs"]  # type: ignore[attr-defined]
    database.close()
    assert told | {"application_name": "", "connect_timeout": 0} == {
        "user": "ann",
        "password": "p@ss/",
        "host": "db.example",
        "port": 5433,
        "dbname": "shop",
        "sslmode": "require",
        "options": "-c statement_timeout=1s -c search_path=daybridge_queue",
        "prepare_threshold": None,
        "application_name": "",
        "connect_timeout": 0,
    }
