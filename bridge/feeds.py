"""Secret calendar addresses: /feeds/<token>.ics."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request

from bridge.tenant import deps
from gateway.services.feed import open_feed

blueprint = Blueprint("feeds", __name__)

# Below this, compressing makes an answer longer; level 1 because each answer is made for one reader.
_WORTH_COMPRESSING = 1400


@blueprint.get("/feeds/<token>.ics")
def feed(token: str) -> Response:
    """The calendar as one .ics (RFC 5545), or 304 when the client has it already. A wrong token is a plain 404."""
    found = open_feed(deps().database, token, deps().now())
    response = Response(status=304)
    if not request.if_none_match.contains_weak(found.etag.strip('"')):
        response = _whole(b"".join(found.chunks()))
    response.set_etag(found.etag.strip('"'), weak=True)  # it names the plain and the compressed bytes alike
    response.last_modified = found.changed_at
    # Private: no proxy may keep it; no-cache: a reader may, if it asks each time whether it still holds.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _whole(body: bytes) -> Response:
    response = Response(mimetype="text/calendar")
    if len(body) > _WORTH_COMPRESSING and request.accept_encodings["gzip"] > 0:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(body)
    response.headers["Content-Disposition"] = 'inline; filename="bookings.ics"'
    return response
