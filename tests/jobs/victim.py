"""A worker whose jobs never end: `python -m tests.jobs.victim DATABASE_URL`. It says so when it is in one."""

from __future__ import annotations

import signal
import sys
import threading
import time

from gateway import wiring
from gateway.jobs import Plan, work
from gateway.services.deps import Deps
from gateway.settings import Settings


def hang(deps: Deps, business_id: int, connection_id: int) -> None:
    sys.stdout.write(f"{business_id} {connection_id}\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    work(wiring.build(Settings(database_url=sys.argv[1])), stop, Plan(serve=hang, chores=(), grace=0.2))
