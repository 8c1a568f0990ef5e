"""The other side of the stand-ins: the real client libraries, and a place that notifications are sent to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httplib2
import pytest
import requests
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from requests_oauthlib import OAuth2Session

from tests.servers.google import GoogleServer, Human, start

AUTH = "https://www.googleapis.com/auth/"
EVENTS = f"{AUTH}calendar.events"
LISTS = f"{AUTH}calendar.calendarlist.readonly"
CALENDAR = f"{AUTH}calendar"
BACK = "https://book.example/oauth/calendar/google/callback"

Json = dict[str, Any]


@dataclass
class Product:
    """Signs people in with requests-oauthlib, and calls the API with google-api-python-client."""

    google: GoogleServer
    closing: ExitStack

    def visit(self, *scopes: str, change: Json | None = None, **asked: str) -> requests.Response:
        """The browser's visit to the consent page; `change` overrides what the library asks for, None leaves out."""
        address = self.session(*scopes).authorization_url(
            self.google.settings()["authorize_url"], **{"access_type": "offline", **asked}
        )[0]
        parts = urlsplit(address)
        query = {name: value[0] for name, value in parse_qs(parts.query).items()} | (change or {})
        query = {name: value for name, value in query.items() if value is not None}
        return requests.get(parts._replace(query="").geturl(), params=query, allow_redirects=False, timeout=5)

    def session(self, *scopes: str) -> OAuth2Session:
        made = OAuth2Session(
            self.google.client_id, redirect_uri=BACK, scope=[*scopes] or [EVENTS], pkce="S256"
        )
        self.closing.callback(made.close)
        return made

    def token(self, *scopes: str, **asked: str) -> Json:
        """The whole way from the first page to the tokens."""
        session, where = self.session(*scopes), self.google.settings()
        address, _ = session.authorization_url(
            where["authorize_url"], **{"access_type": "offline", "prompt": "consent", **asked}
        )
        back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
        return session.fetch_token(
            where["token_url"], authorization_response=back, client_secret=self.google.client_secret
        )

    def calls(self, token: Json) -> Any:
        """The Calendar API with that token."""
        where = self.google.settings()
        credentials = Credentials(
            token["access_token"],
            refresh_token=token.get("refresh_token"),
            token_uri=where["token_url"],
            client_id=self.google.client_id,
            client_secret=self.google.client_secret,
        )
        service = build(
            "calendar",
            "v3",
            static_discovery=True,
            client_options={"api_endpoint": where["api_endpoint"]},
            http=AuthorizedHttp(credentials, http=httplib2.Http(timeout=5)),
        )
        self.closing.callback(service.close)
        return service

    def posts(self, path: str, **form: str | None) -> requests.Response:
        """A form to the token or revocation address, with the client's own name and secret."""
        known = {"client_id": self.google.client_id, "client_secret": self.google.client_secret}
        sent = {name: value for name, value in {**known, **form}.items() if value is not None}
        return requests.post(f"{self.google.url}{path}", data=sent, timeout=5)

    def orders(self, path: str, **how: Any) -> requests.Response:
        return requests.post(f"{self.google.url}/_control/{path}", json=how, timeout=5)

    def asks(self, verb: str, path: str, token: Json, **how: Any) -> requests.Response:
        """The API without a library, for requests that the library would not let through."""
        headers = {"Authorization": f"Bearer {token['access_token']}", **how.pop("headers", {})}
        address = f"{self.google.settings()['api_endpoint']}{path}"
        return requests.request(verb, address, headers=headers, timeout=5, **how)


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleServer]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with start(allow_http=True) as server:
        server.register(BACK)
        yield server


@pytest.fixture
def ann(google: GoogleServer) -> Human:
    return google.account("ann@example.com", "Europe/Berlin")


@pytest.fixture
def product(google: GoogleServer) -> Iterator[Product]:
    with ExitStack() as closing:
        yield Product(google, closing)


@pytest.fixture
def token(product: Product, ann: Human) -> Json:
    return product.token(EVENTS, CALENDAR)


@pytest.fixture
def api(product: Product, token: Json) -> Any:
    return product.calls(token)


@dataclass
class Ear:
    """Listens for notifications; answers what a test writes into `answers`, and then 204."""

    answers: list[int] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    pause: float = 0.0
    url: str = ""

    def wait(self, count: int) -> list[Json]:
        """The headers of the notifications, once so many have come."""
        deadline = time.monotonic() + 5
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.heard) >= count, self.heard
        return self.heard

    @property
    def states(self) -> list[str]:
        return [headers["x-goog-resource-state"] for headers in self.heard]


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(listening.pause)
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            listening.heard.append(headers | {"body": self.rfile.read(length), "path": self.path})
            self.send_response(listening.answers.pop(0) if listening.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    listening.url = f"http://127.0.0.1:{server.server_port}/api/calendar/webhooks/google"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


def timed(start: str, end: str, **more: Any) -> Json:
    """An event's body with times in UTC, such as `timed("2026-12-01T10:00", "2026-12-01T11:00")`."""
    return {"start": {"dateTime": f"{start}:00Z"}, "end": {"dateTime": f"{end}:00Z"}, **more}


def hour(**more: Any) -> Json:
    return timed("2026-12-01T10:00", "2026-12-01T11:00", **more)


def refused(act: Callable[[], Any]) -> tuple[int, str]:
    """The status and the reason with which Google refuses."""
    with pytest.raises(HttpError) as caught:
        act()
    if caught.value.status_code == 304:
        return 304, ""
    (detail,) = caught.value.error_details
    assert {"domain", "reason", "message"} <= detail.keys()
    return caught.value.status_code, detail["reason"]
