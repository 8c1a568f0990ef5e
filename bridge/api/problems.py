"""Errors of the API as RFC 9457 has them: application/problem+json. bridge/errors.py decides when; here is how."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response
from pydantic import ValidationError
from pydantic_core import ErrorDetails

TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/"

# What a program may tell problems apart by, and the same in words. `type` is made of it.
KINDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("invalid", "The request can't be understood"),
    401: ("key_needed", "An API key is needed"),
    403: ("not_allowed", "This may not be done"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This address can't be used that way"),
    406: ("not_acceptable", "Answers are JSON"),
    409: ("time_taken", "This time can't be booked"),
    412: ("changed", "The booking is another by now"),
    413: ("too_large", "That is more than we take"),
    415: ("not_json", "Requests are JSON"),
    422: ("key_reused", "This Idempotency-Key belongs to another request"),
    429: ("too_many_requests", "Too many requests"),
    500: ("broken", "Something broke on our side"),
    503: ("unavailable", "Not now"),
}
_MOST_WORDS = 5

# What is wrong with a field, by pydantic's name for it. Where nothing is said here, the words are our own already.
_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "int_type": "must be a whole number",
    "string_type": "must be a text",
    "string_pattern_mismatch": "holds characters that can't stand there",
    "string_too_short": "is empty",
    "string_too_long": "has more than {max_length} characters",
    "too_short": "is missing",
    "too_long": "is there more than {max_length} times",
    "model_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def told(status: int, detail: str, reasons: Sequence[Mapping[str, object]] = ()) -> dict[str, Any]:
    """An error as a program reads it. `reasons` are those that `explain` gives."""
    code, title = KINDS.get(status, ("error", "This did not work"))
    said: dict[str, Any] = {
        "type": f"urn:daybridge:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return said | ({"reasons": list(reasons)} if reasons else {})


def problem(status: int, detail: str, *, reasons: Sequence[Mapping[str, object]] = ()) -> Response:
    return Response(json.dumps(told(status, detail, reasons)), status=status, content_type=TYPE)


def misread(error: ValidationError) -> Response:
    """What was wrong with a request's fields, in one sentence each."""
    found = error.errors(include_url=False, include_input=False)
    sentences = [f"{_where(one['loc'])} {_what(one)}." for one in found[:_MOST_WORDS]]
    if len(found) > _MOST_WORDS:
        sentences.append(f"And {len(found) - _MOST_WORDS} more.")
    return problem(400, " ".join(sentences))


def _where(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:60] for part in place) or "The request"


def _what(found: ErrorDetails) -> str:
    return _WORDS.get(found["type"], "{msg}").format(msg=found["msg"], **found.get("ctx", {}))
