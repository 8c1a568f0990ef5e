"""The way into the pages of the business: for its managers only, and kept in no cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, request
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from gateway.core.errors import NotYours
from gateway.core.language import N_
from gateway.services.grant import Member

blueprint = Blueprint("team", __name__, url_prefix="/manage/settings/calendars/business")

View = Callable[..., str | Response]


def managing(view: View) -> View:
    """As `signed_in`, for who manages the business; everyone else finds nothing."""

    @signed_in
    @wraps(view)
    def guarded(member: Member, **names: object) -> str | Response:
        if not member.manages:
            raise NotYours(what=N_("managers see how the business stands"))
        return view(member, **names)

    return guarded


def page() -> int:
    """The page that is asked for; the first one where that is no number."""
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 1


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """What stands here is private, and true only now; a secret stands here once."""
    response.headers["Cache-Control"] = "no-store"
    return response
