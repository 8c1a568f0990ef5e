"""Part with an account: leave our events there or take them away, then give back what let us in and forget the rest."""

from __future__ import annotations

from gateway.core.booking import Actor, Outcome, Via
from gateway.core.connected import Connection
from gateway.core.errors import NotYours, ProviderError
from gateway.core.language import N_
from gateway.db import busy, connections, external, mappings, readings, synclog, watches
from gateway.db.engine import Session
from gateway.services import turns
from gateway.services.accounts import Owner, require
from gateway.services.deps import Deps
from gateway.services.show import show
from gateway.services.turns import Turn
from gateway.services.watch import end


def begin(deps: Deps, owner: Owner, connection_id: int, *, remove: bool) -> None:
    """Part with an account. `remove`: our events there are taken away first, which takes a while; where the account
    doesn't let us in any more, they can't be. Raises NotYours."""
    with deps.database.tenant(owner.business_id) as session:
        connection = require(session, owner, connection_id)
        if connection.facts.closed_at:
            return
        connections.leave(session, owner.business_id, connection_id)
        mappings.want_again(session, owner.business_id, connection_id)
        dead = _is_dead(deps, connection)
        if remove and not dead:
            mappings.want_all(session, owner.business_id, connection_id, deps.now())
        else:
            mappings.tell_app(session, mappings.drop(session, owner.business_id, connection_id))
        _note(session, owner.actor, connection_id, connection.account, "disconnect", remove=remove)
        if dead:
            _close(deps, session, owner.business_id, connection_id)


def forget(deps: Deps, owner: Owner, connection_id: int) -> None:
    """Its owner has looked and doesn't want it: nothing has begun, so nothing is left. Raises NotYours."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        connection = require(session, owner, connection_id)
    if connection.facts.granted or connection.facts.closed_at:
        raise NotYours(what=N_("this account doesn’t wait for your word any more"))
    kind = deps.providers.get(connection.provider)
    try:
        if kind is not None and not connections.is_shared(deps.database, connection):
            kind.authority.revoke(turns.unseal(deps, connection))
    except ProviderError as error:
        turns.log.warning("connection %s could not be given back: %s", connection_id, error)
    with deps.database.tenant(owner.business_id) as session:
        _close(deps, session, owner.business_id, connection_id)


def finish(turn: Turn) -> None:
    """When nothing of ours is left there: end the watches, give the grant back, forget it."""
    with turn.deps.database.tenant(turn.business_id, read_only=True) as session:
        if mappings.left_there(session, turn.business_id, turn.id):
            return
        known = watches.of_connection(session, turn.business_id, turn.id)
    try:
        end(turn, known)
        # Providers take back all that an account's owner has ever agreed to, another connection's part of it too.
        if not connections.is_shared(turn.deps.database, turn.connection):
            turn.kind.authority.revoke(turns.unseal(turn.deps, turn.connection))
    except ProviderError as error:
        # It is worth nothing to anybody but us, and we forget it.
        turns.log.warning("connection %s could not be given back: %s", turn.id, error)
    with turn.writing() as session:
        _close(turn.deps, session, turn.business_id, turn.id)


def give_up(deps: Deps, business_id: int, connection_id: int) -> None:
    """Part with an account that no longer lets us in while we are parting with it: our events there have to stay."""
    with deps.database.tenant(business_id) as session:
        connection = connections.get(session, business_id, connection_id)
        if connection.leaving and _is_dead(deps, connection):
            mappings.tell_app(session, mappings.drop(session, business_id, connection_id))
            _close(deps, session, business_id, connection_id)


def _is_dead(deps: Deps, connection: Connection) -> bool:
    """Whether there is no way in: it was taken back, or this installation isn't set up for it any more."""
    gone = connection.provider not in deps.providers
    return gone or connection.facts.refused_at is not None or connection.sealed is None


def _close(deps: Deps, session: Session, business_id: int, connection_id: int) -> None:
    connection = connections.get(session, business_id, connection_id)
    if connection.staff_id is not None:
        busy.lock_staff(session, business_id, [connection.staff_id])
    for calendar in readings.calendars(session, business_id, connection_id):
        external.clear(session, business_id, calendar.id)
    if connection.staff_id is not None:
        show(session, business_id, connection.staff_id, deps.now())
    for promise in watches.of_connection(session, business_id, connection_id):
        watches.remove(session, business_id, promise.watch.id)
    connections.close(session, business_id, connection_id, deps.now())
    system = Actor(business_id, Via.SYSTEM, "Daybridge")
    _note(session, system, connection_id, connection.account, "disconnected", remove=False)


def _note(
    session: Session, actor: Actor, connection_id: int, account: str, action: str, *, remove: bool
) -> None:
    after: dict[str, object] = {"connection_id": connection_id, "account": account}
    if action == "disconnect":
        after["our_events"] = "removed" if remove else "left"
    synclog.note(session, actor, action, Outcome.ACCEPTED, staff_id=actor.staff_id, after=after)
