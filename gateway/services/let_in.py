"""Keep an account that lets us in: as the connection that it is already, or as a new one, with its calendars.

An account that is connected already is connected again: the same connection, with its settings, its events and what
waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.booking import Actor, Outcome
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.errors import Invalid, NotAccepted
from gateway.core.remote import Grant, RemoteCalendar
from gateway.db import access, connections, mappings, readings, synclog
from gateway.db.engine import Session
from gateway.providers.port import Account, Provider
from gateway.services import turns
from gateway.services.accounts import Owner
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
    whole: Callable[[Connection, Grant], Grant] = lambda _, grant: grant,
) -> int:
    """The connection of the account that this grant opens. `whole` completes the grant by what is known of the
    connection. Raises Invalid for another account than the one to be made good, and what providers raise."""
    business_id, now = owner.business_id, deps.now()
    calendars = _calendars(owner, kind, grant)
    account = grant.account or _main(calendars).id
    with deps.database.tenant(business_id) as session:
        staff_id = _whose(session, business_id, place, account)
        id_ = connections.make(session, business_id, staff_id, kind.name, account, account)
        if place.connection_id not in (None, id_):
            raise _another(connections.get(session, business_id, place.connection_id or 0), account, kind)
        complete = whole(connections.get(session, business_id, id_), grant)
        known = readings.calendars(session, business_id, id_)
        sealed = turns.seal(deps, business_id, id_, complete)
        connections.let_in(session, business_id, id_, account, sealed, now)
        readings.list_calendars(session, business_id, id_, calendars)
        if not known:
            _choose_at_first(session, connections.get(session, business_id, id_))
        mappings.want_all(session, business_id, id_, now)
        if staff_id is not None:
            access.adopt_connection(session, staff_id, id_)
        _note(session, owner.actor, id_, account, "reconnect" if known else "connect")
    return id_


def _calendars(owner: Owner, kind: Provider, grant: Grant) -> list[RemoteCalendar]:
    found = kind.open(Account(owner.business_id, 0, "", grant)).calendars()
    if not found:
        raise NotAccepted(host=kind.title, reason="this account has no calendar that can be read")
    return found


def _main(calendars: list[RemoteCalendar]) -> RemoteCalendar:
    return next((one for one in calendars if one.primary), calendars[0])


def _another(old: Connection, account: str, kind: Provider) -> Invalid:
    return Invalid(
        reason=f"You signed in as {account}; this connection is {old.account}. Choose that account at"
        f" {kind.title}, or connect {account} beside it."
    )


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


def _note(session: Session, actor: Actor, connection_id: int, account: str, action: str) -> None:
    told: dict[str, object] = {"connection_id": connection_id, "account": account}
    synclog.note(session, actor, action, Outcome.ACCEPTED, staff_id=actor.staff_id, after=told)
