"""Help: a guide for each calendar app and provider, and what each state and refusal means. Anybody may read it."""

from __future__ import annotations

from flask import Blueprint, abort, g, render_template
from werkzeug.wrappers import Response

from bridge.sign_in import visitor
from bridge.tenant import deps
from gateway.core import guide as words
from gateway.core import told_refusals
from gateway.core.errors import DatabaseUnavailable
from gateway.core.language import _
from gateway.services import guide as facts
from gateway.services.grant import Member

blueprint = Blueprint("guide", __name__, url_prefix="/manage/settings/calendars/help")


@blueprint.get("")
@blueprint.get("/<topic>")
def guide(topic: str = "start") -> str:
    if topic not in words.BY_SLUG:
        abort(404)
    g.member = _reader()
    known = facts.known(deps())
    return render_template(
        "guide.html",
        frame="inside.html" if g.member else "guide/outside.html",
        topic=words.said(words.BY_SLUG[topic]),
        groups=_groups(known.offered),
        known=known,
        states=words.states,
        refusals=told_refusals,
    )


def _reader() -> Member | None:
    """Help is there when nothing else is: if the database is away, everybody reads it as anybody."""
    try:
        return visitor()
    except DatabaseUnavailable:
        return None


def _groups(offered: frozenset[str]) -> dict[str, list[words.Topic]]:
    """The list beside each page. What is only played stands there where it can be played."""
    return {
        _(name): [words.said(one) for one in topics if one.kind != "practice" or "practice" in offered]
        for name, topics in words.TOPICS.items()
    }


@blueprint.after_request
def _keep_for_one(response: Response) -> Response:
    """Who is signed in stands above it."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response
