"""The tasks are short, none is tried again by the queue, and none waits for another."""

from __future__ import annotations

import inspect
import threading

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from gateway.jobs import CHORES, Chore, Plan
from gateway.jobs.queue import prepare
from gateway.jobs.tasks import declare
from gateway.services.deps import Deps
from tests.e2e.test_demo import until
from tests.jobs.crew import JOBS, WORKERS, Serving, connect, working

OURS = ("serve_connection", "reap", "forget", "ensure_attached", "extend", "prune")


@pytest.fixture
def app(the_town) -> App:
    made = App(connector=InMemoryConnector())
    declare(made, the_town.deps, Plan())
    return made


@pytest.mark.parametrize("name", OURS)
def test_a_task_is_short_and_knows_neither_locks_nor_retries(app: App, name: str) -> None:
    task = app.tasks[name]
    assert len(inspect.getsource(task.func).strip().splitlines()) <= 5
    assert task.retry_strategy is None
    assert task.lock is None
    assert task.queueing_lock is None


def test_there_are_no_others(app: App) -> None:
    assert {name for name in app.tasks if "builtin" not in name} == set(OURS)


def test_chores_and_housekeeping_come_by_the_clock(app: App) -> None:
    crons = {name: one.cron for (name, _), one in app.periodic_registry.periodic_tasks.items()}
    assert crons == {chore.name: chore.cron for chore in CHORES} | {
        "reap": "* * * * *",
        "forget": "41 * * * *",
    }
    assert crons["ensure_attached"] == "*/5 * * * *"
    assert not any(
        one.configure_kwargs.get("lock") or one.configure_kwargs.get("queueing_lock")
        for one in app.periodic_registry.periodic_tasks.values()
    )


def test_one_connections_trouble_is_not_anothers(the_town, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = connect(the_town, "good"), connect(the_town, "bad")
    serving = Serving()

    def sometimes(deps: Deps, business_id: int, connection_id: int) -> None:
        if (business_id, connection_id) == bad:
            raise ZeroDivisionError
        serving(deps, business_id, connection_id)

    with working(the_town.deps, Plan(serve=sometimes, chores=())):
        until(lambda: serving.done == [good])
        until(lambda: f"serving connection {bad[1]} of business 1 failed" in caplog.text)
        until(lambda: the_town.sql(JOBS) == [])


def test_chores_that_were_missed_are_done_when_a_worker_begins(the_town) -> None:
    """Each once, although one of them fails; and not again by the next worker."""
    done: list[str] = []
    ticks = threading.Semaphore(0)

    def fail(_: Deps) -> None:
        done.append("failing")
        raise ZeroDivisionError

    chores = (
        Chore("failing", "0 0 * * *", fail),
        Chore("daily", "0 0 * * *", lambda _: done.append("daily")),
        Chore("tick", "* * * * * *", lambda _: ticks.release()),
    )
    for _ in range(2):
        with working(the_town.deps, Plan(chores=chores, serve=Serving())):
            assert all(ticks.acquire(timeout=10) for _ in range(2))
            until(lambda: {"failing", "daily"} <= set(done))
    assert sorted(done) in (["daily", "failing"], ["daily", "daily", "failing", "failing"]), (
        "twice at midnight"
    )


def test_each_tick_is_deferred_once_by_two_workers(the_town) -> None:
    """Every job that is ever put into the queue is noted here."""
    prepare(the_town.deps.database)
    the_town.sql("CREATE TABLE put (task text, args jsonb)")
    the_town.sql(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO public.put VALUES (NEW.task_name, NEW.args); RETURN NEW; END $$"
    )
    the_town.sql(
        "CREATE TRIGGER note AFTER INSERT ON daybridge_queue.procrastinate_jobs"
        " FOR EACH ROW EXECUTE FUNCTION public.note()"
    )
    ticks = threading.Semaphore(0)
    plan = Plan(chores=(Chore("tick", "* * * * * *", lambda _: ticks.release()),), serve=Serving())
    with working(the_town.deps, plan), working(the_town.deps, plan):
        until(lambda: the_town.sql(WORKERS) == [(2,)])
        for _ in range(4):
            assert ticks.acquire(timeout=10)
    [(put, different)] = the_town.sql("SELECT count(*), count(DISTINCT (task, args)) FROM put")
    assert put == different >= 4
    assert the_town.sql("SELECT DISTINCT jsonb_object_keys(args) FROM put") == [("timestamp",)]
