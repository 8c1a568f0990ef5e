"""Make a new cluster for the embedded PostgreSQL: whole, or not at all."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway.core.errors import SetupError
from gateway.db.embedded.binaries import Binaries
from gateway.db.embedded.cluster import NAME, Cluster, handed_over
from gateway.db.embedded.server_user import ServerUser, who_may_connect

SUPERUSER = "postgres"
# Not a superuser, so that what works here works on a managed database too.
FIRST_SQL = f"CREATE ROLE {NAME} LOGIN CREATEDB CREATEROLE\nCREATE DATABASE {NAME} OWNER {NAME}\n"
# No password and no TCP: the kernel says who is at the other end of a socket.
HBA = f"local all all peer map={NAME}\n"
# PostgreSQL before 16 takes "all" for a role's name.
ROLES = ("all", SUPERUSER, NAME)
PATIENCE = 120


def make_cluster(cluster: Cluster, binaries: Binaries, user: ServerUser, lock: int, *, durable: bool) -> None:
    """Build it aside and name it last, so that a first start that is killed leaves nothing to repair."""
    fresh = cluster.data_dir / "cluster.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    user.own(fresh)
    work = _Work(fresh, binaries, user, lock)
    work.run("initdb", "--no-sync", *_options(binaries))
    work.run("postgres", "--single", "-F", last=[SUPERUSER], sql=FIRST_SQL)
    work.write("pg_hba.conf", HBA)
    work.write("pg_ident.conf", _identities(user))
    if durable:
        work.run("initdb", "--sync-only", *_sync_method(binaries))
    fresh.rename(cluster.folder)
    if durable:
        _sync(cluster.data_dir)


def server_environment() -> dict[str, str]:
    """Without PGPORT and its like: they are meant for clients, but the server obeys them."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return ours | {"LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class _Work:
    fresh: Path
    binaries: Binaries
    user: ServerUser
    lock: int

    def run(self, program: str, *options: str, last: list[str] | None = None, sql: str = "") -> None:
        with handed_over(self.fresh, self.user) as (home, descriptors):
            command = [str(self.binaries.bin_dir / program), *options, "-D", home, *(last or [])]
            # The lock goes along: nobody may begin anew while a child of a killed command still writes.
            self._check(command, (self.lock, *descriptors), sql)

    def _check(self, command: list[str], descriptors: tuple[int, ...], sql: str) -> None:
        done = subprocess.run(
            command,
            cwd="/",
            env=server_environment(),
            input=sql,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
            start_new_session=True,
            pass_fds=descriptors,
            **self.user.change,
        )
        # The single-user server ends well whatever its statements did.
        if done.returncode or "ERROR:" in done.stdout or "FATAL:" in done.stdout:
            raise SetupError(
                f"The database can't be made, {command[0]} said: {done.stdout.strip()[-1500:]}",
                "Is there room on the disk, and may the user write there?",
            )

    def write(self, name: str, text: str) -> None:
        """For root the directory belongs to somebody else, who must not lead us astray with a link."""
        path = self.fresh / name
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            self.user.own(descriptor)
            file.write(text)


def _options(binaries: Binaries) -> list[str]:
    """UTF-8 that sorts the same on every machine; since 17 PostgreSQL brings such a locale itself."""
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    return ["-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--data-checksums", *builtin]


def _sync_method(binaries: Binaries) -> list[str]:
    """One call for all of a thousand files, where there is one: on a slow disk the difference is many seconds."""
    return ["--sync-method=syncfs"] if sys.platform == "linux" and binaries.major >= 17 else []


def _sync(folder: Path) -> None:
    """A new name is only safe from a power cut when its directory is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identities(user: ServerUser) -> str:
    names = sorted(name.replace('"', '""') for name in who_may_connect(user))
    return "".join(f'{NAME} "{name}" {role}\n' for name in names for role in ROLES)
