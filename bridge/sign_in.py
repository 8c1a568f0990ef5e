"""Signing in to the pages: a link that works once, and a signed cookie that names the browser and holds its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bridge.tenant import deps
from gateway.core import signed_link
from gateway.core.errors import NotYours
from gateway.services import browsers
from gateway.services.browsers import Pass
from gateway.services.grant import Member

blueprint = Blueprint("sign_in", __name__)

View = Callable[..., str | Response]


@blueprint.get("/sign-in/from-app")
def offer_signed() -> str:
    """As `offer`, for a link that the booking app has signed (docs/sign-in.md)."""
    signed_link.read(request.args)
    return render_template("sign_in.html", told=request.args.to_dict())


@blueprint.post("/sign-in/from-app")
def accept_signed() -> Response:
    link = signed_link.read(request.form)
    let_in(browsers.enter_signed(deps(), link, request.user_agent.string))
    return redirect(url_for("pages.calendars"), 303)


@blueprint.get("/sign-in/<token>")
def offer(token: str) -> str:
    """Opening the link spends nothing: mail scanners open links too. The button does."""
    return render_template("sign_in.html", token=token, to=request.args.get("to", ""))


@blueprint.post("/sign-in/<token>")
def accept(token: str) -> Response:
    let_in(browsers.enter(deps(), token, request.user_agent.string))
    place = "device.choose" if request.form.get("to") == "device" else "pages.calendars"
    return redirect(url_for(place), 303)


@blueprint.post("/sign-out")
def leave() -> Response:
    """Here only. Whoever isn't signed in any more is out already."""
    try:
        member, shown = _known()
        browsers.leave(deps(), member, shown.id)
    except (KeyError, ValueError, NotYours):
        pass
    session.clear()
    return redirect(url_for("pages.welcome"), 303)


def let_in(shown: Pass) -> None:
    """From the next request on, this browser is somebody's; whatever its cookie held before is forgotten."""
    session.clear()
    _remember(shown)
    session.permanent = True


def signed_in(view: View) -> View:
    """Gives the view the staff member who is signed in, as they are now; sends everyone else to the front page."""

    @wraps(view)
    def guarded(**names: object) -> str | Response:
        try:
            g.member, g.browser = _known()
        except (KeyError, ValueError, NotYours):
            session.clear()
            return redirect(url_for("pages.welcome"), 303)
        return view(g.member, **names)

    return guarded


def visitor() -> Member | None:
    """Who looks at a page that is for everyone; None for somebody whom we don't know."""
    try:
        member, _ = _known()
    except (KeyError, ValueError, NotYours):
        return None
    return member


def _known() -> tuple[Member, Pass]:
    """Raises NotYours, or what a cookie of another form raises."""
    shown = Pass(
        int(session["business_id"]), int(session["staff_id"]), int(session["browser"]), str(session["key"])
    )
    member, following = browsers.check(deps(), shown)
    if following != shown:
        _remember(following)
    return member, following


def _remember(shown: Pass) -> None:
    session["business_id"], session["staff_id"] = shown.business_id, shown.staff_id
    session["browser"], session["key"] = shown.id, shown.key
