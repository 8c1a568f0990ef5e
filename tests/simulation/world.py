"""The place: two staff members of Harbor Hair with their accounts, the engine that serves them, and a clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from unittest import mock

import psycopg

from gateway.core.errors import DatabaseUnavailable
from gateway.core.notice import Notice
from gateway.db import engine
from gateway.providers.port import Account, Provider
from gateway.services import project, serve, watch
from gateway.services.accounts import Owner
from gateway.services.deps import Deps
from tests.caldav.client import InProcess
from tests.simulation.appointments import Appointment
from tests.simulation.company import Company, Edit
from tests.simulation.plan import Plan, plan
from tests.simulation.provider import Client, Gate
from tests.simulation.stage import ALICE, BOB, BUSINESS, FORGET, Stage
from tests.simulation.weather import Killed, Mortal, Stormy, Weather, Worker

NAME: Final = "modelcal"


@dataclass
class World:
    """One seed's run."""

    seed: int
    stage: Stage
    plan: Plan
    chance: Random
    company: Company
    weather: Weather
    told: list[str] = field(default_factory=list)
    workers: int = 0
    left: set[tuple[str, str]] = field(default_factory=set)  # (calendar, event) that a connection left behind
    # By booking, how far the timeline was when it began or ceased to be wanted where it was.
    turns: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    spans: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    blocks: dict[int, dict[str, Appointment]] = field(default_factory=lambda: {ALICE: {}, BOB: {}})
    inside: int = 0  # how deep we are in a worker's turn
    locked: bool = False  # the app holds a row
    _serving: int | None = None
    act: Callable[[World], None] = lambda _: None

    @property
    def deps(self) -> Deps:
        """As the doors have them: no worker's death touches these."""
        return replace(
            self.stage.deps,
            chance=self.chance.randbytes,
            providers={NAME: self._kind(Worker("door"), self._calm)},
        )

    @property
    def manager(self) -> Owner:
        return Owner(BUSINESS, ALICE, "Alice Adler", manages=True)

    def now(self) -> datetime:
        return self.stage.clock.now()

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.stage.sql.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def phone(self, staff: int) -> InProcess:
        return InProcess(self.stage.app, next(one for one in self.stage.people if one.staff_id == staff))

    def tell(self, words: str) -> None:
        self.told.append(f"{self.stage.clock.moment:%m-%d %H:%M:%S}  {words}")

    def mark(self) -> int:
        """How far the timeline is."""
        return int(self.sql("SELECT coalesce(max(id), 0) FROM daybridge.calendar_sync_logs")[0][0])

    def wanted(self, booking_id: int, *flags: bool) -> None:
        """A booking is (not) wanted any more where it was."""
        mark = self.mark()
        self.turns.setdefault(booking_id, []).extend((mark, flag) for flag in flags)

    # What the engine does

    def worker(self, *, deep: bool = False) -> tuple[Worker, Deps]:
        """Somebody who works, by a clock that may go wrong a little."""
        self.workers += 1
        worker = Worker(f"worker {self.workers}", deep=deep)
        wrong = timedelta(seconds=0 if self.weather.calm else self.chance.choice(self.plan.skews))
        database = Mortal(self.stage.deps.database, worker, self.weather)
        kind = self._kind(worker, self._stormy)
        return worker, replace(
            self.stage.deps,
            database=database,  # type: ignore[arg-type]
            now=lambda: self.now() + wrong,
            chance=self.chance.randbytes,
            providers={NAME: kind},
        )

    def work(self, *, deep: bool = False) -> int:
        """A worker's round: project what changed, mostly, and serve who is due."""
        worker, deps = self.worker(deep=deep)
        served = 0
        try:
            if self.weather.calm or self.chance.random() < 0.8:
                project.project_everything(deps.database, deps.now)
            for business_id, connection_id in serve.due(deps):
                served += 1
                self.serve(worker, deps, business_id, connection_id)
        except Killed:
            self.tell(f"{worker.name} is dead")
        return served

    def serve(self, worker: Worker, deps: Deps, business_id: int, connection_id: int) -> None:
        self.tell(f"{worker.name} serves connection {connection_id}")
        before, self._serving = self._serving, connection_id
        self.inside += 1
        try:
            serve.serve(deps, business_id, connection_id)
        except DatabaseUnavailable as error:
            if not self.locked:
                raise
            self.tell(f"{worker.name}: {error}")
        finally:
            self._serving = before
            self.inside -= 1

    def work_beside(self, booking_id: int) -> None:
        """Work while the app holds a booking's row in a transaction of its own."""
        impatient = engine._LOCAL_SETTINGS.replace("lock_timeout = 5000", "lock_timeout = 20")
        with (
            psycopg.connect(self.stage.deps.database.url) as app,
            mock.patch.object(engine, "_LOCAL_SETTINGS", impatient),
        ):
            app.execute("SELECT FROM bookings WHERE id = %s FOR UPDATE", [booking_id])
            self.tell(f"app: holds {booking_id}")
            self.locked = True
            self.work(deep=True)
            self.locked = False

    def overtake(self) -> None:
        """The worker is held up for so long that another one takes its connection over."""
        if self._serving is None:
            return
        self.stage.clock.advance(timedelta(seconds=self.chance.choice([91, 95, 400])))
        worker, deps = self.worker(deep=True)
        try:
            if self.chance.random() < 0.7:
                self.act(self)
            project.project_everything(deps.database, deps.now)
            self.serve(worker, deps, BUSINESS, self._serving)
        except Killed:
            self.tell(f"{worker.name} is dead")

    def meanwhile(self) -> None:
        """Others act while a request is on its way."""
        self.act(self)
        if self.chance.random() < 0.4:
            self.work(deep=True)

    def deliver(self, *, every: bool = False) -> None:
        """Some notices arrive: late, twice, in another order, or never."""
        notices, self.company.notices = self.company.notices, []
        self.chance.shuffle(notices)
        for notice in notices:
            fate = "heard" if every else self.chance.choice(["heard", "heard", "late", "lost", "twice"])
            if fate == "late":
                self.company.notices.append(notice)
            for _ in range({"heard": 1, "twice": 2}.get(fate, 0)):
                if not watch.heard(self.deps, Notice(notice.id, notice.secret)):
                    self.tell("a call about a watch that nobody knows any more")

    def open_connections(self) -> list[tuple[int, str, int | None]]:
        """(id, mailbox, whose)"""
        return self.sql(
            "SELECT id, account_key, staff_member_id FROM daybridge.calendar_connections"
            " WHERE connected_at IS NOT NULL AND closed_at IS NULL ORDER BY id"
        )  # type: ignore[return-value]

    def may_be_left(self, calendar: str) -> bool:
        """Whether events of ours may be there that nobody looks after any more."""
        revoked = any(one.was_revoked for one in self.company.mailboxes.values() if calendar in one.calendars)
        return (calendar, "*") in self.left or ((calendar, "") in self.left and revoked)

    def _kind(self, worker: Worker, open_: Callable[[Worker, Account], Any]) -> Provider:
        return Provider(
            NAME, "Modelcal", Gate(self.company), lambda account: open_(worker, account), (10**6, 10**6)
        )

    def _calm(self, _: Worker, account: Account) -> Client:
        return Client(self.company, account.grant.access_token)

    def _stormy(self, worker: Worker, account: Account) -> Stormy:
        name = account.grant.access_token
        return Stormy(Client(self.company, name), name, worker, self.weather)


