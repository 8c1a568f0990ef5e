"""The week: bookings, blocks and what other calendars hold, of one staff member or of the team."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.errors import Invalid, NotYours
from gateway.core.language import N_, _
from gateway.services import week as service
from gateway.services import week_why
from gateway.services.grant import Member
from gateway.services.week import Solo
from gateway.services.week_why import Asked

blueprint = Blueprint("week", __name__, url_prefix="/manage/settings/calendars/week")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# Some browsers send seconds too.
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.ASCII)
_LONGEST_NUMBER = 18
# Where a page opens that was asked for without a day: a phone shows the days one below the other.
_TODAY = "today"


@blueprint.get("")
@signed_in
def week(member: Member) -> str | Response:
    asked, day = "why" in request.args, _day(request.args.get("from", ""))
    if day is None and not asked:
        return redirect(_home(member), 303)
    if request.args.get("team") == "1":
        found = service.team(deps(), member, day, _number("page") or 1)
        return render_template("week_team.html", team=found, scene=found.scene)
    return _solo(member, day, asked)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """What stands here is private, and true only now."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _home(member: Member) -> str:
    """This week, opened at today; whatever else was asked for goes along."""
    asked = {name: request.args[name] for name in ("staff", "team", "page") if name in request.args}
    asked["from"] = service.today(deps(), member).isoformat()
    return f"{url_for('week.week')}?{urlencode(asked)}#{_TODAY}"


def _solo(member: Member, day: date | None, asked: bool) -> Response:
    staff_id = _staff()
    question = _question() if asked else None
    if question and day is None:
        day = question.day
    found = service.solo(deps(), member, day, staff_id)
    if not asked:
        return _page(member, found)
    if question is None:
        return _page(member, found, trouble=_trouble(), status=400)
    try:
        answer = week_why.why(deps(), member, found.lane.person.id, question)
    except Invalid as error:
        return _page(member, found, trouble=error.said(), status=400)
    return _page(member, found, answer=answer, question=question)


def _page(member: Member, found: Solo, *, status: int = 200, **more: object) -> Response:
    offered = week_why.services(deps(), member, found.lane.person.id)
    names = {"answer": None, "question": None, "trouble": ""} | more
    page = render_template("week.html", week=found, scene=found.scene, services=offered, **names)
    return make_response(page, status)


def _staff() -> int | None:
    """Nobody's number is nobody's week."""
    if not request.args.get("staff"):
        return None
    found = _number("staff")
    if found is None:
        raise NotYours(what=N_("that week"))
    return found


def _question() -> Asked | None:
    told = _TIME.fullmatch(request.args.get("why", ""))
    day, service_id = _day(told[1]) if told else None, _number("service")
    if told is None or day is None or service_id is None:
        return None
    return Asked(day, int(told[2]) * 60 + int(told[3]), service_id)


def _trouble() -> str:
    told = _TIME.fullmatch(request.args.get("why", ""))
    if told is None or _day(told[1]) is None:
        return _("Choose a day and a time, such as 2026-11-24T14:00.")
    return _("Choose a service.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
