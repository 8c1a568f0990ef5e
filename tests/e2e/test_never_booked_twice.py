"""Whoever books the same hours at the same time, by whatever door, nobody is ever booked twice.

Ten processes fight for a few staff members' days: the booking app by plain SQL, the desk itself, the API over HTTP and
calendar apps by CalDAV; meanwhile a manager reassigns bookings and the business changes its time zone. DAYBRIDGE_STRESS
says how many times as long: `DAYBRIDGE_STRESS=20 pytest tests/e2e/test_never_booked_twice.py`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import requests

from gateway import wiring
from gateway.core.booking import Actor, BookingChange, NewBooking, Via
from gateway.core.errors import NotEditable, SlotTaken
from gateway.core.obstacle import Code
from gateway.services import bookings, grant, rules, verify
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.conftest import Person, Town
from tests.diary import claimed, overlaps, troubles

STRESS = float(os.environ.get("DAYBRIDGE_STRESS", "1"))
BUFFER = timedelta(minutes=10)
STAFF = (11, 12)
# The days fought for; they lie ahead, so that no time becomes past while the test runs.
DAYS = 2
AHEAD = "business_id = 1 AND start_time > now()"


@dataclass(frozen=True)
class Work:
    """What one process is told: where, as whom, and how often to try."""

    door: str
    url: str
    address: str
    key: str
    person: Person
    seed: int
    tries: int
    monday: datetime


@dataclass
class Told:
    """What became of each attempt; `odd` is what must not have happened."""

    outcomes: Counter[str]
    odd: list[str]


# The doors


class Sql:
    """The booking app: it inserts, moves, confirms and cancels, in transactions of its own."""

    def __init__(self, work: Work) -> None:
        self.connection = psycopg.connect(work.url, autocommit=True)

    def attempt(self, chance: random.Random, staff: int, start: datetime, end: datetime) -> str:
        naive = [moment.replace(tzinfo=None) for moment in (start, end)]
        try:
            with self.connection.transaction():
                return self._write(chance, staff, *naive)
        except psycopg.errors.ExclusionViolation as error:
            reasons = json.loads(error.diag.message_detail or "[]")
            return explained({reason["code"] for reason in reasons}, error.diag.message_primary or "")

    def _write(self, chance: random.Random, staff: int, start: datetime, end: datetime) -> str:
        match chance.choice(["insert", "insert", "move", "reassign", "confirm", "cancel"]):
            case "insert":
                self.connection.execute(
                    "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time,"
                    " end_time, status, created_at, updated_at) VALUES (1, %s, 31, 61, %s, %s, 1, now(), now())",
                    (staff, start, end),
                )
            case "move":
                self._update(chance, "start_time = %s, end_time = %s", start, end)
            case "reassign":
                self._update(chance, "staff_member_id = %s", staff)
            case "confirm":
                self._update(chance, "status = 1")
            case _:
                self._update(chance, "status = 2")
        return "done"

    def _update(self, chance: random.Random, what: str, *values: object) -> None:
        self.connection.execute(
            f"UPDATE bookings SET {what} WHERE id = (SELECT id FROM bookings WHERE {AHEAD} AND status IN (0, 1, 2)"
            " ORDER BY md5(id::text || %s) LIMIT 1)".encode(),
            (*values, str(chance.random())),
        )

    def close(self) -> None:
        self.connection.close()


class Desk:
    """The desk, as every door of ours calls it."""

    def __init__(self, work: Work) -> None:
        self.deps = wiring.build(Settings(database_url=work.url))
        self.actor = Actor(1, Via.PAGE, "the front desk")

    def attempt(self, chance: random.Random, staff: int, start: datetime, end: datetime) -> str:
        try:
            if chance.random() < 0.5:
                bookings.book(self.deps, self.actor, NewBooking(staff, 31, start, end, 61))
            else:
                bookings.change(self.deps, self.actor, self._some(chance), BookingChange(start, end, staff))
        except SlotTaken as error:
            return explained({one.code.value for one in error.reasons}, error.reasons[0].detail)
        except NotEditable:
            return "gone"
        return "done"

    def _some(self, chance: random.Random) -> int:
        with self.deps.database.tenant(1, read_only=True) as session:
            ids = session.all(
                "SELECT id FROM daybridge.bookings WHERE status IN (0, 1) AND start_time > now()"
            )
        return int(chance.choice(ids or [(1001,)])[0])

    def close(self) -> None:
        self.deps.database.close()


class Api:
    """The booking website."""

    def __init__(self, work: Work) -> None:
        self.base, self.session = f"{work.address}/api/v1", requests.Session()
        self.session.headers["Authorization"] = f"Bearer {work.key}"
        self.mine: list[int] = []

    def attempt(self, chance: random.Random, staff: int, start: datetime, end: datetime) -> str:
        body = {"staff_member_id": staff, "start": start.isoformat(), "end": end.isoformat()}
        if self.mine and chance.random() < 0.4:
            if chance.random() < 0.3:
                answer = self.session.delete(f"{self.base}/bookings/{self.mine.pop()}", timeout=30)
            else:
                answer = self.session.patch(
                    f"{self.base}/bookings/{chance.choice(self.mine)}", json=body, timeout=30
                )
        else:
            body |= {"service_id": 31, "tenant_customer_id": 61}
            answer = self.session.post(f"{self.base}/bookings", json=body, timeout=30)
        return self._read(answer)

    def _read(self, answer: requests.Response) -> str:
        told = answer.json()
        if answer.status_code == 201:
            self.mine.append(told["id"])
        if answer.ok:
            return "done"
        if answer.status_code == 409 and told["reasons"]:
            return explained({one["code"] for one in told["reasons"]}, told["reasons"][0]["detail"])
        if answer.status_code == 403 and "any more" in told["detail"]:
            return "gone"
        return f"ODD {answer.status_code} {answer.text[:200]}"

    def close(self) -> None:
        self.session.close()


class Phone:
    """A staff member's calendar app: it moves what it sees."""

    def __init__(self, work: Work) -> None:
        self.work, self.session = work, requests.Session()
        self.session.auth = (work.person.email, work.person.password)

    def attempt(self, chance: random.Random, _: int, start: datetime, end: datetime) -> str:
        home = self.work.address + self.work.person.bookings
        listing = self.session.request("PROPFIND", home, headers={"Depth": "1"}, timeout=30)
        hrefs = re.findall(r"<(?:\w+:)?href>([^<]+booking-\d+\.ics)", listing.text)
        if not hrefs:
            return "gone"
        address = self.work.address + chance.choice(hrefs)
        event = self.session.get(address, timeout=30)
        if event.status_code == 404:
            return "gone"
        answer = self.session.put(
            address,
            data=_moved(event.text, start, end).encode(),
            headers={"Content-Type": "text/calendar", "If-Match": event.headers["ETag"]},
            timeout=30,
        )
        return self._read(answer)

    def _read(self, answer: requests.Response) -> str:
        if answer.ok:
            return "done"
        if answer.status_code in (404, 412):
            return "gone"
        if answer.status_code == 403:
            reason = re.search(r"reason[^>]*>([^<]{20,})<", answer.text)
            return "refused" if reason else f"ODD unexplained {answer.text[:200]}"
        return f"ODD {answer.status_code} {answer.text[:200]}"

    def close(self) -> None:
        self.session.close()


