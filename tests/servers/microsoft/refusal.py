"""How Microsoft says no: one error shape for Graph, another for the identity platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Not a real correlation id, but always there: clients that look for it find it.
_TRACE = "7d1b9c52-0000-4000-8000-5f2e60d1a6b3"


@dataclass(eq=False)
class Refusal(Exception):
    """An answer of Graph that is not the wanted one."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        inner = {"date": "2026-11-24T18:00:00", "request-id": _TRACE, "client-request-id": _TRACE}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def bad(message: str, code: str = "BadRequest") -> Refusal:
    """The request itself is wrong; sending it again will not help."""
    return Refusal(400, code, message)


def bad_query(message: str) -> Refusal:
    return bad(message, "ErrorInvalidUrlQuery")


def invalid(message: str) -> Refusal:
    return bad(message, "ErrorInvalidRequest")


def not_found() -> Refusal:
    return Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def malformed_id() -> Refusal:
    return bad("Id is malformed.", "ErrorInvalidIdMalformed")


def denied() -> Refusal:
    return Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def conflict() -> Refusal:
    return Refusal(
        412,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request "
        "does not match the current change key for the item.",
    )


def challenge(message: str) -> Refusal:
    said = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return Refusal(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": said})


@dataclass(eq=False)
class SignInRefusal(Exception):
    """An answer of the identity platform that is not the wanted one; `number` is the AADSTS code."""

    error: str
    number: int
    text: str
    suberror: str = ""
    status: int = 400

    @property
    def description(self) -> str:
        return f"AADSTS{self.number}: {self.text} Trace ID: {_TRACE} Correlation ID: {_TRACE}"

    def body(self) -> dict[str, Any]:
        said = {
            "error": self.error,
            "error_description": self.description,
            "error_codes": [self.number],
            "timestamp": "2026-11-24 18:00:00Z",
            "trace_id": _TRACE,
            "correlation_id": _TRACE,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return said | ({"suberror": self.suberror} if self.suberror else {})
