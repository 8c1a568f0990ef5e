"""`daybridge demo`, as someone tries it for the first time: one command, a calendar, Ctrl-C, and the next day again."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

_CTAG = (
    '<propfind xmlns="DAV:" xmlns:CS="http://calendarserver.org/ns/"><prop><CS:getctag/></prop></propfind>'
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition, seconds: float = 30.0):
    """What the condition gives once it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


@contextmanager
def demo(folder: Path, *more: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A running demo, and what it wrote about itself."""
    facts = folder / "demo.json"
    facts.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "demo", "--port", str(free_port()), "--data", str(folder / "data"),
         "--json", str(facts), "--bookings", "60", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DAYBRIDGE_CONFIG")},
        start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: facts.exists() or process.poll() is not None, 60)
        assert process.poll() is None, process.stdout and process.stdout.read()
        made = json.loads(facts.read_text())
        until(lambda: answers(made["url"] + "readyz"))
        yield made, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


def ctag(made: dict[str, Any]) -> str:
    answer = requests.request(
        "PROPFIND",
        f"{made['caldav_url']}s{made['staff'][0]['id']}/bookings/",
        auth=(made["username"], made["password"]),
        headers={"Depth": "0"},
        data=_CTAG,
        timeout=10,
    )
    assert answer.status_code == 207, answer.text
    return answer.text.split("getctag>")[1]


def notes_waiting(made: dict[str, Any]) -> int:
    with psycopg.connect(made["database_url"]) as connection:
        row = connection.execute("SELECT count(*) FROM daybridge.outbox").fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.xdist_group("demo")
def test_the_demo_from_the_first_start_to_the_second(tmp_path: Path) -> None:
    with demo(tmp_path) as (made, process):
        assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
        assert {"url", "sign_in_url", "caldav_url", "username", "password", "feed_url", "api_key", "database_url",
                "business_id", "staff"} == set(made)  # fmt: skip
        assert len(made["staff"]) == 3
        for person in made["staff"]:
            assert set(person) == {"id", "email", "username", "password", "feed_url"}
            assert requests.get(person["feed_url"], timeout=10).text.startswith("BEGIN:VCALENDAR")
        before = ctag(made)
        with psycopg.connect(made["database_url"]) as connection:
            connection.execute(
                "UPDATE bookings SET notes = 'Called: comes 5 minutes late' WHERE id = ("
                " SELECT min(id) FROM bookings WHERE staff_member_id = %s AND status = 1)",
                (made["staff"][0]["id"],),
            )
        until(lambda: notes_waiting(made) == 0)
        assert ctag(made) != before
        assert "comes 5 minutes late" in requests.get(made["feed_url"], timeout=10).text
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        assert made["password"] in output
        assert "Traceback" not in output
    assert not answers(made["url"] + "healthz")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(made["database_url"])

    with demo(tmp_path) as (again, _):
        assert again["business_id"] == made["business_id"]
        assert again["password"] == made["password"]
        assert [p["password"] for p in again["staff"]] == [p["password"] for p in made["staff"]]
        assert again["api_key"] == made["api_key"]
        assert again["sign_in_url"] != made["sign_in_url"]
        assert "comes 5 minutes late" in requests.get(again["feed_url"], timeout=10).text


@pytest.mark.xdist_group("demo")
def test_killed_without_warning_it_leaves_no_server_and_starts_again(tmp_path: Path) -> None:
    with demo(tmp_path) as (made, process):
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        until(lambda: not connects(made["database_url"]))
    with demo(tmp_path) as (again, _):
        assert again["business_id"] == made["business_id"]
        assert ctag(again)


def connects(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.xdist_group("demo")
def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "gateway.cli",
                "demo",
                "--port",
                str(port),
                "--data",
                str(tmp_path / "data"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{port} can't be used" in done.stderr
    assert "Traceback" not in done.stderr
