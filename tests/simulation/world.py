"""The place: two staff members of Harbor Hair with their accounts, the engine that serves them, and a clock."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import psycopg

import wsgi
from gateway import wiring
from gateway.core.errors import NotYours
from gateway.providers.port import Account, Provider
from gateway.services import accounts, attach, connect, grant, project, serve, watch
from gateway.services.accounts import Owner
from gateway.services.connect import Return
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.caldav.client import InProcess
from tests.conftest import Person
from tests.simulation.appointments import Appointment
from tests.simulation.provider import STYLES, Client, Company, Edit, Gate
from tests.simulation.weather import Clock, Killed, Mortal, Stormy, Weather, Worker

BUSINESS: Final = 1
ALICE, BOB = 11, 12
NAME: Final = "modelcal"
# As far as other people's events matter; a shorter way than people have, or series would fill the tables.
DAYS_AHEAD: Final = 45
_STARTS: Final = (
    datetime(2026, 10, 29, 14, tzinfo=UTC),
    datetime(2027, 3, 11, 14, tzinfo=UTC),
    datetime(2026, 6, 2, 9, tzinfo=UTC),
)

_FORGET: Final = """
    DELETE FROM bookings WHERE business_id = 1; DELETE FROM booking_policies WHERE business_id = 1;
    UPDATE businesses SET time_zone = 'Eastern Time (US & Canada)' WHERE id = 1;
    UPDATE tenant_customers SET first_name = 'Maria', last_name = 'Santos' WHERE id = 61;
    UPDATE tenant_customers SET first_name = 'Wei', last_name = 'Chen' WHERE id = 62;
    UPDATE services SET name = 'Haircut' WHERE id = 31; UPDATE services SET name = 'Colour' WHERE id = 32;
    DELETE FROM daybridge.calendar_connections; DELETE FROM daybridge.connection_attempts;
    DELETE FROM daybridge.blocks; DELETE FROM daybridge.personal_objects;
    DELETE FROM daybridge.busy WHERE business_id = 1;
    DELETE FROM daybridge.calendar_objects WHERE business_id = 1;
    DELETE FROM daybridge.event_revisions WHERE business_id = 1;
    DELETE FROM daybridge.calendar_sync_logs; DELETE FROM daybridge.questions; DELETE FROM daybridge.outbox;
    DELETE FROM daybridge.business_settings; DELETE FROM daybridge.request_budgets;
    SELECT setval(pg_get_serial_sequence('public.bookings', 'id'), 10000),
           setval(pg_get_serial_sequence('daybridge.calendar_connections', 'id'), 100),
           setval(pg_get_serial_sequence('daybridge.connection_calendars', 'id'), 1000),
           setval(pg_get_serial_sequence('daybridge.external_calendar_events', 'id'), 1),
           setval(pg_get_serial_sequence('daybridge.blocks', 'id'), 1);
