"""The business, for its managers: who is connected and how that stands, rules, double bookings, keys."""

from __future__ import annotations

from flask import render_template, request

from bridge import team_keys, team_rules
from bridge.team_door import blueprint, managing, page
from bridge.tenant import deps
from gateway.services import grant, team, team_health
from gateway.services.grant import Member

# Whose views stand at addresses of this blueprint too.
ROOMS = (team_keys, team_rules)
_LONGEST_NAME = 100


@blueprint.get("", endpoint="team")
@managing
def staff(member: Member) -> str:
    asked = request.args.get("q", "").strip()[:_LONGEST_NAME]
    troubled = request.args.get("show") == "help"
    found = team.look(deps(), member, asked=asked, troubled=troubled, page=page())
    return render_template(
        "team.html", team=found, asked=asked, troubled=troubled, providers=deps().providers
    )


@blueprint.post("/invite/<id:id_>")
@managing
def invite(member: Member, id_: int) -> str:
    made = grant.sign_in_link(deps(), member.business_id, id_, team.actor(member))
    return render_template("team_invited.html", made=made)


@blueprint.get("/health")
@managing
def health(member: Member) -> str:
    month = request.args.get("over") == "30d"
    return render_template(
        "team_health.html", health=team_health.look(deps(), member, month=month), month=month
    )
