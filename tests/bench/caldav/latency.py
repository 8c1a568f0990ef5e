"""How long each question takes, asked of the three servers in turns."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import partial

from tests.bench.caldav import floor, meaning
from tests.bench.caldav.meaning import Meaning
from tests.bench.caldav.operations import FLOOR, OPERATIONS, OURS, STOCK, Calendar, Operation, floor_path
from tests.bench.caldav.world import World
from tests.bench.connection import Answer
from tests.bench.rounds import series, take_turns, turns
from tests.bench.section import Figures, Options, Say

# A shorter request is asked twice in each turn: after another server's second, the processor's caches hold nothing of
# whoever comes next, and the first answer takes a millisecond or two longer.
LONG = 0.1
_HEADERS_KEPT = ("content-type", "content-encoding", "etag", "dav", "cache-control", "vary")


class WrongAnswer(Exception):
    """A server answers something else than the others, so that its times would mean nothing."""


def measure(world: World, options: Options, say: Say) -> Figures:
    """By size, operation and server."""
    figures: Figures = {str(size): {} for size in world.owners}
    gc.collect()
    gc.freeze()  # what was built so far stays; the collector needn't walk through it between two clock readings
    for number, operation in enumerate(OPERATIONS, 1):
        taken = _operation(world, operation, options)
        for (size, server), measured in taken.items():
            cold, counted = zip(*measured, strict=True)
            told = series(counted).figures() | {"after_pause": series(cold).median}
            figures[str(size)].setdefault(operation.key, {})[server] = told
        say(f"{number:2}/{len(OPERATIONS)}  {_line(operation, figures)}")
    return figures


def _operation(
    world: World, operation: Operation, options: Options
) -> dict[tuple[int, str], list[tuple[float, float]]]:
    """(first answer of a turn, the one that counts) in seconds, for each turn."""
    servers = (OURS, STOCK, FLOOR) if operation.stock else (OURS, FLOOR)
    firsts: dict[tuple[int, str], Answer] = {}
    for size in world.owners:
        firsts |= _compare(world, operation, size, servers)
    players = {
        key: partial(_turn, operation, world.calendars[key], len(first.body)) for key, first in firsts.items()
    }
    shares = {
        key: turns(_turn_length(first.seconds), options.rounds, options.fewest, options.patience)
        for key, first in firsts.items()
    }
    return take_turns(players, shares, options.rounds)


def _compare(
    world: World, operation: Operation, size: int, servers: Iterable[str]
) -> dict[tuple[int, str], Answer]:
    """Ask everyone once, and see that all answers mean the same. Raises WrongAnswer."""
    meanings: dict[str, Meaning] = {}
    firsts: dict[tuple[int, str], Answer] = {}
    for server in servers:
        calendar = world.calendars[size, server]
        answer = _asked(operation, calendar, calendar.hrefs[0])
        firsts[size, server] = answer
        meanings[server] = operation.meaning(answer)
        if server == OURS:
            headers = {name: answer.headers[name] for name in _HEADERS_KEPT if name in answer.headers}
            floor.keep(world.answers, floor_path(size, operation.key), answer.status, headers, answer.body)
    for server, meant in meanings.items():
        if meant != meanings[OURS]:
            apart = sorted(meant ^ meanings[OURS])
            raise WrongAnswer(
                f"{operation.key} of {size}: {server} differs from ours in {len(apart)}: {apart[:3]}"
            )
    if operation.change and len(meanings[OURS]) != 1:
        raise WrongAnswer(
            f"{operation.key} of {size}: one event changed, and {sorted(meanings[OURS])} are named"
        )
    return firsts


def _turn_length(seconds: float) -> float:
    return seconds if seconds > LONG else 2 * seconds


def _turn(operation: Operation, calendar: Calendar, length: int) -> tuple[float, float]:
    first = _timed(operation, calendar, length)
    return (first, first) if first > LONG else (first, _timed(operation, calendar, length))


def _timed(operation: Operation, calendar: Calendar, length: int) -> float:
    """How long it took. Still no wrong answer may pass: a change must be named, and nothing else may be missing."""
    answer = _asked(operation, calendar, next(calendar.changes))
    if operation.change and calendar.server != FLOOR:
        whole = len(operation.meaning(answer)) == 1
    else:
        whole = abs(len(answer.body) - length) <= length // 100
    if not whole:
        raise WrongAnswer(f"{operation.key} of {calendar.size}: {calendar.server} left something out")
    return answer.seconds


def _asked(operation: Operation, calendar: Calendar, changed: str) -> Answer:
    """The answer to one question. The change that it may need is made before, and isn't timed."""
    if operation.change:
        calendar.change(changed, operation.change == "projected")
    answer = calendar.connection.ask(operation.wire(calendar))
    if answer.status != operation.status:
        raise WrongAnswer(f"{operation.key} of {calendar.size}: {calendar.server} answered {answer.status}")
    if operation.change and calendar.server != FLOOR:
        calendar.token = meaning.sync_token(answer)
    return answer


def _line(operation: Operation, figures: Figures) -> str:
    parts = []
    for size, operations in figures.items():
        measured = operations[operation.key]
        times = "  ".join(f"{server} {measured[server]['median']:9.2f} ms" for server in measured)
        parts.append(f"{int(size):>7,}: {times}")
    return f"{operation.title:28}" + " | ".join(parts)
