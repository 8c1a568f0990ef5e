"""Where providers call when something has changed: POST /api/calendar/webhooks/<provider>.

A call says no more than "have a look", so its body isn't even read. Whoever can't show a watch's secret learns nothing,
not even whether there is such a watch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Request, Response, abort, request

from bridge.tenant import deps
from gateway.core.errors import NotYours
from gateway.services import watch

blueprint = Blueprint("webhooks", __name__)

# A watch's id and its secret, as a provider's call shows them.
Shown = tuple[str, str]

_MOST_BYTES: Final = 64 * 1024
# Ours are UUIDs; what can't be one is asked of nobody.
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


@blueprint.post("/api/calendar/webhooks/<provider>")
def changed(provider: str) -> Response:
    """Noted at once, looked at later. No session, no cookie, no form: it is a program that calls."""
    if (request.content_length or 0) > _MOST_BYTES:
        abort(413)
    read = _READERS.get(provider)
    id_, secret = read(request) if read else ("", "")
    if not _ID.fullmatch(id_):
        abort(404)
    try:
        watch.heard(deps(), id_, secret)
    except NotYours:
        abort(404)  # the same words as for an address that isn't there
    response = Response(status=204)
    del response.headers["Content-Type"]  # there is nothing for it to be the type of
    return response


def _google(call: Request) -> Shown:
    """https://developers.google.com/workspace/calendar/api/guides/push; whatever its X-Goog-Resource-State (`sync` is
    the first call of a new channel), it is worth a look."""
    return call.headers.get("X-Goog-Channel-ID", ""), call.headers.get("X-Goog-Channel-Token", "")


_READERS: Final[Mapping[str, Callable[[Request], Shown]]] = {"google": _google}
