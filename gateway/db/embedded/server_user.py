"""Whom the embedded PostgreSQL runs as. It refuses to run as root, so root's server runs as a system user.

Nothing is created or opened up for that user: no account, and no permission of a directory that isn't ours.
"""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.errors import SetupError

if sys.platform != "win32":
    import pwd

# A server's own user before the one that other services may share.
SYSTEM_USERS = ("postgres", "_postgres", "pgsql", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A user of the operating system."""

    uid: int
    gid: int
    name: str

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def change(self) -> dict[str, Any]:
        """What subprocess needs to become this user between fork and exec."""
        return {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, file: int | Path) -> None:
        """Hand a file of ours over, when we are root for somebody else."""
        if not self.is_us:
            os.chown(file, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Whether every directory on the way to `folder` lets this user pass."""
        return self.is_us or all(self._may_enter(parent.stat()) for parent in folder.resolve().parents)

    def _may_enter(self, about: os.stat_result) -> bool:
        if about.st_uid == self.uid:
            return bool(about.st_mode & 0o100)
        return bool(about.st_mode & (0o010 if about.st_gid == self.gid else 0o001))


def user_for(cluster: Path) -> ServerUser:
    """Ourselves; for root the owner of the cluster that is there already, else a system user."""
    if os.geteuid() != 0:
        return _known(os.geteuid())
    owner = cluster.stat().st_uid if cluster.exists() else 0
    return _known(owner) if owner else _system_user()


def who_may_connect(user: ServerUser) -> set[str]:
    """The server's own user and root, who may read its files anyway."""
    return {user.name, _known(0).name}


def _known(uid: int) -> ServerUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        # PostgreSQL asks for the name too, both when it makes a cluster and when it checks who connects.
        raise SetupError(
            f"The embedded PostgreSQL can't run as user {uid}, which has no name on this machine.",
            "Run as a user that has an entry in /etc/passwd, or set database_url to a server of your own.",
        ) from None
    return ServerUser(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _system_user() -> ServerUser:
    for name in SYSTEM_USERS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return ServerUser(entry.pw_uid, entry.pw_gid, name)
    raise SetupError(
        f"PostgreSQL doesn't run as root, and none of these users exists: {', '.join(SYSTEM_USERS)}.",
        "Run as an ordinary user, or set database_url to a server of your own.",
    )
