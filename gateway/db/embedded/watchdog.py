"""Keeps one PostgreSQL server, and ends it when the command that started it is gone, however that went.

Runs as a script, `python -I -S watchdog.py ORDER`, between the command and the server. A process of its
own, because Linux sends the parent-death signal when the forking *thread* ends, and other systems don't
send one at all. Standard input is the life line: one byte, or its end, means stop. A forked child of the
command may hold that line open, so the parent is watched as well. Should the watchdog itself be killed, the
parent-death signal ends the server (Linux). Standard output is the server's log.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

TICK = 1.0
LIFE_LINE, LOG = 0, 1
PR_SET_PDEATHSIG = 1
# Fast shutdown; immediate shutdown, which costs the next start a recovery but no data; and the kernel's word.
WAYS_TO_STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


def main(order: dict[str, Any]) -> int:
    wake = _signals_as_bytes()
    try:
        server = subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            close_fds=False,  # the data directory stays locked for as long as any process of the server lives
            # One thread, so code between fork and exec is safe here.
            preexec_fn=_dies_with_us() if order["parent_death_signal"] else None,  # noqa: PLW1509
            **order["change"],
        )
    except OSError as error:
        sys.stderr.write(f"The server can't be started: {error}\n")
        return 1
    _watch(server, order["starter"], wake, order["log_limit"])
    return _stop(server)


def _signals_as_bytes() -> int:
    """Signals wake the select below; without a handler they would end us or pass unnoticed."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reading


def _dies_with_us() -> Callable[[], None]:
    import ctypes  # only here: it doubles the time that this script needs to start

    library, watchdog = ctypes.CDLL(None), os.getpid()

    def ask_kernel() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        # We may have died before the kernel was asked.
        if os.getppid() != watchdog:
            os._exit(1)

    return ask_kernel


def _watch(server: subprocess.Popen[bytes], starter: int, wake: int, log_limit: int) -> None:
    while server.poll() is None and os.getppid() == starter:
        ready, _, _ = select.select([LIFE_LINE, wake], [], [], TICK)
        if LIFE_LINE in ready:
            return
        if wake in ready and set(os.read(wake, 512)) - {signal.SIGCHLD}:
            return
        if os.fstat(LOG).st_size > log_limit:
            os.ftruncate(LOG, 0)


def _stop(server: subprocess.Popen[bytes]) -> int:
    for number, patience in WAYS_TO_STOP:
        if server.poll() is None:
            server.send_signal(number)
        try:
            return server.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    return 1


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
