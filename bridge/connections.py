"""Connected accounts on the pages: what each does, what to do when it stops, and how to part with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.sign_in import signed_in
from bridge.tenant import deps
from gateway.core.blocking import BlockRules
from gateway.core.errors import Invalid, NotYours
from gateway.core.language import N_, _
from gateway.core.model import Detail
from gateway.services import accounts, adjust, disconnect, grant, let_in, preview, probe
from gateway.services.accounts import AccountView, Owner
from gateway.services.grant import Member

blueprint = Blueprint("connections", __name__, url_prefix="/manage/settings/calendars")

View = Callable[..., str | Response]
_INCOMPLETE = N_("This form isn’t whole. Go back, reload the page and try again.")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose accounts they are: a staff member's, or with `staff_id` None the business's own. Only for who is `here`
    more can be connected."""

    name: str
    staff_id: int | None
    accounts: list[AccountView]
    here: bool = True


def owning(view: View) -> View:
    """As `signed_in`; gives the view what the staff member may set."""

    @signed_in
    @wraps(view)
    def guarded(member: Member, **names: object) -> str | Response:
        return view(accounts.owner(deps(), member), **names)

    return guarded


@blueprint.get("/everyone")
@owning
def everyone(owner: Owner) -> str:
    if not owner.manages:
        raise NotYours(what=N_("managers see everyone’s accounts"))
    return render_template(
        "everyone.html", owner=owner, providers=deps().providers, holders=list(_holders(owner))
    )


@blueprint.get("/connections/<id:id_>")
@owning
def settings(owner: Owner, id_: int) -> str:
    account = accounts.view(deps(), owner, id_)
    return render_template("connection.html", owner=owner, providers=deps().providers, account=account)


@blueprint.post("/connections/<id:id_>")
@owning
def save(owner: Owner, id_: int) -> Response:
    form = request.form
    detail = form.get("detail", "")
    if detail not in list(Detail):
        raise Invalid(reason=N_("Choose how much your bookings show there: full, service or busy."))
    accounts.choose(
        deps(),
        owner,
        id_,
        receives=_receiving(form.get("receives", "")),
        blocks=[_number(text) for text in form.getlist("blocks")],
        detail=Detail(detail),
        rules=BlockRules(tentative="tentative" in form, all_day="all_day" in form),
        titles="private" not in form,
    )
    return _back(id_)


@blueprint.post("/connections/<id:id_>/calendars/<id:calendar_id>")
@owning
def turn(owner: Owner, id_: int, calendar_id: int) -> Response:
    adjust.calendar(deps(), owner, id_, calendar_id, blocks=_switch())
    return _back(id_)


@blueprint.post("/connections/<id:id_>/rules/<name>")
@owning
def rule(owner: Owner, id_: int, name: str) -> Response:
    adjust.rule(deps(), owner, id_, name, on=_switch())
    return _back(id_)


@blueprint.get("/connections/<id:id_>/look")
@owning
def look(owner: Owner, id_: int) -> str:
    found = preview.preview(deps(), owner, id_)
    writable = [one.calendar for one in found.prospects if one.calendar.writable]
    return render_template(
        "look.html", owner=owner, preview=found, writable=writable, back=request.args.get("back", "")
    )


@blueprint.post("/connections/<id:id_>/look")
@owning
def agree(owner: Owner, id_: int) -> Response:
    form = request.form
    if form.get("answer") == "forget":
        disconnect.forget(deps(), owner, id_)
        return _back(id_)
    if form.get("answer") != "connect":
        raise Invalid(reason=_INCOMPLETE)
    receives = _receiving(form.get("receives", ""))
    let_in.agree(deps(), owner, id_, receives, [_number(text) for text in form.getlist("blocks")])
    return _back(id_)


@blueprint.post("/connections/<id:id_>/test")
@owning
def test(owner: Owner, id_: int) -> str:
    findings = probe.probe(deps(), owner, id_)
    account = accounts.view(deps(), owner, id_)
    return render_template("test.html", owner=owner, account=account, findings=findings)


@blueprint.post("/connections/<id:id_>/check")
@owning
def check(owner: Owner, id_: int) -> Response:
    accounts.check_now(deps(), owner, id_)
    return _back(id_)


@blueprint.get("/connections/<id:id_>/large-change")
@owning
def large_change(owner: Owner, id_: int) -> str:
    account = accounts.view(deps(), owner, id_)
    change = accounts.large_change(deps(), owner, id_)
    return render_template("large_change.html", owner=owner, account=account, change=change)


@blueprint.post("/connections/<id:id_>/large-change")
@owning
def go_on(owner: Owner, id_: int) -> Response:
    answer = request.form.get("answer", "")
    if answer not in ("believe", "again"):
        raise Invalid(reason=_INCOMPLETE)
    accounts.go_on(deps(), owner, id_, believe=answer == "believe")
    return _back(id_)


@blueprint.get("/connections/<id:id_>/disconnect")
@owning
def consequences(owner: Owner, id_: int) -> str:
    return render_template("disconnect.html", owner=owner, account=accounts.view(deps(), owner, id_))


@blueprint.post("/connections/<id:id_>/disconnect")
@owning
def part(owner: Owner, id_: int) -> Response:
    events = request.form.get("events", "")
    if events not in ("remove", "leave"):
        raise Invalid(reason=_INCOMPLETE)
    disconnect.begin(deps(), owner, id_, remove=events == "remove")
    return _back(id_)


@blueprint.after_request
def _keep_nowhere(response: Response) -> Response:
    """What stands here is private, and true only now."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _holders(owner: Owner) -> Iterator[Holder]:
    """The business, then everyone who is there, then whose accounts are still there though they have left."""
    found: dict[int | None, list[AccountView]] = {}
    for one in accounts.listing(deps(), owner, everyone=True):
        found.setdefault(one.connection.staff_id, []).append(one)
    yield Holder(_("The business"), None, found.pop(None, []))
    for person in grant.staff(deps(), owner.business_id):
        yield Holder(person.name, person.id, found.pop(person.id, []))
    for staff_id, left in found.items():
        yield Holder(_("Somebody who has left"), staff_id, left, here=False)


def _switch() -> bool:
    """What the switch is to become."""
    to = request.form.get("to", "")
    if to not in ("on", "off"):
        raise Invalid(reason=_INCOMPLETE)
    return to == "on"


def _receiving(text: str) -> int | None:
    return None if text == "none" else _number(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Invalid(reason=_INCOMPLETE)
    return int(text)


def _back(id_: int) -> Response:
    """To the account, on the page from which somebody came."""
    page = "connections.everyone" if request.form.get("back") == "everyone" else "pages.calendars"
    return redirect(url_for(page, _anchor=f"c{id_}"), 303)
