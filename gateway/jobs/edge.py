"""The worker's edge: work is done in threads of its own, and no error of one piece of it reaches another."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from procrastinate.exceptions import ConnectorException

from gateway.core.errors import GatewayError

log = logging.getLogger(__name__)


@contextmanager
def recorded(what: str, errors: list[Exception] | None = None) -> Iterator[None]:
    """Here, and nowhere else, any error is caught, so that one business's can't stop another's."""
    try:
        yield
    except GatewayError as error:
        log.error("%s %s", error, error.remedy)
        found: Exception = error
    except ConnectorException as error:
        log.error("%s failed, for the queue doesn't answer: %s", what, _first_line(error.__cause__))
        found = error
    except Exception as error:
        log.exception("%s failed", what)
        found = error
    else:
        return
    if errors is not None:
        errors.append(found)


async def aside(do: Callable[..., object], *given: object) -> None:
    """Do something that waits in a thread of its own, and wait for it.

    Not in asyncio's pool: a program can't end before the threads of a pool do, and a provider may take its time. One
    that is cancelled is left alone; it is gone with the program, and what it was about is found due again.
    """
    done = Future[None]()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            do(*given)
        except BaseException as error:  # noqa: BLE001  # handed on to who waits
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="daybridge job", daemon=True).start()
    await asyncio.wrap_future(done)


def _first_line(cause: BaseException | None) -> str:
    return (str(cause or "").splitlines() or ["no reason given"])[0]
