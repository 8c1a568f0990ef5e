"""Let the booking app in: whose API key this is, and what it may do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.core import secrets
from gateway.db import access
from gateway.db.engine import Database

_FORM = re.compile(r"dbk_[a-z2-9]{32}")
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is good now. `name` is what the timeline tells: its first letters and its label, never all of it."""

    business_id: int
    id: int
    name: str
    may_write: bool


class ApiKeys:
    """Checks API keys. Whose a key is, never changes and is remembered; whether it is still good is asked of the
    database at every request, so that a revoked key is out at once."""

    __slots__ = ("_database", "_holders")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holders: dict[bytes, tuple[int, int]] = {}

    def check(self, token: str) -> ApiKey | None:
        """The key behind a token; None when it is wrong or revoked, or its business is closed."""
        # What can't be a key is no question for the database.
        if not _FORM.fullmatch(token):
            return None
        hashed = secrets.token_hash(token)
        holder = self._holders.get(hashed) or access.holder_of_token(self._database, "api_key", hashed)
        if holder is None:
            return None
        self._remember(hashed, holder)
        return self._open(hashed, *holder)

    def _open(self, hashed: bytes, business_id: int, key_id: int) -> ApiKey | None:
        with self._database.tenant(business_id, read_only=True) as session:
            found = access.open_api_key(session, business_id, key_id, hashed)
        if found is None:
            return None
        if found.stale_use:
            with self._database.tenant(business_id) as session:
                access.note_use(session, "api_key", business_id, key_id)
        return ApiKey(business_id, key_id, f"API key {found.prefix} ({found.label})", found.scope == "write")

    def _remember(self, hashed: bytes, holder: tuple[int, int]) -> None:
        if len(self._holders) >= _REMEMBERED:
            self._holders.clear()
        self._holders[hashed] = holder
