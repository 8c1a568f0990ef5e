"""`python -m tests.simulation --seeds N --first K`: many seeds, until one shows something wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from gateway.db import embedded
from tests.simulation.many import chunk

# So many seeds in one database; then a new one, for nobody tidies these up.
CHUNK = 50


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    began = time.monotonic()
    chunks = [
        (first, min(CHUNK, given.first + given.seeds - first), given.trace)
        for first in range(given.first, given.first + given.seeds, CHUNK)
    ]
    failed, done = 0, 0
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.start(Path(folder) / "pg", durable=False) as server,
    ):
        works = [(server.url, str(Path(folder) / f"c{n}"), *chunk) for n, chunk in enumerate(chunks)]
        with ExitStack() as stack:
            pool = stack.enter_context(get_context("spawn").Pool(given.jobs)) if given.jobs > 1 else None
            for count, words in pool.imap_unordered(chunk, works) if pool else map(chunk, works):
                done += count
                failed += bool(words)
                sys.stdout.write(words)
                sys.stdout.write(f"{done} seeds, {failed} chunks failed, {time.monotonic() - began:.0f} s\n")
                sys.stdout.flush()
                if failed and not given.go_on:
                    break
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=2, help="processes that play at the same time")
    parser.add_argument("--trace", action="store_true", help="tell what happened, also where all went well")
    parser.add_argument(
        "--go-on", action="store_true", help="don't stop at the first chunk with a failing seed"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
