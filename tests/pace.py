"""How slow this machine is at the moment: bounds on processor time hold for what they were set on, times this."""

from __future__ import annotations

import time

# What `_work` took where the bounds were set, in seconds of processor time.
_THERE = 0.05


def pace() -> float:
    """1 where the bounds were set; on a slower or busier machine more, on a faster one never less."""
    began = time.process_time()
    _work()
    return max(1.0, (time.process_time() - began) / _THERE)


def _work() -> int:
    """Things that Python does in every parser: texts, lists, calls."""
    found = 0
    for number in range(60_000):
        line = f"LINE;{number}:VALUE"
        name, _, value = line.partition(":")
        found += len(name.split(";")) + len(value)
    return found
