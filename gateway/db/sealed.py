"""Secrets at rest: encrypted with a key that is not in the database, and bound to the place where they belong.

A sealed value is: version (1 byte), key id (8), nonce (12), then AES-256-GCM's ciphertext and tag. The key id says
which of several keys opens it; version, key id and context are authenticated too, so that a value can't be moved to
another business or column.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.core.errors import GatewayError, SetupError
from gateway.core.language import N_

_VERSION: Final = b"\x01"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_HEAD_BYTES: Final = len(_VERSION) + _ID_BYTES

_REMEDY: Final = (
    "Make one with `daybridge keys new`, and put it into [keys] encryption in the credentials file."
)


class NotOpened(GatewayError):
    """A stored secret can't be opened: {reason}."""

    remedy = "Put the key that it was sealed with back into [keys] encryption, or set the secret anew."


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    cipher: AESGCM


class Seals:
    """The keys of `[keys] encryption`, the newest first: it seals, all of them open.

    `chance(n)` gives n random bytes. Raises SetupError for something that is no key; which one, never what it says.
    """

    __slots__ = ("_chance", "_keys")

    def __init__(self, keys: Sequence[str], chance: Callable[[int], bytes]) -> None:
        self._keys = [_key(text, number) for number, text in enumerate(keys, start=1)]
        self._chance = chance
        if len({key.id for key in self._keys}) != len(self._keys):
            raise SetupError("A key stands twice in [keys] encryption.", "Remove one of them.")

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt a secret that belongs to `context`. Raises SetupError where there is no key."""
        if not self._keys:
            raise SetupError("There is no key to encrypt secrets with.", _REMEDY)
        newest = self._keys[0]
        head = _VERSION + newest.id
        nonce = self._chance(_NONCE_BYTES)
        return head + nonce + newest.cipher.encrypt(nonce, secret, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The secret again. Raises NotOpened when the key is gone, or when this was never sealed for `context`."""
        head, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        if len(nonce) < _NONCE_BYTES:
            raise NotOpened(reason=N_("it is cut short"))
        if head[:1] != _VERSION:
            raise NotOpened(reason=N_("it was sealed in a way that this release doesn't know"))
        for key in self._keys:
            if key.id == head[1:]:
                return _decrypted(key, nonce, sealed[_HEAD_BYTES + _NONCE_BYTES :], head + context.encode())
        raise NotOpened(reason=N_("the key that it was sealed with is not among [keys] encryption"))

    @property
    def count(self) -> int:
        """How many keys there are."""
        return len(self._keys)

    def is_newest(self, sealed: bytes) -> bool:
        """Whether a value is sealed with the newest key already."""
        return bool(self._keys) and sealed[:_HEAD_BYTES] == _VERSION + self._keys[0].id

    def renew(self, sealed: bytes, context: str) -> bytes:
        """The same secret under the newest key; the others may go once everything is renewed. Raises NotOpened."""
        return self.seal(self.open(sealed, context), context)


def new_key(chance: Callable[[int], bytes]) -> str:
    """A key as it stands in `[keys] encryption`."""
    return base64.b64encode(chance(_KEY_BYTES)).decode()


def _decrypted(key: _Key, nonce: bytes, ciphertext: bytes, authenticated: bytes) -> bytes:
    try:
        return key.cipher.decrypt(nonce, ciphertext, authenticated)
    except InvalidTag:
        raise NotOpened(reason=N_("it was changed, or it belongs somewhere else")) from None


def _key(text: str, number: int) -> _Key:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise SetupError(f"Key {number} of [keys] encryption is not 32 bytes in base64.", _REMEDY)
    return _Key(sha256(b"daybridge key id:" + key).digest()[:_ID_BYTES], AESGCM(key))
