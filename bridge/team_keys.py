"""What opens a door to the whole business: API keys, and links to calendars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.team_door import blueprint, managing, page
from bridge.tenant import deps
from gateway.core import clock
from gateway.core.errors import Invalid
from gateway.core.language import N_, _
from gateway.core.model import CalendarKind, Detail
from gateway.core.team import cut
from gateway.services import grant, team
from gateway.services.grant import Granted, Member


@dataclass(frozen=True, slots=True)
class Opener:
    """A key or a link as a page shows it: never what is secret about it. Without `whose` it is the business's."""

    id: int
    label: str
    told: str
    used: str
    made: str
    whose: str = ""


@blueprint.get("/keys")
@managing
def keys(member: Member) -> str:
    return _keys(member)


@blueprint.post("/keys")
@managing
def make_key(member: Member) -> str:
    label, scope = request.form.get("label", ""), request.form.get("scope", "")
    if scope not in ("read", "write"):
        raise Invalid(reason=N_("Choose what the key may do: only read, or read and change."))
    made = grant.api_key(deps(), member.business_id, scope, _name(label), team.actor(member))
    return _keys(member, made)


@blueprint.post("/keys/<id:id_>/revoke")
@managing
def revoke_key(member: Member, id_: int) -> Response:
    grant.revoke(deps(), "api_key", member.business_id, id_, team.actor(member))
    return redirect(url_for("team.keys"), 303)


@blueprint.get("/feeds")
@managing
def feeds(member: Member) -> str:
    return _feeds(member)


@blueprint.post("/feeds")
@managing
def make_feed(member: Member) -> str:
    label, detail = request.form.get("label", ""), request.form.get("detail", "")
    if detail not in list(Detail):
        raise Invalid(reason=N_("Choose how much the link shows: everything, the service or only busy."))
    by = team.actor(member)
    made = grant.feed(deps(), member.business_id, CalendarKind.TEAM, None, Detail(detail), _name(label), by)
    return _feeds(member, made)


@blueprint.post("/feeds/<id:id_>/remove")
@managing
def remove_feed(member: Member, id_: int) -> Response:
    grant.revoke(deps(), "feed", member.business_id, id_, team.actor(member))
    return redirect(url_for("team.feeds"), 303)


def _keys(member: Member, made: Granted | None = None) -> str:
    found = grant.api_keys(deps(), member.business_id)
    may = {"write": _("reads and changes"), "read": _("only reads")}
    shown = [
        Opener(
            one.id,
            one.label,
            f"{one.prefix}… · {may[one.scope]}",
            _said(_USED, member, one.last_used_at),
            _when(member, one.created_at),
        )
        for one in reversed(found)
    ]
    return render_template("team_keys.html", keys=cut(shown, page()), made=made)


def _feeds(member: Member, made: Granted | None = None) -> str:
    names = {one.id: one.name for one in grant.staff(deps(), member.business_id)}
    found = grant.feeds(deps(), member.business_id)
    # The business's own first, then each person's.
    found.sort(key=lambda one: (one.staff_id is not None, names.get(one.staff_id or 0, ""), -one.id))
    shown = [
        Opener(
            one.id,
            one.label,
            _(_SHOWS[one.detail]),
            _said(_READ, member, one.last_used_at),
            _when(member, one.created_at),
            _whose(names, one.staff_id),
        )
        for one in found
    ]
    return render_template("team_feeds.html", feeds=cut(shown, page()), made=made)


_SHOWS = {
    Detail.FULL: N_("shows everything"),
    Detail.SERVICE: N_("shows the service, not the customer"),
    Detail.BUSY: N_("shows only busy times"),
}
# What was done with it a while ago, or never.
_USED = N_("used {ago}"), N_("not used yet")
_READ = N_("read {ago}"), N_("not read yet")


def _whose(names: Mapping[int, str], staff_id: int | None) -> str:
    return "" if staff_id is None else names.get(staff_id, _("Somebody who has left"))


def _name(label: str) -> str:
    if not label.split():
        raise Invalid(reason=N_("Give it a name, so that you know later who uses it."))
    return label


def _said(done: tuple[str, str], member: Member, moment: datetime | None) -> str:
    return _(done[0]).format(ago=_ago(member, moment)) if moment else _(done[1])


def _ago(member: Member, moment: datetime) -> str:
    zone = clock.zone_of(member.zone)
    return clock.ago(moment.astimezone(zone), deps().now().astimezone(zone))


def _when(member: Member, moment: datetime) -> str:
    zone = clock.zone_of(member.zone)
    when = clock.lately(moment.astimezone(zone), deps().now().astimezone(zone))
    return _("made {when}").format(when=when)
