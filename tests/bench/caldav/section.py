"""CalDAV as a section of the bench."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.caldav import latency, load, report, world
from tests.bench.caldav.goals import goals
from tests.bench.section import Figures, Options, Say, Section


def measure(options: Options, say: Say) -> Figures:
    with tempfile.TemporaryDirectory(prefix="daybridge-bench-") as folder:
        place = Path(folder)
        with world.build(place, options, say) as built:
            figures: Figures = {"postgres": built.postgres, "clients": options.clients}
            figures["latency"] = latency.measure(built, options, say)
            say("Processor time of a poll")
            figures["cpu"] = load.cpu(built, options)
            say(f"Memory while {options.clients} clients list everything")
            figures["memory"] = load.memory(built, place, options)
            say(f"Polls of {options.clients} clients at once")
            figures["throughput"] = load.throughput(built, options)
    return figures


SECTION = Section("caldav", measure, report.report, goals, report.charts)
