"""What comes in: JSON, strictly and not much of it, and the headers of a write."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from pydantic_core import from_json
from werkzeug.routing import BaseConverter

from bridge.api.keys import caller_known
from bridge.api.problems import problem
from bridge.api.schemas import WriteHeaders
from gateway.core.booking import Once
from gateway.core.errors import Invalid

MOST_BYTES: Final = 64 * 1024
_REPEATABLE: Final = frozenset({("api.availability", "staff_member_id")})
_ANSWERS: Final = ("application/json", "application/problem+json")


class StrictJson(DefaultJSONProvider):
    """Reads JSON as RFC 8259 has it: no NaN, no half of a surrogate pair, at most 200 levels deep."""

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return from_json(s, allow_inf_nan=False)


def refuse_unreadable() -> Response | None:
    """What no view has to look at: another kind of answer wanted, an address that says things twice, no JSON."""
    if request.accept_mimetypes.provided and not request.accept_mimetypes.best_match(_ANSWERS):
        return problem(406, "Every answer is application/json, or application/problem+json for an error.")
    for name, values in request.args.lists():
        if len(values) > 1 and (request.endpoint, name) not in _REPEATABLE:
            raise Invalid(reason=f"{name[:60]} stands there {len(values)} times; once is enough.")
    if request.method in ("POST", "PATCH"):
        return _refuse_body()
    return None


def _refuse_body() -> Response | None:
    request.max_content_length = MOST_BYTES
    if request.mimetype != "application/json":
        return problem(415, "Send the body as JSON, with Content-Type: application/json.")
    try:
        body = from_json(request.get_data(), allow_inf_nan=False)
    except ValueError as error:
        raise Invalid(reason=f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Invalid(reason="The body must be a JSON object.")
    return None


def once(headers: WriteHeaders) -> Once | None:
    """What makes this write the same as an earlier one: its method, address and content, however it was spaced."""
    if headers.key is None:
        return None
    said = json.dumps(request.get_json(silent=True), sort_keys=True, separators=(",", ":"))
    asked = "\n".join((request.method, request.full_path.rstrip("?"), said))
    return Once(f"api_key {caller_known().id}", headers.key, sha256(asked.encode()).digest())


class IdConverter(BaseConverter):
    """An id in a path. More digits than these no id has, and what isn't digits is no id: there is nothing there."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)


def install(app: Flask) -> None:
    app.json = StrictJson(app)
    app.url_map.converters["id"] = IdConverter
