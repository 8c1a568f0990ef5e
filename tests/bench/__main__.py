"""`python -m tests.bench`: measure, and write docs/performance.md with its drawings and build/bench.json.

Takes about half an hour on a quiet machine with two cores. `--draw` writes the documents from the last figures anew.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tests.bench import document, machine
from tests.bench.availability import SECTION as AVAILABILITY
from tests.bench.bookings import SECTION as BOOKINGS
from tests.bench.caldav.section import SECTION as CALDAV
from tests.bench.capture import SECTION as CAPTURE
from tests.bench.pages import SECTION as PAGES
from tests.bench.section import Figures, Options, Say, Section
from tests.bench.servers import REPOSITORY
from tests.bench.sync import SECTION as SYNC
from tests.bench.writes import SECTION as WRITES

SECTIONS: tuple[Section, ...] = (CALDAV, CAPTURE, BOOKINGS, AVAILABILITY, WRITES, SYNC, PAGES)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)  # so that the servers we started end with us
    say = _clocked()
    before = _kept(given.json)
    chosen = [section for section in SECTIONS if not given.only or section.name in given.only]
    figures = before if given.draw else run(chosen, _options(given), before, say)
    if not given.draw:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for path in document.write(figures, SECTIONS, given.docs):
        say(f"Wrote {path}")
    sys.stdout.write("\n" + document.summary(figures, SECTIONS))
    return 0


def run(chosen: Sequence[Section], options: Options, before: Figures, say: Say) -> Figures:
    """The figures of the chosen sections; those of the others are kept from before, with their own machine."""
    figures = dict(before)
    for section in chosen:
        described = {**machine.describe(), "load before": str(machine.load())}
        measured = section.measure(options, say)
        described["load after"] = str(machine.load())
        figures[section.name] = {"machine": described, **measured}
    return figures


def _options(given: argparse.Namespace) -> Options:
    sizes = tuple(int(size) for size in given.sizes.split(","))
    return replace(Options(), sizes=sizes, rounds=given.rounds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    normal = Options()
    parser.add_argument("--sizes", default=",".join(map(str, normal.sizes)), help="bookings, comma-separated")
    parser.add_argument("--rounds", type=int, default=normal.rounds, help="how often each question is asked")
    parser.add_argument("--only", action="append", choices=[section.name for section in SECTIONS])
    parser.add_argument("--draw", action="store_true", help="measure nothing; write the documents again")
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build" / "bench.json")
    parser.add_argument("--docs", type=Path, default=REPOSITORY / "docs")
    return parser


def _kept(path: Path) -> Figures:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _clocked() -> Say:
    began = time.monotonic()

    def say(words: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {words}\n")
        sys.stdout.flush()

    return say


def _end(*_: object) -> NoReturn:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
