"""The other side of the stand-in, for tests: MSAL for signing in, requests for Graph, and an ear for notifications."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msal  # type: ignore[import-untyped]
import requests

from gateway.providers.transport import Transport, carry
from tests.servers.microsoft import Human, MicrosoftServer, start

BACK = "https://book.example/oauth/calendar/microsoft/callback"
SCOPES = ("Calendars.ReadWrite", "User.Read")
LASTING = 'IdType="ImmutableId"'
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)  # ten o'clock in Berlin, a Tuesday
WINDOW = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2027-02-01T00:00:00Z"}

Json = dict[str, Any]


def timed(first: str, last: str, zone: str = "Europe/Berlin", **more: Any) -> Json:
    return {
        "start": {"dateTime": first, "timeZone": zone},
        "end": {"dateTime": last, "timeZone": zone},
        **more,
    }


def hour(**more: Any) -> Json:
    return timed("2026-12-01T10:00:00", "2026-12-01T11:00:00", **{"subject": "Dentist", **more})


def weekly(count: int = 4, **more: Any) -> Json:
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}
    spread = {"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": count}
    return hour(recurrence={"pattern": pattern, "range": spread}, **more)


@dataclass
class Client:
    """One person who signed in, and what the product does in their name."""

    server: MicrosoftServer
    ann: Human
    token: Json = field(default_factory=dict)

    def app(self, **more: Any) -> msal.ConfidentialClientApplication:
        session = requests.Session()
        carry(session, Transport(5, allow_private=True, in_the_open=True))
        authority = self.server.settings()["authority"].replace("http://", "https://")
        known = {
            "client_credential": self.server.client_secret,
            "instance_discovery": False,
            "authority": authority,
        }
        return msal.ConfidentialClientApplication(
            self.server.client_id, http_client=session, **(known | more)
        )

    def flow(self, app: msal.ConfidentialClientApplication, *scopes: str) -> Json:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # MSAL would rather have the browser post
            asked: Json = app.initiate_auth_code_flow(list(scopes or SCOPES), redirect_uri=BACK)
        return asked

    def visit(self, address: str, change: Json | None = None) -> requests.Response:
        """The browser's visit to the sign-in page; `change` overrides what is asked for, None leaves out."""
        parts = urlsplit(address.replace("https://", "http://", 1))
        query = {
            name: value for name, value in {**dict(parse_qsl(parts.query)), **(change or {})}.items() if value
        }
        return requests.get(parts._replace(query="").geturl(), params=query, allow_redirects=False, timeout=5)

    def back(self, address: str, change: Json | None = None) -> Json:
        return dict(parse_qsl(urlsplit(self.visit(address, change).headers["Location"]).query))

    def sign_in(self, *scopes: str) -> Json:
        app = self.app()
        flow = self.flow(app, *scopes)
        self.token = app.acquire_token_by_auth_code_flow(flow, self.back(flow["auth_uri"]))
        return self.token

    def posts(self, **form: str | None) -> requests.Response:
        known = {"client_id": self.server.client_id, "client_secret": self.server.client_secret}
        sent = {name: value for name, value in {**known, **form}.items() if value is not None}
        return requests.post(f"{self.server.settings()['authority']}/oauth2/v2.0/token", data=sent, timeout=5)

    def asks(self, verb: str, path: str, prefer: str = LASTING, **how: Any) -> requests.Response:
        known = {"Authorization": f"Bearer {self.token['access_token']}"} | (
            {"Prefer": prefer} if prefer else {}
        )
        headers = {
            name: value for name, value in {**known, **how.pop("headers", {})}.items() if value is not None
        }
        url = path if path.startswith("http") else f"{self.server.settings()['graph_endpoint']}{path}"
        return requests.request(verb, url, headers=headers, timeout=5, **how)

    def says(self, verb: str, path: str, status: int = 200, **how: Any) -> Json:
        answer = self.asks(verb, path, **how)
        assert answer.status_code == status, answer.text
        said: Json = answer.json() if answer.content else {}
        return said

    def refused(self, verb: str, path: str, **how: Any) -> tuple[int, str]:
        answer = self.asks(verb, path, **how)
        error = answer.json()["error"]
        assert {"code", "message"} <= error.keys()
        return answer.status_code, error["code"]

    @property
    def main(self) -> str:
        return f"me/calendars/{self.ann.calendar_id()}"

    def create(self, body: Json, **how: Any) -> Json:
        return self.says("POST", f"{self.main}/events", 201, json=body, **how)

    def round(self, link: str = "", size: int = 50, **query: str) -> tuple[list[Json], str]:
        """A whole round of a delta: everything that it told, and where the next one goes on."""
        prefer = f"{LASTING}, odata.maxpagesize={size}"
        asked: Json = {} if link else {"params": WINDOW | query}
        url, found = link or f"{self.main}/calendarView/delta", list[Json]()
        for _ in range(200):
            said = self.says("GET", url, prefer=prefer, **asked)
            asked, found = {}, found + said["value"]
            if "@odata.deltaLink" in said:
                return found, said["@odata.deltaLink"]
            url = said["@odata.nextLink"]
        raise AssertionError("a round without an end")


@contextmanager
def signed_in(**options: Any) -> Iterator[Client]:
    with start(**{"allow_http": True, **options}) as server:
        server.register(BACK)
        client = Client(server, server.account("ann@example.com", "Europe/Berlin"))
        client.sign_in()
        yield client


@dataclass
class Ear:
    """Listens for notifications, and gives back validation tokens unless a test wants it otherwise."""

    url: str = ""
    values: list[Json] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    says: bytes | None = None
    kind: str = "text/plain"
    pause: float = 0.0

    def wait(self, count: int) -> list[Json]:
        deadline = time.monotonic() + 5
        while len(self.values) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.values) >= count, self.values
        return self.values

    def hear(self, query: Json, body: bytes) -> tuple[int, bytes]:
        time.sleep(self.pause)
        if "validationToken" in query:
            self.tokens.append(query["validationToken"])
            return 200, query["validationToken"].encode() if self.says is None else self.says
        self.bodies.append(json.loads(body))
        self.values += self.bodies[-1]["value"]
        return (self.statuses.pop(0) if self.statuses else 202), b""


@contextmanager
def listening() -> Iterator[Ear]:
    ear = Ear()

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = ear.hear(dict(parse_qsl(urlsplit(self.path).query)), body)
            self.send_response(status)
            self.send_header("Content-Type", ear.kind)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    ear.url = f"http://127.0.0.1:{server.server_port}/api/calendar/webhooks/microsoft"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield ear
    server.shutdown()
    thread.join()
    server.server_close()
