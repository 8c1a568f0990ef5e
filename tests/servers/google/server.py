"""This Google as an object: its addresses, its people, its mishaps and its books."""

from __future__ import annotations

import ssl
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.servers.google import api, consent, control, tokens
from tests.servers.google.behaviour import Behaviour
from tests.servers.google.courier import Mishaps, Notification
from tests.servers.google.faults import Faults
from tests.servers.google.grants import Client
from tests.servers.google.human import Human
from tests.servers.google.limits import Limits
from tests.servers.google.refusal import OAuthRefusal, Refusal
from tests.servers.google.wire import Answer, HangUp, Listener, Request, page, told
from tests.servers.google.world import Asked, Mail, World


def _now() -> datetime:
    return datetime.now(UTC)


class GoogleServer:
    """Listens from its making until `close`; `start` is the usual way to have one."""

    client_id = "daybridge.apps.googleusercontent.com"
    client_secret = "GOCSPX-for-tests-only"

    def __init__(
        self,
        port: int = 0,
        now: Callable[[], datetime] = _now,
        tls: ssl.SSLContext | None = None,
        webhook_tls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        behaviour = Behaviour()
        behaviour.change(options)
        # Mistakes of this server itself.
        self.broken: list[str] = []
        self.world = World(now, behaviour, Client(self.client_id, self.client_secret), webhook_tls)
        self._listener = Listener(port, self._play, tls)

    @property
    def url(self) -> str:
        return self._listener.url

    def settings(self) -> dict[str, str]:
        """The addresses, under the names of the product's settings; api_endpoint is what client_options take."""
        return {
            "authorize_url": f"{self.url}/o/oauth2/v2/auth",
            "token_url": f"{self.url}/token",
            "revoke_url": f"{self.url}/revoke",
            "api_endpoint": f"{self.url}{api.ROOT}",
        }

    def register(self, redirect_uri: str) -> None:
        self.world.client.redirect_uris.add(redirect_uri)

    def account(self, email: str, zone: str = "Europe/Berlin") -> Human:
        """A new account with a primary calendar, whose id is the e-mail address; and the person."""
        with self.world.lock:
            return Human(self.world, self.world.account(email, zone))

    def human(self, email: str) -> Human:
        return Human(self.world, self.world.accounts[email])

    def at_consent(
        self, email: str | None = None, untick: frozenset[str] = frozenset(), denies: bool = False
    ) -> None:
        """Who sits before the browser from now on, and what they do there."""
        with self.world.lock:
            self.world.visitor = consent.Visitor(email, frozenset(untick), denies)

    @property
    def behaviour(self) -> Behaviour:
        return self.world.behaviour

    @property
    def faults(self) -> Faults:
        return self.world.faults

    @property
    def limits(self) -> Limits:
        return self.world.limits

    @property
    def mishaps(self) -> Mishaps:
        """What goes wrong with notifications."""
        return self.world.courier.mishaps

    @property
    def notifications(self) -> list[Notification]:
        return self.world.courier.sent

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until every notification has been delivered or given up."""
        return self.world.courier.settle(seconds)

    @property
    def writes(self) -> int:
        """How many writes through the API have taken effect."""
        return sum(self.world.writes.values())

    @property
    def writes_by_method(self) -> Mapping[str, int]:
        return self.world.writes

    @property
    def requests(self) -> Counter[str]:
        return self.world.requests

    @property
    def journal(self) -> list[Asked]:
        return list(self.world.journal)

    @property
    def mails(self) -> list[Mail]:
        return self.world.mails

    def reset_counters(self) -> None:
        self.world.reset_counters()

    def expire_sync_tokens(self) -> None:
        with self.world.lock:
            self.world.listing.expire()

    def expire_access_tokens(self) -> None:
        with self.world.lock:
            self.world.grants.accesses.clear()

    def revoke_grant(self, email: str) -> None:
        """The person withdraws what they had allowed, in their account's settings."""
        with self.world.lock:
            self.world.grants.revoke_grant((self.client_id, email))

    def close(self) -> None:
        self.world.faults.over.set()
        self._listener.close()
        self.world.courier.close()

    def _play(self, request: Request) -> Answer:
        begun, at = time.perf_counter(), self.world.now()
        method, who, status = "", None, None
        try:
            answer, method, who = self._answer(request)
            status = answer.status
        except HangUp:
            raise
        except Exception:  # noqa: BLE001 - a mistake of this server itself, which no test shall miss
            self.broken.append(traceback.format_exc())
            answer = page(500, self.broken[-1])
        finally:
            if not request.url.path.startswith(control.ROOT):
                self.world.journal.append(Asked(at, method, who, status, time.perf_counter() - begun))
        return answer

    def _answer(self, request: Request) -> tuple[Answer, str, str | None]:
        path = request.url.path
        if path.startswith(control.ROOT):
            return control.answer(self, request), "control", None
        if path.startswith(api.ROOT):
            return self._api(request)
        name = _OAUTH.get((request.verb, path))
        return (
            (self._oauth(name, request), f"oauth.{name}", None)
            if name
            else (page(404, "Not Found"), "", None)
        )

    def _api(self, request: Request) -> tuple[Answer, str, str | None]:
        try:
            return api.answer(self.world, request, self.url)
        except Refusal as refusal:
            return told(refusal.code, refusal.body(), refusal.headers), "", None

    def _oauth(self, name: str, request: Request) -> Answer:
        world, method = self.world, f"oauth.{name}"
        world.linger(method)
        with world.lock:
            world.requests[method] += 1
            fault = world.faults.take(method, "fail", "lose_request")
            if fault and fault.kind == "lose_request":
                raise HangUp
            if fault:
                return told(fault.status, {"error": "internal_failure"})
            try:
                said = self._granted(name, request)
            except OAuthRefusal as refusal:
                return told(refusal.status, refusal.body())
            return world.spoilt(method, said)

    def _granted(self, name: str, request: Request) -> Answer:
        if name == "token":
            return tokens.token(request, self.world.grants)
        if name == "revoke":
            return tokens.revoke(request, self.world.grants)
        return consent.ask(request, self.world.grants, self.world.accounts, self.world.visitor)


_OAUTH = {
    ("GET", "/o/oauth2/v2/auth"): "authorize",
    ("POST", "/token"): "token",
    ("POST", "/revoke"): "revoke",
}


@contextmanager
def start(**options: Any) -> Iterator[GoogleServer]:
    """A Google for the length of a `with`; options are those of GoogleServer and of Behaviour."""
    server = GoogleServer(**options)
    try:
        yield server
    finally:
        server.close()
    if server.broken:
        raise AssertionError("\n".join(server.broken))
