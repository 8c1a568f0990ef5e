"""Many seeds, one database after the other."""

from __future__ import annotations

from pathlib import Path

from tests import town
from tests.conftest import Databases
from tests.simulation.run import Broken, play
from tests.simulation.stage import Stage, stage

Work = tuple[str, str, int, int, bool]


def chunk(work: Work) -> tuple[int, str]:
    url, folder, first, seeds, trace = work
    Path(folder).mkdir()
    databases = Databases(url)
    own = databases.create()
    town.build(own)
    place = stage(own, Path(folder))
    try:
        return seeds_of(place, first, seeds, trace=trace)
    finally:
        place.close()
        databases.drop(own)


def seeds_of(place: Stage, first: int, seeds: int, *, trace: bool) -> tuple[int, str]:
    words = ""
    for seed in range(first, first + seeds):
        try:
            played = play(seed, place)
            if trace:
                words += f"seed {seed}\n" + "\n".join(played.told) + f"\n{played.faults}\n"
        except Broken as broken:
            words += f"{broken}\n\n"
    return seeds, words