def begin(seed: int, stage: Stage, chosen: Plan | None = None) -> World:
    """A world of its own for each seed: nothing of another seed's is left."""
    chance = Random(seed)
    chosen = chosen or plan(chance)
    stage.sql.execute(FORGET.encode())
    stage.clock.moment = chosen.start
    company = Company(stage.clock.now, chance, whole_parts=chosen.whole_parts)
    weather = Weather(chance, company, chosen.rate, chosen.deaths)
    world = World(seed, stage, chosen, chance, company, weather)
    weather.trace, weather.meanwhile, weather.overtaken = world.tell, world.meanwhile, world.overtake
    hours = ("08:00", "18:00") if chosen.short_hours else ("00:00", "23:59")
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    week = json.dumps({day: [{"start": hours[0], "end": hours[1]}] for day in days})
    world.sql("UPDATE staff_members SET availability = %s::jsonb WHERE business_id = 1", week)
    world.sql(
        "INSERT INTO daybridge.business_settings (business_id, enforcement, on_delete, moves) VALUES (1, %s, %s, %s)",
        "enforce" if chosen.enforced else "observe", chosen.on_delete, chosen.moves,
    )  # fmt: skip
    if chosen.buffer:
        world.sql(
            "INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at)"
            " VALUES (1, %s, now(), now())", chosen.buffer,
        )  # fmt: skip
    return world
