"""Who asks: read off the request once, before any of Radicale's code runs, and told to Radicale by its plugin."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from radicale.auth import BaseAuth

from radicale_plugin import places, visits

_LONGEST_CREDENTIALS = 1024


def credentials(environ: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, password) of a Basic header (RFC 7617); None when there is none that can be read."""
    scheme, _, encoded = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST_CREDENTIALS:
        return None
    try:
        both = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    name, colon, password = both.partition(":")
    return (name.strip(), password) if colon and name.strip() else None


class Auth(BaseAuth):
    """Names the person whose visit is under way. `app` has checked the password, and shows none to Radicale."""

    def get_external_login(self, environ: Mapping[str, Any]) -> tuple[()] | tuple[str, str]:
        visit = visits.current()
        return (places.principal(visit.visitor.staff_id), "") if visit else ()

    def _login(self, login: str, password: str) -> str:
        visit = visits.current()
        return places.principal(visit.visitor.staff_id) if visit else ""
