"""Harbor Hair with Google accounts, in the process of the test: the real engine, over real sockets, to the stand-in.

Time is the test's own: `later` lets it pass, `turn` is what a worker does in it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests

from gateway import wiring
from gateway.core.connection import State, state
from gateway.db import connections
from gateway.services import accounts, connect, serve
from gateway.services.accounts import Owner
from gateway.services.connect import Return
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.conftest import Person, Town
from tests.servers.google import GoogleServer, Human

SESSION = "the browser's own key"
ROUNDS = 30


def credentials(folder: Path, google: GoogleServer, key: int = 1) -> Path:
    """Secrets as an operator keeps them."""
    file = folder / "credentials.toml"
    file.touch(0o600)
    file.write_text(
        f'[keys]\nencryption = ["{base64.b64encode(bytes([key]) * 32).decode()}"]\n'
        f'[google]\nclient_id = "{google.client_id}"\nclient_secret = "{google.client_secret}"\n'
    )
    return file


def settings(url: str, file: Path, google: GoogleServer) -> Settings:
    """Google is where the stand-in is."""
    there = {f"google_{name}": address for name, address in google.settings().items()}
    return Settings(
        database_url=url, credentials_file=str(file), providers_allow_private_addresses=True, **there
    )


@dataclass
class Clock:
    """The present of a test: begins with the real one, and moves when told to."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Linked:
    """The town and its people's accounts at the stand-in."""

    town: Town
    google: GoogleServer
    clock: Clock
    deps: Deps

    @classmethod
    def build(cls, town: Town, google: GoogleServer, folder: Path) -> Linked:
        clock = Clock()
        made = wiring.build(settings(town.url, credentials(folder, google), google))
        made.database.close()
        kinds = wiring.providers(made.settings, town.deps.database, clock)
        deps = replace(made, database=town.deps.database, now=clock, providers=kinds)
        google.register(connect.redirect(deps, "google"))
        town.sql(
            "UPDATE public.staff_members SET availability = jsonb_object_agg.hours FROM (SELECT jsonb_object_agg(day,"
            ' \'[{"start": "00:00", "end": "23:59"}]\'::jsonb) AS hours FROM unnest(ARRAY[\'monday\', \'tuesday\','
            " 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) day) jsonb_object_agg"
        )
        return cls(replace(town, deps=deps), google, clock, deps)

    def owner(self, person: Person, *, manages: bool = False) -> Owner:
        return Owner(person.business_id, person.staff_id, person.email.split("@")[0].title(), manages)

    def account(self, email: str = "alice@harbor.example") -> Human:
        return self.google.account(email, "America/New_York")

    def connect(
        self, owner: Owner, *, staff_id: int | None = None, consent: bool = False, again: int | None = None
    ) -> int:
        """The whole way: to the consent page, and back; the connection."""
        whose = owner.staff_id if staff_id is None else staff_id or None
        url = connect.begin(
            self.deps, owner, "google", SESSION, staff_id=whose, connection_id=again, consent=consent
        )
        return connect.finish(self.deps, owner, "google", SESSION, self.agree(url))

    def agree(self, url: str) -> Return:
        """What its owner comes back with from the consent page."""
        answer = requests.get(url, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        return Return(query.get("state", ""), query.get("code", ""), query.get("error", ""))

    def turn(self) -> int:
        """What a worker does when it looks: project, then serve whatever is due; how many turns those were."""
        self.town.settle()
        due = serve.due(self.deps)
        for business_id, connection_id in due:
            serve.serve(self.deps, business_id, connection_id)
        return len(due)

    def settle(self) -> None:
        """Until nothing is due any more."""
        for _ in range(ROUNDS):
            if not self.turn():
                return
        rows = self.town.sql("SELECT to_jsonb(k) - 'sealed' FROM daybridge.calendar_connections k")
        due = self.town.sql(
            "SELECT to_jsonb(m) FROM daybridge.calendar_event_mappings m WHERE wanted > pushed OR look"
        )
        raise AssertionError(f"there is no end to it: {self.clock()} {rows} {due}")

    def later(self, **by: float) -> None:
        """Time passes, and everything that is due meanwhile happens."""
        self.clock.now += timedelta(**by)
        self.settle()

    def poll(self) -> None:
        """The next timed round."""
        self.later(seconds=self.deps.settings.sync_poll_seconds + 1)

    def state(self, connection_id: int, business_id: int = 1) -> State:
        with self.deps.database.tenant(business_id, read_only=True) as session:
            found = connections.get(session, business_id, connection_id)
        return state(found.facts, self.clock(), timedelta(seconds=self.deps.settings.sync_poll_seconds))

    def told(self, owner: Owner, connection_id: int) -> str:
        return accounts.view(self.deps, owner, connection_id).told.sentence

    def book(self, start: datetime, *, staff_id: int = 11, minutes: int = 45) -> int:
        """A booking, as the app makes one."""
        [(id_,)] = self.town.sql(
            "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
            " status, created_at, updated_at) VALUES (1, %s, 31, 61, %s, %s, 1, now(), now()) RETURNING id",
            staff_id,
            start.astimezone(UTC).replace(tzinfo=None),
            (start + timedelta(minutes=minutes)).astimezone(UTC).replace(tzinfo=None),
        )
        return int(str(id_))

    def shift(self, booking_id: int, **by: float) -> None:
        """The app moves a booking."""
        self.town.sql(
            "UPDATE bookings SET start_time = start_time + %s, end_time = end_time + %s WHERE id = %s",
            timedelta(**by),
            timedelta(**by),
            booking_id,
        )

    def booking(self, booking_id: int) -> tuple[datetime, datetime, int]:
        """(start, end, status)."""
        [row] = self.town.sql(
            "SELECT start_time AT TIME ZONE 'UTC', end_time AT TIME ZONE 'UTC', status FROM bookings WHERE id = %s",
            booking_id,
        )
        return row  # type: ignore[return-value]

    def in_days(self, days: int, hour: int = 15) -> datetime:
        return (self.clock() + timedelta(days=days)).replace(hour=hour, minute=0, second=0)

    def busy(self, staff_id: int = 11) -> list[tuple[datetime, datetime]]:
        """What events of others take of somebody's time."""
        return self.town.sql(  # type: ignore[return-value]
            "SELECT lower(during), upper(during) FROM daybridge.busy"
            " WHERE source = 'external' AND staff_member_id = %s ORDER BY 1",
            staff_id,
        )

    def outcomes(self, booking_id: int) -> list[tuple[str, str, str]]:
        """(who, action, outcome) of each line of a booking's timeline that came from a provider."""
        return self.town.sql(  # type: ignore[return-value]
            "SELECT who, action, outcome FROM daybridge.calendar_sync_logs"
            " WHERE booking_id = %s AND via = 'provider' ORDER BY id",
            booking_id,
        )


def ours(person: Human) -> list[dict[str, object]]:
    """The events in somebody's calendar that are bookings."""
    return [one for one in person.events() if "daybridge" in str(one.get("extendedProperties"))]


def starts(one: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(one["start"]["dateTime"])).astimezone(UTC)  # type: ignore[index]


def event(title: str, start: datetime, minutes: int = 60, **more: object) -> dict[str, object]:
    """An event as a person's calendar app would make it."""
    end = start + timedelta(minutes=minutes)
    times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
    return {"summary": title, **times, **more}
