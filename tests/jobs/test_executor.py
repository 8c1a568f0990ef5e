"""Jobs are carried out soon, although workers are killed, the database goes away, and jobs come twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway import wiring
from gateway.db import embedded
from gateway.jobs import Plan
from gateway.jobs.queue import Queue, prepare
from gateway.services import attach, serve
from gateway.settings import Settings
from tests import town
from tests.conftest import NOW, Person, Town, settle
from tests.e2e.test_demo import until
from tests.jobs.crew import JOBS, WORKERS, Serving, ask, connect, working

ROOT = Path(__file__).parents[2]
NOBODY = Person(0, 0, "", "")

# Dead workers are noticed within a second or so.
HASTY = Plan(chores=(), heartbeat=0.2, stalled=1.0, reap="* * * * * *", pause=0.1, patience=1.0)


def test_what_is_due_is_served_soon_and_leaves_nothing(the_town) -> None:
    one, serving = connect(the_town), Serving()
    with working(the_town.deps, replace(HASTY, serve=serving)):
        for count in range(1, 6):
            until(lambda count=count: serving.done == [one] * count, 5)
            ask(the_town)
    assert the_town.sql(WORKERS) == [(0,)]


def test_a_booking_that_changed_is_served(the_town) -> None:
    """Its projection marks its mappings; the job comes after that, and reads what is there then."""
    one, serving = connect(the_town), Serving()
    the_town.sql(
        "INSERT INTO daybridge.connection_calendars (business_id, connection_id, remote_id, name, writable, main,"
        " receives, read_at) VALUES (%s, %s, 'main', 'Main', true, true, true, now())",
        *one,
    )
    with working(the_town.deps, replace(HASTY, serve=serving)):
        until(lambda: serving.done == [one])
        the_town.sql(
            "UPDATE bookings SET start_time = now() + interval '90 days', end_time = now() + interval '90 days 1 hour'"
            " WHERE id = 1003"
        )
        until(lambda: len(serving.done) > 1)
    wanted = "SELECT wanted > pushed FROM daybridge.calendar_event_mappings WHERE booking_id = 1003"
    assert the_town.sql(wanted) == [(True,)]


def test_a_change_during_its_job_is_not_lost(the_town) -> None:
    one, serving = connect(the_town), Serving(open_=False)
    with working(the_town.deps, replace(HASTY, serve=serving)):
        until(lambda: serving.begun == [one])
        ask(the_town)
        serving.gate.set()
        until(lambda: len(serving.done) >= 2)


def test_many_jobs_that_take_long_run_beside_each_other(the_town) -> None:
    deps = replace(the_town.deps, settings=replace(the_town.deps.settings, threads=3))
    serving = Serving(open_=False)
    everyone = [connect(the_town, f"{number}") for number in range(5)]
    with working(deps, replace(HASTY, serve=serving, reap="0 0 1 1 *")):
        until(lambda: len(serving.begun) == 3)
        time.sleep(0.3)
        assert len(serving.begun) == 3, "as many as there are threads"
        serving.gate.set()
        until(lambda: sorted(serving.done) == everyone)


def test_doubled_jobs_do_no_harm(the_town) -> None:
    """The real `serve`, on an account that can't be reached: it is tried once, by whoever was first."""
    one = connect(the_town)
    prepare(the_town.deps.database)
    with Queue(the_town.deps.database) as queue:
        queue.put([one] * 20)
    at_once = replace(the_town.deps, now=lambda: NOW)
    with working(at_once, replace(HASTY, serve=serve.serve)):
        until(lambda: "serve_connection" not in {name for name, _ in the_town.sql(JOBS)})
    assert the_town.sql("SELECT lease, failures FROM daybridge.calendar_connections") == [(1, 1)]


def test_who_was_being_served_by_a_killed_worker_is_served_by_another(the_town) -> None:
    one, serving = connect(the_town), Serving()
    with victim(the_town.url) as killed:
        killed.kill()
    assert ("serve_connection", "doing") in the_town.sql(JOBS)
    later = replace(the_town.deps, now=lambda: datetime.now(UTC) + serve.PATIENCE + timedelta(seconds=1))
    with working(later, replace(HASTY, serve=serving)):
        until(lambda: serving.done == [one])
        until(lambda: ("serve_connection", "doing") not in the_town.sql(JOBS))
        until(lambda: the_town.sql(WORKERS) == [(1,)])
    assert serving.done == [one], "what was reaped isn't begun again"


