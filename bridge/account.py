"""Who is signed in, where, and how to sign out: here, or everywhere."""

from __future__ import annotations

from flask import Blueprint, render_template

from bridge.sign_in import signed_in
from gateway.services.grant import Member

blueprint = Blueprint("account", __name__, url_prefix="/manage/settings/calendars/account")


@blueprint.get("")
@signed_in
def account(member: Member) -> str:
    return render_template("account.html")
