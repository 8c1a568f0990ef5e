"""The secrets that the database keeps sealed: which key each is under, and how all of them get under the newest.

So far they are those by which booking apps know us (`delegate`), one for each business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway import settings as settings_file
from gateway.core.errors import SetupError
from gateway.db import business_settings, delegation
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
    with deps.database.owner() as session:
        stored = delegation.everyone(session) if business_settings.can_be_told(session) else []
    for business_id, sealed in stored:
        try:
            seals.open(sealed, delegation.context_of(business_id))
        except NotOpened as error:
            closed.append((business_id, str(error.fields["reason"])))
        else:
            older += [] if seals.is_newest(sealed) else [business_id]
    return Standing(seals.count, len(stored), tuple(older), tuple(closed))


def rotate(deps: Deps, progress: Progress = lambda *_: None) -> Rotation:
    """Encrypt every secret anew, with the newest key; a second time changes nothing.

    Raises SetupError where one of them can't be opened; then nothing is changed. `progress(done, of how many)`.
    """
    before = look(deps)
    if before.closed:
        raise _not_opened(before)
    renewed = 0
    for done, business_id in enumerate(before.older, start=1):
        renewed += _renew(deps, business_id)
        progress(done, len(before.older))
    after = look(deps)
    return Rotation(renewed, after.stored, after.keys, len(after.older) + len(after.closed))


def _renew(deps: Deps, business_id: int) -> bool:
    """Whether it was to be done. A secret that is set meanwhile stays as it is."""
    seals = keys(deps)
    with deps.database.tenant(business_id) as session:
        found = delegation.delegate(session, business_id)
        if found is None or seals.is_newest(found.sealed):
            return False
        renewed = seals.renew(found.sealed, delegation.context_of(business_id))
        return delegation.reseal(session, business_id, found.sealed, renewed)


def _not_opened(standing: Standing) -> SetupError:
    business_id, why = standing.closed[0]
    return SetupError(
        f"Nothing was changed: {len(standing.closed)} of {standing.stored} stored secrets can't be opened, "
        f"that of business {business_id} among them: {why}.",
        "Put the key that it was sealed with back into [keys] encryption, behind the newest; or give the business a "
        f"new secret: `daybridge rules delegate --business-id {business_id} --url …`.",
    )