@contextmanager
def victim(url: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process that is in a job, and stays there."""
    command = [sys.executable, "-m", "tests.jobs.victim", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("1 ")
        try:
            yield process
        finally:
            process.kill()


def test_a_process_ends_although_its_jobs_do_not(the_town) -> None:
    connect(the_town)
    with victim(the_town.url) as told:
        told.terminate()
        assert told.wait(10) == 0
    assert ("serve_connection", "aborted") in the_town.sql(JOBS)


def test_at_the_end_jobs_under_way_are_finished(the_town) -> None:
    one, serving = connect(the_town), Serving(open_=False)
    with working(the_town.deps, replace(HASTY, serve=serving)) as stop:
        until(lambda: serving.begun == [one])
        stop.set()
        time.sleep(0.2)
        serving.gate.set()
    assert serving.done == [one]
    assert ("serve_connection", "doing") not in the_town.sql(JOBS)
    assert the_town.sql(WORKERS) == [(0,)]


def test_at_the_end_nobody_waits_for_ever(the_town) -> None:
    one, serving = connect(the_town), Serving(open_=False)
    began = 0.0
    with working(the_town.deps, replace(HASTY, serve=serving, grace=0.2)):
        until(lambda: serving.begun == [one])
        began = time.monotonic()
    assert time.monotonic() - began < 8
    assert ("serve_connection", "aborted") in the_town.sql(JOBS)
    assert the_town.sql(WORKERS) == [(0,)]
    serving.gate.set()
    until(lambda: serving.done == [one])


def test_at_the_end_nobody_waits_for_a_database_that_is_gone(the_town) -> None:
    gone = wiring.build(Settings(database_url="postgresql://x@127.0.0.1:1/none"))
    began = time.monotonic()
    with working(gone, HASTY):
        time.sleep(0.5)
    assert time.monotonic() - began < 8


def test_lost_connections_are_made_anew(the_town) -> None:
    one, serving = connect(the_town), Serving()
    with working(the_town.deps, replace(HASTY, serve=serving)):
        for _ in range(3):
            served_again(the_town, serving)
            the_town.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        served_again(the_town, serving)
        assert set(serving.done) == {one}
    assert the_town.sql(WORKERS) == [(0,)]


def test_a_queue_that_vanished_comes_back(the_town) -> None:
    one, serving = connect(the_town), Serving()
    with working(the_town.deps, replace(HASTY, serve=serving)):
        until(lambda: serving.done == [one])
        the_town.sql("DROP SCHEMA daybridge_queue CASCADE")
        until(lambda: the_town.sql("SELECT to_regclass('daybridge_queue.procrastinate_jobs')") != [(None,)])
        served_again(the_town, serving)


def test_a_database_that_is_restarted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And that is gone once more when the worker is to end."""
    serving = Serving()
    with ExitStack() as undo:
        with embedded.start(tmp_path / "data", durable=False) as server:
            place = a_town(server.url)
            undo.callback(place.deps.database.close)
            one = connect(place)
            undo.enter_context(working(place.deps, replace(HASTY, serve=serving)))
            until(lambda: serving.done == [one])
        until(lambda: "begins anew" in caplog.text)
        with embedded.start(tmp_path / "data", durable=False) as again:
            assert again.url == server.url
            served_again(place, serving)
    assert "left behind" not in caplog.text


def served_again(place: Town, serving: Serving) -> None:
    """Asked for until it happens: a job that is lost with its connection is put into the queue a minute later."""
    before = len(serving.done)
    until(lambda: ask(place) or len(serving.done) > before)


def a_town(url: str) -> Town:
    town.build(url)
    deps = wiring.build(Settings(database_url=url))
    attach.attach(deps.database)
    settle(deps)
    return Town(deps, url, NOBODY, NOBODY, NOBODY)
