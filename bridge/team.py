"""The business, for its managers: who is connected and how that stands, rules, double bookings, keys."""

from __future__ import annotations

from flask import Blueprint, render_template

from bridge.sign_in import signed_in
from gateway.services.grant import Member

blueprint = Blueprint("team", __name__, url_prefix="/manage/settings/calendars/business")


@blueprint.get("")
@signed_in
def team(member: Member) -> str:
    return render_template("team.html")
