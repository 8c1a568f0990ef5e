"""Where Microsoft is, and as whom we come."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MicrosoftConfig:
    """Each address is a setting: for national clouds, and so that a test's server can stand in.

    `instance_discovery`: whether Microsoft is asked if the authority is one of theirs. `allow_private` also allows http
    and addresses of our own network; `ca_bundle` is a file of certificates in PEM, empty for the usual ones.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authority: str = "https://login.microsoftonline.com/common"
    graph_endpoint: str = "https://graph.microsoft.com/v1.0/"
    instance_discovery: bool = True
    allow_private: bool = False
    ca_bundle: str = ""
