"""Graph: a request is refused for the first reason there is, else done, and then mishaps have their turn."""

from __future__ import annotations

from tests.servers.google.wire import Answer, Request, told
from tests.servers.microsoft import batch, event_methods, odata, other_methods, preferences, routes
from tests.servers.microsoft.call import Call
from tests.servers.microsoft.grants import Token
from tests.servers.microsoft.refusal import Refusal, denied
from tests.servers.microsoft.routes import Route
from tests.servers.microsoft.world import World

ROOT = "/v1.0"
METHODS = {**event_methods.METHODS, **other_methods.METHODS}


def answer(world: World, request: Request, url: str) -> tuple[Answer, str, str | None]:
    """The answer, the method's name and who asked."""
    method, who = "", None
    try:
        route, path = routes.find(request.verb, request.url.path.removeprefix(ROOT))
        method = route.method
        with world.lock:
            world.requests[method] += 1
            access = world.grants.bearer(request.says("authorization"))
            who = access.email
        with world.limits.within(who):
            world.linger(method)
            if method == "graph.batch":
                return _batch(world, request, url), method, who
            return _done(world, request, url, access, route, path), method, who
    except Refusal as refusal:
        return refused(refusal), method, who


def refused(refusal: Refusal) -> Answer:
    return told(refusal.status, refusal.body(), refusal.headers)


def _batch(world: World, request: Request, url: str) -> Answer:
    with world.lock:
        world.trip("graph.batch")
    return batch.answer(request, lambda part: _part(world, part, url), world.behaviour.batch_order)


def _part(world: World, request: Request, url: str) -> Answer:
    """A request inside another one; the mailbox is asked by one at a time all the same."""
    try:
        route, path = routes.find(request.verb, request.url.path.removeprefix(ROOT))
        if route.method == "graph.batch":
            raise Refusal(400, "BadRequest", "Batches can't be nested.")
        with world.lock:
            world.requests[route.method] += 1
            access = world.grants.bearer(request.says("authorization"))
        return _done(world, request, url, access, route, path)
    except Refusal as refusal:
        return refused(refusal)


def _done(
    world: World, request: Request, url: str, access: Token, route: Route, path: dict[str, str]
) -> Answer:
    name = route.method
    with world.lock:
        call = _call(world, request, url, access, route, path)
        if name in METHODS:
            return world.spoilt(name, METHODS[name](call))
    said = other_methods.WITHOUT_LOCK[name](call)
    with world.lock:
        return world.spoilt(name, said)


def _call(
    world: World, request: Request, url: str, access: Token, route: Route, path: dict[str, str]
) -> Call:
    world.trip(route.method)
    world.limits.count(access.email, world.now())
    if not access.scopes & route.scopes:
        raise denied()
    query = odata.check(request.query, route.query)
    prefer = preferences.read(request.says("prefer"))
    mailbox = world.mailboxes[access.email]
    return Call(world, route.method, path, query, prefer, mailbox, request, f"{url}{ROOT}/")
