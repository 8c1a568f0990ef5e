"""The providers of the bench: strict stand-ins for Google and Microsoft, and Radicale as a CalDAV server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlsplit

import requests

from gateway.core.remote import Login
from gateway.services import connect
from gateway.services.accounts import Owner
from gateway.services.connect import Return
from gateway.services.deps import Deps
from tests.linked import SESSION
from tests.servers import radicale
from tests.servers.google import GoogleServer
from tests.servers.google import start as start_google
from tests.servers.microsoft import MicrosoftServer
from tests.servers.microsoft import start as start_microsoft

# So many times as fast as providers allow it runs here, or a backfill would take a quarter of an hour.
FASTER = 10


class Stand(Protocol):
    """`per_minute` is what the provider allows one account, and the stand-in enforces, times `FASTER`."""

    title: str
    calls: bool
    per_minute: int

    def credentials(self) -> str: ...
    def settings(self) -> dict[str, Any]:
        """As fields of `Settings`."""

    def expects(self, address: str) -> None: ...
    def open_account(self, email: str, events: int) -> None:
        """A new account, with so many events of its owner's own, half an hour apart from tomorrow on."""

    def connect(self, deps: Deps, owner: Owner, email: str) -> int: ...
    def call(self, deps: Deps, watch: str) -> requests.Response:
        """As the provider calls us about this watch."""

    @property
    def exceeded(self) -> int: ...
    @property
    def writes(self) -> int: ...


def moments(count: int) -> Iterator[tuple[datetime, datetime]]:
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    for n in range(count):
        start = begin + timedelta(minutes=30 * n)
        yield start, start + timedelta(minutes=20)


class Google:
    title, calls, per_minute = "Google", True, 600
    name: ClassVar[str] = "google"

    def __init__(self, server: Any) -> None:
        self.server = server
        self._limit()

    def _limit(self) -> None:
        server: GoogleServer = self.server
        server.limits.per_user = self.per_minute * FASTER

    def credentials(self) -> str:
        return (
            f'[{self.name}]\nclient_id = "{self.server.client_id}"\n'
            f'client_secret = "{self.server.client_secret}"\n'
        )

    def settings(self) -> dict[str, Any]:
        told = {f"{self.name}_{key}": address for key, address in self.server.settings().items()}
        limits = {"requests_per_minute": 1, "requests_per_minute_in_all": 50}
        return told | {f"{self.name}_{key}": self.per_minute * FASTER * n for key, n in limits.items()}

    def expects(self, address: str) -> None:
        self.server.register(f"{address}/oauth/calendar/{self.name}/callback")

    def open_account(self, email: str, events: int) -> None:
        person = self.server.account(email, "Europe/Berlin")
        for number, edges in enumerate(moments(events)):
            person.create(self._event(f"Private {number}", *edges))

    def _event(self, title: str, start: datetime, end: datetime) -> dict[str, Any]:
        return {
            "summary": title,
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": end.isoformat()},
        }

    def connect(self, deps: Deps, owner: Owner, email: str) -> int:
        self.server.at_consent(email)
        url = connect.begin(deps, owner, self.name, SESSION, staff_id=owner.staff_id)
        back = requests.get(url, allow_redirects=False, timeout=30).headers["Location"]
        query = dict(parse_qsl(urlsplit(back).query))
        return connect.finish(deps, owner, self.name, SESSION, Return(query["state"], query.get("code", "")))

    def call(self, deps: Deps, watch: str) -> requests.Response:
        heard = [one for one in self.server.notifications if one.headers.get("X-Goog-Channel-ID") == watch]
        address = f"{deps.settings.address}/api/calendar/webhooks/google"
        return requests.post(address, headers=dict(heard[0].headers), timeout=10)

    @property
    def exceeded(self) -> int:
        return int(self.server.limits.exceeded)

    @property
    def writes(self) -> int:
        return int(self.server.writes)


class Microsoft(Google):
    title, calls, per_minute = "Microsoft", True, 1_000
    name: ClassVar[str] = "microsoft"

    def _limit(self) -> None:
        server: MicrosoftServer = self.server
        server.limits.per_ten_minutes = self.per_minute * FASTER * 10

    def settings(self) -> dict[str, Any]:
        return super().settings() | {"microsoft_instance_discovery": False}

    def _event(self, title: str, start: datetime, end: datetime) -> dict[str, Any]:
        edges = {"start": start, "end": end}
        times = {
            name: {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"} for name, when in edges.items()
        }
        return {"subject": title, **times}

    def call(self, deps: Deps, watch: str) -> requests.Response:
        sent = next(one for one in self.server.notifications if f"watch={watch}" in one.address)
        return requests.post(sent.address, json={"value": [sent.value]}, timeout=10)


class Caldav:
    title, calls, per_minute = "CalDAV (Radicale)", False, 600
    name: ClassVar[str] = "caldav"
    password: ClassVar[str] = "a password"

    def __init__(self, server: Any) -> None:
        self.server = server

    def credentials(self) -> str:
        return ""

    def settings(self) -> dict[str, Any]:
        return {}

    def expects(self, address: str) -> None:
        """Nobody has to know us."""

    def open_account(self, email: str, events: int) -> None:
        """Into its folder, since nobody wants to wait for ten thousand PUTs."""
        self.server.change_password(email, self.password)
        folder = self.server.folder / "collections" / "collection-root" / email / "mine"
        folder.mkdir(parents=True)
        props = {"tag": "VCALENDAR", "D:displayname": "Mine", "C:supported-calendar-component-set": "VEVENT"}
        (folder / ".Radicale.props").write_text(json.dumps(props), encoding="utf-8")
        for number, (start, end) in enumerate(moments(events)):
            (folder / f"private-{number}.ics").write_text(_object(number, start, end), encoding="utf-8")
        self._look(email)

    def _look(self, email: str) -> None:
        """As their phone has done long ago: a server that is in use has read its events before, and noted them."""
        requests.request(
            "REPORT",
            f"{self.server.url}/{email}/mine/",
            data='<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop>'
            "</sync-collection>",
            headers={"Depth": "0"},
            auth=(email, self.password),
            timeout=600,
        ).raise_for_status()

    def connect(self, deps: Deps, owner: Owner, email: str) -> int:
        login = Login(self.server.url, email, self.password)
        return connect.enter(deps, owner, "caldav", login, staff_id=owner.staff_id)

    def call(self, deps: Deps, watch: str) -> requests.Response:
        raise AssertionError("a CalDAV server calls nobody")

    exceeded = 0

    @property
    def writes(self) -> int:
        """A number that each write changes."""
        folder = self.server.folder / "collections" / "collection-root"
        return hash(frozenset((one.name, one.stat().st_mtime_ns) for one in folder.rglob("*.ics")))


def _object(number: int, start: datetime, end: datetime) -> str:
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN", "BEGIN:VEVENT", f"UID:private-{number}",
        "DTSTAMP:20260101T000000Z", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:Private {number}", "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return "\r\n".join(lines)


@contextmanager
def _google(_: Path) -> Iterator[Stand]:
    with start_google(allow_http=True) as server:
        yield Google(server)


@contextmanager
def _microsoft(_: Path) -> Iterator[Stand]:
    with start_microsoft(allow_http=True) as server:
        yield Microsoft(server)


@contextmanager
def _caldav(folder: Path) -> Iterator[Stand]:
    with radicale.start(folder / "radicale", {}) as server:
        yield Caldav(server)


STANDS: Mapping[str, Any] = {"google": _google, "microsoft": _microsoft, "caldav": _caldav}
