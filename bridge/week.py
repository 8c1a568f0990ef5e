"""The week: bookings, blocks and what other calendars hold, of one staff member or of the team."""

from __future__ import annotations

from flask import Blueprint, render_template

from bridge.sign_in import signed_in
from gateway.services.grant import Member

blueprint = Blueprint("week", __name__, url_prefix="/manage/settings/calendars/week")


@blueprint.get("")
@signed_in
def week(member: Member) -> str:
    return render_template("week.html")
