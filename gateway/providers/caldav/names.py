"""What a domain says of its calendar server (RFC 6764 3 and 4): SRV and TXT records.

Such an answer is nobody's promise: whoever can forge it could have a password sent anywhere. So it counts only where
it stays within the domain itself, or leads to a provider that everybody knows (RFC 6764 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.resolver

_SECONDS: Final = 5.0
_MOST: Final = 3
_LONGEST: Final = 255
_SRV: Final = re.compile(r"(\d{1,5}) (\d{1,5}) (\d{1,5}) ([a-z0-9._-]{1,253})", re.ASCII)
_PATH: Final = re.compile(r"/[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Service:
    """Where a domain says that its calendars are."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        port = "" if self.port == 443 else f":{self.port}"
        return f"https://{self.host}{port}{self.path}"


def lookup(name: str, kind: str) -> tuple[str, ...]:
    """The records of a name; none if there are none, or nobody answers in time."""
    try:
        found = dns.resolver.resolve(name, kind, lifetime=_SECONDS, search=False)
    except (dns.exception.DNSException, OSError, ValueError):
        return ()
    return tuple(record.to_text()[:_LONGEST] for record in found)[:_MOST]


def services(domain: str, lookup: Callable[[str, str], tuple[str, ...]]) -> list[Service]:
    """The servers that a domain names, those that it likes best first; only such as speak TLS."""
    name = f"_caldavs._tcp.{domain}"
    found = [match for text in lookup(name, "SRV") if (match := _SRV.fullmatch(text.strip().lower()))]
    # The record that is only a dot says: decidedly not here.
    ranked = [match for match in found if match[4].strip(".") and 0 < int(match[3]) < 65_536]
    ranked.sort(key=lambda match: (int(match[1]), -int(match[2])))
    path = _path(lookup(name, "TXT")) if ranked else ""
    return [Service(match[4].rstrip("."), int(match[3]), path) for match in ranked[:_MOST]]


def _path(texts: tuple[str, ...]) -> str:
    for text in texts:
        key, _, value = text.strip('"').partition("=")
        if key.lower() == "path" and _PATH.fullmatch(value):
            return value
    return "/.well-known/caldav"
