"""Keep an account that lets us in: as the connection that it is already, or as a new one, with its calendars.

An account that is connected already is connected again: the same connection, with its settings, its events and what
waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from gateway.core.booking import Outcome
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.errors import Invalid, NotAccepted, NotYours
from gateway.core.language import N_, _
from gateway.core.remote import Grant, RemoteCalendar
from gateway.db import access, connections, mappings, readings, synclog
from gateway.db.engine import Session
from gateway.providers.port import Account, Provider
from gateway.services import turns
from gateway.services.accounts import Owner, require, require_choice
from gateway.services.deps import Deps


@dataclass(frozen=True, slots=True)
class Place:
    """Whom an account is connected for: a staff member (None: the business), or a connection that is made good."""

    staff_id: int | None
    connection_id: int | None = None


def let_in(
    deps: Deps,
    owner: Owner,
    kind: Provider,
    place: Place,
    grant: Grant,
    whole: Callable[[Connection, Grant], Grant] = lambda __, grant: grant,
    *,
    look_first: bool = False,
) -> int:
    """The connection of the account that this grant opens. `whole` completes the grant by what is known of the
    connection. With `look_first`, a new one does nothing until its owner agrees. Raises Invalid for another account
    than the one to be made good, and what providers raise."""
    business_id = owner.business_id
    calendars = _calendars(owner, kind, grant)
    account = grant.account or _main(calendars).id
    with deps.database.tenant(business_id) as session:
        staff_id = _whose(session, business_id, place, account)
        id_ = connections.make(session, business_id, staff_id, kind.name, account, account)
        before = connections.get(session, business_id, id_)
        if place.connection_id not in (None, id_):
            raise _another(connections.get(session, business_id, place.connection_id or 0), account, kind)
        known = readings.calendars(session, business_id, id_)
        sealed = turns.seal(deps, business_id, id_, whole(before, grant))
        agreed = before.facts.granted or not look_first
        connections.let_in(session, business_id, id_, account, sealed, deps.now(), agreed=agreed)
        readings.list_calendars(session, business_id, id_, calendars)
        if not known:
            _choose_at_first(session, before)
        if agreed:
            _begin(deps, session, owner, before, account)
    return id_


def agree(
    deps: Deps, owner: Owner, connection_id: int, receives: int | None, blocks: Collection[int]
) -> None:
    """Its owner has looked: let it work, with these calendars. Raises NotYours, Invalid."""
    business_id = owner.business_id
    with deps.database.tenant(business_id) as session:
        before = require(session, owner, connection_id)
        if before.facts.granted or before.facts.closed_at or before.sealed is None:
            raise NotYours(what=N_("this account doesn’t wait for your word any more"))
        require_choice(readings.calendars(session, business_id, connection_id), receives, blocks)
        readings.choose(session, business_id, connection_id, receives, blocks)
        connections.agree(session, business_id, connection_id, deps.now())
        _begin(deps, session, owner, before, before.account)


def _begin(deps: Deps, session: Session, owner: Owner, before: Connection, account: str) -> None:
    mappings.want_all(session, before.business_id, before.id, deps.now())
    if before.staff_id is not None:
        access.adopt_connection(session, before.staff_id, before.id)
    action = "reconnect" if before.facts.granted else "connect"
    told: dict[str, object] = {"connection_id": before.id, "account": account}
    synclog.note(session, owner.actor, action, Outcome.ACCEPTED, staff_id=owner.staff_id, after=told)


def _calendars(owner: Owner, kind: Provider, grant: Grant) -> list[RemoteCalendar]:
    found = kind.open(Account(owner.business_id, 0, "", grant)).calendars()
    if not found:
        raise NotAccepted(host=_(kind.title), reason=N_("this account has no calendar that can be read"))
    return found


def _main(calendars: list[RemoteCalendar]) -> RemoteCalendar:
    return next((one for one in calendars if one.primary), calendars[0])


def _another(old: Connection, account: str, kind: Provider) -> Invalid:
    words = _(
        "You signed in as {account}; this connection is {old}. Choose that account at {provider}, or connect"
        " {account} beside it."
    )
    return Invalid(reason=words.format(account=account, old=old.account, provider=_(kind.title)))


def _whose(session: Session, business_id: int, place: Place, account: str) -> int | None:
    """Whose connection it is: one that the business makes with a staff member's address serves that staff member."""
    if place.staff_id is not None or place.connection_id is not None:
        return place.staff_id
    found = access.staff_by_email(session, business_id, account)
    return found[0].id if len(found) == 1 else None


def _choose_at_first(session: Session, connection: Connection) -> None:
    """The account's main calendar receives bookings and blocks time, until its owner chooses otherwise."""
    known = readings.calendars(session, connection.business_id, connection.id)
    main = next((one for one in known if one.main), known[0])
    receives = main if main.writable else next((one for one in known if one.writable), None)
    blocks: list[ConnectedCalendar] = [main] if connection.staff_id is not None else []
    readings.choose(
        session,
        connection.business_id,
        connection.id,
        receives.id if receives else None,
        [one.id for one in blocks],
    )
