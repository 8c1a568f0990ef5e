"""A salon on a Tuesday afternoon with an account in every state: what the pages are looked at with, and pictured.

The accounts are connected by the services as people connect them, at a provider that lives in memory; the states that
take long to come about are written into the rows.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from gateway import wiring
from gateway.core.remote import RemoteCalendar, RemoteEvent
from gateway.services import connect, demo, disconnect, grant, let_in, practice, serve
from gateway.services.accounts import Owner
from gateway.services.connect import Return
from gateway.services.deps import Deps
from gateway.services.grant import Member
from gateway.services.practice import Asked, New
from gateway.settings import Settings
from tests.bridge.accounts import Elsewhere
from tests.conftest import NOW, Databases
from tests.e2e.pages import served

BOOKINGS = 240
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_TITLES = {"google": "Google Calendar", "microsoft": "Microsoft 365 and Outlook"}

# Each state with what makes it, and the account that it is of.
_STATES: dict[str, tuple[str, str, dict[str, object]]] = {
    "in-step": ("google", "mia.alvarez@gmail.example", {}),
    "catching-up": ("google", "salon@gmail.example", {}),
    "importing": ("microsoft", "mia@studio.example", {}),
    "paused": (
        "google",
        "mia.private@gmail.example",
        {"not_before": NOW + _HOUR / 6, "paused_by_them": True},
    ),
    "out-of-date": ("microsoft", "alvarez.family@outlook.example", {"pulled_at": NOW - 28 * _HOUR}),
    "sign-in-again": ("microsoft", "mia@lakeside.example", {"refused_at": NOW - 3 * _DAY}),
    "large-change": ("google", "classes@gmail.example", {"stopped_at": NOW - 2 * _HOUR}),
    "disconnected": ("google", "old@gmail.example", {}),
    "look-first": ("google", "new@gmail.example", {}),
}


@dataclass
class Shop:
    """The salon and its people. `connections` are the manager's, by what state each is in;
    the `third` of them has little to do."""

    deps: Deps
    url: str
    business_id: int
    manager: Member
    staff: Member
    third: Member
    connections: dict[str, int] = field(default_factory=dict)
    practised: int = 0
    address: str = ""

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def sign_in(self, member: Member) -> str:
        """A link that lets this member in, once."""
        return grant.sign_in_link(self.deps, self.business_id, member.id).secret


@contextmanager
def standing(databases: Databases, folder: Path) -> Iterator[Shop]:
    """The salon in a database of its own, as long as somebody looks at it."""
    url = databases.create()
    with opened(url, folder) as made:
        yield made
    databases.drop(url)


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Shop]:
    """The salon in an empty database, served on a port of its own; no worker changes anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        elsewhere = Elsewhere()
        deps = _deps(url, address, folder, elsewhere)
        shop = _furnished(deps, url, address, folder, elsewhere)
        with served(deps, listening):
            yield shop
        deps.database.close()


def _deps(url: str, address: str, folder: Path, elsewhere: Elsewhere) -> Deps:
    secrets = folder / "shop.toml"
    secrets.touch(0o600)
    secrets.write_text(f'[keys]\nencryption = ["{base64.b64encode(bytes([1]) * 32).decode()}"]\n')
    settings = Settings(
        database_url=url, credentials_file=str(secrets), public_url=address, providers_practice=True
    )
    made = wiring.build(settings)
    kinds = wiring.providers(settings, made.database, lambda: NOW)
    kinds |= {name: elsewhere.provider(name, title) for name, title in _TITLES.items()}
    return replace(made, now=lambda: NOW, providers=kinds)


def _furnished(deps: Deps, url: str, address: str, folder: Path, elsewhere: Elsewhere) -> Shop:
    made = demo.prepare(deps, folder, BOOKINGS, lambda *_: None, own_database=True)
    manager, staff, third = (grant.member(deps, made.business_id, one.id) for one in made.staff)
    shop = Shop(deps, url, made.business_id, manager, staff, third, address=address)
    for state, (provider, account, _) in _STATES.items():
        shop.connections[state] = _connect(shop, elsewhere, manager, provider, account)
    _connect(shop, elsewhere, staff, "google", "daniel.okafor@gmail.example")
    shop.practised = _practise(shop, staff)
    _connect(shop, elsewhere, third, "google", "priya.raman@gmail.example")
    shut_out = _connect(shop, elsewhere, third, "microsoft", "priya@lakeside.example")
    for business_id, id_ in [*serve.due(deps), *serve.due(deps)]:
        serve.serve(deps, business_id, id_)
    for state, (_, _, facts) in _STATES.items():
        _change(shop, shop.connections[state], facts)
    _change(shop, shut_out, {"refused_at": NOW - 3 * _DAY})
    _finish(shop)
    return shop


def _owner(member: Member) -> Owner:
    return Owner(member.business_id, member.id, member.name, member.manages)


def _connect(shop: Shop, elsewhere: Elsewhere, member: Member, provider: str, account: str) -> int:
    """As its owner does on the pages: bookings go into one calendar, and two others block."""
    _fill(elsewhere, account)
    url = connect.begin(shop.deps, _owner(member), provider, "a browser", staff_id=member.id)
    id_ = _finished(shop, member, provider, elsewhere.agree(url, account))
    found = shop.sql("SELECT name, id FROM daybridge.connection_calendars WHERE connection_id = %s", id_)
    ids = {str(name): int(str(calendar)) for name, calendar in found}
    if account != _STATES["look-first"][1]:
        let_in.agree(shop.deps, _owner(member), id_, ids["Work"], [ids[account], ids["Family"]])
    return id_


