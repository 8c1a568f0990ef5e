"""How Google says no: one error shape for the API, another for OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Refusal(Exception):
    """An answer of the Calendar API that is not the wanted one."""

    code: int
    reason: str
    message: str
    domain: str = "global"
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        detail = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location:
            kind = "header" if self.location in ("If-Match", "Authorization") else "parameter"
            detail |= {"locationType": kind, "location": self.location}
        return {"error": {"code": self.code, "message": self.message, "errors": [detail]}}


def invalid(message: str, reason: str = "invalid", location: str | None = None) -> Refusal:
    """The request itself is wrong; sending it again will not help."""
    return Refusal(400, reason, message, location=location)


def required(message: str, location: str | None = None) -> Refusal:
    return Refusal(400, "required", message, location=location)


def not_found() -> Refusal:
    return Refusal(404, "notFound", "Not Found")


def forbidden(reason: str = "forbidden", message: str = "Forbidden") -> Refusal:
    return Refusal(403, reason, message)


def empty_range() -> Refusal:
    return Refusal(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")


@dataclass(eq=False)
class OAuthRefusal(Exception):
    """An answer of the token and revocation addresses that is not the wanted one."""

    status: int
    error: str
    description: str

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}
