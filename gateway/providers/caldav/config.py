"""How we go to servers whose addresses people type themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.providers.caldav import names


@dataclass(frozen=True, slots=True)
class CaldavConfig:
    """`allow_private` also allows http and addresses of our own network; `ca_bundle` is a file of certificates in PEM,
    empty for those that come with Python's requests. `timeout` is for one answer, in seconds.

    `lookup` asks the domain name system: a name and a kind (SRV, TXT) to the records' texts. `page` is how many events
    are fetched at once. `own_host` is our own server's name: what it serves itself is no account to be connected.
    """

    allow_private: bool = False
    ca_bundle: str = ""
    timeout: float = 30.0
    lookup: Callable[[str, str], tuple[str, ...]] = names.lookup
    page: int = 200
    own_host: str = ""
