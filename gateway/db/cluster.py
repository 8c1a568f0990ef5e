"""The files of the embedded PostgreSQL, and what can be told from them.

    data_dir/cluster        the server's own directory and its socket; only the server's user may enter it
    data_dir/postgres.lock  locked for as long as any process of the server lives
    data_dir/postgres.log   the server's log

Root's data directory may be closed to the user that the server runs as (below /root, say). Then the server
is started *inside* its directory and knows it as /proc/self/cwd, which needs no permission on the way
there. So the data is where the settings say, and no directory of the user is opened up or moved.
"""

import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gateway.core.errors import SetupError
from gateway.db.binaries import Binaries
from gateway.db.server_user import ServerUser

if sys.platform != "win32":
    import fcntl

NAME = "daybridge"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
OWN_DIRECTORY = Path("/proc/self/cwd")
# The shortest question that PostgreSQL answers (with N, for no): protocol-message-formats, SSLRequest.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# What postmaster.pid says in which line.
PID_LINE, SOCKET_LINE, STATUS_LINE = 0, 4, 7


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data directory."""

    data_dir: Path

    @property
    def folder(self) -> Path:
        return self.data_dir / "cluster"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def url(self) -> str:
        """Where the running server is."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self._socket_folder()))}&port={PORT}"

    def open(self, name: str, flags: int) -> int:
        """A private file beside the cluster. The directory's owner gets it, even when root came first."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.data_dir / name, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        owner = self.data_dir.stat()
        if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
            os.chown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def lock(self) -> int | None:
        """A descriptor that holds the lock, or None while a server lives here or is being started."""
        descriptor = self.open("postgres.lock", os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def answers(self) -> bool:
        """Whether a server is ready here, and alive too: a crash leaves "ready" in the file.

        A connection alone proves little: the kernel accepts it for a server that is just being killed.
        """
        if self._postmaster(STATUS_LINE) != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.settimeout(1)
            probe.connect(str(self._socket_folder() / SOCKET))
            probe.sendall(SSL_REQUEST)
            return probe.recv(1) == b"N"
        return False

    def check_version(self, binaries: Binaries) -> None:
        """PostgreSQL reads only what its own major version wrote."""
        written = (self.folder / "PG_VERSION").read_text().strip()
        if written != str(binaries.major):
            raise SetupError(
                f"The data in {self.data_dir} was written by PostgreSQL {written}, this is {binaries.label}.",
                f"Go back to programs of PostgreSQL {written}, dump the data with pg_dump, and restore it in "
                "an empty data directory; or remove this one if its data isn't needed.",
            )

    def forget_dead_server(self, sockets: Path) -> None:
        """Remove what a crash left; to be called with the lock held, so that no server of ours is alive.

        PostgreSQL takes any process with the number in these files for its predecessor: a zombie, or a
        stranger that got the number after a reboot.
        """
        if not OWN_DIRECTORY.exists():
            return
        number = self._postmaster(PID_LINE)
        try:
            alive = Path(f"/proc/{number}/cwd").samefile(self.folder)
        except PermissionError:
            return  # somebody else's process, perhaps; PostgreSQL itself shall judge
        except OSError:
            alive = False
        if alive:
            raise SetupError(
                f"PostgreSQL (process {number}) runs in {self.folder}, but Daybridge didn't start it.",
                "Stop it, and start again.",
            )
        (sockets / f"{SOCKET}.lock").unlink(missing_ok=True)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def socket_folder_for(self, user: ServerUser) -> Path:
        """The cluster itself, unless the path is too long for a socket or its file system has none."""
        places = [Path(base) / self._short_name() for base in (tempfile.gettempdir(), "/tmp")]  # noqa: S108  # private
        if _takes_socket(self.folder):
            return self.folder
        for place in places:
            if user.reaches(place) and _made_private(place, user) and _takes_socket(place):
                return place
        raise SetupError(
            f"No place for the database's socket: {self.data_dir} can't hold one, nor can {places[0]}.",
            "Choose a shorter data_dir, or set TMPDIR to a short path.",
        )

    def _short_name(self) -> str:
        return f"{NAME}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]}"

    def _socket_folder(self) -> Path:
        """From the running server, because two commands may have two ideas of the temporary directory."""
        return self.folder / (self._postmaster(SOCKET_LINE) or ".")

    def _postmaster(self, line: int) -> str | None:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()[line].strip()
        except (FileNotFoundError, IndexError):
            return None


def as_known_to(user: ServerUser, folder: Path) -> Path:
    """How the server, started inside its directory, names that directory."""
    if user.reaches(folder):
        return folder
    if OWN_DIRECTORY.exists():
        return OWN_DIRECTORY
    raise SetupError(
        f"User {user.name}, whom root's PostgreSQL runs as, can't enter {folder.parent}.",
        "Choose a data_dir that every user can enter, or run as an ordinary user.",
    )


def _takes_socket(folder: Path) -> bool:
    probe = folder / f"{SOCKET}-"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(probe))
        except OSError:
            return False
    probe.unlink()
    return True


def _made_private(folder: Path, user: ServerUser) -> bool:
    """Anybody may make a directory of this name below /tmp, so one that is there must be the right one."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        user.own(folder)
    about = folder.lstat()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == user.uid and stat.S_IMODE(about.st_mode) == 0o700
