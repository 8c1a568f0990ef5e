"""Where providers call when something has changed: POST /api/calendar/webhooks/<provider>.

A call says no more than "have a look". Whoever can't show a watch's secret learns nothing, not even whether there is
such a watch.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, request

from bridge.tenant import deps
from gateway.core.errors import NotYours
from gateway.core.notice import Call
from gateway.services import watch

blueprint = Blueprint("webhooks", __name__)

_MOST_BYTES: Final = 64 * 1024


@blueprint.post("/api/calendar/webhooks/<provider>")
def changed(provider: str) -> Response:
    """Noted at once, looked at later. No session, no cookie, no form: it is a program that calls."""
    if (request.content_length or 0) > _MOST_BYTES:
        abort(413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call(headers, request.args.to_dict(), request.stream.read(_MOST_BYTES + 1))
    if len(call.body) > _MOST_BYTES:
        abort(413)
    try:
        word = watch.listen(deps(), provider, call)
    except NotYours:
        abort(404)  # the same words as for an address that isn't there
    if word:
        # Nothing but the word, as a text: whoever sends it in a form of their own gets no page from us.
        return Response(word, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
    response = Response(status=204)
    del response.headers["Content-Type"]  # there is nothing for it to be the type of
    return response
