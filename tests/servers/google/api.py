"""The Calendar API: a request is refused for the first reason there is, else done, and then mishaps have their turn."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.google import calendar_methods, document, event_methods, mask
from tests.servers.google.call import Call
from tests.servers.google.document import Method
from tests.servers.google.faults import WRITES
from tests.servers.google.grants import Access
from tests.servers.google.refusal import Refusal
from tests.servers.google.wire import Answer, HangUp, Request, told
from tests.servers.google.world import World

ROOT = "/calendar/v3/"
METHODS = {**event_methods.METHODS, **calendar_methods.METHODS}


def answer(world: World, request: Request, url: str) -> tuple[Answer, str, str | None]:
    """The answer, the method's name and who asked."""
    method, path = document.find(request.verb, request.url.path.removeprefix(ROOT))
    world.linger(method.id)
    with world.lock:
        world.requests[method.id] += 1
        who: str | None = None
        try:
            _trip(world, method)
            access = world.grants.bearer(request.says("authorization"))
            who = access.email
            said = _done(world, _call(world, request, method, path, access, url))
        except Refusal as refusal:
            said = told(refusal.code, refusal.body(), refusal.headers)
        return said, method.id, who


def _trip(world: World, method: Method) -> None:
    fault = world.faults.take(method.id, "fail", "throttle", "quota_exceeded", "lose_request")
    if fault and fault.kind == "lose_request":
        raise HangUp
    if fault:
        raise fault.refusal()


def _call(
    world: World, request: Request, method: Method, path: dict[str, str], access: Access, url: str
) -> Call:
    world.limits.count(access.email, world.now())
    if not access.scopes & method.scopes:
        headers = {
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'
        }
        raise Refusal(403, "insufficientPermissions", "Insufficient Permission", headers=headers)
    query = document.query(method, request.query)
    body = document.body(method, request.says("content-type"), request.body)
    account = world.accounts[access.email]
    return Call(world, method, path, query, body, request, access, account, f"{url}{ROOT}")


def _done(world: World, call: Call) -> Answer:
    name = call.method.id
    if name not in METHODS:
        raise Refusal(501, "notImplemented", f"This server does not play {name}.")
    if "fields" in call.query and call.method.gives:
        mask.check(call.query["fields"], call.method.gives)
    said = METHODS[name](call)
    if name in WRITES:
        world.writes[name] += 1
    if "fields" in call.query and said.body and call.method.gives:
        said = _cut(said, call.query["fields"], call.method.gives)
    return world.spoilt(name, said)


def _cut(said: Answer, fields: str, schema: dict[str, Any]) -> Answer:
    kept = mask.cut(json.loads(said.body), fields, schema)
    return Answer(said.status, json.dumps(kept, ensure_ascii=False).encode(), said.headers)
