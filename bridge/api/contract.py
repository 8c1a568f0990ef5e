"""The contract, served as OpenAPI 3.1: what can be asked, and every answer that can come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from flask import Response, current_app
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge.api import answers, problems, schemas

VERSION: Final = "1.0.0"
_REF: Final = "#/components/schemas/{model}"
_ABOUT: Final = """\
Who is free, and bookings that can't be made twice.

Every request but this page's carries `Authorization: Bearer dbk_…`, a key made by `daybridge api-key create`.
Times that you send are RFC 3339 with an offset; times in answers are the same, in UTC. `time_zone` says where the
business is. Every error is an `application/problem+json` (RFC 9457); its `code` is for programs, its `detail` for
people. What isn't known, a parameter or a field, is refused with 400 rather than passed over.
"""
INFO: Final = Info(title="Daybridge API", version=VERSION, description=_ABOUT)
SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, `dbk_…`, of one business."}
}

Responses = dict[str | int | HTTPStatus, Any]
_MODELS: Final[tuple[type[BaseModel], ...]] = (
    schemas.BookingBody,
    schemas.ChangeBody,
    answers.Availability,
    answers.Busy,
    answers.Explanation,
    answers.Booking,
    answers.Timeline,
    answers.Problem,
)
_COUNTS: Final = {
    "X-RateLimit-Limit": "How many requests a minute this key may make.",
    "X-RateLimit-Remaining": "How many of them are left.",
    "X-RateLimit-Reset": "When there are more again, in seconds since 1970.",
}


def answer(model: type[BaseModel], says: str, *, status: int = 200, **headers: str) -> Responses:
    """The answer of an operation that went well."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}
    return {str(status): {"description": says, "content": content, "headers": _headers(_COUNTS | headers)}}


def refusals(*statuses: int) -> Responses:
    """The errors that an operation may answer with, beside those that any may."""
    return {str(status): {} for status in (*statuses, 400, 401, 406, 429, 500, 503)}


def _refusal(status: int) -> dict[str, Any]:
    """What an error looks like; told once, for all operations."""
    example = problems.told(status, answers.EXAMPLES[status], [answers.REASON] if status == 409 else [])
    headers = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    schema = {"$ref": _REF.format(model="Problem")}
    return {
        "description": example["title"],
        "content": {problems.TYPE: {"schema": schema, "example": example}},
        "headers": _headers({name: _SAID[name] for name in headers}),
    }


_SAID: Final = {
    "WWW-Authenticate": "Says that a Bearer key is needed.",
    "Retry-After": "How many seconds to wait.",
}


def _headers(named: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: {"description": says, "required": name != "Link", "schema": {"type": "string"}}
        for name, says in named.items()
    }


api = APIBlueprint("api", __name__, url_prefix="/api/v1", abp_security=[{"key": []}])


@api.route("/openapi.json")
def openapi() -> Response:
    """This page. It needs no key."""
    app = cast(OpenAPI, current_app)
    if "contract" not in app.extensions:
        app.extensions["contract"] = json.dumps(described(app), indent=1)
    return Response(app.extensions["contract"], mimetype="application/json")


def described(app: OpenAPI) -> dict[str, Any]:
    """The whole contract. The schemas of bodies come straight from pydantic: its words for them are the fullest."""
    told: dict[str, Any] = json.loads(json.dumps(app.api_doc).replace("<br/>", " "))
    _, made = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
    told["components"]["schemas"] = made["$defs"]
    told["components"]["responses"] = {code: _refusal(status) for status, (code, _) in problems.KINDS.items()}
    for item in told["paths"].values():
        for operation in item.values():
            _finish(operation)
    return told


def _finish(operation: dict[str, Any]) -> None:
    """Errors are told once for all; and what stands in an address or a header is there or not there, but never null."""
    operation.pop("tags", None)
    for status in operation["responses"]:
        if status >= "400":
            code, _ = problems.KINDS[int(status)]
            operation["responses"][status] = {"$ref": f"#/components/responses/{code}"}
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _there(parameter["schema"])


def _there(schema: dict[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in schema.items() if name not in ("title", "description")}
    if named.get("default", "") is None:
        named.pop("default")
    kinds = [kind for kind in named.pop("anyOf", []) if kind.get("type") != "null"]
    return named | (kinds[0] if kinds else {})
