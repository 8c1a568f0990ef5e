"""An event of a booking was changed or deleted in a connected account: decide by the same table as for CalDAV.

One transaction holds the booking and writes down what is agreed about its event, so that the push which follows from
an accepted edit finds nothing to do. What isn't accepted is put back by the next push.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gateway.core import edit
from gateway.core.booking import Actor, Via
from gateway.core.connected import Mapping
from gateway.core.edit import Edit, Held
from gateway.core.errors import AppUnreachable, NotYours, Refused, Unavailable
from gateway.core.model import BookingStatus, Event
from gateway.core.remote import RemoteEvent, Stamp
from gateway.core.rules import EditRules
from gateway.db import access, desk, mappings, outbox
from gateway.db.engine import Session
from gateway.services import carry, delegate, timeline
from gateway.services.carry import Known, NeedsApp
from gateway.services.project import project_these
from gateway.services.turns import Turn

# The fingerprint of what a connection shall show of an event (`push.fingerprint`).
Mark = Callable[[Event], str]


def edited(turn: Turn, mapping: Mapping, remote: RemoteEvent, mark: Mark) -> None:
    """Somebody changed the event. Raises Unavailable where the booking app has to be asked and doesn't answer."""
    wanted = remote.wanted

    def decide(known: Known, shown: Event) -> Edit:
        if wanted is None:
            return Edit(restored=("description",))  # our own mark was taken out of it
        return edit.decide(known.held, shown, wanted, known.rules, known.act.now)

    _judge(
        turn, mapping, decide, lambda session, same: _agree(turn, session, mapping, remote, mark, same=same)
    )


def vanished(turn: Turn, mapping: Mapping) -> None:
    """Somebody deleted the event, for certain. Raises Unavailable as `edited`."""

    def decide(known: Known, _: Event) -> Edit:
        return edit.decide_deletion(known.held, known.rules, known.act.now)

    def end(session: Session, _: bool) -> None:
        mappings.lost(session, turn.business_id, mapping)

    _judge(turn, mapping, decide, end)


def _judge(
    turn: Turn,
    mapping: Mapping,
    decide: Callable[[Known, Event], Edit],
    end: Callable[[Session, bool], None],
) -> None:
    """`end` writes down what is known of the event now: whether it is as it should be."""

    def note(outcome: Callable[[Session], bool]) -> None:
        with turn.writing() as session:
            end(session, outcome(session))
            mappings.tell_app(session, [mapping.booking_id])

    try:
        note(lambda session: _carry_out(turn, session, mapping, decide) == "done")
    except NeedsApp as need:
        _ask_app(turn, need)
        note(lambda _: False)
    except Refused as error:
        # First of all: who dies in between has it refused once more, and nothing is put back without a word.
        timeline.note_refusal(
            turn.deps,
            _actor(turn),
            "change",
            error,
            booking_id=mapping.booking_id,
            staff_id=turn.connection.staff_id,
        )
        note(lambda _: False)


def _carry_out(
    turn: Turn, session: Session, mapping: Mapping, decide: Callable[[Known, Event], Edit]
) -> Literal["done", "restore"]:
    """Raises Refused, NeedsApp."""
    outbox.claim(session, turn.business_id, wait=True)
    try:
        record = desk.lock(session, turn.business_id, mapping.booking_id)
    except NotYours:
        return "restore"
    team = turn.connection.staff_id is None
    shown = carry.shown(session, turn.business_id, record.id, turn.connection.detail, team=team)
    if shown is None:
        return "restore"
    known = carry.known(turn.deps, session, actor(turn, session), record)
    decision = decide(known, shown)
    asked = carry.carry_out(known, decision) == "asked"
    if decision.restored:
        carry.note_restored(known, decision.restored)
    project_these(session, turn.business_id, [record.id], known.act.now)
    # What was declined there is not what a booking looks like that comes back.
    return "restore" if asked or decision.restored or decision.cancel else "done"


def _agree(
    turn: Turn, session: Session, mapping: Mapping, remote: RemoteEvent, mark: Mark, *, same: bool
) -> None:
    """What is there now is agreed upon, if the booking is by now what it shows; else it is to be written over."""
    team = turn.connection.staff_id is None
    shown = carry.shown(session, turn.business_id, mapping.booking_id, turn.connection.detail, team=team)
    if same and shown is not None:
        stamp = Stamp(remote.id, remote.etag)
        mappings.agreed(session, turn.business_id, mapping, stamp, mark(shown), turn.now())
    else:
        mappings.differs(session, turn.business_id, mapping, remote.etag)


def _ask_app(turn: Turn, need: NeedsApp) -> None:
    try:
        delegate.ask(turn.deps, _actor(turn), need.action, need.booking, need.span)
    except AppUnreachable as error:
        raise Unavailable(
            host="the booking system", reason="it can't be asked", retry_after=error.retry_after
        ) from error


def says(remote: RemoteEvent, shown: Event) -> bool:
    """Whether it says what it is wanted to say, so that nothing is lost with it."""
    if remote.wanted is None:
        return False
    held = Held(BookingStatus.CONFIRMED, shown.starts_at, shown.ends_at)
    return edit.decide(held, shown, remote.wanted, EditRules(), shown.starts_at).nothing


def ourselves(turn: Turn) -> Actor:
    """Whoever writes into an account for its owner."""
    return Actor(turn.business_id, Via.SYSTEM, f"Daybridge to {turn.kind.title}")


def actor(turn: Turn, session: Session) -> Actor:
    """Whose account it is, and where: "Alice Adler in Google"."""
    staff_id = turn.connection.staff_id
    member = access.staff_member(session, turn.business_id, staff_id) if staff_id else None
    name = f"{member.name} in {turn.kind.title}" if member else f"Somebody in {turn.kind.title}"
    return Actor(turn.business_id, Via.PROVIDER, name, staff_id, manager=staff_id is None)


def _actor(turn: Turn) -> Actor:
    with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
        return actor(turn, session)
