"""The secrets that the database keeps sealed: which key each is under, and how all of them get under the newest.

They are those by which booking apps know us (`delegate`), one for each business, and those that let us into connected
accounts, one for each connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway import settings as settings_file
from gateway.core.errors import SetupError
from gateway.db import business_settings, connections, delegation
from gateway.db.engine import Session
from gateway.db.sealed import NotOpened, Seals
from gateway.services.deps import Deps
from gateway.settings import SettingsError

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many keys and sealed secrets there are. `older`: the businesses whose secret is under an older key;
    `closed`: those whose secret can't be opened, and why."""

    keys: int
    stored: int
    older: tuple[int, ...]
    closed: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What `rotate` has done, and what holds now. `left`: how many secrets are not under the newest key after all."""

    renewed: int
    stored: int
    keys: int
    left: int


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A secret as it is stored: a business's delegate's, or what lets us into a connected account."""

    business_id: int
    connection_id: int | None
    sealed: bytes

    @property
    def context(self) -> str:
        if self.connection_id is None:
            return delegation.context_of(self.business_id)
        return connections.context_of(self.business_id, self.connection_id)


def keys(deps: Deps) -> Seals:
    """Read at each use, so that a key can be changed while we run. Raises SetupError."""
    try:
        credentials = settings_file.load_credentials(deps.settings)
    except SettingsError as error:
        raise SetupError(str(error)) from error
    return Seals(credentials.keys_encryption, deps.chance)


def look(deps: Deps) -> Standing:
    """Try every key on every secret. Raises SetupError for something that is no key."""
    seals, older, closed = keys(deps), list[int](), list[tuple[int, str]]()
    stored = _stored(deps)
    for one in stored:
        try:
            seals.open(one.sealed, one.context)
        except NotOpened as error:
            closed.append((one.business_id, str(error.fields["reason"])))
        else:
            older += [] if seals.is_newest(one.sealed) else [one.business_id]
    return Standing(seals.count, len(stored), tuple(older), tuple(closed))


def _stored(deps: Deps) -> list[_Sealed]:
    with deps.database.owner() as session:
        if not business_settings.can_be_told(session):
            return []
        delegates = [
            _Sealed(business_id, None, sealed) for business_id, sealed in delegation.everyone(session)
        ]
        grants = [_Sealed(*row) for row in connections.everyone(session)] if _has_grants(session) else []
    return delegates + grants


def _has_grants(session: Session) -> bool:
    """Whether the schema is of a version that keeps any."""
    return bool(session.value("SELECT to_regclass('daybridge.connection_calendars') IS NOT NULL"))


def rotate(deps: Deps, progress: Progress = lambda *_: None) -> Rotation:
    """Encrypt every secret anew, with the newest key; a second time changes nothing.

    Raises SetupError where one of them can't be opened; then nothing is changed. `progress(done, of how many)`.
    """
    before = look(deps)
    if before.closed:
        raise _not_opened(before)
    seals, renewed = keys(deps), 0
    older = [one for one in _stored(deps) if not seals.is_newest(one.sealed)]
    for done, one in enumerate(older, start=1):
        renewed += _renew(deps, seals, one)
        progress(done, len(older))
    after = look(deps)
    return Rotation(renewed, after.stored, after.keys, len(after.older) + len(after.closed))


def _renew(deps: Deps, seals: Seals, one: _Sealed) -> bool:
    """Whether it was to be done. A secret that is set meanwhile stays as it is."""
    renewed = seals.renew(one.sealed, one.context)
    with deps.database.tenant(one.business_id) as session:
        if one.connection_id is None:
            return delegation.reseal(session, one.business_id, one.sealed, renewed)
        return connections.reseal(session, one.business_id, one.connection_id, one.sealed, renewed)


def _not_opened(standing: Standing) -> SetupError:
    business_id, why = standing.closed[0]
    return SetupError(
        f"Nothing was changed: {len(standing.closed)} of {standing.stored} stored secrets can't be opened, "
        f"that of business {business_id} among them: {why}.",
        "Put the key that it was sealed with back into [keys] encryption, behind the newest; or give the business a "
        f"new secret: `daybridge rules delegate --business-id {business_id} --url …`; or have accounts connected anew.",
    )
