"""The published description of the Calendar API, as the client library ships it, made to judge requests.

What a method takes, in its path, its query and its body, is decided by this document and not by this server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from tests.servers.google import times
from tests.servers.google.refusal import Refusal, invalid, not_found, required

Json = dict[str, Any]
Value = str | int | bool | list[str]


@dataclass(frozen=True, slots=True)
class Method:
    """One thing that can be asked of the API."""

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Mapping[str, Json]
    scopes: frozenset[str]
    takes: Json | None
    gives: Json | None


@cache
def document() -> Json:
    shipped = resources.files("googleapiclient.discovery_cache").joinpath("documents/calendar.v3.json")
    return json.loads(shipped.read_text(encoding="utf-8"))


def scopes() -> frozenset[str]:
    """Every scope that the Calendar API knows."""
    return frozenset(document()["auth"]["oauth2"]["scopes"])


@cache
def methods() -> tuple[Method, ...]:
    return tuple(_methods(document()))


def _methods(branch: Json) -> Iterator[Method]:
    for described in branch.get("methods", {}).values():
        yield _method(described)
    for inner in branch.get("resources", {}).values():
        yield from _methods(inner)


def _method(described: Json) -> Method:
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(described["path"]))
    return Method(
        described["id"],
        described["httpMethod"],
        re.compile(pattern),
        {**document()["parameters"], **described.get("parameters", {})},
        frozenset(described["scopes"]),
        described.get("request"),
        described.get("response"),
    )


def find(verb: str, path: str) -> tuple[Method, dict[str, str]]:
    """The method for a path below `calendar/v3/`, and what the path says."""
    for method in methods():
        matched = method.path.fullmatch(path)
        if matched and method.verb == verb:
            return method, {name: unquote(value) for name, value in matched.groupdict().items()}
    raise not_found()


def query(method: Method, pairs: list[tuple[str, str]]) -> dict[str, Value]:
    """The query's parameters with their types, if the document allows every one of them."""
    given: dict[str, Value] = {}
    for name, text in pairs:
        described = method.parameters.get(name)
        if described is None or described["location"] != "query":
            raise invalid(f'Unknown name "{name}": Cannot bind query parameter.', "badRequest", name)
        value = _parameter(name, text, described)
        if described.get("repeated"):
            given.setdefault(name, []).append(text)  # type: ignore[union-attr]
        elif name in given:
            raise invalid(f"Parameter {name} was given twice.", "invalidParameter", name)
        else:
            given[name] = value
    for name, described in method.parameters.items():
        # A repeated parameter that is called required may still be left out, as eventTypes is.
        needed = described.get("required") and not described.get("repeated")
        if needed and described["location"] == "query" and name not in given:
            raise required(f"Required parameter: {name}", name)
    return given


def _parameter(name: str, text: str, described: Json) -> Value:
    if "enum" in described and text not in described["enum"]:
        allowed = ", ".join(described["enum"])
        raise invalid(f"Invalid value '{text}'. Allowed values: [{allowed}]", "invalidParameter", name)
    if described["type"] == "integer":
        return _whole(name, text, described)
    if described["type"] == "boolean":
        if text not in ("true", "false"):
            raise invalid(f"Invalid boolean value: '{text}'.", "invalidParameter", name)
        return text == "true"
    if described.get("format") == "date-time":
        times.instant(text, name)
    return text


def _whole(name: str, text: str, described: Json) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise invalid(f"Invalid integer value: '{text}'.", "invalidParameter", name)
    lowest, highest = int(described.get("minimum", -(2**31))), int(described.get("maximum", 2**31))
    if not lowest <= int(text) <= highest:
        said = f"Invalid value '{text}'. Values must be within the range: [{lowest}, {highest}]"
        raise invalid(said, "invalidParameter", name)
    return int(text)


def body(method: Method, content_type: str | None, raw: bytes) -> Json:
    """The request's JSON, if the document allows every field of it."""
    if method.takes is None:
        return {}
    if not raw:
        raise required("Required")
    if (content_type or "").partition(";")[0].strip() != "application/json":
        raise Refusal(400, "parseError", "This API does not support parsing form-encoded input.")
    try:
        sent = json.loads(raw)
    except ValueError as error:
        raise Refusal(400, "parseError", "Parse Error") from error
    check(sent, method.takes, "", method.id)
    return sent


def check(value: Any, schema: Json, where: str, method: str) -> None:
    """Refuses a value that the schema doesn't describe; null stands for absence everywhere."""
    described = document()["schemas"][schema["$ref"]] if "$ref" in schema else schema
    kind = described.get("type", "any")
    if value is None or kind == "any":
        return
    fits = isinstance(value, _PYTHON[kind]) or (described.get("format") == "int64" and isinstance(value, int))
    if not fits or (isinstance(value, bool) and kind != "boolean"):
        raise invalid(f"Invalid value at '{where or 'resource'}' (not a {kind})", location=where or None)
    if kind == "object":
        _check_object(value, described, where, method)
    elif kind == "array":
        for number, item in enumerate(value):
            check(item, described["items"], f"{where}[{number}]", method)
    else:
        _check_text(value, described, where)


_PYTHON: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def _check_object(value: Json, described: Json, where: str, method: str) -> None:
    known = described.get("properties", {})
    for name, inner in value.items():
        schema = known.get(name) or described.get("additionalProperties")
        if schema is None:
            said = f"Invalid JSON payload received. Unknown name \"{name}\" at '{where or 'resource'}'."
            raise invalid(said, "badRequest", name)
        check(inner, schema, f"{where}.{name}".lstrip("."), method)
    for name, schema in known.items():
        if method in schema.get("annotations", {}).get("required", ()) and value.get(name) is None:
            raise required(f"Required: {where}.{name}".replace(" .", " "), name)


def _check_text(value: Any, described: Json, where: str) -> None:
    if "enum" in described and value not in described["enum"]:
        raise invalid(f"Invalid value '{value}' at '{where}'.", location=where)
    if described.get("format") == "date-time":
        times.stamp(value, where)
    elif described.get("format") == "date":
        times.day(value, where)
    elif described.get("format") == "int64" and not re.fullmatch(r"-?\d{1,19}", str(value)):
        raise invalid(f"Invalid value '{value}' at '{where}'.", location=where)
