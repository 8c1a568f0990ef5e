"""The files of the embedded PostgreSQL, and what can be told from them.

    data_dir/cluster           the server's own directory and its socket; only the server's user may enter it
    data_dir/postgres.lock     locked for as long as any process of the server lives
    data_dir/postgres.starter  locked for as long as the command that started it lives
    data_dir/postgres.log      the server's log

Root's data directory may be closed to the user that the server runs as (below /root, say). Then root opens
the cluster, and the server inherits the descriptor and knows its directory as /proc/self/fd/N, which needs no
permission on the way there. So the data is where the settings say, and nothing of the user's is opened up.
"""

import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gateway.core.errors import SetupError
from gateway.db.embedded.binaries import Binaries
from gateway.db.embedded.server_user import ServerUser

if sys.platform != "win32":
    import fcntl

NAME = "daybridge"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
OWN_DESCRIPTORS = Path("/proc/self/fd")
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

    def claim(self) -> int:
        """A descriptor that tells other commands that the server's starter is alive.

        Shared, because a starter whose server crashed may still be there when the next one starts.
        """
        descriptor = self.open("postgres.starter", os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def claimed(self) -> bool:
        """Without a living starter the server is about to end, though it may still answer."""
        descriptor = self.open("postgres.starter", os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

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
        if not OWN_DESCRIPTORS.exists():
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

    def forget_sockets(self, sockets: Path) -> None:
        """Remove the private directory again, unless another command already starts its server there."""
        if sockets == self.folder or not self.data_dir.exists():
            return
        lock = self.lock()
        if lock is not None:
            with suppress(OSError):
                sockets.rmdir()
            os.close(lock)

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


@contextmanager
def handed_over(folder: Path, user: ServerUser) -> Iterator[tuple[str, tuple[int, ...]]]:
    """How the server names its directory, and the descriptor that it must inherit to find it."""
    if user.reaches(folder):
        yield str(folder), ()
        return
    if not OWN_DESCRIPTORS.exists():
        raise SetupError(
            f"User {user.name}, whom root's PostgreSQL runs as, can't enter {folder.parent}.",
            "Choose a data_dir that every user can enter, or run as an ordinary user.",
        )
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(OWN_DESCRIPTORS / str(descriptor)), (descriptor,)
    finally:
        os.close(descriptor)


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
