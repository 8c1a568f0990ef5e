"""Who is signed in, with which browsers, and how to sign out: of one, or everywhere."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.services import browsers
from gateway.services.grant import Member

blueprint = Blueprint("account", __name__, url_prefix="/manage/settings/calendars/account")


@blueprint.get("")
@signed_in
def account(member: Member) -> str:
    return render_template("account.html", browsers=browsers.listing(deps(), member))


@blueprint.post("/browsers/<id:id_>/sign-out")
@signed_in
def leave(member: Member, id_: int) -> Response:
    browsers.leave(deps(), member, id_)
    if id_ == g.browser.id:
        session.clear()
        return redirect(url_for("pages.welcome"), 303)
    return redirect(url_for("account.account"), 303)


@blueprint.post("/sign-out-everywhere")
@signed_in
def leave_everywhere(member: Member) -> Response:
    browsers.leave_everywhere(deps(), member)
    session.clear()
    return redirect(url_for("pages.welcome"), 303)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
