"""Several requests in one: at most twenty, each with its own headers, answered in any order.

https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.servers.google.wire import Answer, Request, told
from tests.servers.microsoft.refusal import Refusal, bad

Json = dict[str, Any]
Ask = Callable[[Request], Answer]

MOST = 20
_KNOWN = frozenset({"id", "method", "url", "headers", "body", "dependsOn"})


def answer(request: Request, ask: Ask, order: str) -> Answer:
    """Of the outer request's headers, the parts have only who asks."""
    parts = _parts(request)
    said: dict[str, Json] = {}
    for part in parts:
        said[part["id"]] = _asked(part, request, ask, said)
    answers = list(said.values())
    return told(200, {"responses": answers[::-1] if order == "reversed" else answers})


def _parts(request: Request) -> list[Json]:
    if (request.says("content-type") or "").partition(";")[0] != "application/json":
        raise bad("A batch needs a body with the content type application/json.")
    try:
        parts = json.loads(request.body)["requests"]
    except (ValueError, KeyError, TypeError):
        raise bad("Invalid batch payload format.") from None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise bad("Invalid batch payload format.")
    if len(parts) > MOST:
        raise bad(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    ids = [part.get("id") for part in parts]
    if not all(isinstance(id_, str) and id_ for id_ in ids) or len(set(ids)) < len(ids):
        raise bad("Every batch request step needs an id of its own.")
    for at, part in enumerate(parts):
        _check(part, ids[:at])
    return parts


def _check(part: Json, before: list[Any]) -> None:
    if (
        not part.keys() <= _KNOWN
        or not isinstance(part.get("method"), str)
        or not isinstance(part.get("url"), str)
    ):
        raise bad(f"Batch request step '{part.get('id')}' can't be read.")
    if not part["url"].startswith("/") or part["url"].startswith("/v1.0/"):
        raise bad(f"The url of batch request step '{part['id']}' must be relative to the version.")
    needs = part.get("dependsOn") or []
    if not isinstance(needs, list) or not set(needs) <= set(before):
        raise bad(f"Batch request step '{part['id']}' depends on a step that doesn't come before it.")


def _asked(part: Json, request: Request, ask: Ask, said: dict[str, Json]) -> Json:
    if any(said[id_]["status"] >= 400 for id_ in part.get("dependsOn") or ()):
        refusal = Refusal(424, "FailedDependency", "A request that this one depends on has failed.")
        return _shown(part["id"], told(refusal.status, refusal.body()))
    headers = {name.lower(): value for name, value in (part.get("headers") or {}).items()}
    if "body" in part and "content-type" not in headers:
        refusal = bad("The body of a batch request step needs a Content-Type header.")
        return _shown(part["id"], told(refusal.status, refusal.body()))
    headers["authorization"] = request.says("authorization") or ""
    body = json.dumps(part["body"]).encode() if "body" in part else b""
    url = urlsplit(f"/v1.0{part['url']}")
    return _shown(part["id"], ask(Request(part["method"].upper(), url, headers, body)))


def _shown(id_: str, answered: Answer) -> Json:
    said: Json = {"id": id_, "status": answered.status, "headers": dict(answered.headers)}
    try:
        return said | ({"body": json.loads(answered.body)} if answered.body else {})
    except ValueError:  # it was ordered to be malformed
        return said
