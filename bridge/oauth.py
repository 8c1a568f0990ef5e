"""Connecting an account: a page that says what its provider will ask, and the way back from there."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core import secrets
from gateway.core.errors import Invalid, ProviderError
from gateway.core.language import N_
from gateway.core.remote import Login
from gateway.services import accounts, connect
from gateway.services.accounts import Owner
from gateway.services.connect import NeedsConsent, Return
from gateway.services.grant import Member

blueprint = Blueprint("oauth", __name__)

_MINUTES: Final = int(connect.LIFE.total_seconds()) // 60
# More digits than these no id has.
_LONGEST_ID: Final = 18


@blueprint.post("/manage/settings/calendars/<provider>")
@signed_in
def start(member: Member, provider: str) -> Response:
    """Whom the account is for stands in `for`: own, business, or a colleague's id; `connection_id` makes that one good
    again. An account with a password is asked for here, and opened when the form comes back."""
    owner = accounts.owner(deps(), member)
    staff_id, connection_id = _whose(owner), _id(request.form.get("connection_id", ""))
    session["connect_back"] = request.form.get("back", "")
    if connect.is_door(deps(), provider):
        return _enter(owner, provider, staff_id, connection_id)
    url = connect.begin(
        deps(), owner, provider, _session_key(), staff_id=staff_id, connection_id=connection_id
    )
    return _way_there(provider, url, others=staff_id != owner.staff_id)


@blueprint.get("/oauth/calendar/<provider>/callback")
def come_back(provider: str) -> str | Response:
    if "staff_id" not in session:
        return make_response(render_template("connect_signed_out.html"), 403)
    return _finish(provider=provider)


@signed_in
def _finish(member: Member, provider: str) -> Response:
    told = request.args
    returned = Return(*(told.get(name, "") for name in ("state", "code", "error", "error_description")))
    owner = accounts.owner(deps(), member)
    try:
        id_ = connect.finish(
            deps(), owner, provider, session.get("connect_key", ""), returned, look_first=True
        )
    except NeedsConsent as again:
        return _way_there(provider, again.url, again=True)
    return _arrived(owner, id_)


def _enter(owner: Owner, provider: str, staff_id: int | None, connection_id: int | None) -> Response:
    form = request.form
    if "address" not in form:
        return _door(provider)
    login = Login(form["address"].strip(), form.get("user", "").strip(), form.get("password", ""))
    try:
        id_ = connect.enter(
            deps(), owner, provider, login, staff_id=staff_id, connection_id=connection_id, look_first=True
        )
    except (ProviderError, Invalid) as error:
        return _door(provider, error.said())
    return _arrived(owner, id_)


def _door(provider: str, problem: str = "") -> Response:
    """The form, with what was typed but for the password."""
    typed = {name: text for name, text in request.form.items() if name != "password"}
    page = render_template("enter.html", kind=deps().providers[provider], form=typed, problem=problem)
    return make_response(page, 422 if problem else 200)


def _arrived(owner: Owner, id_: int) -> Response:
    """A new account is looked at first; one that works is where it was."""
    back = session.pop("connect_back", "")
    if accounts.waits(deps(), owner, id_):
        return redirect(url_for("connections.look", id_=id_, back=back), 303)
    page = "connections.everyone" if back == "everyone" else "pages.calendars"
    return redirect(url_for(page, _anchor=f"c{id_}"), 303)


def _way_there(provider: str, url: str, *, again: bool = False, others: bool = False) -> Response:
    """A page with a link. It can't be a redirect: browsers apply `form-action` to where a form is sent on to."""
    page = render_template(
        "connect.html",
        provider=accounts.title(deps(), provider),
        wishes=connect.wishes(deps(), provider),
        url=url,
        minutes=_MINUTES,
        again=again,
        others=others,
    )
    return make_response(page)


def _session_key() -> str:
    """What only this browser knows; whoever comes back without it hasn't set out from here."""
    if "connect_key" not in session:
        session["connect_key"] = secrets.make_token(deps().chance(20))
    return str(session["connect_key"])


def _whose(owner: Owner) -> int | None:
    whose = request.form.get("for", "own")
    if whose == "own":
        return owner.staff_id
    return None if whose == "business" else _id(whose)


def _id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise Invalid(reason=N_("This form isn’t whole. Go back, reload the page and try again."))
    return int(text)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """The link is good once, and for one person."""
    response.headers["Cache-Control"] = "no-store"
    return response