def _practise(shop: Shop, member: Member) -> int:
    """A practice calendar, with an appointment in it."""
    url = connect.begin(shop.deps, _owner(member), "practice", "a browser", staff_id=member.id)
    told = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    asked = Asked(told["state"], told["redirect_uri"], told["code_challenge"])
    id_ = _finished(shop, member, "practice", practice.agree(shop.deps, member, asked))
    [(calendar,)] = shop.sql("SELECT id FROM daybridge.connection_calendars WHERE connection_id = %s", id_)
    let_in.agree(shop.deps, _owner(member), id_, int(str(calendar)), [int(str(calendar))])
    dentist = datetime(2026, 11, 26, 17)  # noqa: DTZ001  # on the clock of the business
    practice.add(shop.deps, member, f"practice-{member.id}", New("Dentist", dentist, dentist + _HOUR))
    return id_


def _finished(shop: Shop, member: Member, provider: str, back: str) -> int:
    told = parse_qs(urlsplit(back).query)
    returned = Return(told["state"][0], told["code"][0])
    return connect.finish(shop.deps, _owner(member), provider, "a browser", returned, look_first=True)


def _fill(elsewhere: Elsewhere, account: str) -> None:
    """Calendars with a few appointments of the coming weeks, not all at the same time."""
    number = len(elsewhere.accounts)
    holding = elsewhere.open_account(account, "Work", "Family", "Birthdays")
    holding.calendars[-1] = replace(holding.calendars[-1], writable=False)
    for nth in range(8 if account == _STATES["look-first"][1] else 3):
        day = number % 4 + 1 + 4 * nth
        start = (NOW + day * _DAY).replace(hour=14 + (number * 3 + nth * 2) % 8, minute=30)
        _write(holding.told, holding.calendars[(nth + 1) % 2 * 2], f"event{nth}", start)


def _write(told: dict[str, list[RemoteEvent]], calendar: RemoteCalendar, id_: str, start: datetime) -> None:
    times = f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{start + _HOUR:%Y%m%dT%H%M%SZ}\r\n"
    told.setdefault(calendar.id, []).append(RemoteEvent(id_, "1", id_, times=times.encode()))


def _change(shop: Shop, id_: int, facts: dict[str, object]) -> None:
    for name, value in facts.items():
        shop.sql(f"UPDATE daybridge.calendar_connections SET {name} = %s WHERE id = %s", value, id_)


def _part(shop: Shop, id_: int) -> None:
    disconnect.begin(shop.deps, _owner(shop.manager), id_, remove=False)
    serve.serve(shop.deps, shop.business_id, id_)


def _finish(shop: Shop) -> None:
    """What else there is to see: readings under way, changes that wait, a large change, a question, devices."""
    of = shop.connections
    _part(shop, of["disconnected"])
    calendar = "UPDATE daybridge.connection_calendars"
    shop.sql(
        f"{calendar} SET read_at = NULL, imported = 612 WHERE blocks AND connection_id = %s", of["importing"]
    )
    shop.sql(
        f"{calendar} SET read_at = read_at - interval '28 h' WHERE connection_id = %s", of["out-of-date"]
    )
    shop.sql(
        "UPDATE daybridge.calendar_event_mappings SET wanted = wanted + 1 WHERE connection_id = %s AND booking_id IN"
        " (SELECT booking_id FROM daybridge.calendar_event_mappings WHERE connection_id = %s LIMIT 3)",
        *[of["catching-up"]] * 2,
    )
    shop.sql(
        "UPDATE daybridge.calendar_event_mappings SET wanted = wanted + 1 WHERE connection_id = %s AND booking_id IN"
        " (SELECT booking_id FROM daybridge.calendar_event_mappings WHERE connection_id = %s LIMIT 6)",
        *[of["paused"]] * 2,
    )
    _stop(shop, of["large-change"])
    shop.sql(
        "UPDATE daybridge.calendar_sync_logs log SET happened_at = %s - (last.id - log.id) * interval '3 min'"
        " FROM (SELECT max(id) AS id FROM daybridge.calendar_sync_logs) last",
        NOW,
    )
    _ask(shop)
    for member in (shop.manager, shop.staff, shop.third):
        grant.app_password(shop.deps, shop.business_id, member.id, f"{member.first_name}’s iPhone")
    shop.sql(
        "UPDATE daybridge.app_passwords SET last_used_at = %s - id * interval '3 h', created_at = %s",
        NOW,
        NOW,
    )
    shop.sql("UPDATE daybridge.feeds SET last_used_at = %s - id * interval '5 h', created_at = %s", NOW, NOW)


def _stop(shop: Shop, id_: int) -> None:
    [(calendar, *_)] = shop.sql(
        "SELECT id FROM daybridge.connection_calendars WHERE connection_id = %s AND blocks ORDER BY id LIMIT 1",
        id_,
    )
    events = shop.sql(
        "SELECT event_key FROM daybridge.external_calendar_events WHERE connection_id = %s", id_
    )
    some = [str(key) for (key,) in events]
    stop = {"calendar_id": calendar, "what": "events", "gone": 61, "of": 64, "some": some}
    shop.sql("UPDATE daybridge.calendar_connections SET stop = %s WHERE id = %s", json.dumps(stop), id_)


def _ask(shop: Shop) -> None:
    """Mia and Daniel each deleted a booking's event in a calendar."""
    for member in (shop.manager, shop.staff):
        shop.sql(
            "INSERT INTO daybridge.questions SELECT business_id, id, staff_member_id, 'provider', %s,"
            " %s - interval '20 min' FROM bookings WHERE staff_member_id = %s AND status = 1"
            " AND start_time > %s + interval '2 days' ORDER BY start_time LIMIT 1",
            member.name,
            NOW,
            member.id,
            NOW.replace(tzinfo=None),
        )
