"""Signing in to the pages: a link that works once, and a signed cookie that names the staff member."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bridge.tenant import deps
from gateway.core.errors import NotYours
from gateway.services import grant

blueprint = Blueprint("sign_in", __name__)

View = Callable[..., str | Response]


@blueprint.get("/sign-in/<token>")
def offer(token: str) -> str:
    """Opening the link spends nothing: mail scanners open links too. The button does."""
    return render_template("sign_in.html", token=token, to=request.args.get("to", ""))


@blueprint.post("/sign-in/<token>")
def accept(token: str) -> Response:
    business_id, staff_id = grant.spend_sign_in_link(deps(), token)
    session.clear()
    session["business_id"], session["staff_id"] = business_id, staff_id
    session.permanent = True
    place = "device.choose" if request.form.get("to") == "device" else "pages.calendars"
    return redirect(url_for(place), 303)


@blueprint.post("/sign-out")
def leave() -> Response:
    session.clear()
    return redirect(url_for("pages.welcome"), 303)


def signed_in(view: View) -> View:
    """Gives the view the staff member who is signed in, as they are now; sends everyone else to the front page."""

    @wraps(view)
    def guarded(**names: object) -> str | Response:
        try:
            member = grant.member(deps(), int(session["business_id"]), int(session["staff_id"]))
        except (KeyError, ValueError, NotYours):
            session.clear()
            return redirect(url_for("pages.welcome"), 303)
        g.member = member
        return view(member, **names)

    return guarded
