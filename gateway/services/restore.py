"""Take the other version of a booking, where two sides had changed it: by the same rules and the same desk as an edit
that comes from a calendar, so whatever an edit is refused for, this is refused for too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC

from gateway.core import edit, versions
from gateway.core.booking import Actor, Via
from gateway.core.conditions import Conditions
from gateway.core.edit import Edit
from gateway.core.errors import NotEditable, NotYours, SlotTaken
from gateway.core.language import N_
from gateway.core.model import Detail, Event
from gateway.core.rules import OnDelete, Why, refusal
from gateway.core.unacceptable import Unacceptable
from gateway.core.versions import Version
from gateway.core.wanted import Wanted
from gateway.db import activity as stored
from gateway.db import desk
from gateway.db.engine import Session
from gateway.services import carry, delegate, story, timeline
from gateway.services.carry import Known, NeedsApp
from gateway.services.deps import Deps
from gateway.services.grant import Member


def restore(deps: Deps, member: Member, booking_id: int, line_id: int, etag: str) -> None:
    """Have the version count that this line of the timeline keeps. `etag` is of the booking that the member saw.

    Raises NotYours, also for a line that keeps no other version; Changed where the booking is another one by now;
    NotEditable, SlotTaken and Unacceptable for what the rules don't allow; AppUnreachable where the booking app has
    to be asked and gives no answer. Whatever is raised, nothing has changed.
    """
    with deps.database.tenant(member.business_id, read_only=True) as session:
        version = _version(session, member, booking_id, line_id)
    actor = Actor(member.business_id, Via.PAGE, member.name, member.id, member.manages)
    with _refusals(deps, actor, booking_id, version):
        try:
            with deps.database.tenant(member.business_id) as session:
                _carry_out(deps, session, actor, booking_id, version, etag, member)
        except NeedsApp as need:
            delegate.ask(deps, actor, need.action, need.booking, need.span)


def _version(session: Session, member: Member, booking_id: int, line_id: int) -> Version:
    story.require(session, member, booking_id)
    entry = stored.line(session, member.business_id, booking_id, line_id)
    version = versions.other(entry) if entry else None
    if version is None:
        raise NotYours(what=N_("no other version is kept"))
    return version


def _carry_out(
    deps: Deps,
    session: Session,
    actor: Actor,
    booking_id: int,
    version: Version,
    etag: str,
    member: Member,
) -> None:
    desk.lock(session, actor.business_id, booking_id)
    record = story.require(session, member, booking_id)
    Conditions(etag).require(record.etag)
    known = carry.known(deps, session, actor, record)
    shown = carry.shown(session, actor.business_id, booking_id, Detail.FULL, team=False)
    carry.carry_out(known, _decide(known, shown, version))


def _decide(known: Known, shown: Event | None, version: Version) -> Edit:
    if shown is None:
        return Edit(refusal=refusal(Why.CANCELLED))
    if version.span is None:
        # The person has been asked by the button itself; a business that refuses deletions refuses this one too.
        asks = known.rules.on_delete is OnDelete.ASK
        chosen = replace(known.rules, on_delete=OnDelete.CANCEL) if asks else known.rules
        return edit.decide_deletion(known.held, chosen, known.act.now)
    starts_at, ends_at = version.span
    wanted = Wanted(starts_at, ends_at, shown.summary, shown.description, shown.location)
    return edit.decide(known.held, shown, wanted, known.rules, known.act.now)


@contextmanager
def _refusals(deps: Deps, actor: Actor, booking_id: int, version: Version) -> Iterator[None]:
    """What is refused stands in the timeline as well."""
    try:
        yield
    except (NotEditable, SlotTaken, Unacceptable) as error:
        action = "move" if version.span else "cancel"
        timeline.note_refusal(
            deps, actor, action, error, booking_id=booking_id, staff_id=actor.staff_id, wanted=_told(version)
        )
        raise


def _told(version: Version) -> dict[str, object]:
    """What was wanted, as the timeline keeps it."""
    ends = [one.astimezone(UTC).isoformat() for one in version.span or ()]
    return dict(zip(("start", "end"), ends, strict=False))
