"""The pages of the practice calendar: what would be another company's, with its own question and its own calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.errors import Invalid
from gateway.core.language import N_
from gateway.services import practice
from gateway.services.grant import Member
from gateway.services.practice import Asked, New

blueprint = Blueprint("practice", __name__, url_prefix="/practice")


@blueprint.get("/agree")
@signed_in
def question(member: Member) -> str:
    asked = _asked(request.args)
    practice.look(deps(), asked)
    return render_template("practice_agree.html", member=member, asked=asked)


@blueprint.post("/agree")
@signed_in
def answer(member: Member) -> Response:
    """Anything but the one button is a no."""
    asked = _asked(request.form)
    if request.form.get("answer") == "agree":
        return redirect(practice.agree(deps(), member, asked), 303)
    return redirect(practice.refuse(deps(), asked), 303)


@blueprint.get("/<account>")
@signed_in
def calendar(member: Member, account: str) -> str:
    return render_template("practice.html", calendar=practice.calendar(deps(), member, account))


@blueprint.post("/<account>/add")
@signed_in
def add(member: Member, account: str) -> Response:
    form = request.form
    new = New(
        title=form.get("title", ""),
        starts=_moment(form, "starts"),
        ends=_moment(form, "ends"),
        all_day="all_day" in form,
        free="free" in form,
    )
    practice.add(deps(), member, account, new)
    return _back(account)


@blueprint.post("/<account>/event/<id_>/move")
@signed_in
def move(member: Member, account: str, id_: str) -> Response:
    practice.move(deps(), member, account, id_, _minutes(request.form.get("minutes", "")))
    return _back(account)


@blueprint.post("/<account>/event/<id_>/rename")
@signed_in
def rename(member: Member, account: str, id_: str) -> Response:
    practice.rename(deps(), member, account, id_, request.form.get("title", ""))
    return _back(account)


@blueprint.post("/<account>/event/<id_>/delete")
@signed_in
def delete(member: Member, account: str, id_: str) -> Response:
    practice.delete(deps(), member, account, id_)
    return _back(account)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """A code is good once, and a calendar is one person's."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(account: str) -> Response:
    return redirect(url_for("practice.calendar", account=account), 303)


def _asked(told: MultiDict[str, str]) -> Asked:
    """What an address or a form says, under the names of RFC 6749 and RFC 7636."""
    return Asked(told.get("state", ""), told.get("redirect_uri", ""), told.get("code_challenge", ""))


def _moment(form: MultiDict[str, str], name: str) -> datetime:
    """What a field of a day and a time says, on the clock of the business."""
    try:
        return datetime.fromisoformat(form.get(name, "")).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        raise Invalid(reason=N_("Say on which day and at what time it begins and ends.")) from None


def _minutes(text: str) -> timedelta:
    try:
        return timedelta(minutes=int(text))
    except (ValueError, OverflowError):
        raise Invalid(reason=N_("Say by how many minutes.")) from None
