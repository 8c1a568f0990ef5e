"""Connect an account: send its owner to the provider, and take what they come back with.

What begins is bound to the session that began it, can be spent once, and is over after ten minutes. An account that
is connected already is connected again: the same connection, with its settings, its events and what waits for it.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from gateway.core import secrets
from gateway.core.booking import Actor, Outcome
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.errors import Invalid, NeedsReconnect, NotAccepted, NotEditable, NotYours, ProviderError
from gateway.core.remote import Grant, RemoteCalendar
from gateway.db import access, attempts, connections, mappings, readings, synclog
from gateway.db.attempts import Attempt
from gateway.db.engine import Session
from gateway.providers.port import Account, Provider
from gateway.services import seals, turns
from gateway.services.accounts import Owner, require
from gateway.services.deps import Deps

LIFE: Final = timedelta(minutes=10)


class NeedsConsent(NotEditable):
    """{provider} needs to ask you once more."""

    def __init__(self, provider: str, url: str) -> None:
        super().__init__(provider=provider)
        self.url = url


@dataclass(frozen=True, slots=True)
class Return:
    """What a provider sends its user back with: a code, or what it says went wrong."""

    state: str
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """An account that lets us in."""

    grant: Grant
    calendars: list[RemoteCalendar]

    @property
    def main(self) -> RemoteCalendar:
        return next((one for one in self.calendars if one.primary), self.calendars[0])


def begin(
    deps: Deps,
    owner: Owner,
    provider: str,
    session_key: str,
    *,
    staff_id: int | None,
    connection_id: int | None = None,
    consent: bool = False,
) -> str:
    """Where to send somebody who connects an account for a staff member (None: for the business), or who makes a
    connection good again. Raises NotYours, and SetupError where there is no key to keep secrets with."""
    kind = _kind(deps, provider)
    if not owner.manages and staff_id != owner.staff_id:
        raise NotYours(what="you can connect your own calendars")
    state = secrets.make_token(deps.chance(20))
    # 64 letters: RFC 7636 4.1 wants 43 at least, and one token has 32.
    verifier = secrets.make_token(deps.chance(20)) + secrets.make_token(deps.chance(20))
    hint = ""
    with deps.database.tenant(owner.business_id) as session:
        if connection_id is not None:
            known = require(session, owner, connection_id)
            staff_id, hint = known.staff_id, known.account
        elif staff_id is not None and access.staff_member(session, owner.business_id, staff_id) is None:
            raise NotYours(what="no such staff member")
        attempts.forget(session, owner.business_id, deps.now())
        attempt = Attempt(
            secrets.token_hash(session_key),
            provider,
            owner.staff_id,
            staff_id,
            connection_id,
            seals.keys(deps).seal(verifier.encode(), _context(owner.business_id, state)),
            consent,
            deps.now() + LIFE,
        )
        attempts.begin(session, owner.business_id, secrets.token_hash(state), attempt)
    # The first time they are asked in any case; again only where nothing else helps.
    return kind.authority.authorize_url(state, verifier, redirect(deps, provider), consent=consent, hint=hint)


def finish(deps: Deps, owner: Owner, provider: str, session_key: str, returned: Return) -> int:
    """The connection that was made, or made good again.

    Raises NotYours for what this session didn't begin, NotEditable for what its owner didn't agree to, NeedsConsent
    where they have to be asked once more, and what providers raise.
    """
    kind = _kind(deps, provider)
    attempt, verifier = _spend(deps, owner, provider, session_key, returned.state)
    if returned.error or not returned.code:
        why = "you said no there" if returned.error == "access_denied" else "it didn’t let us in"
        raise NotEditable(reason=f"{kind.title} was not connected: {why}. You can try again any time.")
    grant = kind.authority.exchange(returned.code, verifier, redirect(deps, provider))
    lacking = kind.authority.lacking(grant)
    if lacking:
        if attempt.connection_id is None:
            with suppress(ProviderError):  # too little for us, and so for anybody who finds it
                kind.authority.revoke(grant)
        raise NotEditable(
            reason=f"{kind.title} was not connected: Daybridge also needs to {' and to '.join(lacking)}. Leave the"
            " boxes ticked when you try again."
        )
    found = _look(deps, owner, kind, grant)
    return _keep(deps, owner, kind, attempt, session_key, found)


def wishes(deps: Deps, provider: str) -> tuple[str, ...]:
    """What somebody who connects such an account is asked to let us do, in words for them. Raises NotYours."""
    return _kind(deps, provider).authority.lacking(Grant("", "", deps.now()))


def redirect(deps: Deps, provider: str) -> str:
    """Where providers send people back to; from the settings, never from a request."""
    return f"{deps.settings.address}/oauth/calendar/{provider}/callback"


def _kind(deps: Deps, provider: str) -> Provider:
    kind = deps.providers.get(provider)
    if kind is None:
        raise NotYours(what="this installation can't connect such accounts")
    return kind


def _spend(deps: Deps, owner: Owner, provider: str, session_key: str, state: str) -> tuple[Attempt, str]:
    with deps.database.tenant(owner.business_id) as session:
        found = attempts.spend(session, owner.business_id, secrets.token_hash(state))
    shown = secrets.token_hash(session_key)
    if (
        found is None
        or found.provider != provider
        or found.asked_by != owner.staff_id
        or found.expires_at <= deps.now()
        or not hmac.compare_digest(found.session_hash, shown)
    ):
        raise NotYours(
            what="this way of connecting was used or is too old; start again from your calendars page"
        )
    opened = seals.keys(deps).open(found.verifier, _context(owner.business_id, state))
    return found, opened.decode()


def _look(deps: Deps, owner: Owner, kind: Provider, grant: Grant) -> _Found:
    """First of all: which account is it?"""
    calendars = kind.open(Account(owner.business_id, 0, "", grant)).calendars()
    if not calendars:
        raise NotAccepted(host=kind.title, reason="this account has no calendar that can be read")
    return _Found(grant, calendars)


def _keep(deps: Deps, owner: Owner, kind: Provider, attempt: Attempt, session_key: str, found: _Found) -> int:
    business_id, now = owner.business_id, deps.now()
    account = found.main.id
    with deps.database.tenant(business_id) as session:
        staff_id = _whose(session, business_id, attempt, account)
        id_ = connections.make(session, business_id, staff_id, kind.name, account, account)
        if attempt.connection_id not in (None, id_):
            old = connections.get(session, business_id, attempt.connection_id or 0)
            raise Invalid(
                reason=f"You signed in as {account}; this connection is {old.account}. Choose that account at"
                f" {kind.title}, or connect {account} beside it."
            )
        before = connections.get(session, business_id, id_)
        grant = _whole(deps, owner, kind, attempt, session_key, before, found.grant)
        known = readings.calendars(session, business_id, id_)
        connections.let_in(session, business_id, id_, account, turns.seal(deps, business_id, id_, grant), now)
        readings.list_calendars(session, business_id, id_, found.calendars)
        if not known:
            _choose_at_first(session, connections.get(session, business_id, id_))
        mappings.want_all(session, business_id, id_, now)
        if staff_id is not None:
            access.adopt_connection(session, staff_id, id_)
        _note(session, owner.actor, id_, account, "reconnect" if known else "connect")
    return id_


def _whose(session: Session, business_id: int, attempt: Attempt, account: str) -> int | None:
    """Whose connection it is: one that the business makes with a staff member's address serves that staff member."""
    if attempt.staff_id is not None or attempt.connection_id is not None:
        return attempt.staff_id
    found = access.staff_by_email(session, business_id, account)
    return found[0].id if len(found) == 1 else None


def _whole(
    deps: Deps,
    owner: Owner,
    kind: Provider,
    attempt: Attempt,
    session_key: str,
    before: Connection,
    grant: Grant,
) -> Grant:
    """A grant that lasts: providers give what makes it last only once, unless they are made to ask again."""
    if grant.refresh_token:
        return grant
    if before.sealed is not None and before.facts.refused_at is None:
        with suppress(NeedsReconnect):  # keys that seal it no more
            return replace(grant, refresh_token=turns.unseal(deps, before).refresh_token)
    if attempt.consent:
        raise NotEditable(
            reason=f"{kind.title} gave no lasting permission. Remove Daybridge there and try again."
        )
    url = begin(
        deps,
        owner,
        kind.name,
        session_key,
        staff_id=attempt.staff_id,
        connection_id=attempt.connection_id,
        consent=True,
    )
    raise NeedsConsent(kind.title, url)


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


def _context(business_id: int, state: str) -> str:
    return f"attempt {business_id} {secrets.token_hash(state).hex()}"