def _moved(event: str, start: datetime, end: datetime) -> str:
    for name, moment in (("DTSTART", start), ("DTEND", end)):
        event = re.sub(rf"(?m)^{name}[;:][^\r\n]*", f"{name}:{moment:%Y%m%dT%H%M%SZ}", event, count=1)
    return event


class Manager:
    """Gives everybody's bookings to somebody else, and moves the business round the world."""

    ZONES = ("Eastern Time (US & Canada)", "Europe/Berlin", "Kathmandu", "Asia/Tokyo", "UTC")

    def __init__(self, work: Work) -> None:
        self.sql = Sql(work)

    def attempt(self, chance: random.Random, staff: int, _: datetime, __: datetime) -> str:
        connection = self.sql.connection
        if chance.random() < 0.3:
            connection.execute(
                "UPDATE businesses SET time_zone = %s WHERE id = 1", (chance.choice(self.ZONES),)
            )
            return "done"
        swap = (
            f"staff_member_id = 23 - staff_member_id WHERE {AHEAD}"
            if chance.random() < 0.5
            else f"staff_member_id = {staff} WHERE {AHEAD} AND id % 5 = {chance.randrange(5)}"
        )
        try:
            connection.execute(f"UPDATE bookings SET {swap}".encode())
        except psycopg.errors.ExclusionViolation as error:
            return explained({"OVERLAP"}, error.diag.message_primary or "")
        return "done"

    def close(self) -> None:
        self.sql.close()


DOORS: dict[str, Callable[[Work], Sql | Desk | Api | Phone | Manager]] = {
    "sql": Sql, "desk": Desk, "api": Api, "phone": Phone, "manager": Manager,
}  # fmt: skip


def explained(codes: set[str], words: str) -> str:
    """A refusal, if it has reasons that are known, and words."""
    known = {code.value for code in Code}
    return "refused" if codes and codes <= known and len(words) > 10 else f"ODD unexplained: {codes} {words}"


