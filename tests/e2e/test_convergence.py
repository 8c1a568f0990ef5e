"""A reader that follows sync tokens ends with exactly what is there, whatever the writers and the worker do."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from xml.etree import ElementTree

import psycopg
import pytest
import requests

WRITERS = 8
CHANGES = 2_000

_SYNC = """<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>
{limit}<prop><getetag/></prop></sync-collection>"""
_LIST = """<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>"""
_SOME = "<limit><nresults>7</nresults></limit>"


class Reader:
    """A calendar app that knows only what its sync tokens told it."""

    def __init__(self, address: str, person) -> None:
        self.session = requests.Session()
        self.session.auth = (person.email, person.password)
        self.url = address + person.home + "team/"
        self.token = ""
        self.etags: dict[str, str] = {}

    def close(self) -> None:
        self.session.close()

    def sync(self, *, limited: bool = False) -> int:
        body = _SYNC.format(token=self.token, limit=_SOME if limited else "")
        answer = self.session.request("REPORT", self.url, data=body, headers={"Depth": "0"}, timeout=30)
        assert answer.status_code == 207, answer.text
        root = ElementTree.fromstring(answer.content)
        self.token = root.findtext("{DAV:}sync-token") or ""
        return sum(self._learn(response) for response in root.findall("{DAV:}response"))

    def _learn(self, response: ElementTree.Element) -> int:
        href = response.findtext("{DAV:}href") or ""
        status = response.findtext("{DAV:}status") or ""
        if "507" in status:
            return 0
        if "404" in status:
            self.etags.pop(href, None)
        else:
            self.etags[href] = response.findtext(".//{DAV:}getetag") or ""
        return 1

    def listing(self) -> dict[str, str]:
        answer = self.session.request("PROPFIND", self.url, data=_LIST, headers={"Depth": "1"}, timeout=30)
        root = ElementTree.fromstring(answer.content)
        return {
            response.findtext("{DAV:}href") or "": response.findtext(".//{DAV:}getetag") or ""
            for response in root.findall("{DAV:}response")
            if (response.findtext("{DAV:}href") or "").endswith(".ics")
        }


class Writer(threading.Thread):
    """The booking app: random changes, now and then rolled back, now and then slow to commit."""

    def __init__(self, url: str, seed: int, changes: int) -> None:
        super().__init__(daemon=True)
        self.url, self.chance, self.changes = url, random.Random(seed), changes
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                while self.changes > 0:
                    self._transaction(connection)
        except BaseException as error:  # noqa: BLE001  # shown by the test
            self.error = error

    def _transaction(self, connection: psycopg.Connection) -> None:
        size = self.chance.randint(1, 4)
        try:
            with connection.transaction():
                for _ in range(size):
                    self._change(connection)
                if self.chance.random() < 0.01:
                    connection.execute("SELECT pg_sleep(1.5)")
                if self.chance.random() < 0.1:
                    raise psycopg.Rollback
        except psycopg.errors.DeadlockDetected:
            return
        self.changes -= size

    def _change(self, connection: psycopg.Connection) -> None:
        kind = self.chance.choice(
            ["insert", "insert", "move", "move", "reassign", "cancel", "delete", "rename", "same"]
        )
        booking = self.chance.randint(10_000, 10_300)
        staff = self.chance.choice([11, 12])
        match kind:
            case "insert":
                connection.execute(
                    "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time,"
                    " end_time, status, created_at, updated_at) VALUES (1, %s, 31, 61,"
                    " timestamp '2027-01-01 09:00' + %s * interval '15 min',"
                    " timestamp '2027-01-01 09:45' + %s * interval '15 min', 1, now(), now())",
                    (staff, booking, booking),
                )
            case "move":
                connection.execute(
                    "UPDATE bookings SET start_time = start_time + interval '1 h', end_time = end_time + interval '1 h'"
                    " WHERE id = %s", (booking,),
                )  # fmt: skip
            case "reassign":
                connection.execute("UPDATE bookings SET staff_member_id = %s WHERE id = %s", (staff, booking))
            case "cancel":
                connection.execute(
                    "UPDATE bookings SET status = 3 - status WHERE id = %s AND status IN (1, 2)", (booking,)
                )
            case "delete":
                connection.execute("DELETE FROM bookings WHERE id = %s", (booking,))
            case "rename":
                connection.execute(
                    "UPDATE tenant_customers SET first_name = %s WHERE id = 61", (f"Maria {booking}",)
                )
            case "same":
                connection.execute("UPDATE bookings SET updated_at = now() WHERE id = %s", (booking,))


@contextmanager
def worker_killed_now_and_then(url: str) -> Iterator[None]:
    """A worker process that is ended with SIGKILL every second, and begun again."""
    over = threading.Event()

    def torment() -> None:
        while not over.is_set():
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "worker"],
                env={**os.environ, "DATABASE_URL": url},
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            over.wait(1.5)
            process.send_signal(signal.SIGKILL)
            process.wait()

    thread = threading.Thread(target=torment, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


@pytest.mark.parametrize("limited", [False, True], ids=["whole answers", "answers cut short"])
def test_following_sync_tokens_under_fire_ends_with_the_full_listing(live, limited: bool) -> None:
    with closing(Reader(live.address, live.town.alice)) as reader:
        _follow_and_compare(live, reader, limited=limited)


def _follow_and_compare(live, reader: Reader, *, limited: bool) -> None:
    writers = [Writer(live.town.url, seed, CHANGES // WRITERS) for seed in range(WRITERS)]
    with worker_killed_now_and_then(live.town.url):
        for writer in writers:
            writer.start()
        rounds = 0
        while any(writer.is_alive() for writer in writers):
            reader.sync(limited=limited)
            rounds += 1
            time.sleep(0.02)
    for writer in writers:
        writer.join()
        assert writer.error is None, writer.error
    live.town.settle()
    for _ in range(2_000):
        if reader.sync(limited=limited) == 0:
            break
    assert rounds > 3
    assert reader.etags == reader.listing()
    shown = live.town.sql(
        "SELECT count(*) FROM bookings WHERE business_id = 1 AND status <> 2 AND staff_member_id IS NOT NULL"
    )
    assert len(reader.etags) == shown[0][0]
    assert len(reader.etags) > 50
