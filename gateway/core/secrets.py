"""The forms of what opens a door: app passwords and tokens. Made from chance that comes in; kept only as hashes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# No letter that can be taken for another, nothing to shift for on a phone's keyboard. 32 of them: 5 bits each.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUP, _GROUPS = 4, 5
_FORM = re.compile(rf"[{_LETTERS}]{{{_GROUP * _GROUPS}}}")


@dataclass(frozen=True, slots=True)
class AppPassword:
    """`xxxx-xxxx-xxxx-xxxx-xxxx`: the first group finds the row, the other 80 bits prove it."""

    selector: str
    secret: str

    @property
    def text(self) -> str:
        letters = self.selector + self.secret
        return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))


def make_password(chance: bytes) -> AppPassword:
    """An app password out of at least 20 random bytes."""
    letters = "".join(_LETTERS[byte & 31] for byte in chance[: _GROUP * _GROUPS])
    if len(letters) < _GROUP * _GROUPS:
        raise ValueError("too little chance for a password")
    return AppPassword(letters[:_GROUP], letters[_GROUP:])


def read_password(typed: str) -> AppPassword | None:
    """What a person typed or pasted: any case, with or without the dashes or spaces. None if it can't be one."""
    letters = re.sub(r"[\s-]", "", typed[:200]).lower()
    if not _FORM.fullmatch(letters):
        return None
    return AppPassword(letters[:_GROUP], letters[_GROUP:])


def make_token(chance: bytes) -> str:
    """A token for an address or a header, out of at least 20 random bytes (160 bits)."""
    if len(chance) < 20:
        raise ValueError("too little chance for a token")
    number = int.from_bytes(chance[:20], "big")
    return "".join(_LETTERS[(number >> shift) & 31] for shift in range(155, -1, -5))


def token_hash(token: str) -> bytes:
    """What is kept of a token. It has 160 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
