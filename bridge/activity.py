"""What happened, and why: everyone’s edits, pushes and refusals, newest first; a booking's own timeline; as a table."""

from __future__ import annotations

from datetime import date

from babel.numbers import format_decimal
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from bridge import progress as under_way
from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.booking import Outcome
from gateway.core.errors import Changed, Invalid, NotEditable, Refused, SlotTaken
from gateway.core.language import N_, locale
from gateway.core.moments import YEARS
from gateway.core.unacceptable import Unacceptable
from gateway.services import accounts, activity, again, progress, restore, story
from gateway.services.activity import MOST_EXPORTED, Filters
from gateway.services.grant import Member

blueprint = Blueprint("activity", __name__, url_prefix="/manage/settings/calendars")
blueprint.register_blueprint(under_way.blueprint, url_prefix="/activity")

_LONGEST_NUMBER = 18
_LONGEST_NAME = 100
# What comes with a file that spreadsheets open: without it they guess another alphabet.
_MARK = "\ufeff"


@blueprint.get("/activity", endpoint="activity")
@signed_in
def listing(member: Member) -> str:
    filters = _filters(request.args)
    return render_template(
        "activity.html",
        found=activity.listing(deps(), member, filters),
        progress=progress.look(deps(), accounts.owner(deps(), member)),
        filters=filters,
        asked=_asked(filters),
        most=format_decimal(MOST_EXPORTED, locale=locale()),
    )


@blueprint.get("/activity.csv")
@signed_in
def export(member: Member) -> Response:
    response = make_response(_MARK + activity.export(deps(), member, _filters(request.args)))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="activity.csv"'
    return response


@blueprint.get("/activity/booking/<id:id_>")
@signed_in
def booking(member: Member, id_: int) -> str:
    return _story(member, id_)


@blueprint.post("/activity/booking/<id:id_>/again")
@signed_in
def try_again(member: Member, id_: int) -> Response:
    connection_id = _number(request.form.get("connection_id", ""))
    if connection_id is None:
        raise Invalid(reason=N_("Say in which account to try again."))
    again.try_again(deps(), member, id_, connection_id)
    return redirect(url_for("activity.booking", id_=id_, _anchor="events"), 303)


@blueprint.post("/activity/booking/<id:id_>/restore")
@signed_in
def restore_version(member: Member, id_: int) -> str | Response:
    """What the rules don't allow is said on the page itself, beside what is still so."""
    line, etag = _number(request.form.get("line", "")), request.form.get("etag", "")
    if line is None or not etag:
        raise Invalid(reason=N_("This form isn’t whole. Go back, reload the page and try again."))
    try:
        restore.restore(deps(), member, id_, line, etag)
    except (Changed, NotEditable, SlotTaken, Unacceptable) as error:
        return make_response(_story(member, id_, refused=error), error.status)
    return redirect(url_for("activity.booking", id_=id_), 303)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """What stands here is private, and true only now."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _story(member: Member, id_: int, refused: Refused | None = None) -> str:
    after = _number(request.args.get("after", "")) or 0
    found = story.story(deps(), member, id_, after=after)
    return render_template("activity_booking.html", found=found, refused=refused)


def _filters(told: MultiDict[str, str]) -> Filters:
    """What an address asks for; what makes no sense asks for nothing."""
    outcome, about = told.get("outcome", ""), told.get("booking", "").strip().removeprefix("#")
    number = _number(about)
    return Filters(
        _number(told.get("staff", "")),
        _number(told.get("connection", "")),
        number,
        Outcome(outcome) if outcome in list(Outcome) else None,
        _number(told.get("before", "")),
        _name(about) if number is None else "",
        _day(told.get("day", "")),
    )


def _asked(filters: Filters) -> dict[str, str | int]:
    """The same as an address asks for it, but for the page."""
    names = {
        "staff": filters.staff_id,
        "connection": filters.connection_id,
        "booking": filters.customer or filters.booking_id,
        "day": filters.day.isoformat() if filters.day else None,
        "outcome": filters.outcome and filters.outcome.value,
    }
    return {name: value for name, value in names.items() if value is not None}


def _name(text: str) -> str:
    """A part of a customer's name; nothing else is looked for."""
    return " ".join(text.replace("\0", " ").split())[:_LONGEST_NAME] if any(map(str.isalpha, text)) else ""


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
