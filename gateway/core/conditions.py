"""If-Match and If-None-Match (RFC 9110 13.1): what a client has seen of a thing before it changes it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.errors import Changed


@dataclass(frozen=True, slots=True)
class Conditions:
    """The two headers as they came; an absent one is empty."""

    if_match: str = ""
    if_none_match: str = ""

    def require(self, etag: str | None) -> None:
        """Raises Changed unless this version, or that there is none, is what the client knows."""
        if self.if_match and (etag is None or not matches(self.if_match, etag)):
            raise Changed
        if self.if_none_match and etag is not None and matches(self.if_none_match, etag):
            raise Changed


def matches(condition: str, etag: str) -> bool:
    """Whether a condition names this ETag: a list, weak or strong, or `*`.

    Proxies that compress turn a strong ETag into a weak one; it still names the same version of our bytes.
    """
    if condition.strip() == "*":
        return True
    return etag in {one.strip().removeprefix("W/") for one in condition.split(",")}
