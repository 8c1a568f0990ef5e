"""The visit of the request that this thread is answering: opened by `app`, read by storage, auth and rights.

Radicale makes several objects of each plugin and hands them no request, so what belongs to a request hangs here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gateway.services.collection import Visit
from radicale_plugin.fastpath.filters import Bounds

_current: ContextVar[Visit | None] = ContextVar("visit", default=None)
_leave: ContextVar[Callable[[], None]] = ContextVar("leave")
_bounds: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def hold(visit: Visit, leave: Callable[[], None]) -> Iterator[None]:
    """`leave` ends the visit, and this with it."""
    token, leaving = _current.set(visit), _leave.set(leave)
    try:
        yield
    finally:
        _current.reset(token)
        _leave.reset(leaving)


@contextmanager
def within(bounds: Bounds) -> Iterator[None]:
    token = _bounds.set(bounds)
    try:
        yield
    finally:
        _bounds.reset(token)


def current() -> Visit | None:
    """The visit under way; None for a request without (right) credentials."""
    return _current.get()


def required() -> Visit:
    """The visit under way, where Radicale has already made sure that there is one."""
    visit = _current.get()
    if visit is None:
        raise RuntimeError("nobody is signed in")
    return visit


def leave() -> None:
    """End the visit before the request: who writes keeps no transaction open that they have only read in, least of all
    while the booking app is asked."""
    _leave.get()()


def bounds() -> Bounds:
    """What Radicale may take of a calendar."""
    return _bounds.get() or Bounds()
