"""How often one may ask: so many requests a minute by key, and few by address for whoever shows no good key.

A key's requests are counted by the key alone. So whoever guesses at keys is slowed down, and shuts nobody out who has
one, not even from the same address. Each process counts for itself.
"""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from flask import Blueprint, Flask, Response, request
from flask_limiter import Limiter

from bridge.api.keys import caller
from bridge.tenant import deps

STRANGERS_PER_MINUTE: Final = 60


def register(app: Flask, blueprint: Blueprint) -> None:
    limiter = Limiter(_whose, app=app, storage_uri="memory://", strategy="fixed-window")
    limiter.shared_limit(_how_many, scope="api", key_func=_whose)(blueprint)

    def tell(response: Response) -> Response:
        """How many requests are left, and when there are more (in seconds since 1970, as is the custom)."""
        if limit := limiter.current_limit:
            response.headers["X-RateLimit-Limit"] = str(limit.limit.amount)
            response.headers["X-RateLimit-Remaining"] = str(max(limit.remaining, 0))
            response.headers["X-RateLimit-Reset"] = str(limit.reset_at)
            if response.status_code == 429:
                response.headers["Retry-After"] = str(max(1, limit.reset_at - int(time.time())))
        return response

    app.after_request(tell)


def _how_many() -> str:
    many = deps().settings.api_requests_per_minute if caller() else STRANGERS_PER_MINUTE
    return f"{many} per minute"


def _whose() -> str:
    known = caller()
    return (
        f"key {known.business_id} {known.id}" if known else f"address {_network(request.remote_addr or '')}"
    )


def _network(address: str) -> str:
    """One network of IPv6 is one house; its addresses are for the asking."""
    try:
        read = ip_address(address)
    except ValueError:
        return address[:64]
    return str(ip_network(f"{read}/64", strict=False)) if isinstance(read, IPv6Address) else address
