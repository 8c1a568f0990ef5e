"""This Microsoft as an object: its addresses, its people, its mishaps and its books."""

from __future__ import annotations

import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.servers.google.courier import Mishaps
from tests.servers.google.grants import Client
from tests.servers.google.wire import Answer, HangUp, Listener, Request, page, told
from tests.servers.google.world import Asked
from tests.servers.microsoft import api, consent, discovery, tokens
from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.courier import Notification
from tests.servers.microsoft.faults import Faults
from tests.servers.microsoft.human import Human
from tests.servers.microsoft.limits import Limits
from tests.servers.microsoft.refusal import SignInRefusal
from tests.servers.microsoft.subscriptions import Subscription
from tests.servers.microsoft.world import World

_IDENTITY = (
    ("GET", re.compile(r"/([^/]+)/v2\.0/\.well-known/openid-configuration"), "discovery"),
    ("GET", re.compile(r"/([^/]+)/oauth2/v2\.0/authorize"), "authorize"),
    ("POST", re.compile(r"/([^/]+)/oauth2/v2\.0/token"), "token"),
    ("GET", re.compile(r"/(common)/discovery/instance"), "instance"),
    ("GET", re.compile(r"/([^/]+)/discovery/v2\.0/keys"), "keys"),
)


def _now() -> datetime:
    return datetime.now(UTC)


class MicrosoftServer:
    """Listens from its making until `close`; `start` is the usual way to have one."""

    client_id = "24d3b144-21ae-4080-943f-7067b395b913"
    client_secret = "Xyz8Q~for-tests-only"

    def __init__(self, port: int = 0, now: Callable[[], datetime] = _now, **options: Any) -> None:
        behaviour = Behaviour()
        behaviour.change(options)
        # Mistakes of this server itself.
        self.broken: list[str] = []
        self.world = World(now, behaviour, Client(self.client_id, self.client_secret))
        self._listener = Listener(port, self._play)

    @property
    def url(self) -> str:
        return self._listener.url

    def settings(self) -> dict[str, str]:
        """The addresses, under the names of the product's settings."""
        return {"authority": f"{self.url}/common", "graph_endpoint": f"{self.url}{api.ROOT}/"}

    def register(self, redirect_uri: str) -> None:
        self.world.client.redirect_uris.add(redirect_uri)

    def account(self, email: str, zone: str = "Europe/Berlin") -> Human:
        """A new account with a default calendar; and the person."""
        with self.world.lock:
            return Human(self.world, self.world.mailbox(email, zone))

    def human(self, email: str) -> Human:
        return Human(self.world, self.world.mailboxes[email])

    def at_consent(self, email: str | None = None, denies: bool = False, needs_admin: bool = False) -> None:
        """Who sits before the browser from now on, and what they do there."""
        with self.world.lock:
            self.world.visitor = consent.Visitor(email, denies, needs_admin)

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
        return self.world.courier.sent  # type: ignore[return-value]

    @property
    def subscriptions(self) -> list[Subscription]:
        with self.world.lock:
            return self.world.subscriptions.living()

    def lifecycle(self, email: str, what: str) -> int:
        """Send reauthorizationRequired, subscriptionRemoved or missed; to how many subscriptions."""
        with self.world.lock:
            return self.world.subscriptions.lifecycle(email, what)

    def expire_subscriptions(self) -> None:
        """Without a word, as when their time is over."""
        with self.world.lock:
            self.world.subscriptions.all.clear()

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until every notification has been delivered or given up."""
        return self.world.courier.settle(seconds)

    @property
    def writes(self) -> int:
        """How many writes of events through Graph have taken effect."""
        return sum(self.world.writes.values())

    @property
    def writes_by_method(self) -> Mapping[str, int]:
        return +self.world.writes

    @property
    def requests(self) -> Counter[str]:
        return self.world.requests

    @property
    def journal(self) -> list[Asked]:
        return list(self.world.journal)

    def reset_counters(self) -> None:
        with self.world.lock:
            self.world.writes.clear()
            self.world.requests.clear()
            self.world.journal.clear()

    def expire_delta_tokens(self) -> None:
        with self.world.lock:
            self.world.deltas.expire()

    def expire_access_tokens(self) -> None:
        with self.world.lock:
            self.world.grants.accesses.clear()

    def revoke(self, email: str, why: str = "revoked", *, at_once: bool = False) -> None:
        """Their refresh tokens end, for a reason of `grants.ENDS`; access tokens only `at_once`."""
        with self.world.lock:
            self.world.grants.end(email, why, at_once=at_once)

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
            self.world.journal.append(Asked(at, method, who, status, time.perf_counter() - begun))
        return answer

    def _answer(self, request: Request) -> tuple[Answer, str, str | None]:
        if request.url.path.startswith(f"{api.ROOT}/"):
            return api.answer(self.world, request, self.url)
        for verb, pattern, name in _IDENTITY:
            matched = pattern.fullmatch(request.url.path)
            if matched and verb == request.verb:
                return self._identity(name, matched[1], request), f"oauth.{name}", None
        return page(404, "Not Found"), "", None

    def _identity(self, name: str, tenant: str, request: Request) -> Answer:
        world, method = self.world, f"oauth.{name}"
        world.linger(method)
        with world.lock:
            world.requests[method] += 1
            fault = world.faults.take(method, "fail", "lose_request")
            if fault and fault.kind == "lose_request":
                raise HangUp
            if fault:
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                return told(fault.status, {"error": fault.code or "temporarily_unavailable"}, headers)
            try:
                said = self._granted(name, tenant, request)
            except SignInRefusal as refusal:
                said = told(refusal.status, refusal.body())
            return world.spoilt(method, said)

    def _granted(self, name: str, tenant: str, request: Request) -> Answer:
        world = self.world
        url = self.url.replace("http://", "https://") if world.behaviour.as_https else self.url
        if tenant not in discovery.TENANTS:
            raise SignInRefusal("invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        if name == "authorize":
            return consent.ask(request, world.grants, world.mailboxes, world.visitor)
        if name == "token":
            issuer = f"{url}/{discovery.TENANT}/v2.0"
            return tokens.token(request, world.grants, world.mailboxes, issuer)
        if name == "instance":
            return discovery.instance(request, url)
        return told(200, {"keys": []} if name == "keys" else discovery.openid(tenant, url))


@contextmanager
def start(**options: Any) -> Iterator[MicrosoftServer]:
    """A Microsoft for the length of a `with`; options are those of MicrosoftServer and of Behaviour."""
    server = MicrosoftServer(**options)
    try:
        yield server
    finally:
        server.close()
    if server.broken:
        raise AssertionError("\n".join(server.broken))