"""


@dataclass(frozen=True)
class Stage:
    """A database in which one seed is played after the other."""

    deps: Deps
    sql: psycopg.Connection[tuple[Any, ...]]
    app: Any
    clock: Clock
    people: Sequence[Person]

    def close(self) -> None:
        self.sql.close()
        self.deps.database.close()


def stage(url: str, folder: Path) -> Stage:
    """Make a database with the two businesses of `tests.town` ready to be played in."""
    credentials = folder / "credentials.toml"
    credentials.touch(0o600)
    credentials.write_text(f'[keys]\nencryption = ["{b64encode(bytes(32)).decode()}"]\n', encoding="utf-8")
    settings = Settings(
        database_url=url,
        credentials_file=str(credentials),
        public_url="https://daybridge.example",
        sync_import_days_ahead=DAYS_AHEAD,
    )
    clock = Clock(_STARTS[0])
    deps = replace(wiring.build(settings), now=clock.now)
    attach.attach(deps.database)
    sql = psycopg.connect(url, autocommit=True)
    # The ids that events get hang on it.
    sql.execute("UPDATE daybridge.installation SET id = '00000000-0000-4000-8000-000000000001'")
    project.project_everything(deps.database, deps.now)
    people = [
        Person(BUSINESS, staff, email, grant.app_password(deps, BUSINESS, staff, "phone").secret)
        for staff, email in ((ALICE, "alice@harbor.example"), (BOB, "bob@harbor.example"))
    ]
    return Stage(deps, sql, wsgi.mount(deps), clock, people)


@dataclass(frozen=True)
class Plan:
    """What a seed is like."""

    start: datetime
    steps: int
    rate: float
    deaths: float
    on_delete: str
    moves: str
    buffer: int
    enforced: bool
    short_hours: bool
    # (mailbox, whose: None for the business)
    connections: tuple[tuple[str, int | None], ...]
    styles: tuple[str, ...]


def plan(chance: Random) -> Plan:
    connections: list[tuple[str, int | None]] = [("alice", ALICE), ("bob", BOB)]
    extra = chance.choice(["", "", "", "office", "office", "alice again", "alice too", "bob in alice"])
    connections += {
        "office": [("office", None)],
        "alice again": [("alice", None)],
        "alice too": [("second", ALICE)],
        "bob in alice": [("alice", BOB)],
    }.get(extra, [])
    return Plan(
        start=chance.choice(_STARTS) + timedelta(minutes=chance.randrange(0, 3000, 7)),
        steps=chance.choice([chance.randint(5, 14), chance.randint(5, 14), chance.randint(14, 36)]),
        rate=chance.choice([0.0, 0.03, 0.08, 0.15]),
        deaths=chance.choice([0.0, 0.0, 0.01, 0.03]),
        on_delete=chance.choice(["ask", "cancel", "cancel", "refuse"]),
        moves=chance.choice(["accept"] * 7 + ["refuse"]),
        buffer=chance.choice([0, 0, 10]),
        enforced=chance.random() < 0.85,
        short_hours=chance.random() < 0.25,
        connections=tuple(connections),
        styles=tuple(chance.choice(STYLES) for _ in range(4)),
    )


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
        self.told.append(f"{self.stage.clock.now():%m-%d %H:%M:%S}  {words}")

    def mark(self) -> int:
        """How far the timeline is."""
        return int(self.sql("SELECT coalesce(max(id), 0) FROM daybridge.calendar_sync_logs")[0][0])

    def wanted(self, booking_id: int, *flags: bool) -> None:
        """A booking is (not) wanted any more where it was."""
        mark = self.mark()
        self.turns.setdefault(booking_id, []).extend((mark, flag) for flag in flags)

    # What the engine does

    def worker(self, *, deep: bool = False) -> tuple[Worker, Deps]:
        self.workers += 1
        worker = Worker(f"worker {self.workers}", deep=deep)
        database = Mortal(self.stage.deps.database, worker, self.weather)
        kind = self._kind(worker, self._stormy)
        return worker, replace(
            self.stage.deps,
            database=database,
            chance=self.chance.randbytes,
            providers={NAME: kind},  # type: ignore[arg-type]
        )

    def work(self, *, deep: bool = False) -> int:
        """A worker's round: project what changed, and serve who is due."""
        worker, deps = self.worker(deep=deep)
        served = 0
        try:
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
        finally:
            self._serving = before
            self.inside -= 1

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

    _serving: int | None = None

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
                try:
                    watch.heard(self.deps, notice.id, notice.secret)
                except NotYours:
                    self.tell("a call about a watch that nobody knows any more")

    # Accounts

    def connect(self, name: str, staff_id: int | None) -> int:
        deps, owner = self.deps, self.manager
        if name not in self.company.mailboxes:
            self.company.add(name, self.plan.styles[len(self.company.mailboxes)])
        state = connect.begin(deps, owner, NAME, "session", staff_id=staff_id)
        made = connect.finish(deps, owner, NAME, "session", Return(state, code=name))
        self.tell(f"{name} is connected for {staff_id or 'the business'}: {made}")
        return made

    def open_connections(self) -> list[tuple[int, str, int | None]]:
        """(id, mailbox, whose)"""
        return self.sql(
            "SELECT id, account_key, staff_member_id FROM daybridge.calendar_connections"
            " WHERE connected_at IS NOT NULL AND closed_at IS NULL ORDER BY id"
        )  # type: ignore[return-value]

    def answer(self) -> None:
        """The owners look at their pages: they sign in again, and say whether a large change is right."""
        waiting = self.sql(
            "SELECT id, account_key, staff_member_id, refused_at, stop FROM daybridge.calendar_connections"
            " WHERE closed_at IS NULL AND (refused_at IS NOT NULL OR stopped_at IS NOT NULL) ORDER BY id"
        )
        for id_, name, staff_id, refused, stopped in waiting:
            if refused:
                self.connect(name, staff_id)
            if stopped:
                believe = self._is_right(name, stopped)
                self.tell(f"large change of {id_}: {stopped} is {'right' if believe else 'wrong'}")
                accounts.go_on(self.deps, self.manager, id_, believe=believe)

    def _is_right(self, name: str, found: dict[str, Any]) -> bool:
        """Whether what was said to be gone is gone."""
        [(remote_id,)] = self.sql(
            "SELECT remote_id FROM daybridge.connection_calendars WHERE id = %s", found["calendar_id"]
        )
        calendar = self.company.mailboxes[name].calendars[remote_id]
        if found["what"] == "bookings":
            known = self.sql(
                "SELECT remote_id FROM daybridge.calendar_event_mappings WHERE calendar_id = %s AND etag <> ''",
                found["calendar_id"],
            )
            gone = [id_ for (id_,) in known if calendar.entries[id_].gone]
            return len(gone) >= found["gone"]
        keys = self.sql(
            "SELECT series_key FROM daybridge.external_calendar_events WHERE calendar_id = %s",
            found["calendar_id"],
        )
        there = {one.key for one in calendar.appointments()}
        return sum(key not in there for (key,) in keys) >= found["gone"]

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


def begin(seed: int, stage: Stage) -> World:
    """A world of its own for each seed: nothing of another seed's is left."""
    chance = Random(seed)
    chosen = plan(chance)
    stage.sql.execute(_FORGET.encode())
    stage.clock.set(chosen.start)
    company = Company(stage.clock.now, chance)
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
