"""Connect an account: send its owner to the provider, and take what they come back with.

What begins is bound to the session that began it, can be spent once, and is over after ten minutes. An account that
is connected already is connected again: the same connection, with its settings, its events and what waits for it.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from gateway.core import secrets
from gateway.core.connected import Connection
from gateway.core.errors import NeedsReconnect, NotEditable, NotYours, ProviderError
from gateway.core.language import N_, _
from gateway.core.remote import Grant, Login
from gateway.db import access, attempts
from gateway.db.attempts import Attempt
from gateway.db.engine import Session
from gateway.providers.port import Authority, Door, Provider
from gateway.services import seals, turns
from gateway.services.accounts import Owner, require
from gateway.services.deps import Deps
from gateway.services.let_in import Place, let_in

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
    detail: str = ""


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
    authority = _kind(deps, provider)[1]
    state = secrets.make_token(deps.chance(20))
    # 64 letters: RFC 7636 4.1 wants 43 at least, and one token has 32.
    verifier = secrets.make_token(deps.chance(20)) + secrets.make_token(deps.chance(20))
    with deps.database.tenant(owner.business_id) as session:
        staff_id, hint = _for_whom(session, owner, staff_id, connection_id)
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
    return authority.authorize_url(state, verifier, redirect(deps, provider), consent=consent, hint=hint)


def finish(
    deps: Deps,
    owner: Owner,
    provider: str,
    session_key: str,
    returned: Return,
    *,
    look_first: bool = False,
) -> int:
    """The connection that was made, or made good again; `look_first` as for `let_in`.

    Raises NotYours for what this session didn't begin, NotEditable for what its owner didn't agree to, NeedsConsent
    where they have to be asked once more, and what providers raise.
    """
    kind, authority = _kind(deps, provider)
    attempt, verifier = _spend(deps, owner, provider, session_key, returned.state)
    if returned.error or not returned.code:
        why = _(authority.declined(returned.error, returned.detail))
        words = _("{provider} was not connected: {why}. You can try again any time.")
        raise NotEditable(reason=words.format(provider=_(kind.title), why=why))
    grant = authority.exchange(returned.code, verifier, redirect(deps, provider))
    lacking = authority.lacking(grant)
    if lacking:
        if attempt.connection_id is None:
            with suppress(ProviderError):  # too little for us, and so for anybody who finds it
                authority.revoke(grant)
        words = _(
            "{provider} was not connected: Daybridge also needs to {wishes}. Leave the boxes ticked when you try"
            " again."
        )
        wishes = _(" and to ").join(_(one) for one in lacking)
        raise NotEditable(reason=words.format(provider=_(kind.title), wishes=wishes))
    whole = partial(_whole, deps, owner, kind, attempt, session_key)
    place = Place(attempt.staff_id, attempt.connection_id)
    return let_in(deps, owner, kind, place, grant, whole, look_first=look_first)


def enter(
    deps: Deps,
    owner: Owner,
    provider: str,
    login: Login,
    *,
    staff_id: int | None,
    connection_id: int | None = None,
    look_first: bool = False,
) -> int:
    """As `finish`, for an account that is opened with a password or an address. Raises NotYours, and what `Door.enter`
    raises."""
    kind = deps.providers.get(provider)
    if kind is None or not isinstance(kind.authority, Door):
        raise NotYours(what=N_("this installation can't connect such accounts"))
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        staff_id = _for_whom(session, owner, staff_id, connection_id)[0]
    seals.keys(deps)  # without a key there is no need to ask
    grant = kind.authority.enter(login)
    return let_in(deps, owner, kind, Place(staff_id, connection_id), grant, look_first=look_first)


def wishes(deps: Deps, provider: str) -> tuple[str, ...]:
    """What somebody who connects such an account is asked to let us do, in words for them. Raises NotYours."""
    authority = _kind(deps, provider)[1]
    return tuple(_(one) for one in authority.lacking(Grant("", "", deps.now())))


def is_door(deps: Deps, provider: str) -> bool:
    """Whether such accounts are opened here, with a password or an address."""
    kind = deps.providers.get(provider)
    return kind is not None and isinstance(kind.authority, Door)


def redirect(deps: Deps, provider: str) -> str:
    """Where providers send people back to; from the settings, never from a request."""
    return f"{deps.settings.address}/oauth/calendar/{provider}/callback"


def _for_whom(
    session: Session, owner: Owner, staff_id: int | None, connection_id: int | None
) -> tuple[int | None, str]:
    """The staff member (None: the business), and the account where there is one already. Raises NotYours."""
    if connection_id is not None:
        known = require(session, owner, connection_id)
        return known.staff_id, known.account
    if not owner.manages and staff_id != owner.staff_id:
        raise NotYours(what=N_("you can connect your own calendars"))
    if staff_id is not None and access.staff_member(session, owner.business_id, staff_id) is None:
        raise NotYours(what=N_("no such staff member"))
    return staff_id, ""


def _kind(deps: Deps, provider: str) -> tuple[Provider, Authority]:
    kind = deps.providers.get(provider)
    if kind is None or isinstance(kind.authority, Door):
        raise NotYours(what=N_("this installation can't connect such accounts"))
    return kind, kind.authority


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
            what=N_("this way of connecting was used or is too old; start again from your calendars page")
        )
    opened = seals.keys(deps).open(found.verifier, _context(owner.business_id, state))
    return found, opened.decode()


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
        words = _("{provider} gave no lasting permission. Remove Daybridge there and try again.")
        raise NotEditable(reason=words.format(provider=_(kind.title)))
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


def _context(business_id: int, state: str) -> str:
    return f"attempt {business_id} {secrets.token_hash(state).hex()}"
