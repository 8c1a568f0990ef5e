"""Adding a phone or a computer, and shutting one out: a guide and a password for each."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge import qr
from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.apple_profile import CONTENT_TYPE
from gateway.services import device, grant
from gateway.services.device import Ready
from gateway.services.grant import Member

blueprint = Blueprint("device", __name__, url_prefix="/manage/settings/calendars/device")

_CLIENTS: Final = ("iphone", "mac", "android", "thunderbird", "other")


@blueprint.get("")
@signed_in
def choose(member: Member) -> Response:
    return _page(member)


@blueprint.post("")
@signed_in
def make(member: Member) -> Response:
    """A password, shown beside the guide of the app that it is for."""
    ready = device.by_hand(deps(), member, request.form.get("label", ""))
    return _page(member, ready=ready, client=_client(request.form.get("client", "")))


@blueprint.post("/profile")
@signed_in
def profile(member: Member) -> Response:
    response = make_response(device.by_profile(deps(), member, request.form.get("label", "")))
    response.content_type = CONTENT_TYPE
    response.headers["Content-Disposition"] = 'attachment; filename="Bookings.mobileconfig"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/code")
@signed_in
def code(member: Member) -> Response:
    """A link for the phone that is held before this screen; it works once."""
    link = grant.sign_in_link(deps(), member.business_id, member.id).secret + "?to=device"
    return _page(member, link=link)


@blueprint.post("/<int:id_>/revoke")
@signed_in
def remove(member: Member, id_: int) -> Response:
    grant.revoke_own(deps(), "app_password", member, id_)
    return redirect(url_for("pages.calendars", _anchor="a"), 303)


def _page(member: Member, *, ready: Ready | None = None, client: str = "", link: str = "") -> Response:
    """The guides; a new secret stands there this once, and no cache may keep it."""
    response = make_response(
        render_template(
            "device.html",
            ready=ready,
            client=client or _guess(request.user_agent.string),
            link=link,
            link_code=qr.drawn(link) if link else "",
            davx5_code=qr.drawn(ready.davx5) if ready and ready.davx5 else "",
            server=f"{deps().settings.address}/dav/",
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _client(name: str) -> str:
    return name if name in _CLIENTS else "other"


def _guess(agent: str) -> str:
    """Which guide to open first, by what the browser says it runs on."""
    for word, client in (
        ("iPhone", "iphone"),
        ("iPad", "iphone"),
        ("Android", "android"),
        ("Macintosh", "mac"),
    ):
        if word in agent:
            return client
    return "iphone"
