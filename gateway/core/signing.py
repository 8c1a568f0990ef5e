"""What is signed of a request to the booking app, and how. docs/delegate.md tells the app how to check it.

The signature covers the moment, the request's id and the body, so that none of them can be exchanged: an old request is
recognised by its moment, and a repeated one by its id.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from gateway.core.model import require_aware

ID_HEADER = "Daybridge-Request-Id"
TIMESTAMP_HEADER = "Daybridge-Timestamp"
SIGNATURE_HEADER = "Daybridge-Signature"

# Says how the rest is made; another way would get another word, and the app would refuse what it doesn't know.
VERSION = "v1"


def signature(secret: str, timestamp: int, request_id: str, body: bytes) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `v1:<timestamp>.<request id>.<body>`."""
    # Neither a number nor an id holds a dot, so that no two requests are signed as the same bytes.
    if timestamp < 0 or "." in request_id:
        raise ValueError("a timestamp before 1970, or a request id with a dot")
    signed = f"{VERSION}:{timestamp}.{request_id}.".encode() + body
    return f"{VERSION}={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def headers(secret: str, now: datetime, request_id: str, body: bytes) -> Mapping[str, str]:
    """What proves to the app that this request is ours, and new."""
    require_aware(now)
    timestamp = int(now.timestamp())
    return {
        ID_HEADER: request_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: signature(secret, timestamp, request_id, body),
    }
