"""Bad weather between us and everybody else: lost answers, throttling, dead workers, workers that wake up too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar

from gateway.core.errors import NotAccepted, RateLimited, Unavailable
from gateway.core.model import Event
from gateway.core.remote import Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.db.engine import Database, Session
from tests.simulation.company import HOST, Company
from tests.simulation.provider import Client

Given = TypeVar("Given")

_WRITES: Final = ("put", "delete")


class Killed(BaseException):
    """The worker is dead: it writes nothing down any more, not even that it lets go."""


class Clock:
    """Moves when it is told to, and a little with each look, so that no two things happen at once."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


@dataclass
class Worker:
    name: str
    alive: bool = True
    deep: bool = False  # it works while another one is held up
    late: bool = False  # it was held up; it lives long enough to find that out

    def require_alive(self) -> None:
        if not self.alive:
            raise Killed

    def die(self) -> None:
        self.alive = False
        raise Killed


@dataclass
class Weather:
    """What may go wrong at a request (`rate`) or at a commit (`deaths`); `meanwhile` lets others act in the middle of a
    request, and `overtaken` another worker take over in the middle of one. What is `planned`, as
    {("put", "after"): "dies"}, happens once, also where it is calm; and so does a death at the `last`th commit."""

    chance: Random
    company: Company
    rate: float = 0.0
    deaths: float = 0.0
    meanwhile: Callable[[], None] = lambda: None
    overtaken: Callable[[], None] = lambda: None
    trace: Callable[[str], None] = lambda _: None
    calm: bool = True
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    last: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def request(self, worker: Worker, what: str, name: str, do: Callable[[], Given], told: str) -> Given:
        """One request of a worker's to an account."""
        worker.require_alive()
        self._before(worker, what, name)
        done = do()
        if what in _WRITES:
            self.trace(f"{worker.name}: {what} in {name}: {told}")
        self._after(worker, what, name)
        worker.require_alive()
        return done

    def commit(self, worker: Worker, when: str) -> None:
        self.last -= 1
        dies = not self.calm and not worker.late and self.chance.random() < self.deaths
        if dies or self.last == 0:
            self._tell(worker, f"dies {when} a commit")
            worker.die()

    def _before(self, worker: Worker, what: str, name: str) -> None:
        kind = self.planned.pop((what, "before"), "")
        if not kind and self._happens(what, 1.0):
            kinds = [
                "unavailable",
                "limited",
                "dies",
                "revoked",
                "refused",
                "overtaken",
                "meanwhile",
                "meanwhile",
            ]
            kind = self.chance.choice([*kinds, *["odd"] * (3 * (what in ("changes", "calendars")))])
        if kind:
            self._tell(worker, f"{kind} before {what} in {name}")
            self._fail(worker, kind, what, name)

    def _after(self, worker: Worker, what: str, name: str) -> None:
        kind = self.planned.pop((what, "after"), "")
        if not kind and self._happens(what, 1.5 if what in _WRITES else 0.5):
            kind = self.chance.choice(["unavailable", "dies", "overtaken", "meanwhile"])
        if kind:
            self._tell(worker, f"{kind} after {what} in {name}")
            self._fail(worker, kind, what, name)

    def _happens(self, what: str, more: float) -> bool:
        return not self.calm and self.chance.random() < self.rate * more

    def _fail(self, worker: Worker, kind: str, what: str, name: str) -> None:
        match kind:
            case "unavailable":
                raise Unavailable(host=HOST, reason="no answer")
            case "limited":
                raise RateLimited(host=HOST, retry_after=self.chance.choice([None, 5.0, 120.0, 4000.0]))
            case "dies" if not worker.late:
                worker.die()
            case "refused" if what in ("put", "watch"):
                raise NotAccepted(host=HOST, reason="not today")
            case "revoked" if self.chance.random() < 0.3:
                self.company.mailboxes[name].shut()
            case "odd" if what == "changes":
                self._odd(name)
            case "odd" if what == "calendars":
                self.company.cut = True
            case "overtaken" if not worker.deep:
                worker.late = True
                self.overtaken()
            case "meanwhile" if not worker.deep:
                self.meanwhile()

    def _odd(self, name: str) -> None:
        """Strange things that a list of changes may say."""
        kind = self.chance.choice(["emptied", "emptied", "expired", "lying"])
        self.trace(f"{name}: {kind}")
        calendars = self.company.mailboxes[name].calendars.values()
        if kind in ("emptied", "expired"):
            for one in calendars:
                one.floor = one.version + 1
        self.company.emptied = self.company.emptied or kind == "emptied"
        self.company.lying = self.company.lying or (
            kind == "lying" and any(one.style == "graph" for one in calendars)
        )

    def _tell(self, worker: Worker, words: str) -> None:
        self.counts[words.split()[0]] = self.counts.get(words.split()[0], 0) + 1
        self.trace(f"{worker.name}: {words}")


class Stormy:
    """A client in this weather."""

    def __init__(self, client: Client, name: str, worker: Worker, weather: Weather) -> None:
        self._client, self._name, self._worker, self._weather = client, name, worker, weather

    def calendars(self) -> list[RemoteCalendar]:
        return self._ask("calendars", self._client.calendars)

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        told = f"{event.uid.partition('@')[0]} {event.starts_at:%m-%d %H:%M} {'over ' + str(seen) if seen else key[:6]}"
        return self._ask("put", lambda: self._client.put(calendar, key, event, seen), told)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        self._ask("delete", lambda: self._client.delete(calendar, stamp), str(stamp))

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        return self._ask("read", lambda: self._client.read(calendar, id_))

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        return self._ask("changes", lambda: self._client.changes(calendar, cursor, window))

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        return self._ask("watch", lambda: self._client.watch(calendar, id_, url, secret))

    def unwatch(self, watch: Watch) -> None:
        self._ask("unwatch", lambda: self._client.unwatch(watch))

    def _ask(self, what: str, do: Callable[[], Given], told: str = "") -> Given:
        return self._weather.request(self._worker, what, self._name, do, told)


class Mortal:
    """The database as a worker sees it, who may die just before a commit or just after it."""

    def __init__(self, database: Database, worker: Worker, weather: Weather) -> None:
        self._database, self._worker, self._weather = database, worker, weather

    @contextmanager
    def tenant(self, business_id: int, *, read_only: bool = False) -> Iterator[Session]:
        self._worker.require_alive()
        with self._database.tenant(business_id, read_only=read_only) as session:
            yield session
            if not read_only:
                self._weather.commit(self._worker, "before")
        if not read_only:
            self._weather.commit(self._worker, "after")

    def __getattr__(self, name: str) -> Any:
        self._worker.require_alive()
        return getattr(self._database, name)
