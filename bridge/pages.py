"""My calendars: where bookings appear, what blocks time, and what waits for an answer."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bridge import qr
from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.errors import Invalid
from gateway.core.language import N_
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant, questions
from gateway.services import mine as services
from gateway.services.grant import Granted, Member

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def welcome() -> str | Response:
    if "staff_id" in session:
        return redirect(url_for("pages.calendars"), 303)
    return render_template("welcome.html")


@blueprint.get("/manage/settings/calendars")
@signed_in
def calendars(member: Member) -> str | Response:
    return _page(member)


@blueprint.post("/manage/settings/calendars/feed")
@signed_in
def add_feed(member: Member) -> str | Response:
    detail = request.form.get("detail", "")
    if detail not in list(Detail):
        raise Invalid(reason=N_("Choose how much the link shows: full, service or busy."))
    made = grant.feed(
        deps(),
        member.business_id,
        CalendarKind.BOOKINGS,
        member.id,
        Detail(detail),
        request.form.get("label", ""),
    )
    return _page(member, link=made)


@blueprint.post("/manage/settings/calendars/feed/<int:id_>/revoke")
@signed_in
def revoke_feed(member: Member, id_: int) -> Response:
    grant.revoke_own(deps(), "feed", member, id_)
    return redirect(url_for("pages.calendars"), 303)


@blueprint.post("/manage/settings/calendars/question/<int:booking_id>/cancel")
@signed_in
def cancel_booking(member: Member, booking_id: int) -> Response:
    questions.cancel(deps(), member, booking_id)
    return redirect(url_for("pages.calendars"), 303)


@blueprint.post("/manage/settings/calendars/question/<int:booking_id>/keep")
@signed_in
def keep_booking(member: Member, booking_id: int) -> Response:
    questions.keep(deps(), member, booking_id)
    return redirect(url_for("pages.calendars"), 303)


def _page(member: Member, *, link: Granted | None = None) -> Response:
    """The page; a new secret stands on it this once, and no cache may keep it."""
    response = make_response(
        render_template(
            "calendars.html",
            mine=services.mine(deps(), member),
            providers=deps().providers,
            link=link,
            link_code=qr.drawn(link.secret) if link else "",
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response
