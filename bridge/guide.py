"""Help: a guide for each calendar app and provider, and what each state and error means."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("guide", __name__, url_prefix="/manage/settings/calendars/help")


@blueprint.get("")
@blueprint.get("/<topic>")
def guide(topic: str = "start") -> str:
    return render_template("guide.html", topic=topic)
