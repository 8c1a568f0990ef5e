"""Compare everything now, and how far that is: a part of a page that a script may fetch again and again."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.services import accounts, progress
from gateway.services.grant import Member

blueprint = Blueprint("progress", __name__)


@blueprint.post("/check")
@signed_in
def check(member: Member) -> Response:
    """Asks the worker, and answers at once."""
    progress.begin(deps(), accounts.owner(deps(), member))
    page = "pages.calendars" if request.form.get("back") == "calendars" else "activity.activity"
    return redirect(url_for(page, _anchor="check"), 303)


@blueprint.get("/progress")
@signed_in
def part(member: Member) -> Response:
    """How far it is, as a piece of HTML; `X-Daybridge-Busy: no` says that looking again shows nothing new."""
    found = progress.look(deps(), accounts.owner(deps(), member))
    response = make_response(render_template("progress_part.html", found=found))
    response.headers["X-Daybridge-Busy"] = "yes" if found.busy else "no"
    response.headers["Cache-Control"] = "no-store"
    return response
