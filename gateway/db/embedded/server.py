"""The embedded PostgreSQL: one server for each data directory, gone when the command that started it is gone.

The first command on a data directory starts the server, others attach to it. Between command and server
stands the watchdog (see there). It and all processes of the server inherit the lock on the data directory,
so whoever gets the lock knows that nothing of an earlier server is alive, whatever its files say.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.core.errors import SetupError
from gateway.db.embedded import watchdog
from gateway.db.embedded.binaries import Binaries, find_binaries, within_reach
from gateway.db.embedded.cluster import PORT, Cluster, handed_over
from gateway.db.embedded.initdb import make_cluster, server_environment
from gateway.db.embedded.server_user import ServerUser, user_for

__all__ = ["Binaries", "EmbeddedServer", "find_binaries", "start"]

# Long enough for the recovery after a crash; and to stop, for the checkpoint of a busy server.
START_PATIENCE = 60.0
STOP_PATIENCE = 60.0
PAUSE = 0.01
LOG_LIMIT = 10_000_000
LOG_TAIL = 10
PARENT_DEATH_SIGNAL = sys.platform == "linux"
# For a small machine that has other things to do.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "cluster_name": "daybridge",
    # The role is called like our schema; by "$user", `bookings` would be our view instead of the app's table.
    "search_path": "public",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServer:
    """A running server. One that was started here ends with this object, or with this process."""

    def __init__(self, url: str, undo: ExitStack | None = None) -> None:
        self.url = url
        self.started_here = undo is not None
        self._undo = undo
        self._owner = os.getpid()

    def stop(self) -> None:
        """Stop the server if it was started here; a forked child of ours has no say."""
        if self._undo is not None and self._owner == os.getpid():
            self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class _Order:
    command: list[str]
    user: ServerUser
    descriptors: tuple[int, ...]


def start(data_dir: Path, *, durable: bool = True, settings: Mapping[str, str] = {}) -> EmbeddedServer:
    """Start the server of this data directory, or attach to the one that another command runs.

    `durable=False` is for tests: a crash loses the last commits, or all. `settings` are PostgreSQL's own.
    """
    refuse_unknown_system(sys.platform)
    cluster = Cluster(data_dir.expanduser().resolve())
    wanted = SETTINGS | ({} if durable else NOT_DURABLE) | dict(settings)
    try:
        return _start_or_attach(cluster, wanted, durable=durable)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"The embedded PostgreSQL can't use {data_dir}: {error}.",
            "Does the directory belong to you, and is there room on the disk?",
        ) from error


def refuse_unknown_system(platform: str) -> None:
    """Better now than in the middle of a traceback."""
    if platform == "win32":
        raise SetupError(
            "The embedded PostgreSQL doesn't run on Windows.",
            "Set database_url to a PostgreSQL server of your own, or run Daybridge in WSL.",
        )


def _start_or_attach(cluster: Cluster, settings: Mapping[str, str], *, durable: bool) -> EmbeddedServer:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        lock = cluster.lock()
        if lock is not None:
            try:
                return _launch(cluster, lock, settings, durable=durable)
            finally:
                os.close(lock)
        if cluster.claimed() and cluster.answers():
            return EmbeddedServer(cluster.url)
        time.sleep(PAUSE)
    raise SetupError(
        f"Another command holds {cluster.data_dir}, but its database doesn't answer.",
        f"Stop that command, or see the end of {cluster.log}.",
    )


def _launch(cluster: Cluster, lock: int, settings: Mapping[str, str], *, durable: bool) -> EmbeddedServer:
    user = user_for(cluster.folder)
    binaries = within_reach(find_binaries(), user, cluster.data_dir)
    if not cluster.folder.exists():
        make_cluster(cluster, binaries, user, lock, durable=durable)
    cluster.check_version(binaries)
    sockets = cluster.socket_folder_for(user)
    cluster.forget_dead_server(sockets)
    # The server works in its directory, so "." is a name of it that is always short and always reachable.
    place = {"unix_socket_directories": "." if sockets == cluster.folder else str(sockets)}
    options = [f"--{name}={value}" for name, value in ({**settings, **place}).items()]
    command = [str(binaries.bin_dir / "postgres"), *options, "-D"]
    with ExitStack() as undo:
        undo.callback(cluster.forget_sockets, sockets)
        with handed_over(cluster.folder, user) as (home, descriptors):
            _keep(cluster, _Order([*command, home], user, (lock, *descriptors)), undo)
        return EmbeddedServer(cluster.url, undo.pop_all())


def _keep(cluster: Cluster, order: _Order, undo: ExitStack) -> None:
    """Start the watchdog with the server, and wait until it is ready."""
    log = _open_log(cluster)
    begin = os.fstat(log).st_size
    try:
        keeper = _start_watchdog(order, log)
    finally:
        os.close(log)
    undo.callback(_end, keeper)
    # Given up first, so that nobody attaches to a server that is being stopped.
    undo.callback(os.close, cluster.claim())
    _wait_until_ready(cluster, keeper, begin)


def _start_watchdog(order: _Order, log: int) -> subprocess.Popen[bytes]:
    told = {
        "command": order.command,
        "change": order.user.change,
        "starter": os.getpid(),
        "parent_death_signal": PARENT_DEATH_SIGNAL,
        "log_limit": LOG_LIMIT,
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", Path(watchdog.__file__).resolve(), json.dumps(told)],
        cwd="/",
        env=server_environment(),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C in the terminal is for us; we stop the server in order
        pass_fds=order.descriptors,
    )


def _wait_until_ready(cluster: Cluster, keeper: subprocess.Popen[bytes], begin: int) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not cluster.answers():
        ended = keeper.poll() is not None
        if ended or time.monotonic() > deadline:
            why = "ended at once" if ended else f"wasn't ready after {START_PATIENCE:.0f} s"
            raise SetupError(
                f"The embedded PostgreSQL {why}. Its log says: {_tail(cluster.log, begin)}",
                f"The whole log is {cluster.log}. After a crash a second start goes on with the recovery.",
            )
        time.sleep(PAUSE)


def _end(keeper: subprocess.Popen[bytes]) -> None:
    try:
        keeper.communicate(b"stop", timeout=STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.communicate()


def _open_log(cluster: Cluster) -> int:
    with suppress(FileNotFoundError):
        if cluster.log.stat().st_size > LOG_LIMIT:
            cluster.log.replace(cluster.log.with_suffix(".log.old"))
    return cluster.open(cluster.log.name, os.O_WRONLY | os.O_APPEND)


def _tail(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL:]) or "nothing"
