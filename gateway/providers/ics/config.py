"""How we go to addresses that people type themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IcsConfig:
    """`allow_private` also allows http and addresses of our own network; `ca_bundle` is a file of certificates in PEM,
    empty for those that come with Python's requests. `timeout` is for one answer, in seconds."""

    allow_private: bool = False
    ca_bundle: str = ""
    timeout: float = 60.0
