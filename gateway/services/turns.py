"""A turn at a connection: whoever holds its lease may talk to its provider, one at a time, and nobody else.

No transaction is open while a provider is asked. What comes of it is written under the lease: if another worker has
taken over meanwhile (we were too slow, or thought dead), nothing is written and theirs counts.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.core.connected import ConnectedCalendar, Connection, LeaseLost
from gateway.core.errors import GatewayError, NeedsReconnect, ProviderError, Unavailable
from gateway.core.health import Tally
from gateway.core.language import N_
from gateway.core.remote import Grant
from gateway.core.retry import Pause, pause
from gateway.db import connections, readings, tallies
from gateway.db.connections import context_of
from gateway.db.engine import Session
from gateway.db.sealed import NotOpened
from gateway.providers.port import Account, CalendarProvider, Provider
from gateway.services import seals
from gateway.services.budget import Budgeted, OverBudget, spender
from gateway.services.deps import Deps

log = logging.getLogger(__name__)

# Longer than the slowest answer that is waited for; each piece of work done renews it.
LEASE: Final = timedelta(seconds=90)
_OUR_OWN: Final = Unavailable(host="Daybridge", reason=N_("something broke on our side"))
# An access token that ends sooner is renewed first.
_SOON: Final = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Turn:
    """A connection that we may serve at present, with its account open; `tally` is what the turn comes to."""

    deps: Deps
    connection: Connection
    lease: int
    provider: CalendarProvider
    kind: Provider
    tally: Tally

    @property
    def business_id(self) -> int:
        return self.connection.business_id

    @property
    def id(self) -> int:
        return self.connection.id

    def now(self) -> datetime:
        return self.deps.now()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction for what was learnt or done; nobody else serves the connection in it. Raises LeaseLost."""
        with self.deps.database.tenant(self.business_id) as session:
            connections.keep_lease(session, self.business_id, self.id, self.lease, self.now() + LEASE)
            yield session

    def calendars(self) -> list[ConnectedCalendar]:
        with self.deps.database.tenant(self.business_id, read_only=True) as session:
            return readings.calendars(session, self.business_id, self.id)


class Ended(StrEnum):
    """How a turn ended: there was none to be had; well; or the provider refused something, which is noted."""

    NO_TURN = "no turn"
    WELL = "well"
    REFUSED = "refused"


def take(deps: Deps, business_id: int, connection_id: int, work: Callable[[Turn], None]) -> Ended:
    """Do some work in a turn. A fault of our own is noted and raised."""
    now = deps.now()
    with deps.database.tenant(business_id) as session:
        lease = connections.take_lease(session, business_id, connection_id, now, now + LEASE)
        connection = connections.get(session, business_id, connection_id)
    if lease is None:
        return Ended.NO_TURN
    tally = Tally()
    try:
        work(_open(deps, connection, lease, tally))
        tally.well += 1
        with _ending(deps, connection, tally) as session:
            connections.release(session, business_id, connection_id, lease)
    except LeaseLost:
        log.info("connection %s of business %s is served by another", connection_id, business_id)
        with _ending(deps, connection, tally):
            pass  # what was done before is counted all the same
    except OverBudget as over:
        _postpone(deps, connection, lease, tally, deps.now() + timedelta(seconds=over.wait))
    except ProviderError as error:
        log.warning("connection %s of business %s: %s", connection_id, business_id, error)
        tally.failed += 1
        _note_failure(deps, connection, lease, tally, error)
        return Ended.REFUSED
    except Exception:
        _note_failure(deps, connection, lease, tally, _OUR_OWN)
        raise
    return Ended.WELL


@contextmanager
def _ending(deps: Deps, connection: Connection, tally: Tally) -> Iterator[Session]:
    """The transaction in which a turn ends, one way or another."""
    with deps.database.tenant(connection.business_id) as session:
        yield session
        tallies.add(session, connection.business_id, connection.provider, deps.now(), tally)


def _note_failure(deps: Deps, connection: Connection, lease: int, tally: Tally, error: ProviderError) -> None:
    """Stay away for a while, longer each time; from who doesn't let us in, until its owner has let us in again."""
    chance = int.from_bytes(deps.chance(4)) / 2**32
    with _ending(deps, connection, tally) as session:
        connections.failed(
            session,
            connection.business_id,
            connection.id,
            lease,
            now=deps.now(),
            words=str(error),
            pause=pause(connection.failures + 1, error, deps.now(), chance),
            refused=isinstance(error, NeedsReconnect),
        )


def _postpone(deps: Deps, connection: Connection, lease: int, tally: Tally, until: datetime) -> None:
    with _ending(deps, connection, tally) as session:
        connections.postpone(
            session, connection.business_id, connection.id, lease, Pause(until, theirs=False)
        )


def _open(deps: Deps, connection: Connection, lease: int, tally: Tally) -> Turn:
    """Raises NeedsReconnect, Unavailable."""
    kind = deps.providers.get(connection.provider)
    if kind is None:
        raise Unavailable(host=connection.provider, reason=N_("this installation isn't set up for it"))
    grant = unseal(deps, connection)
    if grant.expires_at - deps.now() < _SOON:
        grant = _renewed(deps, connection, lease, kind, grant)
    spend = spender(deps, kind, connection)
    account = Account(connection.business_id, connection.id, connection.account, grant, connection.titles)
    return Turn(deps, connection, lease, Budgeted(kind.open(account), spend), kind, tally)


def _renewed(deps: Deps, connection: Connection, lease: int, kind: Provider, grant: Grant) -> Grant:
    fresh = kind.authority.refresh(grant)
    sealed = seal(deps, connection.business_id, connection.id, fresh)
    with deps.database.tenant(connection.business_id) as session:
        connections.seal(session, connection.business_id, connection.id, lease, sealed)
    return fresh


def seal(deps: Deps, business_id: int, connection_id: int, grant: Grant) -> bytes:
    """Raises SetupError where there is no key to encrypt with."""
    told = {
        "access": grant.access_token,
        "refresh": grant.refresh_token,
        "until": grant.expires_at.isoformat(),
        "scopes": sorted(grant.scopes),
        "account": grant.account,
        "kept": grant.kept,
    }
    return seals.keys(deps).seal(json.dumps(told).encode(), context_of(business_id, connection_id))


def unseal(deps: Deps, connection: Connection) -> Grant:
    """Raises NeedsReconnect where the keys that we have don't open it; its owner can mend that too."""
    try:
        sealed = connection.sealed or b""
        opened = seals.keys(deps).open(sealed, context_of(connection.business_id, connection.id))
    except NotOpened:
        raise NeedsReconnect(
            host=connection.provider, reason=N_("what let us in can't be decrypted")
        ) from None
    except GatewayError as error:
        raise Unavailable(host="Daybridge", reason=N_("its encryption keys can't be read")) from error
    told = json.loads(opened)
    until = datetime.fromisoformat(told["until"])
    scopes = frozenset(told["scopes"])
    # What was sealed by an older version has no more than these.
    return Grant(
        told["access"], told["refresh"], until, scopes, told.get("account", ""), told.get("kept", "")
    )
