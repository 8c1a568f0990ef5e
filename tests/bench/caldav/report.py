"""The CalDAV part of docs/performance.md: from figures to words and tables, nothing measured here."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.caldav.goals import TITLES, growth
from tests.bench.caldav.latency import LONG
from tests.bench.caldav.operations import FLOOR, OURS, STOCK
from tests.bench.chart import Bars, milliseconds, svg
from tests.bench.markdown import paragraph, table
from tests.bench.section import Figures
from tests.bench.servers import THREADS, WORKERS

CHART = "performance.svg"
_NAMES = {OURS: "Daybridge", STOCK: "stock Radicale", FLOOR: "floor"}

_METHOD = f"""\
Three servers are alive at once, each under gunicorn with {WORKERS} worker of {THREADS} threads:

- **Daybridge**, with its embedded PostgreSQL at its default settings, holding the bookings of one staff member.
- **Stock Radicale** with its default storage (files) and default settings, except that it asks for no password, has
  no artificial delays and logs only warnings, all of which help it. It holds the very same events; its caches are warm.
- **The floor**: a handler of ten lines that makes one `SELECT 1` and sends the bytes that Daybridge answered, from
  memory. No CalDAV server under gunicorn that asks PostgreSQL at all can be faster; and none that has to read its rows
  comes near it where the answer is long.

They are asked in turns, over connections that are kept alive, and who begins changes with each round, so that whatever
else the machine does hits all of them. Times go from the first byte sent to the last one received. Before anything is
timed, the answers of Daybridge and of stock Radicale are compared: same events, same UIDs. Both sizes lie in the same
database, and on the same Radicale, at the same time.

A server that answers within {1000 * LONG:.0f} ms is asked twice in each turn, and the second time counts: after
another server's second of work, the processor's caches hold nothing of whoever comes next. *After a pause* is the first
time, for Daybridge: what a client meets that polls a server with nothing else to do.

*Sync after one change*: a booking is changed by an SQL `UPDATE`, the worker has projected it by the time the client
asks (in production within a fifth of a second), and stock Radicale has got the event by a `PUT`. *Sync that projects a
change* is the same without the worker: the question itself finds the change and renders it before it is answered.
"""

_NOISE = """\
Medians; p95 in brackets is the nearest rank, so with fewer than 20 turns it is the slowest one. Slow operations get
fewer turns. Milliseconds of one machine are worth little on another, and neighbours on a shared machine easily double
them; ratios within one run are what to look at, and those below 2 are to be taken with a grain of salt. A neighbour
rather hits a request of a second than one of a millisecond, and so flatters whoever is fast.
"""


def report(figures: Figures) -> str:
    parts = [f"## CalDAV\n\n{_METHOD}\n![{_caption(figures)}]({CHART})\n"]
    parts += [_size(size, operations) for size, operations in figures["latency"].items()]
    parts += [_NOISE, _growth(figures), _cpu(figures), _memory(figures), _throughput(figures)]
    return "\n".join(part for part in parts if part)


def charts(figures: Figures) -> dict[str, str]:
    """The largest size as bars."""
    operations = figures["latency"][max(figures["latency"], key=int)]
    rows = {
        TITLES[key]: {_NAMES[server]: one["median"] for server, one in measured.items()}
        for key, measured in operations.items()
    }
    note = "Median milliseconds of one request; the scale is logarithmic, so each line stands for ten times as much."
    return {CHART: svg(Bars(_caption(figures), note, list(_NAMES.values()), rows))}


def _caption(figures: Figures) -> str:
    return f"How long a request takes with {max(map(int, figures['latency'])):,} bookings"


def _size(size: str, operations: Figures) -> str:
    heads = (
        *("operation", "Daybridge, ms", "after a pause", "stock, ms", "stock ÷ Daybridge"),
        *("floor, ms", "Daybridge ÷ floor", "turns"),
    )
    rows = [_row(key, measured) for key, measured in operations.items()]
    return f"### {int(size):,} bookings\n\n{table(heads, rows)}"


def _row(key: str, measured: Figures) -> list[str]:
    ours = measured[OURS]["median"]
    stock = f"{_ratio(measured[STOCK]['median'] / ours)}" if STOCK in measured else "–"
    turns = " / ".join(str(one["count"]) for one in measured.values())
    return [
        TITLES[key],
        _times(measured, OURS),
        milliseconds(measured[OURS]["after_pause"]),
        _times(measured, STOCK),
        stock,
        _times(measured, FLOOR),
        _ratio(ours / measured[FLOOR]["median"]),
        turns,
    ]


def _times(measured: Figures, server: str) -> str:
    if server not in measured:
        return "–"
    return f"{milliseconds(measured[server]['median'])} ({milliseconds(measured[server]['p95'])})"


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _growth(figures: Figures) -> str:
    sizes = sorted(map(int, figures["latency"]))
    if len(sizes) < 2:
        return ""
    rows = [_grown(figures, key) for key in figures["latency"][str(sizes[0])]]
    words = f"How many times longer a request takes with {sizes[-1]:,} bookings than with {sizes[0]:,}."
    return f"### Growth\n\n{paragraph(words)}\n{table(('operation', 'Daybridge', 'stock'), rows)}"


def _grown(figures: Figures, key: str) -> list[str]:
    ours, stock = growth(figures, key, OURS), growth(figures, key, STOCK)
    return [TITLES[key], f"{ours:.2f}" if ours else "–", f"{stock:.2f}" if stock else "–"]


def _cpu(figures: Figures) -> str:
    rows = [
        [f"{int(size):,}", f"{spent['python']:.2f}", f"{spent['least']:.2f}", f"{spent['postgres']:.2f}"]
        for size, spent in figures["cpu"].items()
    ]
    words = (
        "One poll within our WSGI application, called in the process itself: the header guard, the sign-in with its "
        "app password and everything else included, the HTTP server left out. Milliseconds of processor time, median "
        "and least of ten batches; PostgreSQL's own share comes on top, in its own process."
    )
    heads = ("bookings", "Python, ms", "least, ms", "PostgreSQL, ms")
    return f"### Processor time of a poll\n\n{paragraph(words)}\n{table(heads, rows)}"


def _memory(figures: Figures) -> str:
    memory = figures["memory"]
    if not memory:
        return "### Memory\n\nNot measured: this system has no /proc.\n"
    words = (
        f"Resident memory of a newly started worker of ours: {memory['clients']} clients list the largest calendar "
        f"{memory['listings']} times each, all at once, in {len(memory['rounds'])} identical rounds. MiB."
    )
    return f"### Memory\n\n{paragraph(words)}\n{table(('when', 'now', 'highest so far'), _residents(memory))}"


def _residents(memory: Figures) -> Iterator[list[str]]:
    stages = {"after its first answer": memory["before"]}
    stages |= {f"after round {number}": one for number, one in enumerate(memory["rounds"], 1)}
    for words, one in stages.items():
        yield [words, f"{one['now']:.1f}", f"{one['peak']:.1f}"]


def _throughput(figures: Figures) -> str:
    rows = []
    for size, rates in figures["throughput"].items():
        ours, stock = rates[OURS]["rate"], rates[STOCK]["rate"]
        rows.append([f"{int(size):,}", f"{ours:,.0f}", f"{stock:,.1f}", f"{ours / stock:,.0f}"])
    words = (
        f"Polls a second while {figures['clients']} clients on kept-alive connections ask as fast as they can, "
        "on the same cores."
    )
    return f"### Throughput\n\n{paragraph(words)}\n{table(('bookings', 'Daybridge', 'stock', 'ratio'), rows)}"
