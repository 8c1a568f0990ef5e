"""What a business chooses: what calendars may do with its bookings, and whether double bookings are refused."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.team_door import blueprint, managing, page
from bridge.tenant import deps
from gateway.core.errors import Invalid
from gateway.core.language import N_, _
from gateway.core.rule_choices import CHOICES, WAIVERS
from gateway.core.team import A_PAGE
from gateway.services import findings, rules, team
from gateway.services.grant import Member
from gateway.services.rules import Enforcement


@blueprint.get("/rules", endpoint="rules")
@managing
def show_rules(member: Member) -> str:
    held, _enforcement = rules.look(deps(), member.business_id)
    return render_template(
        "team_rules.html", held=held, choices=CHOICES, waivers=WAIVERS, saved="saved" in request.args
    )


@blueprint.post("/rules")
@managing
def save_rules(member: Member) -> Response:
    form = request.form
    rules.choose(
        deps(),
        member.business_id,
        moves=_answer("moves"),
        on_delete=_answer("on_delete"),
        notes=_answer("notes"),
        waive_hours="waive_hours" in form,
        waive_notice="waive_notice" in form,
        by=team.actor(member),
    )
    return redirect(url_for("team.rules", saved="yes"), 303)


@blueprint.get("/double")
@managing
def double(member: Member) -> str:
    found = findings.doubles(deps(), member.business_id, page=page(), size=A_PAGE)
    return render_template(
        "team_double.html", found=found, most=findings.MOST_TOLD, most_overlaps=findings.MOST_OVERLAPS
    )


@blueprint.post("/double")
@managing
def switch(member: Member) -> Response:
    wanted = request.form.get("enforcement", "")
    if wanted not in list(Enforcement):
        raise Invalid(reason=N_("Choose whether double bookings are refused or only watched."))
    rules.choose(deps(), member.business_id, enforcement=wanted, by=team.actor(member))
    return redirect(url_for("team.double"), 303)


def _answer(name: str) -> str:
    """Raises Invalid where a question was left open."""
    [choice] = [one for one in CHOICES if one.field == name]
    value = request.form.get(name, "")
    if value not in {option.value for option in choice.options}:
        words = _("Choose one answer to “{question}”; nothing has changed.")
        raise Invalid(reason=words.format(question=_(choice.question)))
    return value