def toil(work: Work) -> Told:
    """What a process does: so many attempts at the same few hours."""
    chance, told = random.Random(work.seed), Told(Counter(), [])
    with closing(DOORS[work.door](work)) as door:
        for _ in range(work.tries):
            start = work.monday + timedelta(days=chance.randrange(DAYS), minutes=15 * chance.randrange(32))
            end = start + timedelta(minutes=15 * chance.randint(1, 4))
            try:
                outcome = door.attempt(chance, chance.choice(STAFF), start, end)
            except Exception as error:  # noqa: BLE001  # told by the test
                outcome = f"ODD {type(error).__name__}: {str(error)[:300]}"
            told.outcomes[outcome.split()[0]] += 1
            told.odd += [f"{work.door}: {outcome}"] * outcome.startswith("ODD")
    return told


# The place they fight for


def next_monday() -> datetime:
    """At nine in New York in winter; never sooner than tomorrow."""
    now = datetime.now(UTC)
    return (now + timedelta(days=8 - now.weekday())).replace(
        hour=14, minute=0, second=0, microsecond=0
    ) - timedelta(days=1)


@pytest.fixture
def place(the_town: Town, serve: Callable[[Deps], str]) -> tuple[Town, str, str]:
    """Harbor Hair, which enforces, is open round the clock and keeps ten minutes between bookings."""
    hours = {day: [{"start": "00:00", "end": "23:59"}] for day in ("monday", "tuesday", "wednesday")}
    the_town.sql("UPDATE staff_members SET availability = %s", json.dumps(hours))
    the_town.sql("UPDATE bookings SET status = 2")
    the_town.sql(
        "INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at)"
        " VALUES (1, 10, now(), now())"
    )
    rules.choose(the_town.deps, 1, enforcement="enforce")
    patient = replace(the_town.deps.settings, api_requests_per_minute=1_000_000)
    address = serve(replace(the_town.deps, settings=patient))
    return the_town, address, grant.api_key(the_town.deps, 1, "write", "website").secret


def fight(place: tuple[Town, str, str], doors: list[str], tries: int) -> dict[str, Counter[str]]:
    """Let so many processes go at it; what became of their attempts, by door."""
    town, address, key = place
    works = [
        Work(
            door,
            town.url,
            address,
            key,
            town.alice if seed % 2 else town.bob,
            seed,
            _tries(door, tries),
            next_monday(),
        )
        for seed, door in enumerate(doors)
    ]
    with multiprocessing.get_context("spawn").Pool(len(works)) as pool:
        told = pool.map_async(toil, works, chunksize=1).get(timeout=3_600)
    assert [odd for one in told for odd in one.odd] == []
    found: dict[str, Counter[str]] = {}
    for work, one in zip(works, told, strict=True):
        found.setdefault(work.door, Counter()).update(one.outcomes)
    sys.stdout.writelines(f"{door}: {dict(outcomes)}\n" for door, outcomes in found.items())
    return found


def _tries(door: str, tries: int) -> int:
    """By plain SQL one is several times as fast as over HTTP."""
    return int(tries * {"sql": 3, "desk": 1, "api": 1, "phone": 0.5, "manager": 0.5}[door] * STRESS)


def check(town: Town) -> None:
    """Nobody is booked twice, not even into a buffer; and all that is derived agrees with the bookings."""
    with psycopg.connect(town.url, autocommit=True) as connection:
        taken = claimed(connection)
        assert len(taken) > 10, "they did get somewhere"
        assert overlaps(taken, BUFFER) == []
        assert troubles(connection) == []
        [(deadlocks,)] = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchall()
    town.settle()
    assert verify.verify(town.deps.database, town.deps.now()).differences == []
    assert deadlocks == 0


def test_by_plain_sql(place: tuple[Town, str, str]) -> None:
    told = fight(place, ["sql"] * 10, 40)
    assert told["sql"]["done"] > 100
    assert told["sql"]["refused"] > 100
    check(place[0])


def test_by_every_door_at_once(place: tuple[Town, str, str]) -> None:
    told = fight(place, ["sql"] * 3 + ["desk"] * 2 + ["api"] * 3 + ["phone"] * 2, 40)
    for door, outcomes in told.items():
        assert outcomes["done"] + outcomes["refused"] > 0, (door, outcomes)
    assert told["sql"]["done"] > 10
    assert told["api"]["refused"] > 10
    check(place[0])


def test_while_staff_and_time_zone_change(place: tuple[Town, str, str]) -> None:
    told = fight(place, ["manager"] + ["sql"] * 3 + ["desk"] * 2 + ["api"] * 2 + ["phone"] * 2, 30)
    assert told["manager"]["done"] > 0
    check(place[0])
