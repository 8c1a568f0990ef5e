"""`/_control/…`: the Python API for those who run this Google in another process. POST with JSON, answers JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.google.wire import Answer, Request, told

if TYPE_CHECKING:
    from tests.servers.google.server import GoogleServer

Json = dict[str, Any]
ROOT = "/_control/"


def answer(server: GoogleServer, request: Request) -> Answer:
    """What was ordered is done; a wrong order is 400 with the reason."""
    order = _ORDERS.get(request.url.path.removeprefix(ROOT))
    if order is None:
        return told(404, {"error": "no such order", "orders": sorted(_ORDERS)})
    try:
        how = json.loads(request.body or b"{}")
        return told(200, order(server, **how))
    except Exception as error:  # noqa: BLE001 - whatever was wrong, whoever ordered it shall read it
        return told(400, {"error": f"{type(error).__name__}: {error}"})


def _state(server: GoogleServer) -> Json:
    world = server.world
    return {
        "settings": server.settings(),
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "writes": server.writes,
        "writes_by_method": dict(world.writes),
        "requests": dict(world.requests),
        "exceeded": world.limits.exceeded,
        "peak": world.limits.peak,
        "peaks": {email: world.limits.peak_of(email) for email in world.accounts},
        "channels": [
            {
                "id": one.id,
                "calendar": one.calendar_id,
                "address": one.address,
                "expires": one.expires.isoformat(),
            }
            for one in world.channels.living()
        ],
        "mails": [asdict(one) for one in world.mails],
    }


def _notifications(server: GoogleServer, settle: float = 0.0) -> Json:
    settled = server.settle(settle)
    return {"settled": settled, "notifications": [asdict(one) for one in server.notifications]}


def _register(server: GoogleServer, redirect_uri: str) -> Json:
    server.register(redirect_uri)
    return {}


def _account(server: GoogleServer, email: str, zone: str = "Europe/Berlin") -> Json:
    return {"calendar": server.account(email, zone).email}


def _consent(
    server: GoogleServer, email: str | None = None, untick: tuple[str, ...] = (), denies: bool = False
) -> Json:
    server.at_consent(email, frozenset(untick), denies)
    return {}


def _behaviour(server: GoogleServer, **options: Any) -> Json:
    server.behaviour.change(options)
    return asdict(server.behaviour)


def _limits(server: GoogleServer, **numbers: Any) -> Json:
    for name, value in numbers.items():
        if name not in ("per_user", "per_project", "status", "retry_after", "exceeded"):
            raise ValueError(f"there is no limit called {name}")
        setattr(server.limits, name, value)
    return {}


def _fault(server: GoogleServer, kind: str, **how: Any) -> Json:
    server.faults.order(kind, **how)
    return {}


def _mishaps(server: GoogleServer, **how: Any) -> Json:
    for name, value in how.items():
        if name not in server.mishaps.__slots__:
            raise ValueError(f"there is no mishap called {name}")
        setattr(server.mishaps, name, value)
    return asdict(server.mishaps)


def _at_once(act: Callable[[GoogleServer], None]) -> Callable[[GoogleServer], Json]:
    def order(server: GoogleServer) -> Json:
        act(server)
        return {}

    return order


def _revoke(server: GoogleServer, email: str) -> Json:
    server.revoke_grant(email)
    return {}


def _human(name: str) -> Callable[..., Json]:
    """A method of Human, with its own parameters by name beside the person's `email`."""

    def order(server: GoogleServer, email: str, **how: Any) -> Json:
        if "by_seconds" in how:
            how["by"] = timedelta(seconds=how.pop("by_seconds"))
        if name == "share":
            how["email"] = how.pop("with")
        return {"result": getattr(server.human(email), name)(**how)}

    return order


_BY_HAND = (
    *("create", "invited", "edit", "retitle", "move", "respond", "delete", "delete_many", "empty"),
    *("get", "events", "add_calendar", "share", "drop_calendar"),
)

_ORDERS: dict[str, Callable[..., Json]] = {
    "state": _state,
    "notifications": _notifications,
    "register": _register,
    "account": _account,
    "consent": _consent,
    "behaviour": _behaviour,
    "limits": _limits,
    "fault": _fault,
    "mishaps": _mishaps,
    "revoke-grant": _revoke,
    "faults/clear": _at_once(lambda server: server.faults.clear()),
    "reset-counters": _at_once(lambda server: server.reset_counters()),
    "expire-sync-tokens": _at_once(lambda server: server.expire_sync_tokens()),
    "expire-access-tokens": _at_once(lambda server: server.expire_access_tokens()),
    **{f"human/{name}": _human(name) for name in _BY_HAND},
}
