"""What happened, and why: everyone’s edits, pushes and refusals, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template

from bridge.sign_in import signed_in
from gateway.services.grant import Member

blueprint = Blueprint("activity", __name__, url_prefix="/manage/settings/calendars/activity")


@blueprint.get("")
@signed_in
def activity(member: Member) -> str:
    return render_template("activity.html")
