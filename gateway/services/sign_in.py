"""Let a calendar app in: check its app password, fast when it was right a moment ago, and never for ever."""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from gateway.core import secrets
from gateway.core.errors import Throttled
from gateway.core.model import Holder
from gateway.core.throttle import Limit, Throttle
from gateway.db import access
from gateway.db.engine import Database

# The secret part has 80 random bits, so a light setting is plenty, and a flood of guesses stays cheap for us:
# about 10 ms and 8 MiB each (argon2-cffi's own default takes 64 MiB).
HASHER = PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)

_REMEMBERED = 20_000
_WRONG_FOR = 300.0
_BY_ACCOUNT_AND_ADDRESS = Limit(failures=10, seconds=300)
_BY_ADDRESS = Limit(failures=100, seconds=300)
_BY_ACCOUNT = Limit(failures=200, seconds=300)


class SignIns:
    """Checks app passwords. What was right is remembered under a key that only this process knows; whether it still
    holds is asked of the database at every request (`collection.visit`), so that revoking works at once."""

    def __init__(self, database: Database, clock: Callable[[], float], process_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._key = process_key
        self._known: OrderedDict[bytes, Holder] = OrderedDict()
        # Until when a wrong one is known to be wrong. Apps repeat a stored password many times a minute; only a
        # different wrong one is another guess.
        self._wrong: OrderedDict[bytes, float] = OrderedDict()
        self._throttles = (
            Throttle(_BY_ACCOUNT_AND_ADDRESS),
            Throttle(_BY_ADDRESS),
            Throttle(_BY_ACCOUNT),
        )
        self._lock = threading.Lock()
        # Compared with when there is nothing to compare with, so that both cases take the same time.
        self._nobody = HASHER.hash("nobody")

    def check(self, name: str, password: str, address: str) -> Holder | None:
        """Whose app password this is; None when it is wrong. Raises Throttled after too many wrong ones."""
        digest = hmac.digest(self._key, f"{name.lower()}\0{password}".encode("utf-8", "replace"), sha256)
        with self._lock:
            known = self._known.get(digest)
            if known is not None or self._wrong.get(digest, 0) > self._clock():
                return known
        keys = (f"{name.lower()} {address}", address, name.lower())
        self._refuse_if_throttled(keys)
        holder = self._verify(name, password)
        with self._lock:
            if holder is None:
                self._count_failure(digest, keys)
            else:
                self._remember(digest, holder, keys)
        return holder

    def forget(self, holder: Holder) -> None:
        """A remembered password turned out to be revoked: from now on it counts as a wrong one."""
        with self._lock:
            for digest in [digest for digest, kept in self._known.items() if kept == holder]:
                del self._known[digest]

    def _verify(self, name: str, password: str) -> Holder | None:
        typed = secrets.read_password(password)
        found = None
        for row in access.passwords_by_selector(self._database, typed.selector) if typed else []:
            with self._database.tenant(row.business_id, read_only=True) as session:
                may = access.signs_in_as(session, row.business_id, row.staff_id, name)
            if may and typed and _matches(row.secret_hash, typed.secret):
                found = Holder(row.business_id, row.id)
        if found is None:
            _matches(self._nobody, password)
        return found

    def _refuse_if_throttled(self, keys: tuple[str, ...]) -> None:
        now = self._clock()
        with self._lock:
            wait = max(throttle.wait(key, now) for throttle, key in zip(self._throttles, keys, strict=True))
        if wait > 0:
            raise Throttled(retry_after=int(wait) + 1)

    def _count_failure(self, digest: bytes, keys: tuple[str, ...]) -> None:
        self._wrong.pop(digest, None)
        self._wrong[digest] = self._clock() + _WRONG_FOR
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)
        for throttle, key in zip(self._throttles, keys, strict=True):
            throttle.fail(key, self._clock())

    def _remember(self, digest: bytes, holder: Holder, keys: tuple[str, ...]) -> None:
        self._throttles[0].forget(keys[0])
        self._known[digest] = holder
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _matches(secret_hash: str, secret: str) -> bool:
    try:
        return HASHER.verify(secret_hash, secret)
    except VerifyMismatchError:
        return False
